"""Who may draw and decide, what is refused, and what two at once do to each other."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shapely.geometry import shape

from gridcenter.actor import SYSTEM
from gridcenter.database import Transaction
from gridcenter.redraw import rehoming
from gridcenter.redraw.operations import withdraw_plan
from tests import builders
from tests.conftest import House
from tests.gridcenter.redraw.place import (
    COMMUNITY,
    GRID_1,
    GRID_2,
    OTHER,
    areas,
    come_true,
    decide,
    draw,
    line,
    open_paths,
    reports,
    ring,
)

PLANS = "/api/v1/redraw/plans"
SPLIT = ("split", {"area": GRID_1, "line": line((0.4, -0.1), (0.4, 2.1))})


def preview(house: House, plan: Any) -> Any:
    answer = house.client("S-01").get(f"{PLANS}/{plan['id']}/preview")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_officials_draw_and_duty_officers_decide(house: House) -> None:
    body = {"title": "调整", "area": COMMUNITY}
    codes = {
        who: house.client(who).post(PLANS, body).status_code
        for who in ("I-01", "D-01", "Z-01", "S-01", "B-01", "H-01", "A-01", "Q-01", "01-001")
    }
    assert codes == dict.fromkeys(codes, 403) | {"S-01": 201, "A-01": 201, "B-01": 404}
    plan = draw(house, COMMUNITY, SPLIT)
    path = f"{PLANS}/{plan['id']}"
    for who in ("I-01", "D-01", "H-01", "Q-01", "01-001"):
        assert house.client(who).get(path).status_code == 404, who
        assert house.client(who).get(PLANS).json["items"] == []
        assert house.client(who).get(f"{path}/preview").status_code == 404
    checked = house.client("S-01").post(f"{path}/check", {"version": plan["version"]}).json
    assert checked["state"] == "checked", checked["findings"]
    assert "approve" not in checked["allowed_operations"]
    hour = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wish = {"version": checked["version"], "effective_at": hour}
    assert house.client("S-01").post(f"{path}/approve", wish).status_code == 403
    assert "approve" in house.client("Z-01").get(path).json["allowed_operations"]
    assert house.client("Z-01").post(f"{path}/approve", wish).json["state"] == "approved"
    # Approved but not due: nothing happens, and it can still be taken back.
    assert come_true(house) == []
    approved = house.client("S-01").get(path).json
    gone = house.client("S-01").post(f"{path}/withdraw", {"version": approved["version"]})
    assert gone.json["state"] == "withdrawn"
    assert set(areas(house)) == {GRID_1, GRID_2, f"{OTHER}Z001", f"{OTHER}Z002"}


def test_two_persons_also_among_administrators_and_in_the_database(house: House) -> None:
    plan = draw(house, COMMUNITY, SPLIT, author="A-01")
    path = f"{PLANS}/{plan['id']}"
    admin = house.client("A-01")
    checked = admin.post(f"{path}/check", {"version": plan["version"]}).json
    hour = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wish = {"version": checked["version"], "effective_at": hour}
    refused = admin.post(f"{path}/approve", wish)
    assert (refused.status_code, refused.json["code"]) == (403, "not_yours")
    with pytest.raises(Exception, match="two_persons"), house.owner.transaction() as tx:
        tx.execute("UPDATE redraw_plan SET approver_account_id = author_account_id")


def test_an_older_version_is_answered_by_conflict(house: House) -> None:
    plan = draw(house, COMMUNITY, SPLIT)
    path = f"{PLANS}/{plan['id']}"
    stale = house.client("S-01").post(f"{path}/check", {"version": plan["version"] - 1})
    assert stale.status_code == 409
    assert stale.json["current"]["version"] == plan["version"]
    caller = house.client("S-01")
    item = plan["items"][0]["id"]
    assert caller.delete(f"{path}/items/{item}?version={plan['version'] - 1}").status_code == 409
    left = caller.delete(f"{path}/items/{item}?version={plan['version']}")
    assert left.json["items"] == []
    empty = caller.post(f"{path}/check", {"version": left.json["version"]}).json
    assert (empty["state"], empty["findings"][0]["code"]) == ("draft", "nothing")


@pytest.mark.parametrize(
    ("operation", "given", "field"),
    [
        ("split", {"area": GRID_1}, "given.line"),
        ("split", {"area": GRID_1, "line": {"type": "Point", "coordinates": [1, 2]}}, "given.line"),
        ("split", {"area": GRID_1, "line": line((0, 0), (1, 1)), "x": 1}, "given.x"),
        ("merge", {"areas": [GRID_1]}, "given.areas"),
        ("merge", {"areas": [GRID_1, GRID_1]}, "given.areas"),
        ("rename", {"area": GRID_1, "name": " "}, "given.name"),
        ("move_border", {"area": GRID_1, "geometry": {"type": "Polygon"}}, "given.geometry"),
        ("replace", {"area": COMMUNITY, "areas": [{"level": "street"}]}, "given.areas.0.level"),
    ],
)
def test_what_is_given_is_checked_field_by_field(
    shared_house: House, operation: str, given: Any, field: str
) -> None:
    plan = draw(shared_house, COMMUNITY)
    body = {"version": plan["version"], "operation": operation, "given": given}
    answer = shared_house.client("S-01").post(f"{PLANS}/{plan['id']}/items", body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json["errors"]}


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (("split", {"area": GRID_1, "line": line((0.4, 0.5), (0.4, 1.5))}), "does_not_cross"),
        (("merge", {"areas": [GRID_1, f"{OTHER}Z001"]}), "not_siblings"),
        (("merge", {"areas": [f"{GRID_1}001", f"{GRID_2}002"]}), "not_siblings"),
        (("rename", {"area": "320508998009", "name": "新"}), "unknown_area"),
        (("retire", {"area": builders.STREET}), "own_area"),
        (("merge", {"areas": [GRID_1, GRID_2], "code": GRID_1}), "code_used"),
        (("merge", {"areas": [GRID_1, GRID_2], "code": f"{COMMUNITY}Z0012"}), "bad_code"),
    ],
)
def test_a_step_that_does_not_fit_refuses_the_plan(
    shared_house: House, step: Any, code: str
) -> None:
    plan = draw(shared_house, builders.STREET, step)
    found = preview(shared_house, plan)["findings"]
    assert [(f["severity"], f["code"]) for f in found] == [("refuse", code)]
    path = f"{PLANS}/{plan['id']}"
    checked = shared_house.client("S-01").post(f"{path}/check", {"version": plan["version"]}).json
    assert checked["state"] == "draft"
    wish = {"version": checked["version"], "effective_at": datetime.now(UTC).isoformat()}
    assert shared_house.client("Z-01").post(f"{path}/approve", wish).status_code == 409


def test_a_dedicated_grid_is_cut_out_and_takes_what_lies_in_it(house: House) -> None:
    with house.owner.transaction() as tx:
        builders.make_buildings(tx, *builders.PLACES)
    hole = ring((0.3, 1.3), (0.7, 1.3), (0.7, 1.7), (0.3, 1.7))
    given = {"parent": COMMUNITY, "kind": "dedicated_grid", "name": "示例学校", "geometry": hole}
    plan = draw(house, COMMUNITY, ("create", given))
    shown = preview(house, plan)
    assert [f for f in shown["findings"] if f["severity"] == "refuse"] == []
    assert shown["totals"]["buildings"] == 1
    decide(house, plan)
    assert come_true(house)[0]["done"]
    assert areas(house)[f"{COMMUNITY}S001"]["name"] == "示例学校"
    lon, lat = shape(hole).centroid.coords[0]
    answer = house.client("D-01").get("/api/v1/locate", lon=lon, lat=lat, datum="cgcs2000")
    assert answer.status_code == 200, answer.text
    found = answer.json
    assert found["levels"][2]["code"] == f"{COMMUNITY}S001"
    with house.owner.transaction(read_only=True) as tx:
        held = tx.scalar(
            "SELECT area_path::text FROM building WHERE code = %(c)s", {"c": f"{GRID_1}001B001"}
        )
    assert held.startswith(f"{builders.STREET}.001.S001.")


def test_communities_merge_keep_their_codes_with_validity_and_map_their_grids(house: House) -> None:
    """DOMAIN §15, 21: the historical code is kept with validity, grid codes migrate by mapping."""
    new = f"{builders.STREET}003"
    plan = draw(
        house,
        builders.STREET,
        ("merge", {"areas": [COMMUNITY, OTHER], "code": new, "name": "新社区"}),
    )
    decide(house, plan)
    assert come_true(house)[0]["done"]
    assert set(areas(house, "community")) == {new}
    assert set(areas(house)) == {f"{new}Z{n:03d}" for n in (1, 2, 3, 4)}
    with house.owner.transaction(read_only=True) as tx:
        rows = tx.all(
            "SELECT x.code, a.code AS now_code, x.valid_to FROM area_external_code x"
            " JOIN area a ON a.id = x.area_id WHERE x.scheme = 'former' AND length(x.code) <= 16"
        )
        was = tx.one("SELECT retired_at FROM area WHERE code = %(c)s", {"c": COMMUNITY})
    assert {(r["code"], r["now_code"]) for r in rows} == {
        (COMMUNITY, new),
        (OTHER, new),
        (GRID_1, f"{new}Z001"),
        (GRID_2, f"{new}Z002"),
        (f"{OTHER}Z001", f"{new}Z003"),
        (f"{OTHER}Z002", f"{new}Z004"),
    }
    assert was is not None and was["retired_at"] is not None
    assert all(row["valid_to"] for row in rows)
    line_of = house.client("S-01").get(f"/api/v1/redraw/areas/{COMMUNITY}/lineage").json["items"]
    assert [(row["to"], row["share_area"]) for row in line_of] == [(new, 1.0)]


def test_a_grid_changes_its_community_and_its_people_keep_their_reach(house: House) -> None:
    case = reports(house, 12)
    plan = draw(house, builders.STREET, ("reparent", {"area": GRID_2, "parent": OTHER}))
    decide(house, plan)
    assert come_true(house)[0]["done"]
    new = f"{OTHER}Z003"
    assert set(areas(house)) == {GRID_1, new, f"{OTHER}Z001", f"{OTHER}Z002"}
    seen = house.client("01-002").get("/api/v1/incidents").json["items"]
    inside = [
        path
        for path in open_paths(house).values()
        if path.startswith(f"{builders.STREET}.002.Z003")
    ]
    assert len(seen) == len(inside) > 0
    assert len(case) == len(open_paths(house))


def test_retired_codes_are_never_used_again(house: House) -> None:
    """DOMAIN §15, 2: the code of a grid that ended is given to no other (编码不重用)."""
    for expected in ("Z003", "Z004"):
        grids = [code for code in areas(house) if code.startswith(COMMUNITY)]
        plan = draw(house, COMMUNITY, ("merge", {"areas": sorted(grids)}))
        decide(house, plan)
        assert come_true(house)[0]["done"]
        assert [c for c in areas(house) if c.startswith(COMMUNITY)] == [f"{COMMUNITY}{expected}"]
        if expected == "Z003":
            cut = (
                "split",
                {"area": f"{COMMUNITY}Z003", "line": line((1, -1), (1, 3)), "keep": "largest"},
            )
            again = draw(house, COMMUNITY, cut)
            decide(house, again)
            assert come_true(house)[0]["done"]
            break
    grids = {c for c in areas(house) if c.startswith(COMMUNITY)}
    assert grids == {f"{COMMUNITY}Z003", f"{COMMUNITY}Z004"}


def test_a_whole_community_is_replaced(house: House) -> None:
    rows = [
        {
            "level": "grid",
            "name": "北网格",
            "geometry": ring((0, 1), (1, 1), (2, 1), (2, 2), (1, 2), (0, 2)),
        },
        {
            "level": "grid",
            "code": GRID_1,
            "geometry": ring((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)),
        },
    ]
    plan = draw(house, COMMUNITY, ("replace", {"area": COMMUNITY, "areas": rows, "source": "新图"}))
    decide(house, plan)
    assert come_true(house)[0]["done"]
    grids = {c: a["name"] for c, a in areas(house).items() if c.startswith(COMMUNITY)}
    assert grids == {GRID_1: "第1网格", f"{COMMUNITY}Z003": "北网格"}
    # The micro-grids follow by place: the north row hangs under the north grid now.
    with house.owner.transaction(read_only=True) as tx:
        below = tx.all(
            "SELECT n.code, p.code AS parent FROM area_now n JOIN area p ON p.id = n.parent_id"
            " WHERE n.level = 'microgrid' AND p.code = ANY (%(c)s)",
            {"c": list(grids)},
        )
    assert len(below) == 4
    assert len([b for b in below if b["parent"] == GRID_1]) == 2


def test_a_gap_in_a_replacement_refuses_it_with_its_square_metres(house: House) -> None:
    rows = [{"level": "grid", "geometry": ring((0, 1), (2, 1), (2, 2), (0, 2))}]
    plan = draw(house, COMMUNITY, ("replace", {"area": COMMUNITY, "areas": rows}))
    found = [f for f in preview(house, plan)["findings"] if f["severity"] == "refuse"]
    assert [f["kind"] for f in found if f["parent"] == COMMUNITY] == ["gap"]
    assert found[0]["measure"] == pytest.approx(2 * 190.4 * 221.8, rel=0.01)


def test_ground_that_changed_meanwhile_sends_the_plan_back(house: House) -> None:
    one = draw(house, COMMUNITY, SPLIT)
    two = draw(house, COMMUNITY, ("merge", {"areas": [GRID_1, GRID_2]}))
    decide(house, one)
    decide(house, two)
    assert [told["done"] for told in come_true(house)] == [True, False]
    failed = house.client("S-01").get(f"{PLANS}/{two['id']}").json
    assert failed["state"] == "draft"
    assert GRID_1 in failed["failure"]["zh"]
    assert come_true(house) == []


def test_two_workers_at_the_hour_do_it_once(house: House) -> None:
    reports(house, 20)
    decide(house, draw(house, COMMUNITY, SPLIT))
    told: list[Any] = []
    both = [threading.Thread(target=lambda: told.extend(come_true(house))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(t["done"] for t in told) in ([True], [False, True])
    assert len([c for c in areas(house) if c.startswith(COMMUNITY)]) == 3
    with house.owner.transaction(read_only=True) as tx:
        assert (
            tx.scalar(
                "SELECT count(*) FROM area_lineage WHERE from_area_id = (SELECT id FROM area"
                " WHERE code = %(c)s)",
                {"c": GRID_1},
            )
            == 2
        )


def test_who_withdraws_while_it_comes_true_waits_and_is_refused(house: House) -> None:
    plan = decide(house, draw(house, COMMUNITY, SPLIT))
    with house.owner.transaction() as tx:
        from uuid import UUID

        withdraw_plan(tx, SYSTEM, UUID(plan["id"]), plan["version"])
        done: list[Any] = []
        job = threading.Thread(target=lambda: done.extend(come_true(house)))
        job.start()
        job.join(0.5)
        assert job.is_alive()  # waits for the lock on the plan
    job.join()
    assert [told["done"] for told in done] == [False]
    assert GRID_1 in areas(house)


def test_every_table_that_names_areas_is_thought_of(owner_tx: Transaction) -> None:
    """A new table with a path or an area in it has to say what a redraw does to it."""
    rows = owner_tx.all(
        "SELECT DISTINCT c.relname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_type t ON t.oid = a.atttypid"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND t.typname = 'ltree'"
        " AND a.attnum > 0 AND NOT a.attisdropped"
        " UNION SELECT DISTINCT conrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid = 'area'::regclass"
    )
    known = {*rehoming.HANDLERS, *rehoming.FOLLOWERS, *rehoming.KEPT}
    assert {row["name"] for row in rows} - known == set()


def test_reversing_is_refused_once_the_areas_have_changed_again(house: House) -> None:
    first = draw(house, COMMUNITY, SPLIT)
    decide(house, first)
    come_true(house)
    second = draw(house, COMMUNITY, ("rename", {"area": f"{COMMUNITY}Z003", "name": "新名"}))
    decide(house, second)
    come_true(house)
    back = house.client("S-01").post(f"{PLANS}/{first['id']}/reverse").json
    found = preview(house, back)["findings"]
    assert [f["code"] for f in found] == ["changed_since"]
    assert house.client("S-01").post(f"{PLANS}/{first['id']}/reverse").status_code == 409
