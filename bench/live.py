"""How long after a report 50 walls hear of it, while 8 clients report as fast as they can."""

from __future__ import annotations

import json
import multiprocessing
import selectors
import socket
import time
import uuid
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from bench.clients import Answers
from bench.create import check, put_back, reports
from bench.figures import Bound, Figure, percentile, same
from bench.place import ground
from bench.servers import Running
from bench.site import DISPATCHER, WALL, Site
from gridcenter.errors import Words

WALLS = 50
MOST_MS = 150.0
# After the last report: everything said must have arrived by then.
SETTLE_S = 3.0
PATIENCE_S = 30.0
Arrival = tuple[float, int]


def measure(site: Site) -> list[Figure]:
    """95th percentile of the way of an entry to a wall, over all walls and entries, each round."""
    with site.owner.transaction(read_only=True) as tx:
        box = ground(tx)
    ninety_five: list[float] = []
    from_answer: list[float] = []
    rates: list[float] = []
    heard = 0
    with site.serving() as running:
        token, walls = site.token(DISPATCHER), [site.token(WALL, "wall") for _ in range(WALLS)]
        reports(running, token, box, site.size.copies, min(1.0, site.effort.seconds))
        for _ in range(site.effort.rounds):
            answers, arrivals = _round(site, running, token, walls, box)
            check(site, answers)
            late, after = _delays(site, answers, arrivals)
            heard += len(late)
            ninety_five.append(percentile(late, 0.95))
            from_answer.append(percentile(after, 0.95))
            rates.append(round(answers.per_second, 1))
            put_back(site)
    remarks = {
        "walls": WALLS,
        "reports_per_second": rates,
        "p95_from_201_ms": [round(value, 1) for value in from_answer],
        "deliveries": heard,
        "from": "journal.at, the start of the reporting transaction",
    }
    words = Words(f"入库 → {WALLS} 块大屏 p95", f"commit → event at {WALLS} walls, p95")
    return [Figure("live", words, "ms", ninety_five, (), Bound(most=MOST_MS), remarks)]


def _round(
    site: Site, running: Running, token: str, walls: list[str], box: Any
) -> tuple[Answers, list[list[Arrival]]]:
    """The reports of one round and what each wall heard: (time, cursor)."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    listener = spawn.Process(target=listen, args=(running.stream_port, walls, there), daemon=True)
    listener.start()
    there.close()  # so that a listener that dies is seen as the end of the pipe
    try:
        _said(here)
        answers = reports(running, token, box, site.size.copies, site.effort.seconds)
        time.sleep(SETTLE_S)
        here.send("stop")
        arrivals: list[list[Arrival]] = _said(here)
    finally:
        listener.join(5)
        if listener.is_alive():
            listener.kill()
    return answers, arrivals


def _said(pipe: Connection) -> Any:
    """What the listener says; raises RuntimeError when it is silent for too long or gone."""
    try:
        if pipe.poll(PATIENCE_S):
            return pipe.recv()
    except EOFError:
        pass
    raise RuntimeError("the walls could not listen")


def listen(port: int, tokens: list[str], pipe: Connection) -> None:
    """A process of its own: open a stream for each token, note every cursor until told to stop."""
    arrivals: list[list[Arrival]] = [[] for _ in tokens]
    rests = [b""] * len(tokens)
    with selectors.DefaultSelector() as chosen:
        links = [_opened(port, token) for token in tokens]
        for index, link in enumerate(links):
            chosen.register(link, selectors.EVENT_READ, index)
        # Each says where it begins before it counts as listening.
        said: set[int] = set()
        told = False
        while not pipe.poll():
            for key, _ in chosen.select(0.2):
                index = key.data
                piece = links[index].recv(65536)
                now = time.time()
                if not piece:
                    raise RuntimeError("a stream was closed")
                rests[index] = _noted(rests[index] + piece, now, arrivals[index])
                said.add(index)
            if not told and len(said) == len(tokens):
                told = True
                pipe.send("ready")
        for link in links:
            link.close()
    pipe.recv()
    pipe.send(arrivals)


def _opened(port: int, token: str) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = (
        f"GET /api/v1/journal/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    link.sendall(head.encode())
    return link


def _noted(held: bytes, now: float, into: list[Arrival]) -> bytes:
    """What is left of `held` after its whole events; each `changed` is noted with its cursor."""
    *lines, rest = held.split(b"\n")
    for line in lines:
        if line.startswith(b"data: {") and b"after" in line:
            into.append((now, int(json.loads(line[6:])["after"])))
    return rest


_ENTRIES = """
SELECT j.number, j.at, j.subject_id FROM journal j
 WHERE j.subject_id = ANY(%(ids)s) AND j.area_path IS NOT NULL ORDER BY j.number
"""


def _delays(
    site: Site, answers: Answers, arrivals: list[list[Arrival]]
) -> tuple[list[float], list[float]]:
    """Milliseconds from entry to each wall, and from 201; every wall must hear of every entry."""
    ids = [uuid.UUID(tag) for tag in answers.tags]
    with site.owner.transaction(read_only=True) as tx:
        entries = tx.all(_ENTRIES, {"ids": ids})
    late: list[float] = []
    after: list[float] = []
    for wall in arrivals:
        mine = iter(wall)
        current = next(mine, None)
        for entry in entries:
            while current is not None and current[1] < entry["number"]:
                current = next(mine, None)
            if current is None:
                same("entries that a wall never heard of", [], [entry["number"]])
                break
            at: datetime = entry["at"]
            late.append((current[0] - at.timestamp()) * 1000)
            after.append((current[0] - answers.ended[str(entry["subject_id"])]) * 1000)
    return late, after
