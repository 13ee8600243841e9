"""The ground of the sample: areas and buildings from the file, dwellings and households from them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from gridcenter.areas.operations import stage_areas, write_areas
from gridcenter.codes import path_label
from gridcenter.database import Transaction
from gridcenter.errors import ImportRefused, Words
from gridcenter.registry.operations import stage_buildings, write_buildings

FILE = "gusu_sample.gpkg"
LEVELS = ("street", "community", "grid", "microgrid")
SOURCE = "示例：samples/gusu（边界非真实；楼栋轮廓 ni1o1/pybdshadow，BSD-3-Clause）"
# The file's height is floors × 3 m.
METRES_PER_FLOOR = 3.0


def load_areas(tx: Transaction, path: Path, since: date) -> dict[str, int]:
    """How many areas of each level are new after bringing the file's four levels into force.

    They are in force from `since` on: what is told of the past needs its ground.
    """
    found = {}
    for level in LEVELS:
        frame = pyogrio.read_dataframe(path, layer=level)
        stage_areas(tx)
        with (
            tx.connection.cursor() as cursor,
            cursor.copy(
                "COPY area_incoming (code, code_scheme, kind, label, name, name_en, parent_code, geom,"
                " households, source, is_example) FROM STDIN"
            ) as copy,
        ):
            for row in frame.itertuples():
                parent = row.parent_code or None
                copy.write_row(
                    (
                        row.code,
                        "governance",
                        "general_grid" if level == "grid" else None,
                        path_label(row.code, parent),
                        row.name,
                        _english(level, row.name),
                        parent,
                        _multipolygon(row.geometry),
                        int(row.households_est),
                        SOURCE,
                        True,
                    )
                )
        found[level] = write_areas(tx, level).new
    tx.execute(
        "UPDATE area_version SET valid = tstzrange(%(since)s::date, NULL) WHERE is_example",
        {"since": since},
    )
    return found


_ENGLISH = {"community": "Example community", "grid": "Grid", "microgrid": "Micro-grid"}


def _english(level: str, name: str) -> str:
    """The English of a made-up name by its number: 示例社区03 is Example community 03."""
    if level == "street":
        return "Gusu example street"
    return f"{_ENGLISH[level]} {''.join(each for each in name if each.isdigit())}"


def load_buildings(tx: Transaction, path: Path) -> int:
    """How many buildings are new. Raises ImportRefused when one lies in no micro-grid.

    Buildings are numbered within their community in the order of the codes: 1 幢, 2 幢 …
    """
    frame = pyogrio.read_dataframe(path, layer="building").sort_values("code")
    numbers: dict[str, int] = {}
    stage_buildings(tx)
    with (
        tx.connection.cursor() as cursor,
        cursor.copy(
            "COPY building_incoming (code, name, geom, floors, height_m, height_derived, usage,"
            " households, source, is_example) FROM STDIN"
        ) as copy,
    ):
        for row in frame.itertuples():
            community = row.code[:12]
            numbers[community] = numbers.get(community, 0) + 1
            copy.write_row(
                (
                    row.code,
                    f"{numbers[community]} 幢",
                    _multipolygon(row.geometry),
                    int(row.floors),
                    float(row.height),
                    float(row.height) == METRES_PER_FLOOR * int(row.floors),
                    "住宅" if row.households_est else "非住宅",
                    int(row.households_est),
                    SOURCE,
                    True,
                )
            )
    counts = write_buildings(tx)
    if counts.unplaced:
        codes = ", ".join(counts.unplaced[:5])
        raise ImportRefused(
            Words(f"示例楼栋不在任何微网格内：{codes}", f"buildings in no micro-grid: {codes}")
        )
    return counts.new


def _multipolygon(shape: Any) -> str:
    """EWKB hex of the shape as a multi-polygon in EPSG:4490."""
    if shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([shape])
    return str(shapely.to_wkb(shapely.set_srid(shape, 4490), hex=True, include_srid=True))


# Rooms of a floor: estimated households by floors, halves down (27,000-28,000 in all); a house with
# fewer households than floors has one dwelling on each of the lower floors. One entrance for each four
# rooms of a floor, four at most. Numbers as on doors: 503 is the third room of the fifth floor.
_DWELLINGS = """
INSERT INTO dwelling (id, building_id, area_path, entrance, floor, room, occupancy, source,
                      confirmed_at, confirmed_by, is_example)
SELECT md5('dwelling' || %(seed)s || r.code || r.entrance || '-' || r.floor || '-' || r.room)::uuid,
       r.id, r.area_path, r.entrance, r.floor, r.room, o.occupancy, %(source)s,
       CASE WHEN o.occupancy <> 'unknown' THEN %(now)s - make_interval(secs => age.days * 86400) END,
       CASE WHEN o.occupancy <> 'unknown' THEN keeper.account_id END, true
  FROM (SELECT b.id, b.code, b.area_path, e.entrance, f.floor,
               f.floor::text || lpad(n.room::text, 2, '0') AS room
          FROM (SELECT *, greatest(1, ceil(households_estimated::float8 / floors - 0.5))::int AS wide,
                       least(floors, households_estimated)::int AS tall
                  FROM building
                 WHERE is_example AND upper_inf(valid) AND households_estimated > 0) b
         CROSS JOIN LATERAL (SELECT least(4, ceil(b.wide / 4.0))::int AS entrances) w
         CROSS JOIN generate_series(1, b.tall) AS f(floor)
         CROSS JOIN generate_series(1, w.entrances) AS e(entrance)
         CROSS JOIN generate_series(1, b.wide / w.entrances
                      + (e.entrance <= b.wide %% w.entrances)::int) AS n(room)) r
 CROSS JOIN LATERAL (SELECT hashtextextended(
                       'use' || r.code || r.entrance || '/' || r.room, %(seed)s) AS h) a
 CROSS JOIN LATERAL (SELECT (a.h & 1023) / 1024.0 AS use, ((a.h >> 10) & 1023) / 1024.0 AS late,
                            ((a.h >> 20) & 65535) / 65536.0 AS part) u
 CROSS JOIN LATERAL (SELECT CASE WHEN u.use < 0.62 THEN 'owner' WHEN u.use < 0.86 THEN 'let'
                                 WHEN u.use < 0.96 THEN 'empty' ELSE 'unknown' END AS occupancy) o
 CROSS JOIN LATERAL (SELECT CASE WHEN u.late < 0.1 THEN 181 + 240 * u.part
                                 ELSE 1 + 178 * u.part END AS days) age
  LEFT JOIN LATERAL (SELECT w.account_id FROM grid_worker w
                      WHERE w.employment = 'full_time' AND w.area_path @> r.area_path) keeper ON true
"""

_HOUSEHOLDS = """
INSERT INTO household (id, dwelling_id, area_path, size, source, confirmed_at, confirmed_by,
                       is_example)
SELECT md5('household' || d.id)::uuid, d.id, d.area_path,
       CASE WHEN h.part < 0.22 THEN 1 WHEN h.part < 0.52 THEN 2 WHEN h.part < 0.79 THEN 3
            WHEN h.part < 0.92 THEN 4 WHEN h.part < 0.98 THEN 5 ELSE 6 END,
       d.source, d.confirmed_at, d.confirmed_by, true
  FROM dwelling d
 CROSS JOIN LATERAL (SELECT (hashtextextended(d.id::text, %(seed)s) & 65535) / 65536.0 AS part) h
 WHERE d.is_example AND d.occupancy IN ('owner', 'let')
"""


def make_dwellings(tx: Transaction, seed: int, now: datetime) -> tuple[int, int]:
    """How many dwellings and households were made from floors and estimated households.

    About a tenth was confirmed longer than 180 days ago. Confirmed by the grid's own worker.
    """
    given = {"seed": seed, "now": now, "source": SOURCE}
    dwellings = tx.execute(_DWELLINGS, given)
    tx.execute("ANALYZE dwelling")
    households = tx.execute(_HOUSEHOLDS, given)
    return dwellings, households
