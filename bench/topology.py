"""The check of boundaries beside `shapely.coverage_invalid_edges`, and one edit among 500 grids.

Ground: the 12,774 census units of Tainan in their 37 towns, from the folder of real files
(``../shared/data``); without it as many Voronoi cells in 37 parents. The peer sees the same units in
the same metres and says only which edges are invalid; ours proves that each town is filled exactly
once and names every fault, repairs included. Both must find the towns clean.

The edit: a community of 500 grids in a database of its own; a corner that four grids share is moved and
written with everything that a writing does (staging, lock, reading before and after, proof, history);
then once more by the hour of a redraw plan, as the editor writes it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from psycopg.types.json import Jsonb
from shapely.geometry import mapping

from bench.figures import Bound, Figure, same
from gridcenter import clock, cluster
from gridcenter.areas.faults import sheet_faults
from gridcenter.areas.inspection import inspect
from gridcenter.areas.operations import stage_areas, write_areas
from gridcenter.areas.plane import Plane
from gridcenter.areas.sheets import Sheet, Sheets
from gridcenter.areas.topology import Limits
from gridcenter.codes import path_label
from gridcenter.database import Database, Transaction, upgrade
from gridcenter.errors import Words
from gridcenter.provision import create_database, drop_database
from gridcenter.redraw.effect import bring_into_effect
from gridcenter.settings import Settings

DATA = Path("..") / "shared" / "data" / "tainan" / "tainan_hierarchy.gpkg.zip"
UNITS, TOWNS = 12_774, 37
MOST_CHECK, MOST_EDIT_S = 2.0, 0.3
COLUMNS, ROWS = 25, 20
WEST, SOUTH, STEP = 120.0, 31.0, 0.002
COMMUNITY = "320508990001"
DATABASE = "gridcenter_bench_topology"
Shapes = np.ndarray[Any, np.dtype[np.object_]]
_PLAN = """
INSERT INTO redraw_plan (title, area_id, area_path, state, effective_at, approved_at)
SELECT 'bench', id, path, 'approved', now(), now() FROM area_now WHERE code = %(code)s RETURNING id
"""
_STEP = """
INSERT INTO redraw_item (plan_id, sort, operation, given)
VALUES (%(plan)s, 1, 'move_border', %(given)s)
"""


def measure(settings: Settings, rounds: int) -> list[Figure]:
    """The check in memory, the check from the database, one edit."""
    units, parents, towns, source = ground()
    with made(settings) as owner:
        return [
            checked(units, parents, towns, source, rounds),
            *stored(owner, units, parents, towns, rounds),
            edited(owner, rounds),
            redrawn(owner, rounds),
        ]


def checked(
    units: Shapes, parents: np.ndarray[Any, Any], towns: Shapes, source: str, rounds: int
) -> Figure:
    """All faults of all units, from degrees, beside the invalid edges of the same units."""
    metres = Plane.around(units).to_metres(units)
    peer, ours = [], []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        for town in range(len(towns)):
            shapely.coverage_invalid_edges(metres[parents == town])
        middle = time.perf_counter()
        sheets = sheets_of(units, parents, towns)
        loose = sheets.loose()
        found = [
            fault
            for key, sheet in sheets.by_key.items()
            for fault in sheet_faults(sheet, loose=key in loose)
        ]
        peer.append(middle - start)
        ours.append(time.perf_counter() - middle)
    valid = all(shapely.coverage_is_valid(metres[parents == town]) for town in range(len(towns)))
    same("both find the ground clean", valid, not loose)
    words = Words(f"检查 {len(units)} 个单元", f"check of {len(units)} units")
    remarks = {
        "ground": source,
        "faults": len(found),
        "corners": len(shapely.get_coordinates(units)),
    }
    return Figure("topology_check", words, "s", ours[1:], peer[1:], Bound(most=MOST_CHECK), remarks)


def stored(
    owner: Database, units: Shapes, parents: np.ndarray[Any, Any], towns: Shapes, rounds: int
) -> Iterator[Figure]:
    """The same from the database: written under the guard, then checked, every fault written as a row.

    The peer is in memory still and writes nothing: the figure tells what reading and keeping add.
    """
    with owner.transaction() as tx:
        _write(
            tx, "district", [(f"{d:06d}", None, shape) for d, shape in enumerate(towns, 100_000)]
        )
        rows = [
            (f"{100_000 + town:06d}{number:06d}", f"{100_000 + town:06d}", shape)
            for number, (town, shape) in enumerate(zip(parents, units, strict=True))
        ]
        start = time.perf_counter()
        _write(tx, "unit_grid", rows)
        written = time.perf_counter() - start
    metres = Plane.around(units).to_metres(units)
    peer, ours = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        for town in range(len(towns)):
            shapely.coverage_invalid_edges(metres[parents == town])
        peer.append(time.perf_counter() - start)
        with owner.transaction() as tx:
            tx.execute("DELETE FROM area_fault")
            start = time.perf_counter()
            done = inspect(tx)
            ours.append(time.perf_counter() - start)
    same("areas checked", len(units) + len(towns), done.areas)
    words = Words("写入全部单元（带检查）", "all units written, guard included")
    yield Figure("topology_write", words, "s", [written])
    words = Words("从数据库检查，写入全部问题", "check from the database, faults written")
    yield Figure("topology_inspect", words, "s", ours, peer, remarks={"found": done.by_kind})


def edited(owner: Database, rounds: int) -> Figure:
    """Seconds from staging to the end of the guard for a corner moved in a parent with 500 grids."""
    grids = list(_grids(0.0))
    with owner.transaction() as tx:
        whole = shapely.union_all([shape for _, shape in grids])
        _write(tx, "community", [(COMMUNITY, None, whole)])
        _write(tx, "grid", [(code, COMMUNITY, shape) for code, shape in grids])
    ours = []
    for number in range(rounds + 1):
        moved = list(_grids(1e-5 * (1 + number)))
        changed = [
            (code, COMMUNITY, new)
            for (code, old), (_, new) in zip(grids, moved, strict=True)
            if not old.equals(new)
        ]
        same("grids around a corner", 4, len(changed))
        with owner.transaction() as tx:
            start = time.perf_counter()
            _write(tx, "grid", changed)
            ours.append(time.perf_counter() - start)
        grids = moved
    words = Words(f"{len(grids)} 个网格中改一个拐点", f"one corner moved among {len(grids)} grids")
    return Figure("topology_edit", words, "s", ours[1:], bound=Bound(most=MOST_EDIT_S))


def redrawn(owner: Database, rounds: int) -> Figure:
    """Seconds of the hour of a redraw plan that moves the same corner by one grid's new outline: lock,
    the plan carried out and checked, versions, guard, history, everything re-homed."""
    ours = []
    for number in range(rounds + 1):
        code, shape = list(_grids(1e-5 * (rounds + 3 + number)))[10 * COLUMNS + 12]
        with owner.transaction() as tx:
            plan = tx.scalar(_PLAN, {"code": COMMUNITY})
            given = {"area": code, "geometry": mapping(shape)}
            tx.execute(_STEP, {"plan": plan, "given": Jsonb(given)})
        with owner.transaction() as tx:
            start = time.perf_counter()
            summary = bring_into_effect(tx, plan, clock.now(), lambda _: None)
            ours.append(time.perf_counter() - start)
        same("the grid is redrawn", True, code in (summary or {}).get("changed", ()))
    words = Words("调整方案在 500 个网格中改一个拐点", "the same by a redraw plan")
    return Figure("topology_redraw", words, "s", ours[1:], bound=Bound(most=MOST_EDIT_S))


def _grids(shift: float) -> Iterator[tuple[str, Any]]:
    """Codes and outlines of 500 quadrangles; `shift` moves one corner inside, in degrees."""
    rng = np.random.default_rng(7)
    corners = np.stack(
        np.meshgrid(WEST + STEP * np.arange(COLUMNS + 1), SOUTH + STEP * np.arange(ROWS + 1)), -1
    )
    inner = (slice(1, -1), slice(1, -1))
    corners[inner] += rng.uniform(-STEP / 5, STEP / 5, corners[inner].shape)
    corners[10, 12] += shift
    for row in range(ROWS):
        for column in range(COLUMNS):
            ring = [corners[row + y, column + x] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
            yield f"{COMMUNITY}Z{row * COLUMNS + column:03d}", shapely.Polygon(ring)


def ground() -> tuple[Shapes, np.ndarray[Any, Any], Shapes, str]:
    """Units, the number of each one's town, towns (EPSG:4490), and where they come from."""
    if DATA.exists():
        path = f"/vsizip/{DATA.resolve()}/tainan_hierarchy.gpkg"
        towns = pyogrio.read_dataframe(path, layer="towns")
        units = pyogrio.read_dataframe(path, layer="stat_base")
        number = {code: at for at, code in enumerate(towns["TOWN_ID"])}
        parents = units["TOWN_ID"].map(number).to_numpy()
        return units.geometry.to_numpy(), parents, towns.geometry.to_numpy(), "Tainan"
    rng = np.random.default_rng(7)
    frame = shapely.box(120.0, 22.9, 120.6, 23.4)
    points = shapely.MultiPoint(rng.uniform([120.0, 22.9], [120.6, 23.4], (UNITS, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    x = shapely.get_x(shapely.centroid(cells))
    parents = np.searchsorted(np.quantile(x, np.linspace(0, 1, TOWNS + 1)[1:-1]), x)
    strips = [shapely.coverage_union_all(cells[parents == town]) for town in range(TOWNS)]
    return cells, parents, np.array(strips, dtype=object), "Voronoi"


def sheets_of(units: Shapes, parents: np.ndarray[Any, Any], towns: Shapes) -> Sheets:
    """The units as they would be read from the database."""
    found = {}
    for town, border in enumerate(towns):
        chosen = np.flatnonzero(parents == town)
        rows = [
            {"id": int(i), "kind": None, "households": None, "area_m2": None, "version": 0}
            for i in chosen
        ]
        key = (town + 1, "unit_grid")
        found[key] = Sheet(town + 1, "unit_grid", rows, units[chosen], None, border, Limits())
    return Sheets(found)


@contextmanager
def made(settings: Settings) -> Iterator[Database]:
    """An empty database of our own, dropped afterwards."""
    if settings.embedded:
        cluster.ensure(settings)
    drop_database(settings, DATABASE)
    create_database(settings, DATABASE)
    owner = Database(settings.url("owner", DATABASE))
    try:
        upgrade(settings, settings.url("owner", DATABASE))
        yield owner
    finally:
        owner.close()
        drop_database(settings, DATABASE)


def _write(tx: Transaction, level: str, rows: list[tuple[str, str | None, Any]]) -> None:
    stage_areas(tx)
    columns = "(code, code_scheme, label, name, parent_code, geom, source, is_example)"
    with tx.connection.cursor().copy(f"COPY area_incoming {columns} FROM STDIN") as copy:  # type: ignore[arg-type]
        for code, parent, shape in rows:
            multi = shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
            label = path_label(code, parent) if parent != COMMUNITY else code[-4:]
            wkb = shapely.to_wkb(multi, hex=True)
            copy.write_row((code, "external", label, code, parent, wkb, "bench", True))
    write_areas(tx, level)
