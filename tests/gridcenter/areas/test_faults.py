"""Stored boundaries: the guard of every writing, the check that keeps rows, repairs in force."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import shapely
from shapely import MultiPolygon, box

from gridcenter.actor import SYSTEM, Actor
from gridcenter.areas.area_settings import set_area_setting
from gridcenter.areas.fault_queries import area_faults
from gridcenter.areas.inspection import inspect, parent_id_of
from gridcenter.areas.mending import propose, repair
from gridcenter.areas.operations import Guard, stage_areas, write_areas
from gridcenter.areas.queries import locate
from gridcenter.database import Transaction
from gridcenter.errors import Conflict, ImportRefused, InvalidInput, MoveNotAllowed, NotFound
from tests import builders
from tests.builders import SOUTH, STEP, STREET, WEST
from tests.conftest import House

COMMUNITY = f"{STREET}001"
GRID, NEXT = f"{COMMUNITY}Z001", f"{COMMUNITY}Z002"
MICRO, BESIDE = f"{GRID}001", f"{GRID}002"  # north, south of it
METRE = 1 / 95_300  # of longitude at 31.3° north, in degrees


def outline(tx: Transaction, code: str) -> Any:
    """The outline in force of an area."""
    return shapely.from_wkb(
        bytes(tx.scalar("SELECT ST_AsBinary(geom) FROM area_now WHERE code = %(c)s", {"c": code}))
    )


def stage(tx: Transaction, code: str, shape: Any, **columns: Any) -> None:
    """One row of `area_incoming`: an area as it is, with another outline, or a new one."""
    row = tx.one(
        "SELECT n.name, n.kind, p.code AS parent, subpath(n.path, -1)::text AS label FROM area_now n"
        " LEFT JOIN area p ON p.id = n.parent_id WHERE n.code = %(c)s",
        {"c": code},
    ) or {"name": code, "kind": None, "parent": None, "label": code[-3:]}
    shape = shape if shape.geom_type == "MultiPolygon" else MultiPolygon([shape])
    tx.execute(
        "INSERT INTO area_incoming (code, code_scheme, kind, label, name, parent_code, geom, source,"
        " is_example) VALUES (%(code)s, 'governance', %(kind)s, %(label)s, %(name)s, %(parent)s,"
        " ST_GeomFromWKB(%(geom)s, 4490), 'test', true)",
        {**row, **columns, "code": code, "geom": shapely.to_wkb(shape)},
    )


def write(tx: Transaction, level: str, guard: Guard = Guard.REFUSE, **shapes: Any) -> None:
    stage_areas(tx)
    for code, shape in shapes.items():
        stage(tx, code.lstrip("_"), shape)
    write_areas(tx, level, guard)


def moved(shape: Any, by_m: float) -> Any:
    """The shape with its eastern border moved east by metres."""
    east = shape.bounds[2]
    return shapely.transform(
        shape, lambda xy: [[x + (by_m * METRE if x == east else 0), y] for x, y in xy]
    )


# --- the guard -------------------------------------------------------------------------------


@pytest.mark.parametrize(("by_m", "kind"), [(3.0, "overlap by"), (-3.0, "belong to no area")])
def test_a_border_moved_on_one_side_is_refused_with_its_sentence(
    owner_tx: Transaction, by_m: float, kind: str
) -> None:
    west = outline(owner_tx, GRID)
    with pytest.raises(ImportRefused, match=kind) as refused:
        write(owner_tx, "grid", **{f"_{GRID}": moved(west, by_m)})
    assert "平方米" in refused.value.detail("zh")


def test_a_border_moved_on_both_sides_is_written_only_with_the_areas_below(
    owner_tx: Transaction,
) -> None:
    west, east = outline(owner_tx, MICRO), outline(owner_tx, BESIDE)
    # Micro-grids of one grid lie north and south; nothing hangs below them.
    north_side = west.bounds[1]

    def lifted(shape: Any) -> Any:
        return shapely.transform(
            shape, lambda xy: [[x, y + (1e-5 if y == north_side else 0)] for x, y in xy]
        )

    write(owner_tx, "microgrid", **{f"_{MICRO}": lifted(west), f"_{BESIDE}": lifted(east)})
    grid = outline(owner_tx, GRID)
    with pytest.raises(ImportRefused):
        write(owner_tx, "grid", **{f"_{GRID}": grid.difference(lifted(east))})


def test_an_area_beyond_its_parent_is_refused(owner_tx: Transaction) -> None:
    east = outline(owner_tx, f"{STREET}002Z002")
    with pytest.raises(ImportRefused, match="outside of"):
        write(owner_tx, "grid", **{f"_{STREET}002Z002": moved(east, 2.0)})


def test_what_a_person_accepted_is_written_and_told_by_the_check(owner_tx: Transaction) -> None:
    west = outline(owner_tx, MICRO)
    write(owner_tx, "microgrid", Guard.ACCEPTED, **{f"_{MICRO}": moved(west, 3.0)})
    done = inspect(owner_tx, [parent_id_of(owner_tx, GRID)])
    assert done.by_kind["outside_parent"] == 1
    assert done.refusing == 1


def test_an_old_fault_does_not_forbid_a_writing_elsewhere(owner_tx: Transaction) -> None:
    east = outline(owner_tx, MICRO)
    owner_tx.execute(
        "UPDATE area_version SET geom = ST_GeomFromWKB(%(g)s, 4490) WHERE upper_inf(valid)"
        " AND area_id = (SELECT id FROM area WHERE code = %(c)s)",
        {"g": shapely.to_wkb(moved(east, 3.0)), "c": MICRO},
    )
    south = outline(owner_tx, BESIDE)
    # The same again, one corner more on its outline: no new fault.
    corner = (south.bounds[0] + south.bounds[2]) / 2
    finer = shapely.union(south, box(corner, south.bounds[1], corner + 1e-6, south.bounds[3]))
    write(owner_tx, "microgrid", **{f"_{BESIDE}": finer})
    with pytest.raises(ImportRefused):
        write(owner_tx, "microgrid", **{f"_{BESIDE}": moved(south, 3.0)})


def test_a_missing_area_may_come_later_but_none_may_vanish(owner_tx: Transaction) -> None:
    def cell(column: int) -> Any:
        west = WEST + (10 + column) * STEP
        return box(west, SOUTH, west + STEP, SOUTH + STEP)

    street = "320508997"
    stage_areas(owner_tx)
    stage(owner_tx, street, shapely.union(cell(0), cell(1)), label=street)
    write_areas(owner_tx, "street")
    stage_areas(owner_tx)
    stage(owner_tx, f"{street}001", cell(0), parent=street)
    write_areas(owner_tx, "community")  # the other community waits
    stage_areas(owner_tx)
    stage(owner_tx, f"{street}002", cell(1), parent=street)
    write_areas(owner_tx, "community")
    assert inspect(owner_tx, [parent_id_of(owner_tx, street)]).refusing == 0


def test_two_writers_of_one_parent_go_one_after_the_other(house: House) -> None:
    """The second one waits for the first, and then sees what it wrote."""
    holding, tried, outcome = threading.Event(), threading.Event(), []

    def second() -> None:
        holding.wait(10)
        with house.owner.transaction() as tx:
            tx.execute("SET LOCAL lock_timeout = '300ms'")
            try:
                write(tx, "grid", **{f"_{GRID}": moved(outline(tx, GRID), 3.0)})
            except psycopg.errors.LockNotAvailable as error:
                outcome.append(error)
        tried.set()

    other = threading.Thread(target=second)
    other.start()
    with house.owner.transaction() as tx:
        stage_areas(tx)
        stage(tx, GRID, outline(tx, GRID))
        write_areas(tx, "grid")
        holding.set()
        tried.wait(10)
    other.join()
    assert outcome, "the second writer did not wait"


# --- the check and its rows ------------------------------------------------------------------


def test_the_small_place_has_no_fault_that_refuses(owner_tx: Transaction) -> None:
    done = inspect(owner_tx)
    assert done.refusing == 0
    assert done.areas == 15


def test_faults_are_rows_that_stay_and_are_superseded(owner_tx: Transaction) -> None:
    west = outline(owner_tx, MICRO)
    write(owner_tx, "microgrid", Guard.ACCEPTED, **{f"_{MICRO}": moved(west, -3.0)})
    parent = parent_id_of(owner_tx, GRID)
    inspect(owner_tx, [parent])
    rows = json.loads(area_faults(owner_tx, GRID, "zh"))["items"]
    (gap,) = [row for row in rows if row["kind"] == "gap"]
    assert gap["measure"] == pytest.approx(3 * STEP * 110_870, rel=0.01)
    assert (gap["unit"], gap["severity"], gap["areas"][0]["code"]) == ("m2", "refuse", MICRO)
    assert "没有划入任何区域" in gap["sentence"]
    assert gap["geometry"]["type"] == "Polygon"
    inspect(owner_tx, [parent])
    again = json.loads(area_faults(owner_tx, GRID, "en"))["items"]
    assert [row["id"] for row in again] == [row["id"] for row in rows]
    assert "belong to no area" in next(r["sentence"] for r in again if r["kind"] == "gap")


def test_tolerances_of_the_nearest_ancestor_win(owner_tx: Transaction) -> None:
    west = outline(owner_tx, MICRO)
    write(owner_tx, "microgrid", Guard.ACCEPTED, **{f"_{MICRO}": moved(west, -0.1)})
    parent = parent_id_of(owner_tx, GRID)
    assert inspect(owner_tx, [parent]).by_kind["sliver"] == 1
    set_area_setting(owner_tx, SYSTEM, STREET, "topology", '{"edge_m": 0.2}')
    assert inspect(owner_tx, [parent]).refusing == 0
    set_area_setting(owner_tx, SYSTEM, COMMUNITY, "topology", '{"edge_m": 0.01}')
    assert inspect(owner_tx, [parent]).refusing == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("topology", "{"), ("topology", '{"edge": 1}'), ("topology", '{"edge_m": -1}'),
     ("topology", '{"dedicated": "maybe"}'), ("sizes", '{"grid": {"most": 1}}'), ("x", "{}")],
)  # fmt: skip
def test_settings_that_are_not_understood_are_refused(
    owner_tx: Transaction, key: str, value: str
) -> None:
    with pytest.raises(InvalidInput):
        set_area_setting(owner_tx, SYSTEM, STREET, key, value)


def test_a_building_over_a_border_is_told_by_name(owner_tx: Transaction) -> None:
    west, south, _, _ = outline(owner_tx, MICRO).bounds
    builders.stage_buildings(owner_tx)
    shape = MultiPolygon([box(west + 1e-4, south - 2e-5, west + 3e-4, south + 2e-4)])
    builders.stage_building(owner_tx, f"{MICRO}B009", shape, name="9 幢")
    builders.write_buildings(owner_tx)
    inspect(owner_tx, [parent_id_of(owner_tx, GRID)])
    rows = json.loads(area_faults(owner_tx, GRID, "zh"))["items"]
    (cut,) = [row for row in rows if row["kind"] == "building_cut"]
    assert "9 幢" in cut["sentence"]
    assert {area["code"] for area in cut["areas"]} == {MICRO, BESIDE}
    assert cut["measure"] == pytest.approx(2e-4 * 95_300 * 2e-5 * 110_870, rel=0.01)
    assert cut["repair"]["method"] == "cut"
    done = repair(owner_tx, SYSTEM, cut["id"])
    assert {row["code"] for row in done.areas} == {MICRO, BESIDE}
    rows = json.loads(area_faults(owner_tx, GRID, "zh"))["items"]
    assert not [row for row in rows if row["kind"] in {"building_cut", "gap", "overlap"}]


def test_sizes_beyond_the_thresholds_are_told_with_what_is_registered(
    owner_tx: Transaction,
) -> None:
    """Persons where they are known, households as stored, square metres of unit grids."""
    builders.make_buildings(owner_tx, MICRO)
    owner_tx.execute(
        "WITH d AS (INSERT INTO dwelling (building_id, entrance, floor, room, area_path, source)"
        " SELECT id, 1, 1, '101', area_path, 'test' FROM building RETURNING id, area_path)"
        " INSERT INTO household (dwelling_id, size, area_path, source)"
        " SELECT id, 3, area_path, 'test' FROM d"
    )
    owner_tx.execute(
        "UPDATE area_version SET households = 5 WHERE area_id ="
        " (SELECT id FROM area WHERE code = %(c)s)", {"c": BESIDE},
    )  # fmt: skip
    set_area_setting(owner_tx, SYSTEM, GRID, "sizes", '{"microgrid": {"most_persons": 2}}')
    stage_areas(owner_tx)
    cell = box(WEST, SOUTH, WEST + STEP, SOUTH + STEP)
    stage(owner_tx, "320508998001001", cell, parent=COMMUNITY, label="U001")
    write_areas(owner_tx, "unit_grid")
    inspect(owner_tx, [parent_id_of(owner_tx, code) for code in (GRID, COMMUNITY)])
    rows = owner_tx.all(
        "SELECT f.kind, f.unit, f.measure, a.code, f.sentence_en FROM area_fault f"
        " JOIN area a ON a.id = f.area_ids[1] WHERE f.superseded_at IS NULL"
    )
    told = {(r["kind"], r["unit"], r["code"]): r for r in rows}
    crowd = told[("too_large", "persons", MICRO)]
    assert crowd["measure"] == 3 and "more than 2 persons" in crowd["sentence_en"]
    few = told[("too_small", "households", BESIDE)]
    assert few["measure"] == 5 and "less than 15 households" in few["sentence_en"]
    wide = told[("too_large", "m2", "320508998001001")]
    assert wide["measure"] == pytest.approx(42_200, rel=0.01)


# --- repairs ---------------------------------------------------------------------------------


def test_a_repair_is_shown_then_brought_into_force(house: House) -> None:
    with house.owner.transaction() as tx:
        west = outline(tx, MICRO)
        write(tx, "microgrid", Guard.ACCEPTED, **{f"_{MICRO}": moved(west, -3.0)})
    admin = house.client("A-01")
    rows = admin.post(f"/api/v1/areas/{GRID}/faults").json["items"]
    (gap,) = [row for row in rows if row["kind"] == "gap"]
    path = f"/api/v1/areas/{GRID}/faults/{gap['id']}/repair"
    assert house.client("S-01").post(path).status_code == 404
    shown = admin.post(f"{path}?preview=true").json
    assert shown["method"] == "fill"
    assert MICRO in {area["code"] for area in shown["areas"]}
    with house.owner.transaction() as tx:
        assert outline(tx, MICRO).area < west.area
    done = admin.post(path)
    assert done.status_code == 200, done.json
    with house.owner.transaction() as tx:
        assert shapely.equals(outline(tx, MICRO), west)
        assert inspect(tx, [parent_id_of(tx, GRID)]).refusing == 0
    assert admin.post(path).status_code == 404
    left = house.client("S-01").get(f"/api/v1/areas/{GRID}/faults").json["items"]
    assert not [row for row in left if row["severity"] == "refuse"]


def test_a_grid_in_two_parts_gives_the_small_one_to_its_neighbour(owner_tx: Transaction) -> None:
    """Shown before it is applied; refused where it lies alone, with the reason in the sentence."""
    north, south = outline(owner_tx, MICRO), outline(owner_tx, BESIDE)
    west, low, _, _ = south.bounds
    piece = box(west + 1e-4, low + 1e-4, west + 2e-4, low + 2e-4)
    shapes = {f"_{MICRO}": north.union(piece), f"_{BESIDE}": south.difference(piece)}
    write(owner_tx, "microgrid", **shapes)
    inspect(owner_tx, [parent_id_of(owner_tx, GRID)])
    rows = json.loads(area_faults(owner_tx, GRID, "zh"))["items"]
    (fault,) = [row for row in rows if row["kind"] == "multi_part"]
    assert fault["measure"] == pytest.approx(1e-4 * 95_300 * 1e-4 * 110_870, rel=0.01)
    assert fault["repair"]["method"] == "give"
    shown = propose(owner_tx, fault["id"])
    assert {row["code"] for row in shown.areas} == {MICRO, BESIDE}
    # A test is one transaction, and so one moment: a version may not end when it begins.
    owner_tx.execute(
        "UPDATE area_version SET valid = tstzrange(lower(valid) - interval '1 day',"
        " upper(valid) - interval '1 day') WHERE level = 'microgrid'"
    )
    repair(owner_tx, SYSTEM, fault["id"])
    assert shapely.equals(outline(owner_tx, MICRO), north)
    assert shapely.equals(outline(owner_tx, BESIDE), south)
    assert "multi_part" not in inspect(owner_tx, [parent_id_of(owner_tx, GRID)]).by_kind


def test_a_large_part_stays_and_its_sentence_says_why(owner_tx: Transaction) -> None:
    north, south = outline(owner_tx, MICRO), outline(owner_tx, BESIDE)
    west, low, east, high = south.bounds
    half = box(west, low, east, (low + high) / 2)
    shapes = {f"_{MICRO}": north.union(half), f"_{BESIDE}": south.difference(half)}
    write(owner_tx, "microgrid", **shapes)
    inspect(owner_tx, [parent_id_of(owner_tx, GRID)])
    rows = {
        locale: json.loads(area_faults(owner_tx, GRID, locale))["items"] for locale in ("zh", "en")
    }
    (zh,), (en,) = ([r for r in rows[x] if r["kind"] == "multi_part"] for x in ("zh", "en"))
    assert zh["repair"] is None
    assert "请用调整方案" in zh["sentence"] and "use a redraw plan" in en["sentence"]


def test_the_areas_below_follow_a_repair(house: House) -> None:
    with house.owner.transaction() as tx:
        write(tx, "grid", Guard.ACCEPTED, **{f"_{GRID}": moved(outline(tx, GRID), -3.0)})
        # The micro-grids below lie where they lay: they reach over the border now.
        inspect(tx)
        rows = json.loads(area_faults(tx, COMMUNITY, "zh"))["items"]
    (gap,) = [row for row in rows if row["kind"] == "gap"]
    with house.owner.transaction() as tx:
        for row in tx.all("SELECT code FROM area_now WHERE level = 'microgrid' AND path <@ "
                          "(SELECT path FROM area_now WHERE code = %(c)s)", {"c": GRID}):  # fmt: skip
            shape = moved(outline(tx, row["code"]), -3.0)
            write(tx, "microgrid", Guard.ACCEPTED, **{f"_{row['code']}": shape})
    with house.owner.transaction() as tx:
        done = repair(tx, SYSTEM, gap["id"])
    assert {row["level"] for row in done.areas} == {"grid", "microgrid"}
    with house.owner.transaction() as tx:
        assert inspect(tx).refusing == 0


def test_a_proposal_that_is_out_of_date_is_not_applied(owner_tx: Transaction) -> None:
    west = outline(owner_tx, MICRO)
    write(owner_tx, "microgrid", Guard.ACCEPTED, **{f"_{MICRO}": moved(west, -3.0)})
    inspect(owner_tx, [parent_id_of(owner_tx, GRID)])
    rows = json.loads(area_faults(owner_tx, GRID, "zh"))["items"]
    (gap,) = [row for row in rows if row["kind"] == "gap"]
    owner_tx.execute(
        "UPDATE area_fault SET repair = jsonb_set(repair, '{areas,0,version}', '0')"
        " WHERE id = %(i)s", {"i": gap["id"]},
    )  # fmt: skip
    with pytest.raises(Conflict):
        propose(owner_tx, gap["id"])
    owner_tx.execute("UPDATE area_fault SET repair = NULL WHERE id = %(i)s", {"i": gap["id"]})
    with pytest.raises(MoveNotAllowed):
        propose(owner_tx, gap["id"])


def test_only_system_administrators_repair(
    web_tx: Transaction, act: Callable[[str], Actor]
) -> None:
    with pytest.raises(NotFound):
        repair(web_tx, act("S-01"), 1)


# --- a dedicated grid within a general one ---------------------------------------------------


def test_a_nested_dedicated_grid_wins_where_it_lies(owner_tx: Transaction) -> None:
    west, south, _, _ = outline(owner_tx, GRID).bounds
    school = box(west + 5e-4, south + 5e-4, west + 1e-3, south + 1e-3)
    code = f"{COMMUNITY}S001"
    stage_areas(owner_tx)
    stage(owner_tx, code, school, kind="dedicated_grid", label="S001", parent=COMMUNITY)
    with pytest.raises(ImportRefused, match="overlap"), owner_tx.connection.transaction():
        write_areas(owner_tx, "grid")
    set_area_setting(owner_tx, SYSTEM, COMMUNITY, "topology", '{"dedicated": "nested"}')
    write_areas(owner_tx, "grid")
    inside = locate(owner_tx, west + 7e-4, south + 7e-4)
    assert inside.path is not None and inside.path.endswith("S001")
    assert "dedicated_grid" in inside.json
    beside = locate(owner_tx, west + 2e-4, south + 2e-4)
    assert beside.path is not None and "S001" not in beside.path
