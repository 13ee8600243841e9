"""Builders with plain defaults: a small place of squares, people in it, reports from it.

The place: one street, two communities side by side (A west, B east), each of two grids, each of two
micro-grids. A micro-grid is 0.002° × 0.002°, about 190 m × 222 m.

    Z001001 Z002001 | Z001001 Z002001      north
    Z001002 Z002002 | Z001002 Z002002      south
    community 001     community 002
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely import MultiPolygon, box

from gridcenter import codes
from gridcenter.accounts.operations import CreateAccount, create_account
from gridcenter.actor import SYSTEM, Actor
from gridcenter.areas.operations import stage_areas, write_areas
from gridcenter.database import Transaction
from gridcenter.deadlines.rules import Calendar
from gridcenter.incidents.operations import ReportIncident
from gridcenter.registry.operations import stage_buildings, write_buildings

PASSWORD = "Correct-horse-7"
ZONE = ZoneInfo("Asia/Shanghai")
STREET = "320508998"
WEST, SOUTH, STEP = 120.6, 31.3, 0.002
# Middle of each micro-grid by code.
PLACES: dict[str, tuple[float, float]] = {}


def squares() -> Iterator[tuple[str, str, str | None, Any]]:
    """(level, code, parent, geometry) of every area, parents first."""
    yield "street", STREET, None, _block(0, 4)
    for c in (1, 2):
        community, first = f"{STREET}{c:03d}", (c - 1) * 2
        yield "community", community, STREET, _block(first, 2)
        for g in (1, 2):
            grid, column = f"{community}Z{g:03d}", first + g - 1
            yield "grid", grid, community, _block(column, 1)
            for m in (1, 2):
                code, square = f"{grid}{m:03d}", _cell(column, 2 - m)
                PLACES[code] = (square.centroid.x, square.centroid.y)
                yield "microgrid", code, grid, square


def _cell(column: int, row: int) -> Any:
    west, east = (WEST + c * STEP for c in (column, column + 1))
    south, north = (SOUTH + r * STEP for r in (row, row + 1))
    return box(west, south, east, north)


def _block(column: int, columns: int) -> Any:
    """Both rows of some columns, with every corner of the cells on its outline: metres are measured
    between corners, so areas with the same corners have no gap between them."""
    cells = [_cell(column + c, row) for c in range(columns) for row in (0, 1)]
    return shapely.union_all(cells)


def make_place(tx: Transaction) -> None:
    """Write the small place into an empty database."""
    found = list(squares())
    for level in ("street", "community", "grid", "microgrid"):
        stage_areas(tx)
        statement = (
            "COPY area_incoming (code, code_scheme, kind, label, name, parent_code, geom, source,"
            " is_example) FROM STDIN"
        )
        with tx.connection.cursor().copy(statement) as copy:
            for of_level, code, parent, shape in found:
                if of_level == level:
                    copy.write_row(
                        (
                            code,
                            "governance",
                            "general_grid" if level == "grid" else None,
                            codes.path_label(code, parent),
                            name_of(level, code),
                            parent,
                            shapely.to_wkb(MultiPolygon([shape]), hex=True),
                            "builders",
                            True,
                        )
                    )
        write_areas(tx, level)


def name_of(level: str, code: str) -> str:
    """Names as the sample has them: 示例社区01, 第2网格, 微网格01."""
    number = int(code[-3:])
    names = {"street": "示例街道", "community": f"示例社区{number:02d}"}
    return names.get(level) or (f"第{number}网格" if level == "grid" else f"微网格{number:02d}")


def square(lon: float, lat: float, side: float = 0.0002) -> MultiPolygon:
    """A square around a point, degrees."""
    half = side / 2
    return MultiPolygon([box(lon - half, lat - half, lon + half, lat + half)])


def stage_building(tx: Transaction, code: str, shape: MultiPolygon, **columns: object) -> None:
    """One row of building_incoming."""
    row = {"name": "1 幢", "floors": 2, "households": 8, **columns}
    tx.execute(
        "INSERT INTO building_incoming (code, geom, name, floors, height_m, households, source,"
        " is_example) VALUES (%(code)s, ST_GeomFromWKB(%(geom)s, 4490), %(name)s, %(floors)s,"
        " 6, %(households)s, 'test', true)",
        {**row, "code": code, "geom": shapely.to_wkb(shape)},
    )


def make_buildings(tx: Transaction, *microgrids: str) -> None:
    """A building in the middle of each micro-grid, its code the micro-grid's with B001."""
    stage_buildings(tx)
    for microgrid in microgrids:
        stage_building(tx, f"{microgrid}B001", square(*PLACES[microgrid]))
    write_buildings(tx)


def make_staff(tx: Transaction) -> None:
    """One account for each post, and a worker with duties for each of the four grids."""
    for username, post, area, department in (
        ("I-01", "intake", STREET, None),
        ("D-01", "dispatcher", STREET, None),
        ("Z-01", "duty_officer", STREET, None),
        ("S-01", "official", STREET, None),
        ("B-01", "wall", STREET, None),
        ("H-01", "handler", None, "zhzf"),
        ("A-01", "system_admin", None, None),
        ("Q-01", "security_admin", None, None),
        ("J-01", "audit_admin", None, None),
    ):
        make_account(tx, username, post, area, department)
    for number, grid in enumerate(sorted({code[:16] for code in PLACES}), start=1):
        make_worker(tx, f"01-{number:03d}", grid)


def make_account(
    tx: Transaction,
    username: str,
    post: str | None = None,
    area: str | None = None,
    department: str | None = None,
) -> uuid.UUID:
    """An account with PASSWORD."""
    command = CreateAccount(username, PASSWORD, username, post, area, department)
    return create_account(tx, SYSTEM, command)


def make_worker(tx: Transaction, code: str, grid: str) -> None:
    """A full-time worker with an account, responsible for a grid and its micro-grids."""
    account_id = make_account(tx, code, "grid_worker", grid)
    tx.execute(
        "INSERT INTO grid_worker (code, account_id, display_name, area_path)"
        " SELECT %(code)s, %(account)s, '网格员 ' || %(code)s, path FROM area_now"
        " WHERE code = %(grid)s",
        {"code": code, "account": account_id, "grid": grid},
    )
    tx.execute(
        "INSERT INTO duty (worker_id, area_id, area_path, kind, valid)"
        " SELECT w.id, n.id, n.path, 'responsible', daterange(CURRENT_DATE - 100, NULL)"
        " FROM grid_worker w, area_now n"
        " WHERE w.code = %(code)s AND n.path <@ (SELECT path FROM area_now WHERE code = %(grid)s)",
        {"code": code, "grid": grid},
    )


def report(
    microgrid: str = f"{STREET}001Z001001",
    *,
    id: uuid.UUID | None = None,
    matter: str = "09012",
    lon: float | None = None,
    lat: float | None = None,
    datum: str = "cgcs2000",
    description: str = "车停在楼间通道",
    channel: str = "grid_worker",
    reported_at: datetime | None = None,
    accuracy_m: float | None = 8.0,
    filing_condition: str | None = None,
    address: str | None = None,
) -> ReportIncident:
    """A report from the middle of a micro-grid."""
    middle = PLACES.get(microgrid, (0.0, 0.0)) if PLACES else (0.0, 0.0)
    return ReportIncident(
        id=id or uuid.uuid4(),
        matter=matter,
        lon=middle[0] if lon is None else lon,
        lat=middle[1] if lat is None else lat,
        datum=datum,
        description=description,
        channel=channel,
        reported_at=reported_at or datetime.now(UTC),
        accuracy_m=accuracy_m,
        filing_condition=filing_condition,
        address=address,
    )


def report_json(command: ReportIncident) -> dict[str, Any]:
    """The same report as a request body."""
    body = {name: getattr(command, name) for name in command.__dataclass_fields__}
    return {
        **{k: value for k, value in body.items() if value is not None or k == "accuracy_m"},
        "id": str(command.id),
        "reported_at": command.reported_at.isoformat(),
    }


def actor_named(tx: Transaction, username: str) -> Actor:
    """The actor of an account with the postings of today, without logging in."""
    from gridcenter.actor import ActorKind, Posting

    account = tx.one("SELECT * FROM account WHERE username = %(u)s", {"u": username})
    assert account is not None
    rows = tx.all(
        "SELECT p.id, p.post, p.area_path::text AS area_path, p.department_id,"
        " coalesce(p.clearance, k.clearance) AS clearance FROM posting p JOIN post k"
        " ON k.code = p.post WHERE p.account_id = %(id)s",
        {"id": account["id"]},
    )
    return Actor(
        kind=ActorKind.STAFF,
        account_id=account["id"],
        username=username,
        display_name=account["display_name"],
        postings=tuple(
            Posting(r["id"], r["post"], r["area_path"], r["department_id"], r["clearance"])
            for r in rows
        ),
    )


for _level, _code, _parent, _shape in squares():
    pass  # fills PLACES


def worked(begin: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """The working time between two moments, summed over the calendar's spans."""
    begin, end = begin.astimezone(calendar.zone), end.astimezone(calendar.zone)
    days = (begin.date() + timedelta(days=n) for n in range((end.date() - begin.date()).days + 1))
    parts = (min(e, end) - max(s, begin) for day in days for s, e in calendar.spans(day))
    return sum((max(part, timedelta()) for part in parts), timedelta())
