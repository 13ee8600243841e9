"""A worker is said to be as busy, and to be at the same place, by candidates, list and map."""

from __future__ import annotations

from typing import Any

import pytest

from gridcenter.workforce.queries import worker_list
from tests import builders
from tests.conftest import House
from tests.journeys.test_incident import MICROGRID, filed_incident, handled_incident

MAP = "SELECT p.load, p.stale, ST_X(p.place) AS lon, ST_Y(p.place) AS lat FROM worker_places({}) p"
EVERYWHERE = "ST_MakeEnvelope(120, 31, 121, 32, 4490)"


def candidate(house: House, incident: str, code: str) -> Any:
    """A worker as the candidates of a case have them."""
    found = house.client("D-01").get(f"/api/v1/incidents/{incident}/candidates").json
    return next(worker for worker in found["workers"] if worker["to"] == code)


def on_map(house: House, code: str, box: str = EVERYWHERE) -> list[dict[str, Any]]:
    """A worker's marks on the map of a box."""
    with house.acting("D-01") as tx:
        return tx.all(f"{MAP.format(box)} WHERE p.code = %(code)s", {"code": code})


def test_what_waits_for_others_is_not_in_hand(house: House) -> None:
    handled_incident(house)  # with its feedback: it waits for the check
    house.client("D-01").operate(filed_incident(house), "dispatch", 2, to="01-001")
    (term,) = (
        t for t in candidate(house, filed_incident(house), "01-001")["terms"] if t["term"] == "load"
    )
    with house.acting("D-01") as tx:
        (listed,) = (w for w in worker_list(tx).items if w["code"] == "01-001")
    (mark,) = on_map(house, "01-001")
    assert (term["fact"].split("/")[0], listed["load"], mark["load"]) == ("在办 1", 1, 1)


@pytest.mark.parametrize(("minutes", "fresh"), [(50, True), (70, False), (110, False)])
def test_a_position_is_fresh_for_an_hour_everywhere(
    house: House, minutes: int, fresh: bool
) -> None:
    incident = filed_incident(house)  # its report gave the worker's position
    with house.owner.transaction() as tx:
        tx.execute(
            "UPDATE worker_position SET taken_at = now() - make_interval(mins => %(m)s)",
            {"m": minutes},
        )
    (mark,) = on_map(house, "01-001")
    seen = candidate(house, incident, "01-001")
    assert (seen["positioned"], not mark["stale"]) == (fresh, fresh)
    assert (seen["lon"], seen["lat"]) == (mark["lon"], mark["lat"])


def test_without_a_position_a_worker_stands_once_in_the_middle_of_the_largest_area(
    house: House,
) -> None:
    with house.owner.transaction() as tx:
        tx.execute("DELETE FROM worker_position")
        tx.execute("DELETE FROM duty WHERE area_path ~ '*.Z001.001'")
        grid = tx.one(
            "SELECT ST_X(p) AS lon, ST_Y(p) AS lat FROM area_now, ST_PointOnSurface(geom) p"
            " WHERE code = %(grid)s",
            {"grid": MICROGRID[:-3]},
        )
        # A second duty, as a deputy next door.
        tx.execute(
            "INSERT INTO duty (worker_id, area_id, area_path, kind, rank, valid)"
            " SELECT w.id, n.id, n.path, 'deputy', 1, daterange(CURRENT_DATE - 1, NULL)"
            "   FROM grid_worker w, area_now n WHERE w.code = '01-001' AND n.code = %(grid)s",
            {"grid": f"{builders.STREET}001Z002"},
        )
    west, south, step = builders.WEST, builders.SOUTH, builders.STEP
    own, next_door = (
        f"ST_MakeEnvelope({west + n * step}, {south}, {west + (n + 1) * step}, {south + 2 * step},"
        " 4490)"
        for n in (0, 1)
    )
    (mark,) = on_map(house, "01-001", own)
    assert mark["stale"] and {"lon": mark["lon"], "lat": mark["lat"]} == grid
    assert on_map(house, "01-001", next_door) == []
