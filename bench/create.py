"""Creating incidents over HTTP beside pgbench with the same statement, and the events at 50 walls."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench.clients import Answers, Request, drive, request
from bench.figures import Bound, Figure, same
from bench.peers import overhear, pgbench, rendered
from bench.place import COLUMNS, STEP_LAT, STEP_LON, Rectangle, ground, shift
from bench.servers import Running
from bench.site import DISPATCHER, Site
from gridcenter import clock
from gridcenter.errors import Words
from gridcenter.incidents.operations import ReportIncident, report_incident

CLIENTS = 8
LEAST = 0.25
MARK = "bench"
MATTER = "09012"
CHANNEL = "desk"


def measure(site: Site) -> list[Figure]:
    """The rate of reports by 8 clients: pgbench with our statement, then ours, in turns."""
    box = _box(site)
    script = pgbench_script(site, box)
    peer: list[float] = []
    ours: list[float] = []
    sent = 0
    with site.serving() as running:
        token = site.token(DISPATCHER)
        reports(running, token, box, site.size.copies, min(2.0, site.effort.seconds))
        put_back(site)
        for _ in range(site.effort.rounds):
            peer.append(pgbench(site.url("web"), script, CLIENTS, site.effort.seconds)[0])
            put_back(site)
            answers = reports(running, token, box, site.size.copies, site.effort.seconds)
            ours.append(answers.per_second)
            sent += check(site, answers)
            put_back(site)
    remarks = {"clients": CLIENTS, "received_once_with_event": sent}
    words = Words("上报事件，8 个客户端", "create an incident, 8 clients")
    return [Figure("create", words, "1/s", ours, peer, Bound(least=LEAST), remarks)]


def reports(running: Running, token: str, box: Rectangle, copies: int, seconds: float) -> Answers:
    """Answers to reports of incidents at random places, as fast as 8 clients can send them."""
    return drive(running.port, CLIENTS, _reporter(token, box, copies), seconds)


def _reporter(token: str, box: Rectangle, copies: int) -> Callable[[], Request]:
    chance = random.Random(str(uuid.uuid4()))  # noqa: S311 - places, not secrets

    def following() -> Request:
        east, north = shift(chance.randrange(copies))
        identity = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        body = {
            "id": identity,
            "matter": MATTER,
            "lon": round(chance.uniform(box.west, box.east) + east, 7),
            "lat": round(chance.uniform(box.south, box.north) + north, 7),
            "datum": "cgcs2000",
            "accuracy_m": 5,
            "description": MARK,
            "channel": CHANNEL,
            "reported_at": clock.now().isoformat(),
        }
        return request("POST", "/api/v1/incidents", token, body), identity

    return following


def pgbench_script(site: Site, box: Rectangle) -> str:
    """One report as a pgbench script: scope of the actor, our statement with NOTIFY, commit."""
    actor = site.actor(DISPATCHER)
    command = ReportIncident(
        id=uuid.uuid4(),
        matter=MATTER,
        lon=box.west,
        lat=box.south,
        datum="cgcs2000",
        description=MARK,
        channel=CHANNEL,
        reported_at=clock.now() - timedelta(seconds=1),
        accuracy_m=5,
    )
    zone, token = site.settings.timezone, site.token(DISPATCHER)
    with site.connect("web") as connection:
        said, _ = overhear(
            connection, token, lambda tx: report_incident(tx, actor, command, clock.now(), zone)
        )
        entering = [f"{rendered(connection, each)};" for each in said[:1]]
        varying = {"id": "gen_random_uuid()", "lon": ":lon", "lat": ":lat"}
        report = rendered(connection, said[-1], varying)
    return "\n".join(
        (
            f"\\set n random(0, {site.size.copies - 1})",
            *_random_place("lon", box.west, box.east, f"(:n % {COLUMNS}) * {STEP_LON}"),
            *_random_place("lat", box.south, box.north, f"(:n / {COLUMNS}) * {STEP_LAT}"),
            "BEGIN;",
            *entering,
            f"{report};",
            "COMMIT;",
        )
    )


def _random_place(name: str, low: float, high: float, step: str) -> tuple[str, ...]:
    width = (high - low) / 1_000_000
    return (f"\\set {name} {low!r} + random(0, 1000000) * {width:.15f} + {step}",)


_RECEIVED = """
SELECT count(*) AS cases,
       count(*) FILTER (WHERE (SELECT count(*) FROM case_event e
                                WHERE e.case_id = c.id AND e.operation = 'report') = 1) AS events,
       count(*) FILTER (WHERE EXISTS (SELECT FROM incident n WHERE n.case_id = c.id)) AS incidents,
       count(*) FILTER (WHERE EXISTS (SELECT FROM case_timer t WHERE t.case_id = c.id)) AS timers,
       (SELECT count(*) FROM journal j WHERE j.subject_id = ANY(%(ids)s)) AS entries
  FROM case_file c WHERE c.id = ANY(%(ids)s)
"""


def check(site: Site, answers: Answers) -> int:
    """How many reports got a 201; all of them are there once, with event, timer and feed row.

    Raises WrongAnswer when one is not, or when a report got anything but 201.
    """
    same("answers that are not 201", {}, answers.failures(201))
    ids = [uuid.UUID(tag) for tag in answers.tags]
    with site.owner.transaction(read_only=True) as tx:
        row = tx.one(_RECEIVED, {"ids": ids})
    expected = dict.fromkeys(("cases", "events", "incidents", "timers", "entries"), len(set(ids)))
    same("reports stored", expected, row)
    return len(ids)


def put_back(site: Site) -> None:
    """Remove what benchmarks reported, so that each round meets the same tables.

    Events are never deleted in the product; only a superuser with triggers off can.
    """
    mine = "(SELECT id FROM case_file WHERE description = 'bench' AND NOT synthetic)"
    with site.connect("admin", autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"DELETE FROM journal WHERE subject_id IN {mine}")
        for table in ("case_timer", "case_event", "incident"):
            connection.execute(f"DELETE FROM {table} WHERE case_id IN {mine}")
        connection.execute(f"DELETE FROM case_file WHERE id IN {mine}")
        for table in ("journal", "case_timer", "case_event", "incident", "case_file"):
            connection.execute(f"VACUUM ANALYZE {table}")


def _box(site: Site) -> Rectangle:
    with site.owner.transaction(read_only=True) as tx:
        return ground(tx)


def report_once(running: Running, token: str, box: Rectangle) -> Any:
    """One report's request, for mixed loads."""
    return _reporter(token, box, 1)()
