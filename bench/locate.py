"""Where points lie: a million at once in 8,000 micro-grids, and one at a time among 80,000.

Ground: micro-grids whose neighbours share wavy borders of 37 points, in a database of its own. At once:
the product's `assign_homes`, from the database and back into it, beside the plain PostGIS join
written to a table, and beside the quickest way in memory (R-tree on points, R-tree on areas, the
raster; each with its making). One: `locate_point`, which every report asks (nested
grids, metres to the border, certainty), beside the bare look-up of the micro-grid.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from bench.figures import Bound, Figure, percentile, same
from bench.topology import made
from gridcenter.actor import SYSTEM, act_as
from gridcenter.areas.assigning import assign_homes
from gridcenter.areas.queries import locate
from gridcenter.areas.raster import Raster
from gridcenter.database import Transaction
from gridcenter.errors import Words
from gridcenter.settings import Settings

POINTS, MICROGRIDS, CITY = 1_000_000, 8_000, 80_000
LEAST_JOIN, MOST_MEMORY, MOST_ONE = 6.0, 5.5, 2.0
ASKED = 400
WEST, SOUTH, STEP = 119.5, 31.0, 0.002
SEED = 11
_SPOTS = "SELECT number, ST_X(geom), ST_Y(geom) FROM bench_spot"
_MAKE_SPOTS = """
CREATE TABLE bench_spot AS
SELECT n::bigint AS number, ST_SetSRID(ST_MakePoint(
         %(west)s + (hashint8extended(n, 1) & 1048575)::float8 / 1048576 * %(wide)s,
         %(south)s + (hashint8extended(n, 2) & 1048575)::float8 / 1048576 * %(high)s), 4490) AS geom
  FROM generate_series(1, %(count)s) n
"""
_JOIN = """
CREATE TEMPORARY TABLE joined ON COMMIT DROP AS
SELECT p.number, v.area_id, v.path FROM bench_spot p
  JOIN area_version v ON ST_Intersects(v.geom, p.geom)
 WHERE upper_inf(v.valid) AND v.level = 'microgrid'
"""
# A point on a border is in two; the smaller code wins.
_DIFFERENT = """
SELECT count(*) FROM (SELECT DISTINCT ON (number) number, area_id FROM joined ORDER BY number, path) j
  FULL JOIN point_home h ON h.point = j.number WHERE h.area_id IS DISTINCT FROM j.area_id
"""
_BARE = """
SELECT v.area_id FROM area_version v
 WHERE upper_inf(v.valid) AND v.level = 'microgrid'
   AND ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490))
 ORDER BY v.path LIMIT 1
"""
_FOUND = "SELECT area_id FROM locate_point(ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490), NULL)"
_AREAS = "COPY bench_area (code, path, level, geom) FROM STDIN"
_MAKE_AREAS = """
WITH made AS (INSERT INTO area (code, level, code_scheme) SELECT code, level, 'external'
                FROM bench_area ORDER BY path RETURNING id, code)
INSERT INTO area_version (area_id, level, name, path, geom, area_m2, perimeter_m, source)
SELECT m.id, b.level, m.code, b.path, b.geom, 1, 1, 'bench'
  FROM made m JOIN bench_area b USING (code)
"""
# Level → how many micro-grids one area of it holds.
_ABOVE = (("district", 40_000), ("street", 4_000), ("community", 400), ("grid", 20))
Shapes = np.ndarray[Any, np.dtype[np.object_]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def measure(settings: Settings, rounds: int) -> list[Figure]:
    """A million points at once, then one at a time in the larger city."""
    return at_once(settings, rounds, POINTS, MICROGRIDS) + one(settings, rounds, CITY, ASKED)


def at_once(settings: Settings, rounds: int, points: int, areas: int) -> list[Figure]:
    """Join and memory beside ours; every answer is compared in every round."""
    joined, memory, ours = [], [], []
    with made(settings) as owner:
        with owner.transaction() as tx:
            shapes = _fill(tx, areas)
            west, south, east, north = (float(side) for side in shapely.total_bounds(shapes))
            tx.execute(
                _MAKE_SPOTS,
                {"count": points, "west": west, "south": south, "wide": east - west,
                 "high": north - south},
            )  # fmt: skip
            tx.execute("ANALYZE bench_spot, area, area_version")
        for _ in range(rounds):
            with owner.transaction() as tx:
                act_as(tx, SYSTEM)
                joined.append(_seconds(lambda tx=tx: tx.execute(_JOIN))[0])  # type: ignore[misc]
                seconds, found = _seconds(lambda tx=tx: assign_homes(tx, _SPOTS))  # type: ignore[misc]
                ours.append(seconds)
                same("points with another micro-grid", 0, tx.scalar(_DIFFERENT))
                spots = tx.all(_SPOTS) if not memory else []
            if spots:
                lon = np.array([row["st_x"] for row in spots])
                lat = np.array([row["st_y"] for row in spots])
            took = _in_memory(shapes, lon, lat)
            same("points inside, in memory", found, took.pop("held"))
            memory.append(min(took.values()))
    remarks = {"points": points, "microgrids": areas, "inside": found}
    least = {name: round(value, 3) for name, value in took.items()}
    return [
        Figure(
            "locate-join",
            Words("比 PostGIS 直接连接快几倍", "plain PostGIS join ÷ ours, written back"),
            "s", joined, ours, Bound(least=LEAST_JOIN),
            {**remarks, "peer_and_ours": "columns are swapped: times faster"},
        ),
        Figure(
            "locate-memory",
            Words("从库里到库里，比内存里最快的做法", "database to database ÷ the quickest in memory"),
            "s", ours, memory, Bound(most=MOST_MEMORY), {"last_round_s": least},
        ),
    ]  # fmt: skip


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _in_memory(shapes: Shapes, lon: Floats, lat: Floats) -> dict[str, Any]:
    """Seconds of each way from coordinates to every point's area; `held` points that lie in one."""
    spots = shapely.points(lon, lat)

    def tree_of_points() -> Any:
        return shapely.STRtree(spots).query(shapes, predicate="intersects")[1]

    def tree_of_areas() -> Any:
        return shapely.STRtree(shapes).query(spots, predicate="intersects")[0]

    def raster() -> Any:
        return np.flatnonzero(Raster(shapes).holders(lon, lat) >= 0)

    took: dict[str, Any] = {}
    for way in (tree_of_points, tree_of_areas, raster):
        took[way.__name__], found = _seconds(way)
        same("points inside", took.setdefault("held", len(np.unique(found))), len(np.unique(found)))
    return took


def one(settings: Settings, rounds: int, areas: int, asked: int) -> list[Figure]:
    """p95 of one point's area as each report asks for it, and of the interface's answer with names."""
    bare: list[float] = []
    found: list[float] = []
    told: list[float] = []
    with made(settings) as owner:
        with owner.transaction() as tx:
            shapes = _fill(tx, areas)
            tx.execute("ANALYZE area, area_version")
        west, south, east, north = shapely.total_bounds(shapes)
        spots = np.random.default_rng(SEED).uniform((west, south), (east, north), (asked, 2))
        with owner.transaction(read_only=True) as tx:
            act_as(tx, SYSTEM)
            _ask(tx, spots[: asked // 4])  # the server's memory and the driver's statements
            for _ in range(rounds):
                plain, deep, whole = _ask(tx, spots)
                bare.append(percentile(plain, 0.95))
                found.append(percentile(deep, 0.95))
                told.append(percentile(whole, 0.95))
    return [
        Figure(
            "locate-one",
            Words("一个点在哪个微网格（p95）", f"one point among {areas:,} micro-grids, p95"),
            "ms", found, bare, Bound(most=MOST_ONE), {"asked": asked},
        ),
        Figure(
            "locate-told",
            Words("接口的完整回答：各级名称、距边界", "the interface's answer: all levels by name"),
            "ms", told, bare, None, {"asked": asked},
        ),
    ]  # fmt: skip


def _ask(tx: Transaction, spots: Floats) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of each point: bare look-up, with border and certainty, the interface's answer."""
    plain, deep, whole = [], [], []
    for lon, lat in spots.tolist():
        place = {"lon": lon, "lat": lat}
        began = time.perf_counter()
        home = tx.scalar(_BARE, place)
        middle = time.perf_counter()
        same("the micro-grid", home, tx.scalar(_FOUND, place))
        after = time.perf_counter()
        locate(tx, lon, lat)
        plain.append((middle - began) * 1000)
        deep.append((after - middle) * 1000)
        whole.append((time.perf_counter() - after) * 1000)
    return plain, deep, whole


def _fill(tx: Transaction, count: int) -> Shapes:
    """`count` micro-grids in force, in the order of their codes."""
    shapes = mosaic(count)
    tx.execute("CREATE TEMPORARY TABLE bench_area (code text, path ltree, level text,"
               " geom geometry(MultiPolygon, 4490)) ON COMMIT DROP")  # fmt: skip
    with tx.connection.cursor() as cursor, cursor.copy(_AREAS) as copy:
        for depth, (level, holds) in enumerate(_ABOVE, start=1):
            for first in range(0, count, holds):
                part = shapely.coverage_union_all(shapes[first : first + holds])
                copy.write_row(_row(level, _path(first)[:depth], part))
        for number, shape in enumerate(shapes):
            copy.write_row(_row("microgrid", _path(number), shape))
    tx.execute(_MAKE_AREAS)
    return shapes


def _path(number: int) -> list[str]:
    """Labels from the district down to micro-grid `number`."""
    inside = zip(
        (10**9, *(holds for _, holds in _ABOVE)), (*(h for _, h in _ABOVE), 1), strict=True
    )
    return [f"{number % outer // inner:06d}" for outer, inner in inside]


def _row(level: str, path: list[str], shape: Any) -> tuple[str, str, str, str]:
    multi = shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
    return "B" + "".join(path), ".".join(path), level, shapely.to_wkb(multi, hex=True)


def mosaic(count: int) -> Shapes:
    """`count` areas side by side whose sides are nine wavy pieces each, the same from both sides."""
    side = int(np.ceil(np.sqrt(count)))
    corner = np.stack([np.arange(count) % side, np.arange(count) // side], axis=1).astype(float)
    steps = np.arange(9) / 9
    zero, whole = np.zeros(9), np.ones(9)
    ring = np.concatenate(
        [np.stack([steps, zero], 1), np.stack([whole, steps], 1),
         np.stack([1 - steps, whole], 1), np.stack([zero, 1 - steps], 1), np.zeros((1, 2))]
    )  # fmt: skip
    # On a lattice of ninths, so that neighbours bend the very same corners.
    spots = np.round((corner[:, None] + ring[None]) * 9)
    wave = 1.1 * np.stack([np.sin(spots[..., 1] * 0.6),
                           np.cos(spots[..., 0] * 0.6)], axis=-1)  # fmt: skip
    bent = (spots + wave) / 9 * STEP + [WEST, SOUTH]
    return np.asarray(shapely.polygons(bent), dtype=object)
