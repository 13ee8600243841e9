"""The door for people: log-in page, lock after five failures, one-time passwords, log-out."""

from __future__ import annotations

import re
from typing import Any

from gridcenter.accounts import operations
from gridcenter.actor import SYSTEM
from tests import builders
from tests.conftest import House

PAGE = {"Accept": "text/html"}


def csrf(client: Any, path: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path, headers=PAGE).text)
    assert found is not None
    return found[1]


def log_in(client: Any, username: str, password: str) -> Any:
    """The answer to the log-in form."""
    form = {"csrf_token": csrf(client, "/login"), "username": username, "password": password}
    return client.post("/login", data=form, headers=PAGE)


def test_each_post_begins_on_its_page(house: House) -> None:
    for username, page in (("D-01", "/desk"), ("01-001", "/field"), ("S-01", "/statistics")):
        client = house.app.test_client()
        answer = log_in(client, username, builders.PASSWORD)
        assert (answer.status_code, answer.location) == (302, "/")
        assert client.get("/", headers=PAGE).location == page


def test_five_failures_lock_and_say_nothing_about_names(house: House) -> None:
    client = house.app.test_client()
    unknown = log_in(client, "nobody", "Wrong-pass-1")
    wrong = log_in(client, "D-01", "Wrong-pass-1")
    said = [re.search(r'id="login-error".*?</div>', a.text, re.S) for a in (unknown, wrong)]
    assert said[0] is not None and said[1] is not None
    assert said[0][0] == said[1][0]
    for _ in range(4):
        locked = log_in(client, "D-01", "Wrong-pass-1")
        never_there = log_in(client, "nobody", "Wrong-pass-1")
    assert "锁定" in locked.text
    # A name that nobody has locks by the same count: the answer tells nothing about names.
    assert "锁定" in never_there.text
    said = [
        house.client().post("/api/v1/sessions", {"username": name, "password": "Wrong-pass-1"})
        for name in ("D-01", "nobody", "NoBody", "nobody-2")
    ]
    assert [answer.status_code for answer in said] == [423, 423, 423, 401]
    assert "锁定" in log_in(client, "D-01", builders.PASSWORD).text
    answer = house.client().post(
        "/api/v1/sessions", {"username": "D-01", "password": builders.PASSWORD}
    )
    assert (answer.status_code, answer.json["code"]) == (423, "account_locked")


def test_forms_without_token_are_refused(house: House) -> None:
    client = house.app.test_client()
    form = {"username": "D-01", "password": builders.PASSWORD}
    assert client.post("/login", data=form, headers=PAGE).status_code == 403
    log_in(client, "D-01", builders.PASSWORD)
    body = builders.report_json(builders.report())
    assert client.post("/api/v1/incidents", json=body).status_code == 403


def test_a_one_time_password_leads_to_choosing_an_own_one(house: House) -> None:
    with house.owner.transaction() as tx:
        once = operations.reset_password(tx, SYSTEM, "D-01")
    client = house.app.test_client()
    assert log_in(client, "D-01", once).location == "/password"
    # Until then nothing else is open, by pages or by programs.
    assert client.get("/desk", headers=PAGE).location == "/password"
    refused = client.get("/api/v1/incidents")
    assert (refused.status_code, refused.json["code"]) == (403, "own_password_needed")
    assert client.get("/api/v1/journal/stream").status_code == 403
    token = csrf(client, "/password")
    form = {"csrf_token": token, "old": once, "new": "short", "again": "short"}
    assert "至少 8 位" in client.post("/password", data=form, headers=PAGE).text
    form |= {"new": "My-own-word-9", "again": "My-own-word-8"}
    assert "不一样" in client.post("/password", data=form, headers=PAGE).text
    form |= {"again": "My-own-word-9"}
    assert client.post("/password", data=form, headers=PAGE).location == "/"
    assert client.get("/desk", headers=PAGE).status_code == 200
    assert log_in(house.app.test_client(), "D-01", "My-own-word-9").location == "/"


def test_log_out_ends_the_session(house: House) -> None:
    client = house.app.test_client()
    log_in(client, "D-01", builders.PASSWORD)
    assert client.get("/desk", headers=PAGE).status_code == 200
    client.post("/logout", data={"csrf_token": csrf(client, "/desk")}, headers=PAGE)
    assert client.get("/desk", headers=PAGE).location.startswith("/login")


def test_nobody_is_led_outside(house: House) -> None:
    for target in ("https://elsewhere.invalid/", "//elsewhere.invalid", "/\\elsewhere.invalid"):
        client = house.app.test_client()
        form = {
            "csrf_token": csrf(client, "/login"),
            "username": "D-01",
            "password": builders.PASSWORD,
            "next": target,
        }
        assert client.post("/login", data=form, headers=PAGE).location == "/"


def test_pages_of_other_posts_do_not_exist(house: House) -> None:
    client = house.app.test_client()
    log_in(client, "01-001", builders.PASSWORD)
    for path in ("/desk", "/statistics", "/imports", "/admin", "/wall"):
        assert client.get(path, headers=PAGE).status_code == 404


def told_language(client: Any) -> str:
    """The language of the page that an account begins with."""
    found = re.search(r'<html lang="([^"]+)"', client.get("/desk", headers=PAGE).text)
    assert found is not None
    return found[1]


def test_a_language_chosen_at_the_door_becomes_the_accounts(house: House) -> None:
    client = house.app.test_client()
    assert 'lang="en"' in client.get("/login?lang=en&next=/desk", headers=PAGE).text
    log_in(client, "D-01", "Wrong-pass-1")
    log_in(client, "D-01", builders.PASSWORD)
    assert told_language(client) == "en"
    # The next one at this machine chose nothing: the page speaks English, the account stays as it is.
    form = {"csrf_token": csrf(client, "/password")}
    client.post("/logout", data=form, headers=PAGE)
    assert '<html lang="en"' in client.get("/login", headers=PAGE).text
    log_in(client, "Z-01", builders.PASSWORD)
    assert told_language(client) == "zh-CN"


def test_a_choice_in_the_account_menu_stays(house: House) -> None:
    client = house.app.test_client()
    client.get("/login?lang=en", headers=PAGE)
    log_in(client, "D-01", builders.PASSWORD)
    chosen = {"csrf_token": csrf(client, "/password"), "locale": "zh", "next": "/desk"}
    assert client.post("/preferences", data=chosen, headers=PAGE).location == "/desk"
    client.post("/logout", data={"csrf_token": csrf(client, "/password")}, headers=PAGE)
    log_in(client, "D-01", builders.PASSWORD)
    assert told_language(client) == "zh-CN"
