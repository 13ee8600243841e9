"""A plain tile is answered before Flask, and nobody can tell by the answer."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from dashboards.requests import SESSION_COOKIE
from tests.builders import STREET, make_buildings
from tests.conftest import House
from tests.layers.test_layers import tile_at

GRID = f"{STREET}001Z001"
Z, X, Y = tile_at(GRID, 16)
HERE = f"/tiles/building/{Z}/{X}/{Y}.mvt"
EMPTY = "/tiles/building/16/1/1.mvt"
PLAIN = [HERE, EMPTY, f"/tiles/grid/{Z}/{X}/{Y}.mvt", f"/tiles/incident/{Z}/{X}/{Y}.mvt"]
HANDED_ON = [
    f"/tiles/nothing/{Z}/{X}/{Y}.mvt",
    "/tiles/building/23/1/1.mvt",
    "/tiles/building/3/9/1.mvt",
    f"{HERE}?at=2026-01-01T00:00:00Z",
    f"{HERE}?at=yesterday",
    f"{HERE}?lang=en",
]


@pytest.fixture
def ways(house: House):
    """The whole application, and the same without the short way."""
    with house.owner.transaction() as tx:
        make_buildings(tx, f"{GRID}001", f"{STREET}001Z002001")
    return Client(house.app.wsgi_app), Client(house.app.wsgi_app.behind)


def said(answer):
    headers = {k: v for k, v in answer.headers.items() if k != "X-Request-Id"}
    return answer.status_code, headers, answer.get_data()


def without_flask(house, monkeypatch):
    def reached(*_):
        raise AssertionError("the application was asked")

    monkeypatch.setattr(house.app.wsgi_app, "behind", reached)


def test_the_same_tiles_both_ways(house, ways, monkeypatch):
    for username in ("D-01", "01-001", "B-01"):
        headers = {"Authorization": f"Bearer {house.token(username)}"}
        for path in PLAIN:
            quick, whole = (way.get(path, headers=headers) for way in ways)
            assert said(quick) == said(whole)
            assert (quick.status_code, len(quick.headers["X-Request-Id"])) == (200, 8)
            again = {**headers, "If-None-Match": quick.headers["ETag"]}
            quick, whole = (way.get(path, headers=again) for way in ways)
            assert said(quick) == said(whole)
            assert quick.status_code == 304
    without_flask(house, monkeypatch)
    assert ways[0].get(HERE, headers=headers).status_code == 200
    assert ways[0].get(HERE, headers=again).status_code == 200  # the version of another tile


def test_what_is_not_plain_is_answered_by_the_application(house, ways):
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    for path in HANDED_ON:
        quick, whole = (way.get(path, headers=headers) for way in ways)
        assert said(quick)[::2] == said(whole)[::2]


def test_a_cookie_is_as_good_as_a_token(house, ways, monkeypatch):
    without_flask(house, monkeypatch)
    ways[0].set_cookie(SESSION_COOKIE, house.token("D-01", "browser"))
    assert ways[0].get(HERE).get_data()


def test_a_cookie_of_another_application_is_no_matter(house, ways):
    for way in ways:
        answer = way.get(
            HERE,
            headers={"Authorization": f"Bearer {house.token('D-01')}"},
            environ_base={"HTTP_COOKIE": "lang=\xe4; other=1"},
        )
        assert answer.status_code == 200
        assert way.get(HERE, environ_base={"HTTP_COOKIE": "lang=\xe4"}).status_code == 401


def test_what_nobody_expected_is_a_problem_with_a_number(house, ways, monkeypatch):
    monkeypatch.setattr(house.app, "testing", False)
    monkeypatch.setitem(house.app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("dashboards.api.quick_tiles.session_of", lambda *_: 1 / 0)
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    answer = ways[0].get(HERE, headers=headers)
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_nobody_gets_nothing(ways, token):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = ways[0].get(HERE, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")


def test_an_ended_session_ends_here_too(house, ways):
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    assert ways[0].get(HERE, headers=headers).status_code == 200
    with house.owner.transaction() as tx:
        tx.execute("UPDATE session SET revoked_at = now()")
    assert ways[0].get(HERE, headers=headers).status_code == 401


def test_a_one_time_password_opens_no_tile(house, ways):
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    with house.owner.transaction() as tx:
        tx.execute("UPDATE account SET password_hash = 'x', password_changed_at = NULL")
    assert ways[0].get(HERE, headers=headers).status_code == 403


def test_a_session_stays_alive_by_tiles(house, ways):
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    with house.owner.transaction() as tx:
        tx.execute("UPDATE session SET seen_at = now() - interval '5 minutes'")
    assert ways[0].get(HERE, headers=headers).status_code == 200
    with house.owner.transaction(read_only=True) as tx:
        assert tx.scalar("SELECT bool_and(seen_at > now() - interval '1 minute') FROM session")


def test_a_dead_database_is_said_once(house, ways, monkeypatch):
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    asked = []

    def dead(**_):
        from gridcenter.errors import DatabaseUnavailable

        asked.append(1)
        raise DatabaseUnavailable()

    monkeypatch.setattr(house.database, "transaction", dead)
    answer = ways[0].get(HERE, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")
    assert asked == [1]


def test_behind_https_the_browser_is_told_to_stay(house, ways):
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    answer = ways[0].get(HERE, headers=headers, base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"]
