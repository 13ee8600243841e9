"""Whatever comes in, the answer is a 4xx problem with words, never a 500, and nothing is stored."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck

from tests import builders
from tests.conftest import Caller, House

CHINESE = re.compile("[\u4e00-\u9fff]")
MICROGRID = f"{builders.STREET}001Z001001"
GOOD = builders.report_json(builders.report(MICROGRID))


def bad_reports() -> Iterator[tuple[str, Any]]:
    """Reports that each break one thing."""
    for field in ("id", "matter", "lon", "lat", "datum", "channel", "reported_at"):
        yield f"no {field}", {k: v for k, v in GOOD.items() if k != field}
        yield f"null {field}", {**GOOD, field: None}
    for field in GOOD:
        for wrong in ([], {}, {"a": 1}, [1, [2, [3]]], True):
            yield f"{field} is {wrong}", {**GOOD, field: wrong}
    for lon, lat in (
        (181, 31),
        (-181, 31),
        (120, 91),
        (31.3, 120.6),
        (1e308, 0),
        (0, -1e308),
        (10**400, 0),
    ):
        yield f"at {str(lon)[:9]}, {lat}", {**GOOD, "lon": lon, "lat": lat}
    for datum in (
        "",
        "wgs",
        "EPSG:",
        "EPSG:0",
        "EPSG:999999",
        "4326.5",
        "beijing54",
        "4214",
        "火星",
        "-1",
    ):
        yield f"datum {datum}", {**GOOD, "datum": datum}
    for matter in ("", "00000", "09012; DROP TABLE case_file", "x" * 1000, "\x00", "🏠"):
        yield f"matter {matter[:9]!r}", {**GOOD, "matter": matter}
    for moment in (
        "",
        "yesterday",
        "2026-11-20",
        "2026-11-20T10:00:00",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-11-20T10:00:00+99:00",
        1e12,
    ):
        yield f"reported_at {moment}", {**GOOD, "reported_at": moment}
    for accuracy in (-1, 1e9, "8", float("1e400")):
        yield f"accuracy {accuracy}", {**GOOD, "accuracy_m": accuracy}
    for identity in ("", "1", "not-a-uuid", "g" * 36, 7):
        yield f"id {identity}", {**GOOD, "id": identity}
    yield "long description", {**GOOD, "description": "长" * 5000}
    yield "NUL", {**GOOD, "description": "a\x00b"}
    yield "long address", {**GOOD, "address": "x" * 300}
    yield "unknown field", {**GOOD, "colour": "red"}
    yield "unknown condition", {**GOOD, "filing_condition": "no such"}
    yield "unknown channel", {**GOOD, "channel": "no such"}


BAD_REPORTS = list(bad_reports())
BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"42",
    b'"text"',
    b'{"id": NaN}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"description": "\\ud800"}',
    json.dumps({**GOOD, "description": "\ud800"}).encode(),
]
BAD_QUERIES = [
    ("/api/v1/areas", {"level": "planet"}),
    ("/api/v1/areas", {"bbox": "1,2,3"}),
    ("/api/v1/areas", {"bbox": "nan,nan,nan,nan"}),
    ("/api/v1/areas", {"bbox": "5,5,1,1"}),
    ("/api/v1/areas", {"limit": "0"}),
    ("/api/v1/areas", {"limit": "many"}),
    ("/api/v1/areas", {"nonsense": "1"}),
    ("/api/v1/locate", {}),
    ("/api/v1/locate", {"lon": "x", "lat": "1"}),
    ("/api/v1/locate", {"lon": "nan", "lat": "1"}),
    ("/api/v1/locate", {"lon": "inf", "lat": "1"}),
    ("/api/v1/locate", {"lon": "120", "lat": "31", "datum": "mars"}),
    ("/api/v1/locate", {"lon": "120", "lat": "31", "accuracy_m": "-5"}),
    ("/api/v1/locate", {"lon": "999", "lat": "31"}),
    ("/api/v1/incidents", {"limit": "100000"}),
    ("/api/v1/incidents", {"after": "rubbish"}),
    ("/api/v1/incidents", {"after": "nan~" + str(uuid.uuid4())}),
    ("/api/v1/incidents", {"after": "1e300~" + str(uuid.uuid4())}),
    ("/api/v1/incidents", {"overdue": "perhaps"}),
    ("/api/v1/incidents", {"order": "colour"}),
    ("/api/v1/incidents", {"state": "lost"}),
    ("/api/v1/incidents", {"state": "filed,lost"}),
    ("/api/v1/incidents", {"area": "nowhere"}),
    ("/api/v1/incidents", {"matter": "99999"}),
    ("/api/v1/incidents", {"channel": "pigeon"}),
    ("/api/v1/journal", {"after": "-1"}),
    ("/api/v1/journal", {"after": "1;2"}),
    ("/api/v1/matters", {"limit": "-1"}),
    ("/api/v1/matters", {"q": "x" * 100}),
    ("/api/v1/journal", {"after": "999999999999999999"}),
    ("/api/v1/statistics/indicators", {"from": "9999-12-30", "to": "9999-12-31"}),
    ("/api/v1/statistics/indicators", {"from": "0001-01-01", "to": "0001-01-02"}),
    ("/api/v1/statistics/trend", {"indicator": "closed", "to": "9999-12-31"}),
    ("/api/v1/incidents", {"after": "inf~" + str(uuid.uuid4())}),
    ("/api/v1/areas/%00", {}),
    ("/api/v1/incidents/not-a-uuid", {}),
    ("/api/v1/nothing", {}),
]


def assert_problem(answer: Any) -> None:
    """A 4xx with the members of problem JSON."""
    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert answer.content_type == "application/problem+json"
    problem = answer.json
    assert {"type", "title", "status", "code", "detail", "errors"} <= set(problem)
    assert problem["status"] == answer.status_code
    # The caller's account reads Chinese: no sentence of a library comes through.
    assert CHINESE.search(problem["title"]) and CHINESE.search(problem["detail"])
    assert all(CHINESE.search(error["detail"]) for error in problem["errors"]), problem["errors"]
    answer.close()


@pytest.fixture(scope="module")
def caller(shared_house: House) -> Caller:
    """A worker's caller."""
    return shared_house.client("01-001")


@pytest.fixture
def nothing_stored(shared_house: House) -> Iterator[None]:
    """What a test sends leaves every table about cases as long as it was."""
    before = stored(shared_house)
    yield
    assert stored(shared_house) == before


def stored(house: House) -> dict[str, int]:
    """Rows of each table that a report or an operation writes to."""
    tables = ("case_file", "incident", "case_event", "case_timer", "journal", "attachment")
    with house.owner.transaction(read_only=True) as tx:
        return {table: tx.scalar(f"SELECT count(*) FROM {table}") for table in tables}


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("body", [b for _, b in BAD_REPORTS], ids=[n for n, _ in BAD_REPORTS])
def test_bad_reports(caller: Caller, body: Any) -> None:
    assert_problem(caller.post("/api/v1/incidents", body))


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_bad_bodies(caller: Caller, body: bytes) -> None:
    for path in ("/api/v1/incidents", "/api/v1/sessions"):
        answer = caller.flask.post(
            path, data=body, headers={**caller.headers, "Content-Type": "application/json"}
        )
        assert_problem(answer)


@pytest.mark.parametrize(("path", "query"), BAD_QUERIES)
def test_bad_queries(caller: Caller, path: str, query: dict[str, str]) -> None:
    assert_problem(caller.get(path, **query))


def test_bad_operations(caller: Caller, shared_house: House) -> None:
    incident = caller.post("/api/v1/incidents", {**GOOD, "id": str(uuid.uuid4())}).json["id"]
    officer = shared_house.client("Z-01")
    path = f"/api/v1/incidents/{incident}/operations"
    before = stored(shared_house)
    for operation, body in (
        ("file", {}),
        ("file", {"version": "1"}),
        ("file", {"version": 0}),
        ("file", {"version": 10**30}),
        ("file", {"version": 1, "filing_condition": "no such"}),
        ("file", {"version": 1, "note": "\x00"}),
        ("file", {"version": 1, "note": ["a"] * 10}),
        ("reject", {"version": 1}),
        ("reject", {"version": 1, "reason": ""}),
        ("reject", {"version": 1, "reason": "   "}),
        ("file", {"version": 1, "happened_at": "2036-01-01T00:00:00Z"}),
        ("file", {"version": 1, "happened_at": "1999-01-01T00:00:00Z"}),
        ("explode", {"version": 1}),
        ("dispatch", {"version": 1, "to": "nobody"}),
        ("evaluate", {"version": 1, "satisfaction": "great"}),
    ):
        assert_problem(officer.post(f"{path}/{operation}", body))
    assert stored(shared_house) == before
    assert officer.get(f"/api/v1/incidents/{incident}").json["version"] == 1


@pytest.mark.slow
def test_the_api_keeps_its_own_description(shared_house: House) -> None:
    """Generated requests over the whole OpenAPI description: no server error anywhere."""
    token = shared_house.token("Z-01")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", shared_house.app)
    skipped = {"/api/v1/journal/stream", "/metrics"}
    tried = 0

    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in skipped or operation.path.endswith("/sessions/current"):
            continue
        strategy = operation.as_strategy()

        @hypothesis.settings(
            max_examples=12,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=strategy)
        def call(case: Any) -> None:
            nonlocal tried
            tried += 1
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text[:300]}"

        call()
    assert tried > 200
