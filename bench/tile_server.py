"""Building tiles over HTTP beside tipg, a tile server that people run on PostGIS: ``gridcenter bench tipg``.

tipg gets what helps it: a table of its own with a stored and indexed Web Mercator column, the attributes of
our tile alone, our margin, no rights, no log-in, and as many processes as our web server has.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from pyogrio import read_dataframe

from bench.clients import Answers, drive, fetch, request
from bench.environment import environment
from bench.figures import Bound, Figure, same
from bench.servers import WEB_WORKERS, end, free_port
from bench.site import DISPATCHER, Site
from bench.tiles import CLIENTS, Address, chosen
from gridcenter.errors import Words
from gridcenter.serving import die_with_parent
from layers.statements import MARGIN

PEERS = ("tipg==1.6.1", "uvicorn==0.54.0")
LEAST = 1.2
WARM_S, CHECKED = 5.0, 4
SCHEMA = "tipg_peer"
_TABLE = f"""
DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
CREATE SCHEMA {SCHEMA};
CREATE TABLE {SCHEMA}.building AS
  SELECT row_number() OVER (ORDER BY code)::int AS id, code, floors, height_m AS height,
         ST_Transform(geom, 3857)::geometry(MultiPolygon, 3857) AS geom
    FROM building WHERE upper_inf(valid);
ALTER TABLE {SCHEMA}.building ADD PRIMARY KEY (id);
CREATE INDEX ON {SCHEMA}.building USING gist (geom);
"""


def measure(site: Site) -> list[Figure]:
    """Tiles per second of ours and of tipg by 8 clients, equal shares of three zooms, in turns."""
    addresses = chosen(site)
    python = environment(site.settings, "tipg-peer", PEERS)
    with site.connect("owner", autocommit=True) as connection:
        connection.execute(_TABLE)
        connection.execute(f"ANALYZE {SCHEMA}.building")
    try:
        with site.serving() as running, _tipg(site, python) as port:
            token = site.token(DISPATCHER)
            ours = _asked("/tiles/building/{z}/{x}/{y}.mvt", addresses, token)
            peer = _asked(
                f"/collections/{SCHEMA}.building/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}"
                "?properties=code,floors,height",
                addresses,
                None,
            )
            for mine, theirs in list(zip(ours, peer, strict=True))[:CHECKED]:
                # tipg leaves out what reaches into the margin alone; ours draws it.
                missing = _codes(port, theirs) - _codes(running.port, mine)
                same("buildings that tipg has and ours has not", set(), missing)
            return [_compared(site, (port, peer), (running.port, ours))]
    finally:
        with site.connect("owner", autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def _compared(site: Site, peer: tuple[int, list[bytes]], ours: tuple[int, list[bytes]]) -> Figure:
    rates: tuple[list[float], list[float]] = ([], [])
    for side in (peer, ours):
        _drive(*side, min(WARM_S, site.effort.seconds))
    for _ in range(site.effort.rounds):
        for side, found in zip((peer, ours), rates, strict=True):
            answers = _drive(*side, site.effort.seconds)
            same("tiles that are not 200", {}, answers.failures())
            found.append(answers.per_second)
    words = Words("楼栋瓦片：与 tipg 相比", "building tiles beside tipg")
    remarks = {"clients": CLIENTS, "processes": WEB_WORKERS, "peer": " ".join(PEERS)}
    return Figure("tiles_tipg", words, "1/s", rates[1], rates[0], Bound(least=LEAST), remarks)


def _asked(form: str, addresses: list[Address], token: str | None) -> list[bytes]:
    return [request("GET", form.format(z=z, x=x, y=y), token) for z, x, y in addresses]


def _drive(port: int, requests: list[bytes], seconds: float) -> Answers:
    following = cycle(requests)
    return drive(port, CLIENTS, lambda: (next(following), None), seconds)


def _codes(port: int, wanted: bytes) -> set[str]:
    """The codes of the buildings in a tile, as GDAL reads it."""
    status, body = fetch(port, wanted)
    same("status", 200, status)
    with tempfile.NamedTemporaryFile(suffix=".mvt") as file:
        file.write(body)
        file.flush()
        found = set(read_dataframe(file.name, columns=["code"], read_geometry=False)["code"])
    same("a tile with buildings", True, bool(found))
    return found


@contextmanager
def _tipg(site: Site, python: Path) -> Iterator[int]:
    """tipg on the benchmark's database; its port inside the block, gone after it."""
    port = free_port()
    command = [python, "-m", "uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WEB_WORKERS), "--log-level", "error"]
    told = {
        "DATABASE_URL": _with_host(site.url("owner")),
        "TIPG_DB_SCHEMAS": f'["{SCHEMA}"]',
        "TIPG_TILE_BUFFER": str(MARGIN),
        "TIPG_CATALOG_TTL": "0",
    }
    process = subprocess.Popen(
        command,
        env={**os.environ, **told},
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        _wait(port, process)
        yield port
    finally:
        end([process])


def _with_host(url: str) -> str:
    """The same database for a reader that wants a host in its address: a socket's folder stands there."""
    parts = urlsplit(url)
    if parts.hostname:
        return url
    where = {name: values[0] for name, values in parse_qs(parts.query).items()}
    login = parts.netloc.rpartition("@")[0]
    host = f"{login}@{quote(where['host'], safe='')}:{where['port']}"
    return urlunsplit(parts._replace(netloc=host, query=""))


def _wait(port: int, process: subprocess.Popen[bytes], patience_s: float = 60.0) -> None:
    until = time.monotonic() + patience_s
    while time.monotonic() < until and process.poll() is None:
        try:
            if fetch(port, request("GET", "/healthz", None))[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("tipg does not answer")
