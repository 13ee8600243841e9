"""What each of the three administrators may do, may not do, and never sees."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from gridcenter.accounts import operations, passwords, sessions
from gridcenter.accounts.sessions import LogIn, LogInFailed
from gridcenter.actor import SYSTEM, act_as
from gridcenter.database import Database
from gridcenter.errors import InvalidInput
from tests import builders
from tests.conftest import Caller, House

GRID = f"{builders.STREET}001Z001"
SYSTEM_ONLY: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/accounts", {"username": "new-1"}),
    ("POST", "/accounts/D-01/disable", None),
    ("POST", "/accounts/D-01/enable", None),
    ("POST", "/accounts/D-01/unlock", None),
    ("POST", "/accounts/D-01/reset-password", None),
    ("POST", "/departments", {"code": "new", "name": "新部门"}),
    ("POST", "/workers", {"code": "09-1", "display_name": "某", "area": GRID}),
    ("POST", "/duties", {"worker": "01-002", "area": GRID, "kind": "deputy", "rank": 1}),
    ("DELETE", "/duties/1", None),
)
SECURITY_ONLY: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/accounts/sessions", None),
    ("POST", "/accounts/D-01/postings", {"post": "intake", "area": builders.STREET}),
    ("DELETE", "/postings/1", None),
)
AUDIT_ONLY: tuple[tuple[str, str, Any], ...] = (("GET", "/account-events", None),)
OWNERS = {"A-01": SYSTEM_ONLY, "Q-01": SECURITY_ONLY, "J-01": AUDIT_ONLY}


def call(caller: Caller, method: str, path: str, body: Any = None) -> Any:
    """The response of one call under /api/v1."""
    return caller.flask.open(f"/api/v1{path}", method=method, json=body, headers=caller.headers)


def account(house: House, username: str) -> dict[str, Any]:
    """The account as the system administrator's list shows it."""
    found = call(house.client("A-01"), "GET", f"/accounts?q={username}").json["items"]
    return next(row for row in found if row["username"] == username)


@pytest.mark.parametrize("username", ["A-01", "Q-01", "J-01"])
def test_what_is_another_administrators_is_refused_in_words(house: House, username: str) -> None:
    caller = house.client(username)
    for owner, calls in OWNERS.items():
        if owner == username:
            continue
        for method, path, body in calls:
            answer = call(caller, method, path, body)
            assert (answer.status_code, answer.json["code"]) == (403, "not_yours"), (path, username)
    with house.owner.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM account WHERE disabled_at IS NOT NULL") == 0
        assert tx.scalar("SELECT count(*) FROM account WHERE username = 'new-1'") == 0


@pytest.mark.parametrize("username", ["D-01", "S-01", "H-01", "B-01", "01-001"])
def test_for_others_there_is_no_administration(house: House, username: str) -> None:
    caller = house.client(username)
    for method, path, body in (
        *SYSTEM_ONLY,
        *SECURITY_ONLY,
        *AUDIT_ONLY,
        ("GET", "/accounts", None),
    ):
        assert call(caller, method, path, body).status_code == 404, path


@pytest.mark.parametrize("username", ["A-01", "Q-01", "J-01"])
def test_no_administrator_sees_a_case(house: House, username: str) -> None:
    reporter = house.client("01-001")
    told = reporter.post("/api/v1/incidents", builders.report_json(builders.report()))
    assert told.status_code == 201
    assert house.client("D-01").get("/api/v1/incidents").json["items"]
    caller = house.client(username)
    assert caller.get("/api/v1/incidents").json["items"] == []
    assert caller.get(f"/api/v1/incidents/{told.json['id']}").status_code == 404


def test_the_database_itself_keeps_them_apart(house: House) -> None:
    """The sentences of the edge left out: the row rights decide the same."""
    with house.owner.transaction() as tx:
        actors = {name: builders.actor_named(tx, name) for name in ("A-01", "Q-01", "J-01")}
        victim = tx.scalar("SELECT id FROM account WHERE username = 'D-01'")
    posting = (
        "INSERT INTO posting (account_id, post, area_path) SELECT %(id)s, 'intake', path"
        " FROM area_now WHERE level = 'street'"
    )
    refused = {
        "A-01": posting,
        "Q-01": "INSERT INTO account (username, display_name) VALUES ('x-1', 'x')",
        "J-01": posting,
    }
    for name, statement in refused.items():
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            house.database.transaction() as tx,
        ):
            act_as(tx, actors[name])
            tx.execute(statement, {"id": victim})
    with house.database.transaction() as tx:
        act_as(tx, actors["Q-01"])
        shut = "UPDATE account SET disabled_at = now() WHERE username = 'D-01'"
        assert tx.execute(shut) == 0
        assert (
            tx.all(
                "SELECT id FROM account_event WHERE account_id <> %(id)s",
                {"id": actors["Q-01"].account_id},
            )
            == []
        )


def test_an_account_from_nothing_to_work_and_back(house: House) -> None:
    system, security = house.client("A-01"), house.client("Q-01")
    made = call(system, "POST", "/accounts", {"username": "D-77", "display_name": "新派遣员"})
    assert made.status_code == 201
    assert log_in(house, "D-77", made.json["password"]) is None
    granted = call(
        security, "POST", "/accounts/D-77/postings", {"post": "dispatcher", "area": builders.STREET}
    )
    assert granted.status_code == 201
    row = account(house, "D-77")
    assert [held["post"] for held in row["postings"]] == ["dispatcher"]
    assert call(security, "DELETE", f"/postings/{row['postings'][0]['id']}").status_code == 204
    assert account(house, "D-77")["postings"] == []
    assert call(system, "POST", "/accounts/D-77/disable").status_code == 204
    assert log_in(house, "D-77", made.json["password"]) == "not_authenticated"
    assert call(system, "POST", "/accounts/D-77/enable").status_code == 204
    assert log_in(house, "D-77", made.json["password"]) is None
    events = call(house.client("J-01"), "GET", "/account-events").json["items"]
    seen = [e["event"] for e in events if e["account"] == "D-77" and e["event"] != "login"]
    assert seen[::-1] == [
        *("account_created", "post_granted", "post_ended", "account_disabled"),
        *("login_failed", "account_enabled"),
    ]


def log_in(house: House, username: str, password: str) -> str | None:
    """The code of why a log-in failed, or None when it did not."""
    with house.database.transaction() as tx:
        answer = sessions.log_in(tx, LogIn(username, password, "api"))
    return answer.error.code if isinstance(answer, LogInFailed) else None


def test_a_reset_password_ends_every_session_and_the_old_password(house: House) -> None:
    worker = house.client("01-001")
    assert worker.get("/api/v1/sessions/current").status_code == 200
    told = call(house.client("A-01"), "POST", "/accounts/01-001/reset-password")
    assert told.status_code == 200
    passwords.check_strength(told.json["password"], "01-001")
    assert worker.get("/api/v1/sessions/current").status_code == 401
    assert log_in(house, "01-001", builders.PASSWORD) == "not_authenticated"
    assert log_in(house, "01-001", told.json["password"]) is None


def test_a_locked_account_is_unlocked(house: House) -> None:
    codes = [log_in(house, "D-01", "wrong") for _ in range(sessions.FAILURES_BEFORE_LOCK)]
    assert codes[-1] == "account_locked"
    assert log_in(house, "D-01", builders.PASSWORD) == "account_locked"
    assert call(house.client("A-01"), "POST", "/accounts/D-01/unlock").status_code == 204
    assert log_in(house, "D-01", builders.PASSWORD) is None


def test_my_password_changes_and_only_my_other_sessions_end(house: House) -> None:
    mine, other, colleague = (house.client(n) for n in ("01-001", "01-001", "01-002"))
    path, new = "/accounts/own/password", "Another-horse-8"
    wrong = call(mine, "PUT", path, {"old": "nope", "new": new})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "old")
    weak = call(mine, "PUT", path, {"old": builders.PASSWORD, "new": "short"})
    assert (weak.status_code, weak.json["errors"][0]["field"]) == (422, "new")
    assert call(mine, "PUT", path, {"old": builders.PASSWORD, "new": new}).status_code == 204
    assert mine.get("/api/v1/sessions/current").status_code == 200
    assert other.get("/api/v1/sessions/current").status_code == 401
    assert colleague.get("/api/v1/sessions/current").status_code == 200
    assert log_in(house, "01-001", new) is None


def test_nobody_is_judge_in_the_own_matter(house: House) -> None:
    own_post = call(
        house.client("Q-01"), "POST", "/accounts/Q-01/postings", {"post": "audit_admin"}
    )
    assert own_post.status_code == 422
    for verb in ("disable", "reset-password"):
        assert call(house.client("A-01"), "POST", f"/accounts/A-01/{verb}").status_code == 422


@pytest.mark.parametrize(
    ("username", "body", "code"),
    [
        ("A-01", {"post": "audit_admin"}, "administrators_apart"),
        ("A-01", {"post": "intake", "area": builders.STREET}, "administrators_apart"),
        ("D-01", {"post": "audit_admin"}, "administrators_apart"),
        ("A-01", {"post": "system_admin"}, "post_held"),
        ("D-01", {"post": "dispatcher", "area": builders.STREET}, "post_held"),
        ("H-01", {"post": "handler", "department": "zhzf"}, "post_held"),
    ],
)
def test_posts_that_do_not_go_together_are_refused_in_words(
    house: House, username: str, body: dict[str, str], code: str
) -> None:
    answer = call(house.client("Q-01"), "POST", f"/accounts/{username}/postings", body)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)


def test_a_shut_account_does_not_get_its_sessions_back(house: House) -> None:
    """Shut by an administrator, or on the command line by no account at all."""
    system, worker = house.client("A-01"), house.client("01-001")
    assert call(system, "POST", "/accounts/01-001/disable").status_code == 204
    assert call(system, "POST", "/accounts/01-001/enable").status_code == 204
    assert worker.get("/api/v1/sessions/current").status_code == 401
    worker = house.client("01-001")
    database = Database(house.settings.url("worker", house.name))
    with database.transaction() as tx:
        operations.disable_account(tx, SYSTEM, "01-001")
        operations.enable_account(tx, SYSTEM, "01-001")
    database.close()
    assert worker.get("/api/v1/sessions/current").status_code == 401


def test_the_present_password_cannot_be_guessed_from_a_session(house: House) -> None:
    mine, path = house.client("01-001"), "/accounts/own/password"
    guesses = [
        call(mine, "PUT", path, {"old": f"Wrong-pass-{n}", "new": "Another-horse-8"}).json["code"]
        for n in range(sessions.FAILURES_BEFORE_LOCK)
    ]
    assert guesses == ["invalid_input"] * 4 + ["account_locked"]
    right = call(mine, "PUT", path, {"old": builders.PASSWORD, "new": "Another-horse-8"})
    assert (right.status_code, right.json["code"]) == (423, "account_locked")
    assert log_in(house, "01-001", builders.PASSWORD) == "account_locked"


def test_another_persons_session_is_ended_by_the_security_administrator(house: House) -> None:
    worker, security = house.client("01-002"), house.client("Q-01")
    assert worker.get("/api/v1/sessions/current").status_code == 200
    listed = call(security, "GET", "/accounts/sessions").json["items"]
    session = next(row for row in listed if row["username"] == "01-002")
    assert call(house.client("A-01"), "DELETE", f"/sessions/{session['id']}").status_code == 404
    assert call(security, "DELETE", f"/sessions/{session['id']}").status_code == 204
    assert worker.get("/api/v1/sessions/current").status_code == 401


def test_workers_and_duties_say_what_is_wrong_beside_the_field(house: House) -> None:
    system = house.client("A-01")
    taken = {"code": "01-001", "display_name": "某", "area": GRID}
    answer = call(system, "POST", "/workers", taken)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "code")
    twice = {"worker": "01-002", "area": GRID, "kind": "responsible"}
    answer = call(system, "POST", "/duties", twice)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "rank")
    deputy = {"worker": "01-002", "area": GRID, "kind": "deputy", "rank": 1}
    assert call(system, "POST", "/duties", deputy).status_code == 201
    found = call(system, "GET", f"/duties?area={GRID}&worker=01-002").json["items"]
    assert [(d["kind"], d["rank"]) for d in found] == [("deputy", 1)]
    assert call(system, "DELETE", f"/duties/{found[0]['id']}").status_code == 204
    assert call(system, "GET", f"/duties?area={GRID}&worker=01-002").json["items"] == []
    assert call(system, "DELETE", f"/duties/{found[0]['id']}").status_code == 404


def test_departments_are_added_once(house: House) -> None:
    system, body = house.client("A-01"), {"code": "lyj", "name": "林业局"}
    assert call(system, "POST", "/departments", body).status_code == 201
    again = call(system, "POST", "/departments", body)
    assert (again.status_code, again.json["errors"][0]["code"]) == (422, "code_taken")
    assert "lyj" in {d["code"] for d in call(system, "GET", "/departments").json["items"]}


def test_one_time_passwords_are_strong_and_never_the_same() -> None:
    made = {passwords.one_time_password("D-77") for _ in range(50)}
    assert len(made) == 50
    for password in made:
        passwords.check_strength(password, "D-77")
    with pytest.raises(InvalidInput):
        passwords.check_strength("D-77", "D-77")
