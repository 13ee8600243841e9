"""Workers, duties and positions, read and written as the web role; each test is rolled back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gridcenter.actor import Actor
from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput, NotFound
from gridcenter.workforce.operations import (
    AssignDuty,
    CreateWorker,
    assign_duty,
    create_worker,
    end_duty,
    note_position,
)
from gridcenter.workforce.queries import (
    WorkforceFilter,
    covered_areas,
    duties,
    my_duties,
    worker_list,
)
from tests.builders import PLACES, STREET

GRID, NEXT = f"{STREET}001Z001", f"{STREET}001Z002"
DAY = date(2026, 12, 1)
Act = Callable[[str], Actor]


def _deputy(**changes: object) -> AssignDuty:
    given = {"worker": "01-002", "area": GRID, "kind": "deputy", "since": DAY, "rank": 1}
    return AssignDuty(**{**given, **changes})  # type: ignore[arg-type]


def _code_of(error: InvalidInput) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in error.errors]


# --- reading -----------------------------------------------------------------------------------


def test_the_street_sees_all_workers_with_load_and_duties(web_tx: Transaction, act: Act) -> None:
    act("D-01")
    rows = worker_list(web_tx).items
    assert [row["code"] for row in rows] == ["01-001", "01-002", "01-003", "01-004"]
    assert rows[0]["load"] == 0
    assert rows[0]["place"] == "示例社区01 · 第1网格"
    assert [(duty["area"], duty["kind"]) for duty in rows[0]["duties"]] == [(GRID, "responsible")]
    assert [row["code"] for row in worker_list(web_tx, WorkforceFilter(f"{STREET}002")).items] == [
        "01-003",
        "01-004",
    ]
    with pytest.raises(NotFound):
        worker_list(web_tx, WorkforceFilter("1"))


def test_a_worker_sees_the_own_grid_alone(web_tx: Transaction, act: Act) -> None:
    act("01-001")
    assert [row["code"] for row in worker_list(web_tx).items] == ["01-001"]
    assert {row["worker"] for row in duties(web_tx).items} == {"01-001"}
    assert duties(web_tx, WorkforceFilter(area=NEXT)).items == []


def test_nobody_sees_workers_without_a_scope(web_tx: Transaction) -> None:
    assert worker_list(web_tx).items == []
    assert duties(web_tx).items == []


def test_duties_of_an_area_a_worker_and_a_day(web_tx: Transaction, act: Act) -> None:
    act("D-01")
    here = duties(web_tx, WorkforceFilter(area=GRID)).items
    assert [(row["area"][-4:], row["worker"], row["until"]) for row in here] == [
        ("Z001", "01-001", None),
        ("1001", "01-001", None),
        ("1002", "01-001", None),
    ]
    assert {row["area"] for row in duties(web_tx, WorkforceFilter(worker="01-002")).items} == {
        NEXT,
        f"{NEXT}001",
        f"{NEXT}002",
    }
    assert duties(web_tx, WorkforceFilter(area=GRID, at=date(2020, 1, 1))).items == []


def test_lists_go_on_where_a_page_ends(web_tx: Transaction, act: Act) -> None:
    act("D-01")
    for read, size in ((worker_list, 4), (duties, 12)):
        whole = read(web_tx).items
        assert len(whole) == size
        for limit in (1, 3, 4):
            seen, after = [], None
            while True:
                page = read(web_tx, WorkforceFilter(after=after, limit=limit))
                seen += page.items
                if page.next is None:
                    break
                after = page.next
            assert seen == whole
    with pytest.raises(InvalidInput):
        duties(web_tx, WorkforceFilter(after="somewhere"))
    assert covered_areas(web_tx, STREET) == 12
    assert covered_areas(web_tx, GRID) == 3


@pytest.mark.parametrize(
    ("q", "workers", "held"),
    [
        ("01-003", ["01-003"], 3),
        ("示例社区01", ["01-001", "01-002"], 6),
        ("网格员 01-00", ["01-001", "01-002", "01-003", "01-004"], 12),
        ("100%", [], 0),
        ("_", [], 0),
    ],
)
def test_lists_are_searched_by_code_name_and_place(
    web_tx: Transaction, act: Act, q: str, workers: list[str], held: int
) -> None:
    act("D-01")
    found = worker_list(web_tx, WorkforceFilter(q=q)).items
    assert [row["code"] for row in found] == workers
    assert len(duties(web_tx, WorkforceFilter(q=q)).items) == held


def test_a_page_of_a_large_city_is_a_page(owner_tx: Transaction) -> None:
    """3,000 workers with 12,000 duties: 200 at a time, chosen before anything is joined or counted."""
    owner_tx.execute(
        "INSERT INTO grid_worker (code, display_name, area_path) SELECT 'x' || n, 'x', path"
        " FROM generate_series(1, 3000) n, area_now WHERE level = 'street'"
    )
    owner_tx.execute(
        "INSERT INTO duty (worker_id, area_id, area_path, kind, rank, valid)"
        " SELECT w.id, a.id, a.path, 'deputy', row_number() OVER (PARTITION BY a.id),"
        " daterange(CURRENT_DATE, NULL) FROM grid_worker w, area_now a"
        " WHERE w.code LIKE 'x%' AND a.level = 'microgrid' AND a.code LIKE '%002'"
    )
    owner_tx.execute("ANALYZE grid_worker, duty")
    plans: list[dict[str, Any]] = []

    class Explained(Transaction):
        def all(self, statement: Any, params: Any = None) -> list[Any]:
            plans.append(super().all(f"EXPLAIN (FORMAT JSON) {statement}", params)[0])
            return super().all(statement, params)

    assert len(worker_list(Explained(owner_tx.connection)).items) == 200
    assert len(duties(Explained(owner_tx.connection)).items) == 200
    assert [tables_of_page(plan["QUERY PLAN"][0]["Plan"]) for plan in plans] == [
        {"grid_worker"},
        {"duty"},
    ]


def tables_of_page(node: dict[str, Any], inside: bool = False) -> set[str]:
    """The tables that are read to choose the page (the CTE `page`), before anything is joined to it."""
    inside = inside or node.get("Subplan Name") == "CTE page"
    found = {node["Relation Name"]} if inside and "Relation Name" in node else set()
    return found.union(*(tables_of_page(below, inside) for below in node.get("Plans", [])))


def test_my_grid_names_what_i_answer_for(web_tx: Transaction, act: Act) -> None:
    mine = json.loads(my_duties(web_tx, act("01-001")))
    assert mine["worker"]["code"] == "01-001"
    assert [(duty["area"], duty["name"]) for duty in mine["duties"]] == [
        (GRID, "第1网格"),
        (f"{GRID}001", "微网格01"),
        (f"{GRID}002", "微网格02"),
    ]
    assert {duty["open_incidents"] for duty in mine["duties"]} == {0}
    with pytest.raises(NotFound):
        my_duties(web_tx, act("D-01"))


# --- writing -----------------------------------------------------------------------------------


def test_a_new_worker_appears_in_the_list(web_tx: Transaction, act: Act) -> None:
    admin = act("A-01")
    command = CreateWorker("01-009", "网格员 01-009", GRID, "part_time", 5)
    worker_id = create_worker(web_tx, admin, command)
    assert worker_id in {row["id"] for row in worker_list(web_tx, WorkforceFilter(GRID)).items}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"code": "01-001"}, "code", "code_taken"),
        ({"username": "01-001"}, "username", "account_taken"),
        ({"username": "nobody"}, "username", "unknown_account"),
        ({"code": " "}, "code", "length"),
        ({"display_name": ""}, "display_name", "length"),
        ({"employment": "slave"}, "employment", "choice"),
        ({"capacity": 0}, "capacity", "out_of_range"),
    ],
)
def test_a_worker_that_cannot_be_says_why(
    web_tx: Transaction, act: Act, changes: dict[str, object], field: str, code: str
) -> None:
    admin = act("A-01")
    given = {"code": "01-009", "display_name": "网格员 01-009", "area": GRID, **changes}
    with pytest.raises(InvalidInput) as caught:
        create_worker(web_tx, admin, CreateWorker(**given))  # type: ignore[arg-type]
    assert _code_of(caught.value) == [(field, code)]
    assert web_tx.scalar("SELECT 1 AS alive") == 1


def test_a_duty_twice_and_a_taken_rank_are_named(web_tx: Transaction, act: Act) -> None:
    admin = act("A-01")
    assign_duty(web_tx, admin, _deputy(until=DAY + timedelta(days=30)))
    with pytest.raises(InvalidInput) as caught:
        assign_duty(web_tx, admin, _deputy(rank=2))
    assert _code_of(caught.value) == [("worker", "duty_twice")]
    with pytest.raises(InvalidInput) as caught:
        assign_duty(web_tx, admin, _deputy(worker="01-003"))
    assert _code_of(caught.value) == [("rank", "rank_taken")]
    assert "第 1 代理人" in caught.value.detail("zh")
    with pytest.raises(InvalidInput) as caught:
        assign_duty(web_tx, admin, _deputy(worker="01-003", kind="responsible", rank=0))
    assert "责任人" in caught.value.detail("zh")


def test_terms_that_only_meet_do_not_overlap(web_tx: Transaction, act: Act) -> None:
    admin = act("A-01")
    end = DAY + timedelta(days=30)
    assign_duty(web_tx, admin, _deputy(until=end))
    assign_duty(web_tx, admin, _deputy(worker="01-003", since=end))
    assert [
        row["worker"]
        for row in duties(web_tx, WorkforceFilter(area=GRID, at=end)).items
        if row["rank"]
    ] == ["01-003"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "owner"}, "kind"),
        ({"rank": 0}, "rank"),
        ({"kind": "responsible", "rank": 1}, "rank"),
        ({"until": DAY}, "until"),
    ],
)
def test_a_duty_that_cannot_be_says_why(
    web_tx: Transaction, act: Act, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        assign_duty(web_tx, act("A-01"), _deputy(**changes))
    assert [each.field for each in caught.value.errors] == [field]


def test_unknown_areas_and_workers_are_not_found(web_tx: Transaction, act: Act) -> None:
    admin = act("A-01")
    for changes in ({"area": "1"}, {"worker": "99-999"}):
        with pytest.raises(NotFound):
            assign_duty(web_tx, admin, _deputy(**changes))


def test_an_ended_duty_stays_in_history_and_one_to_come_vanishes(
    web_tx: Transaction, act: Act
) -> None:
    admin = act("A-01")
    held = duties(web_tx, WorkforceFilter(area=f"{GRID}001", at=DAY)).items[0]
    end_duty(web_tx, admin, held["id"], DAY)
    assert duties(web_tx, WorkforceFilter(area=f"{GRID}001", at=DAY)).items == []
    assert (
        duties(web_tx, WorkforceFilter(f"{GRID}001", at=DAY - timedelta(days=1))).items[0]["until"]
        == DAY
    )
    assign_duty(web_tx, admin, _deputy())
    coming = duties(web_tx, WorkforceFilter(worker="01-002", at=DAY)).items
    planned = next(row["id"] for row in coming if row["kind"] == "deputy")
    end_duty(web_tx, admin, planned, DAY)
    assert [
        row["kind"] for row in duties(web_tx, WorkforceFilter(worker="01-002", at=DAY)).items
    ] == ["responsible"] * 3
    with pytest.raises(NotFound):
        end_duty(web_tx, admin, planned, DAY)


def test_only_administrators_end_duties(web_tx: Transaction, act: Act) -> None:
    worker = act("01-001")
    held = duties(web_tx).items[0]
    with pytest.raises(NotFound):
        end_duty(web_tx, worker, held["id"], DAY)


# --- positions ---------------------------------------------------------------------------------

AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
HERE = PLACES[f"{GRID}001"]


def test_a_position_is_seen_by_dispatchers_and_its_worker_not_by_colleagues(
    web_tx: Transaction, act: Act
) -> None:
    assert note_position(web_tx, act("01-001"), *HERE, 8.0, "report", AT)
    seen = "SELECT ST_X(location) AS lon, moment FROM worker_position"
    for username, count in (("01-001", 1), ("D-01", 1), ("Z-01", 1), ("01-002", 0), ("S-01", 0)):
        act(username)
        assert len(web_tx.all(seen)) == count, username


def test_an_older_position_does_not_replace_a_newer_one(web_tx: Transaction, act: Act) -> None:
    worker = act("01-001")
    assert note_position(web_tx, worker, *HERE, None, "visit", AT)
    assert not note_position(web_tx, worker, *HERE, 5.0, "operation", AT - timedelta(minutes=1))
    assert note_position(web_tx, worker, *HERE, 5.0, "operation", AT + timedelta(minutes=1))
    assert web_tx.all("SELECT moment, accuracy_m FROM worker_position") == [
        {"moment": "operation", "accuracy_m": 5.0}
    ]


def test_no_position_between_the_moments_and_none_of_other_accounts(
    web_tx: Transaction, act: Act
) -> None:
    with pytest.raises(InvalidInput):
        note_position(web_tx, act("01-001"), *HERE, 8.0, "check_in", AT)
    assert not note_position(web_tx, act("D-01"), *HERE, 8.0, "report", AT)
    assert web_tx.scalar("SELECT count(*) FROM worker_position") == 0
