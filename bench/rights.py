"""What row rights cost: queries of the web role beside the filter written by hand without policies.

The peer runs as the administrator, whom no policy binds, with the scope of the reader written into
the statement. Both must give the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psycopg

from bench.figures import Bound, Figure, same
from bench.peers import overhear
from bench.site import DISPATCHER, Site
from bench.tiles import tile_at
from gridcenter.actor import Actor, act_as
from gridcenter.database import Row, Transaction
from gridcenter.errors import Words
from gridcenter.incidents.queries import IncidentFilter, incident_list
from layers.catalog import LAYERS
from layers.statements import tile_statement

SPATIAL, LISTS = 1.2, 1.6
# Half of a kilometre in degrees at 31° N: a box of 1 km × 1 km.
HALF_LON, HALF_LAT = 0.00525, 0.0045


@dataclass(frozen=True)
class Pair:
    """One question: as the product asks it under row rights, and as written by hand."""

    name: str
    words: Words
    most: float
    ours: str
    hand: str
    params: Mapping[str, Any] = field(default_factory=dict)


_BOX = "ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)"
# What the policies of case_file mean for somebody with one posting by area.
_FILTER = (
    " AND (c.area_path <@ %(path)s::ltree OR c.reporter_account_id = %(account)s"
    " OR c.holder_account_id = %(account)s)"
    " AND (c.confidentiality <= %(clearance)s OR c.reporter_account_id = %(account)s)"
)
_BBOX = f"SELECT c.id, c.number, c.state FROM case_file c WHERE c.location && {_BOX}{{more}} ORDER BY c.id"
_KNN = (
    "SELECT c.id FROM case_file c WHERE c.kind = 'incident'{more}"
    " ORDER BY c.location <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490) LIMIT 20"
)
# Where the statement of the tile of incidents says which of them it shows.
_SHOWN = f"{LAYERS['incident'].where} AND"


def measure(site: Site) -> list[Figure]:
    """Median latencies of box, nearest, tile and list, for a dispatcher and a worker of one grid."""
    figures = []
    for label, username in (("dispatcher", DISPATCHER), ("worker", site.busiest_worker())):
        actor = site.actor(username)
        with site.connect("web") as web:
            pairs = _pairs(site, web, actor, label)
        with site.connect("admin") as connection:
            figures += [_compare(site, connection, actor, pair) for pair in pairs]
    return figures


_INSIDE = """
SELECT ST_X(p.at) AS lon, ST_Y(p.at) AS lat
  FROM area_now a, ST_PointOnSurface(a.geom) p(at) WHERE a.path = %(path)s::ltree
"""
_ZOOM = 15


def _pairs(site: Site, web: psycopg.Connection[Row], actor: Actor, label: str) -> list[Pair]:
    """Asked about a place of the reader's own."""
    with site.owner.transaction(read_only=True) as tx:
        here = tx.one(_INSIDE, {"path": actor.postings[0].area_path})
    assert here is not None
    lon, lat = here["lon"], here["lat"]
    x, y = tile_at(lon, lat, _ZOOM)
    scope = {
        "path": actor.postings[0].area_path,
        "clearance": actor.clearance,
        "account": actor.account_id,
    }
    place = {
        "west": lon - HALF_LON,
        "east": lon + HALF_LON,
        "south": lat - HALF_LAT,
        "north": lat + HALF_LAT,
    }

    def pair(
        name: str, zh: str, en: str, most: float, text: str, params: Mapping[str, Any]
    ) -> Pair:
        words = Words(f"{zh}（{label}）", f"{en}, {label}")
        ours, hand = text.replace("{more}", ""), text.replace("{more}", _FILTER)
        return Pair(f"rights_{name}_{label}", words, most, ours, hand, {**params, **scope})

    return [
        pair("bbox", "1 km 范围", "box of 1 km", SPATIAL, _BBOX, place),
        pair("knn", "最近 20 件", "nearest 20", SPATIAL, _KNN, {"lon": lon, "lat": lat}),
        pair("tile", "瓦片", "tile", SPATIAL, _tile(actor), {"z": _ZOOM, "x": x, "y": y}),
        _list_pair(web, site.token(actor.username), actor, label, scope),
    ]


def _tile(actor: Actor) -> str:
    """The product's statement of a tile of incidents, with a place for the filter."""
    ours = tile_statement("incident", _ZOOM, actor.posts)
    assert ours.count(_SHOWN) == 1
    return ours.replace(_SHOWN, f"{LAYERS['incident'].where}{{more}} AND")


def _list_pair(
    web: psycopg.Connection[Row], token: str, actor: Actor, label: str, scope: Mapping[str, Any]
) -> Pair:
    """The product's list; by hand its confidentiality is said in the query as well."""
    said, _ = overhear(web, token, lambda tx: incident_list(tx, actor, IncidentFilter(limit=50)))
    ours = said[-1].statement
    hand = ours.replace(
        "c.kind = 'incident'",
        "c.kind = 'incident' AND (c.confidentiality <= %(clearance)s"
        " OR c.reporter_account_id = %(account)s)",
    )
    assert hand != ours
    words = Words(f"列表 50 条（{label}）", f"list of 50, {label}")
    params = {**said[-1].params, **scope}
    return Pair(f"rights_list_{label}", words, LISTS, ours, hand, params)


def _compare(site: Site, connection: psycopg.Connection[Row], actor: Actor, pair: Pair) -> Figure:
    rows = _answer(connection, pair, actor, by_hand=False)
    same(f"rows of {pair.name}", _answer(connection, pair, actor, by_hand=True), rows)
    peer: list[float] = []
    ours: list[float] = []
    for bout in range(site.effort.rounds + 1):
        by_hand, mine = _medians(connection, pair, actor, site.effort.repeats)
        if bout:  # the first is for warming up
            peer.append(by_hand)
            ours.append(mine)
    shown = {"rows": len(rows)}
    return Figure(pair.name, pair.words, "ms", ours, peer, Bound(most=pair.most), shown)


def _answer(
    connection: psycopg.Connection[Row], pair: Pair, actor: Actor, *, by_hand: bool
) -> list[Row]:
    tx = Transaction(connection)
    act_as(tx, actor)
    _become(tx, by_hand=by_hand)
    rows = tx.all(pair.hand if by_hand else pair.ours, pair.params)
    connection.rollback()
    return rows


def _become(tx: Transaction, *, by_hand: bool) -> None:
    """The administrator, whom no policy binds, or the web role, in the same server process."""
    tx.execute("RESET ROLE" if by_hand else "SET LOCAL ROLE gridcenter_web")


def _medians(
    connection: psycopg.Connection[Row], pair: Pair, actor: Actor, repeats: int
) -> tuple[float, float]:
    """Median milliseconds by hand and under rights; the scope is set once before.

    Asked in turns on one connection: two server processes would sit on cores of different luck.
    """
    tx = Transaction(connection)
    act_as(tx, actor)
    took: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(repeats):
        for by_hand, text in ((True, pair.hand), (False, pair.ours)):
            _become(tx, by_hand=by_hand)
            began = time.perf_counter()
            tx.all(text, pair.params)
            took[by_hand].append((time.perf_counter() - began) * 1000)
    connection.rollback()
    return median(took[True]), median(took[False])
