"""A page of 50 incidents over HTTP beside the same statement on a bare connection."""

from __future__ import annotations

import time
from statistics import median

import psycopg

from bench.clients import drive, fetch, request
from bench.figures import Bound, Figure, same
from bench.peers import Said, overhear
from bench.servers import Running
from bench.site import DISPATCHER, Site
from gridcenter.database import Row, Transaction
from gridcenter.errors import Words
from gridcenter.incidents.queries import IncidentFilter, incident_list

MOST = 2.0
AT_A_TIME = 10
PATH = "/api/v1/incidents?limit=50"
PAGE = IncidentFilter(limit=50)


def measure(site: Site) -> list[Figure]:
    """Median latency of one page, for the dispatcher of the street and for a worker of one grid."""
    readers = {
        "dispatcher": (DISPATCHER, Words("派遣员（全街道）", "dispatcher, whole street")),
        "worker": (site.busiest_worker(), Words("网格员（一个网格）", "worker, one grid")),
    }
    with site.serving() as running:
        return [
            _one(site, running, f"list_{name}", username, words)
            for name, (username, words) in readers.items()
        ]


def _one(site: Site, running: Running, name: str, username: str, words: Words) -> Figure:
    actor, token = site.actor(username), site.token(username)
    wanted = request("GET", PATH, token)
    with site.connect("web") as connection:
        said, page = overhear(connection, token, lambda tx: incident_list(tx, actor, PAGE))
        same("statements of one list beside the token's", 1, len(said) - 1)
        status, body = fetch(running.port, wanted)
        same("status", 200, status)
        same("bytes of the page", page.encode(), body)
        peer: list[float] = []
        ours: list[float] = []
        for bout in range(site.effort.rounds + 1):
            bare, mine = _medians(running, connection, said, wanted, site.effort.repeats)
            if bout:  # the first is for warming up
                peer.append(bare)
                ours.append(mine)
    remarks = {"bytes": len(body), "statements": "token with scope, list"}
    title = Words(f"列表 50 条：{words.zh}", f"list of 50: {words.en}")
    return Figure(name, title, "ms", ours, peer, Bound(most=MOST), remarks)


def _medians(
    running: Running,
    connection: psycopg.Connection[Row],
    said: list[Said],
    wanted: bytes,
    repeats: int,
) -> tuple[float, float]:
    """Median milliseconds of token, scope and list in one transaction, and of the page over HTTP.

    Few of each in turns: a machine falls into faster and slower spells.
    """
    bare: list[float] = []
    mine: list[float] = []
    for _ in range(max(1, repeats // AT_A_TIME)):
        bare += [_bare(connection, said) for _ in range(AT_A_TIME)]
        answers = drive(running.port, 1, _some(wanted, AT_A_TIME), 60.0)
        same("failures", {}, answers.failures())
        mine += answers.latencies_ms
    return median(bare), median(mine)


def _bare(connection: psycopg.Connection[Row], said: list[Said]) -> float:
    """Milliseconds of token, scope and list in one transaction, as a program without us would."""
    began = time.perf_counter()
    tx = Transaction(connection)
    for each in said:
        tx.one(each.statement, each.params)
    connection.commit()
    return (time.perf_counter() - began) * 1000


def _some(wanted: bytes, count: int):  # type: ignore[no-untyped-def]
    left = iter(range(count))
    return lambda: (wanted, None) if next(left, None) is not None else None
