"""No operation can make a fault: every writing of a boundary goes through the guard, under the lock.

The first test lists the statements that write outlines; each of the others takes one writer, lets it
write what does not fit, and sees it refused with nothing stored, or lets it wait for another writer.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import shapely

from gridcenter import clock
from gridcenter.actor import SYSTEM, act_as
from gridcenter.areas.faults import lock_parents
from gridcenter.areas.inspection import hex_of, inspect, parent_id_of
from gridcenter.areas.mending import repair
from gridcenter.areas.operations import Guard, stage_areas, write_areas
from gridcenter.codes import Level
from gridcenter.database import Transaction
from gridcenter.errors import BoundaryRefused, ImportRefused
from gridcenter.redraw.effect import bring_into_effect
from gridcenter.redraw.reading import Ground
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import apply, stage
from importers.undoing import undo
from tests import builders
from tests.builders import SOUTH, STEP, WEST
from tests.conftest import House
from tests.gridcenter.areas.test_faults import (
    BESIDE,
    COMMUNITY,
    GRID,
    MICRO,
    moved,
    outline,
    write,
)
from tests.gridcenter.areas.test_faults import stage as put
from tests.gridcenter.redraw.place import decide, draw, line

ROOT = Path(__file__).resolve().parents[3]
# Where outlines are written, and what stands before and after each.
WRITERS = {
    "gridcenter/areas/operations.py": ("lock_parents(", "lying_now(", "assert_coverage("),
    "gridcenter/redraw/effect.py": ("lock_parents(", "lying_now(", "assert_coverage("),
    # Called by importers/undoing.py, which locks and asserts around it.
    "importers/sql/46_import_undo.sql": (),
    # Moves the hour of what write_areas wrote, not an outline.
    "importers/sample_ground.py": ("write_areas(",),
}
_WRITES = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM)\s+area_version\b")
LOCKED = "SET LOCAL lock_timeout = '300ms'"


def test_outlines_are_written_in_these_places_and_no_other() -> None:
    rooms = ("gridcenter", "importers", "layers", "dashboards")
    files = [p for room in rooms for p in (ROOT / room).rglob("*") if p.suffix in {".py", ".sql"}]
    found = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in files
        if _WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert set(found) == set(WRITERS)
    for name, guards in WRITERS.items():
        assert all(guard in found[name] for guard in guards), name
    undoing = (ROOT / "importers/undoing.py").read_text(encoding="utf-8")
    at = [undoing.index(f"{step}(tx, parents") for step in ("lock_parents", "assert_coverage")]
    assert at[0] < undoing.index("SELECT take_back_import") < at[1]


# --- the writers -----------------------------------------------------------------------------


def versions(tx: Transaction) -> int:
    return int(tx.scalar("SELECT count(*) FROM area_version"))


def staged(house: House, folder: Path, shapes: dict[str, Any], level: Level = Level.GRID) -> UUID:
    """A batch of areas, waiting."""
    file = folder / "areas.geojson"
    features = ",".join(
        f'{{"type":"Feature","properties":{{"code":"{code}","name":"第1网格"}},'
        f'"geometry":{shapely.to_geojson(shape)}}}'
        for code, shape in shapes.items()
    )
    file.write_text(f'{{"type":"FeatureCollection","features":[{features}]}}', encoding="utf-8")
    with house.owner.transaction() as tx:
        act_as(tx, SYSTEM)
        return stage(tx, SYSTEM, ImportCommand(Kind.AREAS, file, level=level)).id


def approved(house: House) -> UUID:
    """A plan that splits the first grid, approved for a moment ago."""
    split = ("split", {"area": GRID, "line": line((0.4, -0.1), (0.4, 2.1))})
    return UUID(decide(house, draw(house, COMMUNITY, split))["id"])


def faulty(house: House) -> int:
    """A gap in the first grid with a repair."""
    with house.owner.transaction() as tx:
        write(tx, "microgrid", Guard.ACCEPTED, **{f"_{MICRO}": moved(outline(tx, MICRO), -3.0)})
        inspect(tx, [parent_id_of(tx, GRID)])
        return int(tx.scalar("SELECT max(id) FROM area_fault WHERE repair IS NOT NULL"))


def taken_over(house: House, folder: Path) -> UUID:
    """A batch that was written and then marked on one version alone: half of it cannot go back."""
    with house.owner.transaction() as tx:
        west, east = outline(tx, MICRO), outline(tx, BESIDE)
        batch = UUID(int=7)
        tx.execute(
            "INSERT INTO import_batch (id, kind, level, file, digest, state, rows_read, rows_refused)"
            " VALUES (%(id)s, 'areas', 'microgrid', 'x', 'x', 'applied', 1, 0)",
            {"id": batch},
        )
    side = west.bounds[1]

    def lifted(shape: Any) -> Any:
        return shapely.transform(
            shape, lambda xy: [[x, y + (1e-5 if y == side else 0)] for x, y in xy]
        )

    with house.owner.transaction() as tx:
        write(tx, "microgrid", **{f"_{MICRO}": lifted(west), f"_{BESIDE}": lifted(east)})
        tx.execute(
            "UPDATE area_version SET batch_id = %(b)s WHERE upper_inf(valid) AND area_id ="
            " (SELECT id FROM area WHERE code = %(c)s)",
            {"b": str(batch), "c": MICRO},
        )
    return batch


def test_an_import_that_does_not_fit_is_refused(house: House, tmp_path: Path) -> None:
    with house.owner.transaction() as tx:
        shape, before = moved(outline(tx, GRID), 3.0), versions(tx)
    batch = staged(house, tmp_path, {GRID: shape})
    with house.owner.transaction() as tx:
        act_as(tx, SYSTEM)
        with pytest.raises(BoundaryRefused), tx.connection.transaction():
            apply(tx, SYSTEM, batch)
        assert versions(tx) == before
        assert (
            tx.scalar("SELECT state FROM import_batch WHERE id = %(b)s", {"b": batch}) == "staged"
        )


def test_an_import_that_would_move_open_cases_needs_a_redraw_plan(
    house: House, tmp_path: Path
) -> None:
    """Its borders fit; but a case belongs to whom it was given until a plan moves it and tells."""
    with house.owner.transaction() as tx:
        north, south, before = outline(tx, MICRO), outline(tx, BESIDE), versions(tx)
    west, _, east, border = south.bounds
    strip = shapely.box(west, border - 4e-4, east, border)
    lower = {MICRO: north.union(strip), BESIDE: south.difference(strip)}
    body = builders.report_json(builders.report(lon=west + 1e-3, lat=border - 1e-4))
    assert house.client("01-001").post("/api/v1/incidents", body).status_code == 201
    batch = staged(house, tmp_path, lower, Level.MICROGRID)
    with house.owner.transaction() as tx:
        act_as(tx, SYSTEM)
        with pytest.raises(ImportRefused, match="redraw plan"), tx.connection.transaction():
            apply(tx, SYSTEM, batch)
        assert versions(tx) == before
        tx.execute("UPDATE case_file SET state = 'closed'")
        assert apply(tx, SYSTEM, batch).changed == 2


def test_a_redraw_whose_stored_outlines_do_not_fit_goes_back_to_its_author(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of the plan is right and what is stored is not: the guard reads it back."""
    plan = approved(house)
    stored = Ground.stored

    def slipped(ground: Ground, shape: Any) -> Any:
        found = stored(ground, shape)
        return moved(found, 3.0) if found.bounds[0] == slipped.west else found  # type: ignore[attr-defined]

    with house.owner.transaction() as tx:
        slipped.west = outline(tx, GRID).bounds[0]  # type: ignore[attr-defined]
        before = versions(tx)
    monkeypatch.setattr(Ground, "stored", slipped)
    with house.owner.transaction() as tx:
        assert bring_into_effect(tx, plan, clock.now(), lambda _: None) is None
    with house.owner.transaction() as tx:
        assert versions(tx) == before
        row = tx.one("SELECT state, failure FROM redraw_plan WHERE id = %(p)s", {"p": plan})
    assert row is not None and row["state"] == "draft"
    assert row["failure"]["code"] == "boundary_refused"


def test_a_repair_that_would_make_another_fault_is_refused(house: House) -> None:
    fault = faulty(house)
    with house.owner.transaction() as tx:
        wrong = hex_of(moved(outline(tx, MICRO), 9.0))
        tx.execute(
            "UPDATE area_fault SET repair = jsonb_set(repair, '{areas,0,geom}', to_jsonb(%(g)s::text))"
            " WHERE id = %(id)s",
            {"g": wrong, "id": fault},
        )
        before = versions(tx)
        with pytest.raises(BoundaryRefused), tx.connection.transaction():
            repair(tx, SYSTEM, fault)
        assert versions(tx) == before


def test_a_batch_whose_old_outlines_do_not_fit_stays(house: House, tmp_path: Path) -> None:
    batch = taken_over(house, tmp_path)
    with house.owner.transaction() as tx:
        act_as(tx, SYSTEM)
        before = versions(tx)
        with pytest.raises(BoundaryRefused), tx.connection.transaction():
            undo(tx, SYSTEM, batch)
        assert versions(tx) == before


# --- one after the other ---------------------------------------------------------------------


def _import(house: House, folder: Path) -> Callable[[Transaction], Any]:
    with house.owner.transaction() as tx:
        batch = staged(house, folder, {GRID: outline(tx, GRID)})
    return lambda tx: apply(tx, SYSTEM, batch)


def _redraw(house: House, _folder: Path) -> Callable[[Transaction], Any]:
    plan = approved(house)
    return lambda tx: bring_into_effect(tx, plan, clock.now(), lambda _: None)


def _repair(house: House, _folder: Path) -> Callable[[Transaction], Any]:
    fault = faulty(house)
    return lambda tx: repair(tx, SYSTEM, fault)


def _undo(house: House, folder: Path) -> Callable[[Transaction], Any]:
    batch = taken_over(house, folder)
    return lambda tx: undo(tx, SYSTEM, batch)


@pytest.mark.parametrize(
    ("prepared", "parent"),
    [(_import, COMMUNITY), (_redraw, COMMUNITY), (_repair, GRID), (_undo, GRID)],
)
def test_each_writer_waits_for_another_one_of_its_parent(
    house: House, tmp_path: Path, prepared: Any, parent: str
) -> None:
    write_it = prepared(house, tmp_path)
    with house.owner.transaction() as holder:
        lock_parents(holder, [parent_id_of(holder, parent)])
        with house.owner.transaction() as tx:
            act_as(tx, SYSTEM)
            tx.execute(LOCKED)
            with pytest.raises(psycopg.errors.LockNotAvailable), tx.connection.transaction():
                write_it(tx)


def test_of_two_writers_at_once_one_gets_the_free_ground(house: House) -> None:
    """Each brings a community for the same ground, which was nobody's when both began: alone each
    fits, and both would overlap."""
    street = "320508997"

    def cell(column: int) -> Any:
        west = WEST + (10 + column) * STEP
        return shapely.box(west, SOUTH, west + STEP, SOUTH + STEP)

    with house.owner.transaction() as tx:
        stage_areas(tx)
        put(tx, street, shapely.union(cell(0), cell(1)), label=street)
        write_areas(tx, "street")
    refused: list[BoundaryRefused] = []

    def bring(tx: Transaction, code: str) -> None:
        stage_areas(tx)
        put(tx, code, cell(1), parent=street)
        write_areas(tx, "community")

    def second() -> None:
        with house.owner.transaction() as tx:
            try:
                with tx.connection.transaction():
                    bring(tx, f"{street}002")
            except BoundaryRefused as error:
                refused.append(error)

    other = threading.Thread(target=second)
    with house.owner.transaction() as tx:
        bring(tx, f"{street}001")
        other.start()
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        for _ in range(100):
            if not other.is_alive() or tx.scalar(waits):
                break
            tx.execute("SELECT pg_sleep(0.05)")
    other.join()
    assert ["overlap" in error.detail("en") for error in refused] == [True]
    with house.owner.transaction() as tx:
        found = inspect(tx, [parent_id_of(tx, street)])
    assert found.areas == 1 and "overlap" not in found.by_kind
