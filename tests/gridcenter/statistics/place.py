"""A database of its own with the sample street, and people who act there.

One street, 11 communities, 69 grids, 408 micro-grids, 3,030 buildings; made as the owner, read as the
web role. Time is passed in, so that days can be told one after another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pyogrio
import shapely

from gridcenter import cluster, provision
from gridcenter.actor import Actor, ActorKind, Posting, act_as
from gridcenter.areas.operations import stage_areas, write_areas
from gridcenter.casework.operations import MoveCase
from gridcenter.database import Database, Transaction, upgrade
from gridcenter.incidents.operations import ReportIncident, operate, report_incident
from gridcenter.reference_data import load_reference_data
from gridcenter.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
STREET = "320508999"
SAMPLE = Path(__file__).resolve().parents[3] / "samples" / "gusu" / "gusu_sample.gpkg"


def at(text: str) -> datetime:
    """The moment of a local time such as ``2026-11-03 09:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def build(settings: Settings, name: str) -> None:
    """Make the database `name` anew with areas and buildings of the sample."""
    cluster.ensure(settings)
    provision.drop_database(settings, name)
    provision.prepare_database(settings, name)
    upgrade(settings, url=settings.url("owner", name))
    owner = Database(settings.url("owner", name))
    with owner.transaction() as tx:
        load_reference_data(tx)
    with owner.transaction() as tx:
        for level in ("street", "community", "grid", "microgrid"):
            _areas(tx, level)
        _buildings(tx)
    with owner.transaction() as tx:
        tx.execute("ANALYZE")
    owner.close()


def _areas(tx: Transaction, level: str) -> None:
    stage_areas(tx)
    _, _, wkb, columns = pyogrio.raw.read(
        SAMPLE, layer=level, columns=["code", "name", "parent_code"]
    )
    for code, name, parent, geom in zip(*columns, wkb, strict=True):
        shape = shapely.from_wkb(geom)
        if shape.geom_type == "Polygon":
            shape = shapely.MultiPolygon([shape])
        tx.execute(
            "INSERT INTO area_incoming VALUES (%(code)s, 'governance', %(kind)s, %(label)s, %(name)s,"
            " NULL, %(parent)s, ST_SetSRID(%(geom)s::geometry, 4490), NULL, 'sample', true, NULL)",
            {
                "code": code,
                "kind": "general_grid" if level == "grid" else None,
                "label": code[len(parent) :] if parent else code,
                "name": name,
                "parent": parent,
                "geom": shapely.to_wkb(shape, hex=True),
            },
        )
    write_areas(tx, level)


def _buildings(tx: Transaction) -> None:
    _, _, wkb, columns = pyogrio.raw.read(
        SAMPLE, layer="building", columns=["code", "microgrid_code", "floors", "height"]
    )
    tx.many(
        "INSERT INTO building (code, microgrid_id, area_path, geom, floors, height_m, footprint_m2,"
        " source, is_example) SELECT %(code)s, n.id, n.path, g.geom, %(floors)s, %(height)s,"
        " ST_Area(in_metres(g.geom)), 'sample', true FROM area_now n,"
        " (SELECT ST_SetSRID(%(geom)s::geometry, 4490) AS geom) g WHERE n.code = %(microgrid)s",
        [
            {
                "code": code,
                "microgrid": microgrid,
                "floors": int(floors),
                "height": float(height),
                "geom": bytes(geom).hex(),
            }
            for code, microgrid, floors, height, geom in zip(*columns, wkb, strict=True)
        ],
    )


def actor(
    post: str,
    area: str | None = None,
    department: int | None = None,
    clearance: int = 0,
    account: UUID | None = None,
) -> Actor:
    """A member of staff with one post; the account row is `Place.join`'s business."""
    posting = Posting(1, post, area, department, clearance)
    return Actor(ActorKind.STAFF, account or uuid4(), post, post, postings=(posting,))


@dataclass
class Place:
    """The sample street in a database, and the people who act in it."""

    owner: Database
    web: Database
    people: dict[str, Actor] = field(default_factory=dict)

    @contextmanager
    def acting(self, who: Actor | str | None, *, read_only: bool = True) -> Iterator[Transaction]:
        """A transaction of the web role in the scope of `who`; without anybody for None."""
        with self.web.transaction(read_only=read_only) as tx:
            if who is not None:
                act_as(tx, self.people[who] if isinstance(who, str) else who)
            yield tx

    def join(self, name: str, who: Actor, worker_code: str | None = None) -> Actor:
        """`who`, known as `name`, with an account and, with a code, a worker's row and duty."""
        with self.owner.transaction() as tx:
            tx.execute(
                "INSERT INTO account (id, username, display_name, password_hash) VALUES"
                " (%(id)s, %(name)s, %(name)s, 'x')",
                {"id": who.account_id, "name": name},
            )
            if worker_code is not None:
                path = who.postings[0].area_path
                worker = tx.scalar(
                    "INSERT INTO grid_worker (code, account_id, display_name, area_path, valid)"
                    " VALUES (%(code)s, %(id)s, %(code)s, %(path)s, '[2026-01-01,)') RETURNING id",
                    {"code": worker_code, "id": who.account_id, "path": path},
                )
                tx.execute(
                    "INSERT INTO duty (worker_id, area_id, area_path, kind, valid) SELECT %(worker)s,"
                    " area_id, path, 'responsible', '[2026-01-01,)' FROM area_version"
                    " WHERE path = %(path)s AND upper_inf(valid)",
                    {"worker": worker, "path": path},
                )
        self.people[name] = who
        return who

    def point_in(self, path: str) -> tuple[float, float]:
        """A point (lon, lat) inside the area of a path."""
        with self.owner.transaction(read_only=True) as tx:
            row = tx.one(
                "SELECT ST_X(p) AS lon, ST_Y(p) AS lat FROM (SELECT ST_PointOnSurface(geom) AS p"
                " FROM area_version WHERE path = %(path)s AND upper_inf(valid)) q",
                {"path": path},
            )
        assert row is not None
        return row["lon"], row["lat"]

    def report(self, who: str, path: str, when: datetime, matter: str = "06001") -> UUID:
        """The id of an incident that `who` reports inside the area of `path`."""
        lon, lat = self.point_in(path)
        known = uuid4()
        command = ReportIncident(known, matter, lon, lat, "cgcs2000", "story", "grid_worker", when)
        with self.acting(who, read_only=False) as tx:
            report_incident(tx, self.people[who], command, when, ZONE)
        return known

    def do(self, who: str, case: UUID, operation: str, when: datetime, **given: Any) -> None:
        """Let `who` do one operation on a case at a moment."""
        with self.owner.transaction(read_only=True) as tx:
            version = tx.scalar("SELECT version FROM case_file WHERE id = %(id)s", {"id": case})
        with self.acting(who, read_only=False) as tx:
            operate(tx, self.people[who], MoveCase(case, operation, version, given), when, ZONE)
