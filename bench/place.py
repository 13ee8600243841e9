"""The place to measure in: the sample street several times over, side by side, full of incidents.

Six copies of the sample's communities make 66 communities, 414 grids, 2,448 micro-grids and 18,180
buildings of one street, so that one dispatcher sees all incidents. People, incidents and rows come
from the sample's own generator.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import shapely

from gridcenter import clock
from gridcenter.database import Database, Transaction
from gridcenter.reference_data import load_reference_data
from gridcenter.settings import Settings
from gridcenter.statistics.operations import close_open_days
from importers.sample_ground import FILE, LEVELS, load_areas, load_buildings
from importers.sample_incidents import AT_FACTOR_ONE, tell_incidents
from importers.sample_people import first_day, make_accounts, make_positions, make_workers, people
from importers.sample_writing import write_incidents

INCIDENTS = 50_000
COPIES = 6
SEED = 20261120
COLUMNS = 3
# The street is 0.0211° × 0.0207°; copies stand a little apart.
STEP_LON, STEP_LAT = 0.0225, 0.0215
STREET_CODE, COMMUNITY_CODE = 9, 12
COMMUNITIES = 11
_GROWN = "area area_version building duty case_file incident case_event case_timer journal account"


@dataclass(frozen=True)
class Size:
    """How many copies of the street and how many incidents; `scale` 1 is what the promises ask."""

    copies: int
    incidents: int

    @classmethod
    def of(cls, scale: float) -> Size:
        """Size at a scale; at least one copy and 100 incidents."""
        return cls(max(1, round(COPIES * scale)), max(100, round(INCIDENTS * scale)))


@dataclass(frozen=True)
class Rectangle:
    """A box in degrees (lon, lat; CGCS2000) inside one copy of the street."""

    west: float
    south: float
    east: float
    north: float


def fill(
    database: Database, settings: Settings, size: Size, now: datetime | None = None
) -> dict[str, int]:
    """Rows by table after filling an empty, migrated database. One transaction, as the owner."""
    now = now or clock.now()
    folder = Path(tempfile.mkdtemp(prefix="gridcenter-bench-"))
    try:
        file = multiply(settings.root / "samples" / "gusu" / FILE, folder / FILE, size.copies)
        with database.transaction() as tx:
            counts = _load(tx, settings, file, size, now)
    finally:
        shutil.rmtree(folder)
    return counts


def _load(
    tx: Transaction, settings: Settings, file: Path, size: Size, now: datetime
) -> dict[str, int]:
    load_reference_data(tx)
    counts: dict[str, int] = load_areas(tx, file, first_day(now))
    counts["building"] = load_buildings(tx, file)
    counts["grid_worker"], counts["duty"] = make_workers(tx, now)
    make_accounts(tx, settings.locale, now)
    # The planner should know the ground before thousands of places are looked up on it.
    tx.execute("ANALYZE area, area_version, building")
    factor = size.incidents / AT_FACTOR_ONE
    told = tell_incidents(
        tx, people(tx), factor, SEED, now, settings.timezone, lambda done, total: None
    )
    counts |= write_incidents(tx, told, settings.timezone)
    counts["worker_position"] = make_positions(tx, now)
    for table in _GROWN.split():
        tx.execute(f"ANALYZE {table}")
    # As the nightly job leaves it: figures read closed days, and derive today alone.
    counts["closed_day"] = len(close_open_days(tx, settings.timezone))
    return counts


def multiply(source: Path, target: Path, copies: int) -> Path:
    """`target`, a file like `source` whose communities stand there `copies` times, shifted."""
    for level in (*LEVELS, "building"):
        frame = pyogrio.read_dataframe(source, layer=level)
        parts = [_shifted(frame, number) for number in range(copies)]
        merged = geopandas.pd.concat(parts, ignore_index=True)
        if level == "street":
            merged = _united(merged)
        pyogrio.write_dataframe(merged, target, layer=level, driver="GPKG", append=target.exists())
    return target


def shift(number: int) -> tuple[float, float]:
    """Degrees east and north by which copy `number` lies from the original."""
    return (number % COLUMNS) * STEP_LON, (number // COLUMNS) * STEP_LAT


def _shifted(frame: Any, number: int) -> Any:
    east, north = shift(number)
    moved = frame.copy()
    moved["geometry"] = moved.geometry.translate(east, north)
    for column in {"code", "parent_code", "microgrid_code"} & set(moved.columns):
        moved[column] = [_renumbered(code, number) for code in moved[column]]
    return moved


def _renumbered(code: str | None, number: int) -> str | None:
    """The code with its community's number counted on; a street's code stays."""
    if not isinstance(code, str) or len(code) < COMMUNITY_CODE:
        return code
    community = int(code[STREET_CODE:COMMUNITY_CODE]) + COMMUNITIES * number
    return f"{code[:STREET_CODE]}{community:03d}{code[COMMUNITY_CODE:]}"


def _united(streets: Any) -> Any:
    one = streets.iloc[[0]].copy()
    one["geometry"] = [shapely.union_all(streets.geometry.to_numpy())]
    for column in ("households_est", "buildings"):
        one[column] = [int(streets[column].sum())]
    return one


_STREET = "SELECT ST_AsBinary(geom) FROM area_now WHERE level = 'street'"


def ground(tx: Transaction) -> Rectangle:
    """The largest box of the street's proportions around the middle of its first copy, inside it."""
    first = min(
        shapely.get_parts(shapely.from_wkb(bytes(tx.scalar(_STREET)))),
        key=lambda part: (part.bounds[1], part.bounds[0]),
    )
    west, south, east, north = first.bounds
    middle = first.representative_point()
    for share in range(100, 0, -2):
        half_lon, half_lat = (east - west) * share / 200, (north - south) * share / 200
        box = (
            middle.x - half_lon,
            middle.y - half_lat,
            middle.x + half_lon,
            middle.y + half_lat,
        )
        if first.contains(shapely.box(*box)):
            return Rectangle(*box)
    raise AssertionError("a street has an inside")
