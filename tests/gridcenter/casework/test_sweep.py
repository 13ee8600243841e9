"""The minute's sweep beside people at work."""

from __future__ import annotations

from gridcenter.casework.operations import CASE_COLUMNS, sweep_overdue
from tests import builders
from tests.conftest import House


def test_a_sweep_waits_for_nobody_and_comes_back(house: House) -> None:
    """Whoever moves a case holds it first and its clocks after: the sweep keeps that order, or the two
    would stand in each other's way."""
    worker = house.client("01-001")
    busy, free = (
        worker.post("/api/v1/incidents", builders.report_json(builders.report())).json["id"]
        for _ in range(2)
    )
    with house.owner.transaction() as tx:
        tx.execute("UPDATE case_timer SET due_at = now() - interval '1 minute'")
    with house.acting("I-01", read_only=False) as moving:
        assert moving.one(CASE_COLUMNS + " FOR UPDATE", {"id": busy}) is not None
        with house.owner.transaction() as tx:
            tx.execute("SET LOCAL lock_timeout = '3s'")
            assert sweep_overdue(tx) == 1
        stopped = "UPDATE case_timer SET stopped_at = now() WHERE case_id = %(id)s"
        assert moving.execute(stopped, {"id": busy}) == 1
    with house.owner.transaction() as tx:
        assert sweep_overdue(tx) == 0  # its clock was stopped meanwhile
        marked = tx.all("SELECT case_id FROM case_event WHERE operation = 'overdue'")
        assert [str(row["case_id"]) for row in marked] == [free]
        tx.execute("UPDATE case_timer SET stopped_at = NULL")
        assert sweep_overdue(tx) == 1
