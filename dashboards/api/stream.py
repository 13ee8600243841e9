"""The live stream (server-sent events): "there is something after CURSOR", never contents.

Runs in the gevent process for screens; the threaded web process serves it too, but only to a few, so
that streams cannot use up its threads.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import Response, request

from dashboards.house import House
from dashboards.requests import house, read_session, session_token, without_transaction
from gridcenter.accounts.queries import session_of
from gridcenter.actor import Actor, act_as
from gridcenter.errors import NotAuthenticated, OwnPasswordNeeded, TooManyRequests
from gridcenter.journal import queries

bp = APIBlueprint("stream", __name__, tag="journal")

BEAT_S = 10.0
# Streams in the threaded server: half of its threads at most.
_places: dict[int, threading.BoundedSemaphore] = {}
_known_gate = threading.Lock()


@dataclass(frozen=True)
class _Reader:
    """Who reads the stream, by the token that may be revoked meanwhile."""

    token: str
    actor: Actor
    scope: str


@dataclass
class _Known:
    """What readers of one scope know together: the newest cursor at a ring of the bell."""

    gate: threading.Lock
    cursor: str
    rung: int = -1


_known: dict[tuple[int, str], _Known] = {}


@bp.get("/api/v1/journal/stream")
@bp.doc(summary="Live stream (text/event-stream)", responses={200: "text/event-stream"})
@without_transaction
def stream() -> Response:
    """Events `changed` {"after": cursor} and `beat`; resume with Last-Event-ID or ?after=."""
    home = house()
    with home.database.transaction(read_only=True) as tx:
        session = read_session(tx)
        if session is None:
            raise NotAuthenticated()
        if session.one_time:
            raise OwnPasswordNeeded()
        after = request.headers.get("Last-Event-ID") or request.args.get("after")
        # A place beyond the end (the database was put back) begins at the end: the page then asks
        # with its own cursor, is told that it is gone, and loads anew.
        head = queries.head(tx)
        cursor = min(after, head, key=queries.parse_cursor) if after else head
        scope = tx.scope
    place = _take_place(home)
    home.bell.start()
    reader = _Reader(session_token() or "", session.actor, scope)
    response = Response(
        _events(home, reader, cursor, place), mimetype="text/event-stream", direct_passthrough=True
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    _allow_pages(response)
    return response


def _take_place(home: House) -> threading.BoundedSemaphore | None:
    if request.environ.get("gunicorn.socket") is None or _is_gevent():
        return None
    gate = _places.setdefault(
        id(home), threading.BoundedSemaphore(max(1, home.settings.web_threads // 2))
    )
    if not gate.acquire(blocking=False):
        raise TooManyRequests(5)
    return gate


def _is_gevent() -> bool:
    from gevent import monkey

    return bool(monkey.is_module_patched("threading"))


def _events(
    home: House, reader: _Reader, cursor: str, place: threading.BoundedSemaphore | None
) -> Iterator[bytes]:
    """The words of one stream until the browser leaves or the session ends."""
    try:
        seen, beat_at = home.bell.rung, time.monotonic() + BEAT_S
        yield b"retry: 2000\n\n"
        yield from _word(cursor, "changed")
        while True:
            rung = home.bell.wait(seen, max(0.0, beat_at - time.monotonic()))
            if time.monotonic() >= beat_at:
                # A beat is sent only after the database answered for a living session: a board must
                # not look fresh because a web process is alive.
                if not _alive(home, reader):
                    yield b"event: ended\ndata: {}\n\n"
                    return
                beat_at = time.monotonic() + BEAT_S
                yield b"event: beat\ndata: {}\n\n"
            if rung != seen:
                seen, fresh = rung, _newest(home, reader, cursor, rung)
                if fresh != cursor:
                    cursor = fresh
                    yield from _word(cursor, "changed")
    finally:
        if place is not None:
            place.release()


def _word(cursor: str, event: str) -> Iterator[bytes]:
    yield f"id: {cursor}\nevent: {event}\ndata: {json.dumps({'after': cursor})}\n\n".encode()


def _alive(home: House, reader: _Reader) -> bool:
    with home.database.transaction(read_only=True) as tx:
        return session_of(tx, reader.token) is not None


def _newest(home: House, reader: _Reader, cursor: str, rung: int) -> str:
    """The newest cursor that `reader` may see, from `cursor` on.

    Readers of the same scope ask the database once for each ring: fifty walls are one question.
    """
    with _known_gate:
        known = _known.setdefault((id(home.bell), reader.scope), _Known(threading.Lock(), cursor))
    with known.gate:
        if known.rung < rung:
            with home.database.transaction(read_only=True) as tx:
                act_as(tx, reader.actor)
                known.cursor = queries.newest_after(tx, known.cursor)
            known.rung = rung
    return max(known.cursor, cursor, key=queries.parse_cursor)


def _allow_pages(response: Response) -> None:
    """Let pages of the same host read the stream although it has another port."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).hostname == request.host.rsplit(":", 1)[0].strip("[]"):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"
