"""The building card, lists and counts under row rights, as the web role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gridcenter.clock import now
from gridcenter.database import Database, Transaction
from gridcenter.errors import NotFound
from gridcenter.incidents.operations import report_incident
from gridcenter.registry.queries import BuildingFilter, building_card, building_list, counts_of
from gridcenter.workforce.queries import WorkforceFilter, duties, my_duties, worker_list
from tests.builders import PLACES, STREET, ZONE, actor_named, report
from tests.gridcenter.registry.conftest import HERE, NEXT, NOW, Become

CODE, OTHER = f"{HERE}B001", f"{NEXT}B001"


def _codes(tx: Transaction, **wanted: object) -> list[str]:
    found = json.loads(building_list(tx, BuildingFilter(**wanted)))  # type: ignore[arg-type]
    return [item["code"] for item in found["items"]]


def test_the_card_shows_entrances_floors_from_the_top_and_rooms(become: Become) -> None:
    with become("01-001") as (tx, _):
        card = json.loads(building_card(tx, CODE, NOW))
    assert [entrance["entrance"] for entrance in card["entrances"]] == [1, 2]
    floors = card["entrances"][0]["floors"]
    assert [floor["floor"] for floor in floors] == [2, 1]
    assert [room["room"] for room in floors[0]["rooms"]] == ["201", "202"]
    assert [(room["occupancy"], room["size"]) for room in floors[0]["rooms"]] == [
        ("owner", 3),
        ("empty", None),
    ]
    assert card["counts"] == {
        "dwellings": 8,
        "entrances": 2,
        "owner": 4,
        "let": 0,
        "empty": 4,
        "unknown": 0,
        "stale": 4,
        "households": 4,
        "persons": 12,
    }
    assert [area["level"] for area in card["areas"]] == ["street", "community", "grid", "microgrid"]
    assert card["responsible"] == {"code": "01-001", "name": "网格员 01-001"}
    assert card["place"] == "示例社区01 · 第1网格 · 微网格01"
    assert card["measured_in"] == "EPSG:4549"


def test_a_dwelling_is_stale_after_180_days_not_on_the_day(become: Become) -> None:
    with become("01-001") as (tx, _):
        card = json.loads(building_card(tx, CODE, NOW))
    rooms = [
        (entrance["entrance"], room["fresh_days"], room["stale"])
        for entrance in card["entrances"]
        for floor in entrance["floors"]
        for room in floor["rooms"]
    ]
    assert set(rooms) == {(1, 180, False), (2, 181, True)}


def test_open_incidents_within_five_metres_are_on_the_card(become: Become, owner: Database) -> None:
    lon, lat = PLACES[HERE]
    four, six = lat + 0.0001 + 4 / 110_870, lat + 0.0001 + 6 / 110_870
    with become("01-001") as (tx, actor):
        moment = now()
        near = report_incident(tx, actor, report(HERE, lon=lon, lat=four), moment, ZONE)
        report_incident(tx, actor, report(HERE, lon=lon, lat=six), moment, ZONE)
        card = json.loads(building_card(tx, CODE, NOW))
        assert [case["number"] for case in card["incidents"]] == [near.number]
        tx.execute("UPDATE case_file SET state = 'closed' WHERE id = %(id)s", {"id": near.id})
        assert json.loads(building_card(tx, CODE, NOW))["incidents"] == []


def test_the_next_grid_does_not_exist_for_a_worker(become: Become) -> None:
    with become("01-001") as (tx, _):
        with pytest.raises(NotFound):
            building_card(tx, OTHER, NOW)
        assert _codes(tx) == [CODE]
        assert counts_of(tx, f"{STREET}001Z002", NOW)[0]["dwellings"] == 0


@pytest.mark.parametrize("username", ["I-01", "H-01", "A-01", "J-01"])
def test_no_dwellings_for_those_who_have_no_area(become: Become, username: str) -> None:
    with become(username) as (tx, _):
        for table in ("dwelling", "household"):
            assert tx.scalar(f"SELECT count(*) FROM {table}") == 0
        if username == "I-01":
            card = json.loads(building_card(tx, CODE, NOW))
            assert (card["entrances"], card["counts"]["dwellings"]) == ([], 0)


def test_lists_by_area_box_and_words_page_by_code(become: Become) -> None:
    lon, lat = PLACES[NEXT]
    with become("S-01") as (tx, _):
        assert _codes(tx) == [CODE, OTHER]
        assert _codes(tx, area=f"{STREET}001Z002") == [OTHER]
        assert _codes(tx, area="320508998009") == []
        assert _codes(tx, bbox=(lon - 1e-5, lat - 1e-5, lon + 1e-5, lat + 1e-5)) == [OTHER]
        assert _codes(tx, bbox=(0.0, 0.0, 1.0, 1.0)) == []
        assert _codes(tx, q="z002001b") == [OTHER]
        assert _codes(tx, q="%") == []
        first = json.loads(building_list(tx, BuildingFilter(limit=1)))
        assert first["next"] == CODE
        assert _codes(tx, after=first["next"]) == [OTHER]


def test_counts_of_an_area_and_of_those_right_below(become: Become) -> None:
    with become("S-01") as (tx, _):
        whole = counts_of(tx, STREET, NOW)
        assert [(row["buildings"], row["dwellings"], row["stale"]) for row in whole] == [(2, 16, 8)]
        assert [(row["households"], row["persons"]) for row in whole] == [(8, 24)]
        below = counts_of(tx, f"{STREET}001", NOW, children=True)
        assert [(row["code"][-4:], row["buildings"]) for row in below] == [("Z001", 1), ("Z002", 1)]
        with pytest.raises(NotFound):
            counts_of(tx, "1", NOW)


def test_screens_are_fed_by_one_statement_or_two(
    become: Become, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    run = Transaction._run

    def counted(self: Transaction, statement: Any, params: Any) -> Any:
        statements.append(str(statement))
        return run(self, statement, params)

    with become("01-001") as (tx, actor):
        monkeypatch.setattr(Transaction, "_run", counted)
        for read, most in (
            (lambda: building_card(tx, CODE, NOW), 1),
            (lambda: building_list(tx, BuildingFilter()), 1),
            (lambda: building_list(tx, BuildingFilter(area=STREET)), 2),
            (lambda: counts_of(tx, STREET, NOW, children=True), 2),
            (lambda: worker_list(tx), 1),
            (lambda: duties(tx, WorkforceFilter(area=STREET)), 2),
            (lambda: my_duties(tx, actor), 1),
        ):
            statements.clear()
            read()
            assert len(statements) == most


def test_two_transactions_of_one_connection_do_not_share_a_scope(
    become: Become, owner: Database
) -> None:
    with become("01-001") as (tx, _):
        assert _codes(tx) == [CODE]
    with become("01-002") as (tx, _):
        assert _codes(tx) == [OTHER]
    with owner.transaction() as tx:
        assert actor_named(tx, "01-002").postings[0].area_path == f"{STREET}.001.Z002"
