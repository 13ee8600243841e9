"""Vector tiles: uncached over HTTP beside pgbench with the same SQL, thinned beside plain, cached beside static."""

from __future__ import annotations

import math
from itertools import cycle
from random import Random
from time import perf_counter

from bench import cached
from bench.clients import Answers, drive, fetch, request
from bench.figures import Bound, Figure, same
from bench.peers import overhear, pgbench, rendered
from bench.site import DISPATCHER, Site
from gridcenter.actor import act_as
from gridcenter.database import Transaction
from gridcenter.errors import Words
from layers.queries import stamped_tile

CLIENTS = 8
LEAST = 0.90
ZOOMS = (14, 15, 16)
# Layers with their promise. Areas are a handful of shapes per tile: what HTTP costs is most of them.
LAYERS = {"building": Bound(least=LEAST), "incident": None, "grid": None}
EACH = 24
POSTS = frozenset({"dispatcher"})
CHECKED = 6
Address = tuple[int, int, int]


def measure(site: Site) -> list[Figure]:
    """Tiles per second by 8 clients, equal shares of the three zooms, layer by layer."""
    addresses = chosen(site)
    with site.serving() as running:
        token = site.token(DISPATCHER)
        return [
            *(
                _one(site, running.port, token, layer, bound, addresses)
                for layer, bound in LAYERS.items()
            ),
            thinned(site),
            *cached.measure(site, running.port, token, addresses),
        ]


def _one(
    site: Site, port: int, token: str, layer: str, bound: Bound | None, addresses: list[Address]
) -> Figure:
    size = _check(site, port, token, layer, addresses)
    script = _script(site, token, layer, addresses)
    peer: list[float] = []
    ours: list[float] = []
    _tiles(port, token, layer, addresses, min(2.0, site.effort.seconds))
    for _ in range(site.effort.rounds):
        peer.append(pgbench(site.url("web"), script, CLIENTS, site.effort.seconds)[0])
        answers = _tiles(port, token, layer, addresses, site.effort.seconds)
        same("tiles that are not 200", {}, answers.failures())
        ours.append(answers.per_second)
    remarks = {"clients": CLIENTS, "tiles": len(addresses), "mean_bytes": size}
    words = Words(f"瓦片 z14–16：{layer}", f"tiles z14-16: {layer}")
    return Figure(f"tiles_{layer}", words, "1/s", ours, peer, bound, remarks)


def _tiles(port: int, token: str, layer: str, addresses: list[Address], seconds: float) -> Answers:
    requests = [request("GET", f"/tiles/{layer}/{z}/{x}/{y}.mvt", token) for z, x, y in addresses]
    following = cycle(requests)
    return drive(port, CLIENTS, lambda: (next(following), None), seconds)


def _check(site: Site, port: int, token: str, layer: str, addresses: list[Address]) -> int:
    """Mean size in bytes; some tiles are compared with the answer of the bare statement."""
    sizes = []
    with site.connect("web") as connection:
        for z, x, y in addresses[:: max(1, len(addresses) // CHECKED)]:
            _, bare = overhear(
                connection,
                token,
                lambda tx: stamped_tile(tx, layer, z, x, y, POSTS)[0],  # noqa: B023
            )
            status, body = fetch(port, request("GET", f"/tiles/{layer}/{z}/{x}/{y}.mvt", token))
            same("status", 200, status)
            same(f"bytes of {layer}/{z}/{x}/{y}", bare, body)
            sizes.append(len(body))
    return round(sum(sizes) / len(sizes))


def _script(site: Site, token: str, layer: str, addresses: list[Address]) -> str:
    """Token, scope and tile as a pgbench script; equal shares of all addresses.

    Each zoom has its own statement, as ours has.
    """
    lines = [f"\\set n random(0, {len(addresses) - 1})"]
    for axis, place in (("z", 0), ("x", 1), ("y", 2)):
        lines.append(f"\\set {axis} {_looked_up([address[place] for address in addresses])}")
    lines.append("BEGIN READ ONLY;")
    varying = {"z": ":z", "x": ":x", "y": ":y"}
    with site.connect("web") as connection:
        for n, zoom in enumerate(ZOOMS):
            z, x, y = next(address for address in addresses if address[0] == zoom)
            said, _ = overhear(
                connection,
                token,
                lambda tx: stamped_tile(tx, layer, z, x, y, POSTS),  # noqa: B023
            )
            if n == 0:
                lines += [f"{rendered(connection, each)};" for each in said[:1]]
            wanted = next(each for each in said if "ST_AsMVT" in each.statement)
            lines += [f"\\if :z = {zoom}", f"{rendered(connection, wanted, varying)};", "\\endif"]
    return "\n".join([*lines, "COMMIT;"])


# The same tile as it is usually written: whole outlines, transformed one by one.
_PLAIN = """
SELECT ST_AsMVT(f, 'microgrid', 4096, 'geom') FROM (
  SELECT a.code, v.name, v.name_en, short_name(v.path, v.level) AS short, v.level,
         ST_AsMVTGeom(ST_Transform(v.geom, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
    FROM area_version v JOIN area a ON a.id = v.area_id
   WHERE v.geom && tile_box(%(z)s, %(x)s, %(y)s) AND v.level = 'microgrid' AND upper_inf(v.valid)) f
 WHERE f.geom IS NOT NULL
"""


def thinned(site: Site) -> Figure:
    """Tiles per second of micro-grids at zoom 12 and 13 beside the plain query, one connection."""
    addresses = chosen(site, (12, 13))
    with site.connect("web") as connection:
        tx = Transaction(connection)
        act_as(tx, site.actor(DISPATCHER))
        sizes = [len(stamped_tile(tx, "microgrid", *each, POSTS)[0]) for each in addresses]
        same("empty tiles", 0, sizes.count(0))

        def plain(z: int, x: int, y: int) -> object:
            return tx.blob(_PLAIN, {"z": z, "x": x, "y": y})

        def ours(z: int, x: int, y: int) -> object:
            return stamped_tile(tx, "microgrid", z, x, y, POSTS)

        rates: tuple[list[float], list[float]] = ([], [])
        for _ in range(site.effort.rounds):
            for asked, found in ((plain, rates[0]), (ours, rates[1])):
                began = perf_counter()
                for address in addresses:
                    asked(*address)
                found.append(len(addresses) / (perf_counter() - began))
    words = Words("瓦片 z12–13：化简与直接查询", "tiles z12-13: thinned beside the plain query")
    remarks = {"tiles": len(addresses), "mean_bytes": round(sum(sizes) / len(sizes))}
    return Figure("tiles_thinned", words, "1/s", rates[1], rates[0], Bound(least=4.0), remarks)


def _looked_up(values: list[int], first: int = 0) -> str:
    """pgbench has no arrays: a balanced tree of CASEs that gives the value at index :n."""
    if len(set(values)) == 1:
        return str(values[0])
    middle = len(values) // 2
    low, high = _looked_up(values[:middle], first), _looked_up(values[middle:], first + middle)
    return f"CASE WHEN :n < {first + middle} THEN {low} ELSE {high} END"


def chosen(site: Site, zooms: tuple[int, ...] = ZOOMS) -> list[Address]:
    """Equally many tiles of each zoom over the place, the same at every run; shuffled."""
    with site.owner.transaction(read_only=True) as tx:
        box = tx.one(
            "SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north"
            "  FROM (SELECT ST_Extent(geom) AS e FROM building) b"
        )
    assert box is not None
    chance = Random(1)  # noqa: S311 - a choice, not a secret
    found: list[Address] = []
    for z in zooms:
        west, north = tile_at(box["west"], box["north"], z)
        east, south = tile_at(box["east"], box["south"], z)
        every = [(z, x, y) for x in range(west, east + 1) for y in range(north, south + 1)]
        chance.shuffle(every)
        found += [every[i % len(every)] for i in range(EACH)]
    chance.shuffle(found)
    return found


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the Web Mercator tile at a place."""
    angle = math.radians(lat)
    y = (1 - math.asinh(math.tan(angle)) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)
