"""The sample: right counts, every history possible by the procedure, clocks as the engine starts them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gridcenter.accounts import passwords
from gridcenter.actor import act_as
from gridcenter.casework.procedures import Limit, ProcedureRules, current_procedures, start_clocks
from gridcenter.database import Database, Transaction, upgrade
from gridcenter.deadlines.queries import calendar
from gridcenter.errors import ImportRefused, NotFound
from gridcenter.moves import Facts, choose, permit
from gridcenter.provision import create_database, drop_database
from gridcenter.registry.queries import BuildingFilter, building_card, building_list, counts_of
from gridcenter.settings import Settings
from gridcenter.workforce.queries import my_duties
from importers import sample
from importers.sample import SampleLoaded
from importers.sample_incidents import tell_incidents
from importers.sample_people import people
from tests import builders

ZONE = ZoneInfo("Asia/Shanghai")
# A Friday afternoon that is over, within the calendar of 2026.
NOW = datetime(2026, 11, 20, 14, 32, tzinfo=ZONE).astimezone(UTC)
FACTOR = 0.25
CLOSED = ("closed", "evaluated", "rejected")


@dataclass
class Loaded:
    """A database with the sample, and what loading it gave."""

    name: str
    owner: Database
    web: Database
    result: SampleLoaded
    steps: list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def loaded(settings: Settings) -> Iterator[Loaded]:
    """The sample in a database of its own."""
    name = f"gridcenter_test_sample_{os.getpid()}"
    create_database(settings, name)
    upgrade(settings, settings.url("owner", name))
    owner = Database(settings.url("owner", name))
    web = Database(settings.url("web", name))
    steps: list[tuple[str, int, int]] = []
    result = sample.load(
        owner, settings, FACTOR, progress=lambda *step: steps.append(step), now=NOW
    )
    yield Loaded(name, owner, web, result, steps)
    owner.close()
    web.close()
    drop_database(settings, name)


@pytest.fixture
def tx(loaded: Loaded) -> Iterator[Transaction]:
    """A reading transaction as the owner."""
    with loaded.owner.transaction(read_only=True) as transaction:
        yield transaction


def test_the_ground_has_the_counts_of_the_file(loaded: Loaded) -> None:
    counts = loaded.result.counts
    assert [counts[level] for level in ("street", "community", "grid", "microgrid")] == [
        1,
        11,
        69,
        408,
    ]
    assert counts["building"] == 3030
    assert 26_500 < counts["dwelling"] < 28_500
    assert counts["case_file"] == round(1600 * FACTOR)
    assert loaded.steps[-1][1] == loaded.steps[-1][2]


def test_every_row_is_marked_as_an_example(tx: Transaction) -> None:
    for table in (
        "area_version",
        "building",
        "dwelling",
        "household",
        "grid_worker",
        "duty",
        "account",
    ):
        assert tx.scalar(f"SELECT count(*) FROM {table} WHERE NOT is_example") == 0, table
        assert tx.scalar(f"SELECT count(*) FROM {table}") > 0, table
    assert tx.scalar("SELECT count(*) FROM case_file WHERE NOT synthetic") == 0


def test_each_building_stands_in_the_micro_grid_of_its_code(tx: Transaction) -> None:
    wrong = tx.all(
        "SELECT b.code, a.code AS found FROM building b JOIN area a ON a.id = b.microgrid_id"
        " WHERE a.code <> left(b.code, 19)"
    )
    assert wrong == []


def test_dwellings_fill_floors_and_rooms_as_doors_are_numbered(tx: Transaction) -> None:
    wrong = tx.scalar(
        "SELECT count(*) FROM dwelling d JOIN building b ON b.id = d.building_id"
        " WHERE d.floor > b.floors OR d.floor < 1 OR d.entrance NOT BETWEEN 1 AND 4"
        "    OR d.room !~ ('^' || d.floor || '[0-9]{2}$') OR d.area_path <> b.area_path"
    )
    assert wrong == 0
    shares = tx.one(
        "SELECT avg((occupancy = 'owner')::int)::float8 AS owner,"
        " avg((confirmed_at < %(now)s - interval '180 days')::int)::float8 AS stale FROM dwelling"
        " WHERE occupancy <> 'unknown'",
        {"now": NOW},
    )
    assert shares is not None
    assert 0.55 < shares["owner"] < 0.72
    assert 0.08 < shares["stale"] < 0.12
    empty_with_household = (
        "SELECT count(*) FROM household h JOIN dwelling d ON d.id = h.dwelling_id"
        " WHERE d.occupancy NOT IN ('owner', 'let')"
    )
    assert tx.scalar(empty_with_household) == 0


def test_most_grids_have_a_full_time_worker_and_all_somebody_to_call(tx: Transaction) -> None:
    rows = tx.all(
        "SELECT n.code, count(*) FILTER (WHERE d.kind = 'responsible') AS responsible,"
        " count(*) FILTER (WHERE d.kind = 'deputy') AS deputies,"
        " count(*) FILTER (WHERE d.kind = 'grid_leader') AS leaders"
        " FROM area_now n LEFT JOIN duty d ON d.area_id = n.id AND d.valid @> %(day)s"
        " WHERE n.level = 'grid' GROUP BY n.code",
        {"day": NOW.date()},
    )
    assert Counter(row["responsible"] for row in rows) == {1: 66, 0: 3}
    assert {row["deputies"] for row in rows} == {1}
    assert {row["leaders"] for row in rows} == {1}
    crossing = "SELECT count(*) FROM duty d JOIN grid_worker w ON w.id = d.worker_id"
    crossing += " WHERE subpath(d.area_path, 0, 2) <> subpath(w.area_path, 0, 2)"
    assert tx.scalar(crossing) == 0


def test_first_logins_work_and_the_others_have_no_password(loaded: Loaded, tx: Transaction) -> None:
    hashes = {
        row["username"]: row["password_hash"]
        for row in tx.all("SELECT username, password_hash FROM account")
    }
    logins = {login.username: login for login in loaded.result.logins}
    assert {name for name, hashed in hashes.items() if hashed} == set(logins)
    assert {name for name, hashed in hashes.items() if not hashed} == set(
        loaded.result.without_password
    )
    assert len({login.password for login in logins.values()}) == len(logins)
    for name in ("D-01", "A-01"):
        assert passwords.matches(hashes[name], logins[name].password)
    assert {login.post for login in logins.values()} == {
        row["code"] for row in tx.all("SELECT code FROM post")
    }


@dataclass
class Replayed:
    """What a case must look like after its events, worked out anew."""

    state: str = "reported"
    version: int = 1
    returns: int = 0
    reworks: int = 0
    holder: Any = None
    worker: Any = None
    department: Any = None
    handler: Any = None
    timers: list[dict[str, Any]] | None = None


def _replay(
    rules: ProcedureRules,
    calendar_: Any,
    events: list[dict[str, Any]],
    limit: Limit,
    owed: list[str],
    who: Any,
) -> Replayed:
    found = Replayed(timers=[])
    assert found.timers is not None
    _start(found.timers, rules, ["intake"], {}, events[0]["at"], calendar_)
    for event in events[1:]:
        if event["operation"] == "overdue":
            assert (event["version"], event["to_state"]) == (found.version, found.state)
            continue
        given = event["data"]["given"]
        move = choose(rules.moves, found.state, event["operation"], given)
        posts = frozenset({event["post"]})
        facts = Facts(found.returns, found.handler, event["account_id"], posts)
        holds = (
            found.holder == event["account_id"]
            if found.holder is not None
            else found.department is not None
            and who.departments.get(event["account_id"]) == found.department
        )
        permit(move, posts, holds, facts)
        assert (event["from_state"], event["to_state"]) == (found.state, move.to_state)
        found.version += 1
        assert event["version"] == found.version
        told = owed if move.to_state in ("checking", "closed") else []
        assert event["data"].get("photos_owed", []) == told
        for timer in found.timers:
            if timer["stage"] in move.clock.get("stop", ()) and timer["stopped_at"] is None:
                timer["stopped_at"] = event["at"]
        starts = list(move.clock.get("start", ()))
        _start(found.timers, rules, starts, {"handle": limit}, event["at"], calendar_)
        if "release_holder" in move.effects or move.to_state == "reported":
            found.holder = found.worker = found.department = None
        if event["operation"] == "dispatch":
            found.holder, found.worker = who.workers.get(given["to"], (None, None))
            found.department = who.codes.get(given["to"])
        if event["operation"] == "accept":
            found.holder = event["account_id"]
        found.returns += "count_return" in move.effects
        found.reworks += "count_rework" in move.effects
        if "note_handler" in move.effects:
            found.handler = event["account_id"]
        found.state = move.to_state
    return found


def _start(
    timers: list[dict[str, Any]],
    rules: ProcedureRules,
    stages: list[str],
    limits: dict[str, Limit],
    at: datetime,
    calendar_: Any,
) -> None:
    for clock in start_clocks(rules, stages, limits, at, calendar_):
        timers.append(
            {
                "stage": clock.stage,
                "started_at": at,
                "due_at": clock.due_at and clock.due_at.astimezone(UTC),
                "stopped_at": None,
            }
        )


@dataclass
class _Who:
    workers: dict[str, tuple[Any, Any]]
    codes: dict[str, int]
    departments: dict[Any, int]


def _who(tx: Transaction) -> _Who:
    return _Who(
        {
            row["code"]: (row["account_id"], row["id"])
            for row in tx.all("SELECT code, id, account_id FROM grid_worker")
        },
        {row["code"]: row["id"] for row in tx.all("SELECT code, id FROM department")},
        {
            row["account_id"]: row["department_id"]
            for row in tx.all(
                "SELECT account_id, department_id FROM posting WHERE post = 'handler'"
            )
        },
    )


def test_every_history_replays_to_its_case_file_and_its_timers(tx: Transaction) -> None:
    rules, hours, who = current_procedures(tx)["incident"], calendar(tx), _who(tx)
    events: dict[Any, list[dict[str, Any]]] = {}
    for row in tx.all("SELECT * FROM case_event ORDER BY id"):
        events.setdefault(row["case_id"], []).append(row)
    timers: dict[Any, list[dict[str, Any]]] = {}
    for row in tx.all(
        "SELECT case_id, stage, started_at, due_at, stopped_at FROM case_timer ORDER BY id"
    ):
        timers.setdefault(row.pop("case_id"), []).append(row)
    cases = tx.all(
        "SELECT c.*, coalesce(f.limit_amount, 1) AS amount, coalesce(f.limit_unit, 'work_hour') AS unit,"
        " f.evidence"
        " FROM case_file c JOIN incident n ON n.case_id = c.id"
        " LEFT JOIN filing_condition f ON f.id = n.filing_condition_id"
    )
    assert len(cases) == round(1600 * FACTOR)
    for case in cases:
        limit = Limit(case["amount"], case["unit"])
        owed = sorted(case["evidence"] or ())
        found = _replay(rules, hours, events[case["id"]], limit, owed, who)
        assert (found.state, found.version) == (case["state"], case["version"])
        assert (found.returns, found.reworks) == (case["returns"], case["reworks"])
        assert (found.holder, found.worker, found.department, found.handler) == (
            case["holder_account_id"],
            case["holder_worker_id"],
            case["department_id"],
            case["handler_account_id"],
        )
        assert found.timers == timers[case["id"]]
        moments = [event["at"] for event in events[case["id"]]]
        assert moments == sorted(moments)
        assert moments[-1] <= NOW
        assert case["opened_at"] == moments[0]
        assert case["changed_at"] == moments[-1]


def test_the_case_file_shows_the_clock_that_a_move_would_have_left(tx: Transaction) -> None:
    wrong = tx.scalar(
        "SELECT count(*) FROM case_file c LEFT JOIN LATERAL ("
        "  SELECT stage, due_at, limit_unit, started_at FROM case_timer t"
        "   WHERE t.case_id = c.id AND t.stopped_at IS NULL"
        "   ORDER BY stage = 'close', due_at NULLS LAST LIMIT 1) r ON true"
        " WHERE (c.stage, c.due_at, c.limit_unit, c.stage_started_at)"
        "       IS DISTINCT FROM (r.stage, r.due_at, r.limit_unit, r.started_at)"
    )
    assert wrong == 0


def test_what_ran_out_was_marked_once_by_the_minute(tx: Transaction) -> None:
    late = tx.one(
        "SELECT count(*) FILTER (WHERE overdue_at IS NULL AND due_at < %(now)s - interval '1 minute'"
        "                          AND (stopped_at IS NULL OR stopped_at > due_at + interval '1 minute')"
        "                       ) AS unmarked,"
        " count(*) FILTER (WHERE overdue_at <= due_at OR overdue_at > due_at + interval '1 minute'"
        "                     OR overdue_at >= stopped_at) AS wrong,"
        " count(overdue_at) AS marked FROM case_timer",
        {"now": NOW},
    )
    assert late is not None
    assert (late["unmarked"], late["wrong"]) == (0, 0)
    told = tx.scalar(
        "SELECT sum(jsonb_array_length(data->'stages')) FROM case_event WHERE operation = 'overdue'"
    )
    assert told == late["marked"] > 0


def test_every_state_and_side_path_occurs(tx: Transaction) -> None:
    states = {
        row["state"]: row
        for row in tx.all(
            "SELECT state, count(*) AS n, count(*) FILTER (WHERE due_at < %(now)s) AS overdue"
            " FROM case_file GROUP BY state",
            {"now": NOW},
        )
    }
    assert set(states) == set(current_procedures(tx)["incident"].states)
    for state, row in states.items():
        if state not in CLOSED:
            assert 0 < row["overdue"] < row["n"], state
    for condition in (
        "returns = 1",
        "returns = 2",
        "reworks > 0",
        "area_path IS NULL",
        "confidentiality > 0",
        "EXISTS (SELECT FROM incident n WHERE n.case_id = c.id AND NOT n.certain)",
        "EXISTS (SELECT FROM case_event e WHERE e.case_id = c.id AND e.to_state = 'reported'"
        " AND e.operation = 'return')",
    ):
        assert tx.scalar(f"SELECT count(*) FROM case_file c WHERE {condition}") > 0, condition
    on_time = tx.scalar(
        "SELECT avg((closed_at <= close_due_at)::int)::float8 FROM case_file"
        " WHERE close_due_at < %(now)s AND filed_at IS NOT NULL AND closed_at IS NOT NULL",
        {"now": NOW},
    )
    assert 0.88 < on_time < 0.98


def test_places_are_what_a_report_from_there_would_find(tx: Transaction) -> None:
    wrong = tx.scalar(
        "SELECT count(*) FROM case_file c JOIN incident n ON n.case_id = c.id,"
        " locate_point(c.location, n.accuracy_m) l"
        " WHERE c.area_path IS DISTINCT FROM l.path OR n.certain <> l.certain"
        "    OR n.outside <> (l.path IS NULL) OR c.place IS DISTINCT FROM place_name(l.path)"
    )
    assert wrong == 0
    far = tx.scalar(
        "SELECT count(*) FROM case_file c WHERE area_path IS NOT NULL AND NOT EXISTS ("
        " SELECT FROM building b WHERE b.geom && ST_Expand(c.location, 0.0001)"
        " AND ST_DWithin(b.geom::geography, c.location::geography, 3))"
    )
    assert far == 0


def test_real_case_numbers_go_on_behind_the_sample(loaded: Loaded) -> None:
    today = NOW.astimezone(ZONE).date()
    with loaded.owner.transaction() as tx:
        numbers = [row["number"] for row in tx.all("SELECT number FROM case_file")]
        following = tx.scalar("SELECT next_case_number(%(day)s)", {"day": today})
        latest = max(number for number in numbers if number.startswith(f"{today:%Y%m%d}"))
    assert following == f"{today:%Y%m%d}-{int(latest[9:]) + 1:04d}"
    days = Counter(number[:8] for number in numbers)
    assert all(f"{day}-0001" in numbers and f"{day}-{n:04d}" in numbers for day, n in days.items())


def test_the_feed_holds_the_last_events(tx: Transaction) -> None:
    rows = tx.all("SELECT at, subject_id, data FROM journal ORDER BY number")
    assert len(rows) == 30
    last = tx.all(
        "SELECT at, case_id, operation, version FROM case_event ORDER BY id DESC LIMIT 30"
    )
    assert [
        (row["at"], row["subject_id"], row["data"]["operation"], row["data"]["version"])
        for row in rows
    ] == [(row["at"], row["case_id"], row["operation"], row["version"]) for row in reversed(last)]


def test_days_that_are_over_are_closed(loaded: Loaded, tx: Transaction) -> None:
    assert loaded.result.counts["closed_day"] == 42
    assert tx.scalar("SELECT count(*) FROM closed_day") == 42
    assert tx.scalar("SELECT count(*) FROM case_fact WHERE fact = 'reported'") > 300


def test_loading_again_changes_nothing(loaded: Loaded, settings: Settings) -> None:
    before = _sizes(loaded.owner)
    again = sample.load(loaded.owner, settings, 2.0, seed=1, now=NOW)
    assert again == SampleLoaded(already=True)
    assert _sizes(loaded.owner) == before


def _sizes(database: Database) -> dict[str, int]:
    with database.transaction() as tx:
        return {
            table: tx.scalar(f"SELECT count(*) FROM {table}")
            for table in (
                "area_version",
                "building",
                "dwelling",
                "account",
                "case_event",
                "journal",
            )
        }


def test_a_database_with_other_areas_is_refused(settings: Settings, template_name: str) -> None:
    database = Database(settings.url("owner", template_name))
    before = _sizes(database)
    with pytest.raises(ImportRefused, match="empty database"):
        sample.load(database, settings, FACTOR, now=NOW)
    assert _sizes(database) == before
    database.close()


def _told(loaded: Loaded, seed: int, now: datetime = NOW) -> list[Any]:
    with loaded.owner.transaction() as tx:
        return tell_incidents(tx, people(tx), 0.1, seed, now, ZONE, lambda done, total: None)


def test_the_same_seed_tells_the_same_incidents(loaded: Loaded) -> None:
    first, second, other = (_told(loaded, seed) for seed in (7, 7, 8))
    assert [_essence(each) for each in first] == [_essence(each) for each in second]
    assert [each.id for each in first] != [each.id for each in other]


def _essence(told: Any) -> tuple[Any, ...]:
    record = told.record
    return (told.id, told.setting, told.place, told.description, record.events, record.timers)


def test_beyond_the_known_calendar_cases_have_no_date_and_say_so(loaded: Loaded) -> None:
    told = _told(loaded, 7, datetime(2027, 1, 8, 9, 0, tzinfo=UTC))
    missing = [
        event
        for case in told
        for event in case.record.events
        if event.data.get("calendar_missing") == [2027]
    ]
    assert missing
    timers = [timer for case in told for timer in case.record.timers if timer.due_at is None]
    assert timers
    assert all(timer.started_at > datetime(2026, 11, 20, tzinfo=UTC) for timer in timers)


def test_a_worker_sees_the_own_grid_and_nothing_of_the_next(loaded: Loaded) -> None:
    with loaded.owner.transaction() as tx:
        actor = builders.actor_named(tx, "01-001")
        own = counts_of(tx, "320508999001Z001", NOW)[0]
        whole = counts_of(tx, "320508999", NOW)[0]
    assert own["dwellings"] > 200
    with loaded.web.transaction(read_only=True) as tx:
        act_as(tx, actor)
        assert counts_of(tx, "320508999001Z001", NOW)[0] == own
        seen = counts_of(tx, "320508999", NOW)[0]
        for key in ("buildings", "dwellings", "stale", "households", "persons"):
            assert seen[key] == own[key] < whole[key]
        card = json.loads(building_card(tx, "320508999001Z001001B001", NOW))
        with pytest.raises(NotFound):
            building_card(tx, "320508999001Z002001B001", NOW)
        listed = json.loads(building_list(tx, BuildingFilter(area="320508999", limit=5000)))
        mine = json.loads(my_duties(tx, actor, NOW.date()))
    assert {item["area_path"].split(".")[2] for item in listed["items"]} == {"Z001"}
    assert len(listed["items"]) == own["buildings"]
    # The building of design/building-card.png: 11 floors, three entrances of four rooms.
    assert [len(entrance["floors"]) for entrance in card["entrances"]] == [11, 11, 11]
    assert [room["room"] for room in card["entrances"][1]["floors"][6]["rooms"]] == [
        "501",
        "502",
        "503",
        "504",
    ]
    assert card["counts"]["dwellings"] == 132
    assert card["responsible"]["code"] == "01-001"
    assert card["measured_in"] == "EPSG:4549"
    first = mine["duties"][0]
    assert (first["area"], first["kind"]) == ("320508999001Z001", "responsible")
    assert first["dwellings"] == own["dwellings"]
    deputy = [duty for duty in mine["duties"] if duty["kind"] == "deputy"]
    assert [duty["dwellings"] for duty in deputy] == [0]


def test_nobody_sees_anything_without_a_scope(loaded: Loaded) -> None:
    with loaded.web.transaction(read_only=True) as tx:
        for table in (
            "building",
            "dwelling",
            "household",
            "grid_worker",
            "duty",
            "worker_position",
        ):
            assert tx.scalar(f"SELECT count(*) FROM {table}") == 0, table


def test_positions_are_at_cases_of_the_last_hours(tx: Transaction) -> None:
    rows = tx.all("SELECT taken_at, moment FROM worker_position")
    assert rows
    assert all(NOW - timedelta(hours=12) < row["taken_at"] <= NOW for row in rows)
    assert {row["moment"] for row in rows} <= {"report", "operation"}
