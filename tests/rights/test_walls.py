"""A wall hangs in a room and its token stood in an address: figures and maps, no names, no doors, nothing to write."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from gridcenter.accounts.postings import GrantPost, grant_post
from tests import builders
from tests.conftest import House

OPEN = {
    "areas.area",
    "areas.area_list",
    "entrance.index",
    "entrance.log_out",
    "entrance.preferences",
    "incidents.incident_counts",
    "incidents.incident_list",
    "journal.journal",
    "sessions.close_session",
    "sessions.current_session",
    "statistics.indicator_list",
    "statistics.indicators",
    "statistics.trend",
    "statistics.wall",
    "tiles.layers",
    "tiles.tile",
    "tiles.tilejson",
    "tiles.versioned_tile",
    "wall.wall",
}
# These need nobody's log-in, or open the transaction themselves and ask for it.
NOT_ASKED = {"anonymous", "without_transaction"}


def marked(view, marks):
    while view is not None:
        if any(getattr(view, mark, False) for mark in marks):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def guarded(app):
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint not in ("static", "openapi.spec") and not marked(view, NOT_ASKED):
            yield from ((rule, method) for method in rule.methods - {"HEAD", "OPTIONS"})


def filled(rule):
    given = {"uuid": str(uuid4()), "int": "1", "path": "x", "default": "x"}
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: given[found[1] or "default"], rule.rule)


def test_everything_else_is_not_there_for_a_wall(house: House) -> None:
    caller = house.client("B-01")
    asked = 0
    for rule, method in guarded(house.app):
        if rule.endpoint in OPEN:
            continue
        answer = caller.flask.open(filled(rule), method=method, headers=caller.headers, json={})
        assert answer.status_code == 404, (method, rule.rule)
        asked += 1
    assert asked > 60


def test_what_is_open_is_what_says_so(house: House) -> None:
    views = house.app.view_functions
    assert {name for name in views if marked(views[name], {"open_to_walls"})} == OPEN


def test_a_wall_asks_what_its_page_needs(house: House) -> None:
    caller = house.client("B-01")
    for path in ("/wall", "/api/v1/statistics/wall", f"/api/v1/areas/{builders.STREET}"):
        assert caller.get(path).status_code == 200
    assert caller.get("/api/v1/incidents").status_code == 200
    assert caller.get("/api/v1/incidents", q="1 幢").status_code == 404


def test_a_wall_sees_no_dwelling_in_the_database(house: House) -> None:
    with house.owner.transaction() as tx:
        builders.make_buildings(tx, f"{builders.STREET}001Z001001")
        tx.execute(
            "INSERT INTO dwelling (building_id, entrance, floor, room, area_path, source)"
            " SELECT id, '1', 1, '101', area_path, 'test' FROM building"
        )
    seen = {}
    for username in ("B-01", "S-01", "I-01"):
        with house.acting(username) as tx:
            seen[username] = tx.scalar("SELECT count(*) FROM dwelling")
    assert seen == {"B-01": 0, "S-01": 1, "I-01": 0}


@pytest.mark.parametrize("kind", ["wall", "api"])
def test_the_token_of_a_wall_gives_no_other_post(house: House, kind: str) -> None:
    token = house.token("B-01", kind)
    with house.owner.transaction() as tx:
        wall = builders.actor_named(tx, "B-01").account_id
        grant = GrantPost(wall, "official", builders.STREET)
        grant_post(tx, builders.actor_named(tx, "Q-01"), grant)
    answer = house.client().flask.get(
        "/api/v1/sessions/current", headers={"Authorization": f"Bearer {token}"}
    )
    posts = {posting["post"] for posting in answer.json["account"]["postings"]}
    assert posts == ({"wall"} if kind == "wall" else {"wall", "official"})
