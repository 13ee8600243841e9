"""A small, cheap load generator: some keep-alive connections, one thread, prepared bytes.

It shares the machine with the servers it measures, so it does as little as it can: requests are
bytes, answers are cut by Content-Length, nothing is parsed but the status.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_END = b"\r\n\r\n"
_PATIENCE_S = 30.0
Request = tuple[bytes, Any]


class LoadFailed(RuntimeError):
    """A server closed a connection or did not answer in time."""


@dataclass
class Answers:
    """What came back: tag, status and latency of each answer, and how long all of it took.

    `ended` is the time (seconds since 1970) at which the answer to a tagged request was complete.
    """

    seconds: float = 0.0
    tags: list[Any] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    ended: dict[Any, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.statuses) / self.seconds

    def failures(self, good: int = 200) -> dict[int, int]:
        """How many answers had another status than `good`, by status."""
        found: dict[int, int] = {}
        for status in self.statuses:
            if status != good:
                found[status] = found.get(status, 0) + 1
        return found


@dataclass
class _Client:
    link: socket.socket
    tag: Any = None
    began: float = 0.0
    held: bytearray = field(default_factory=bytearray)
    needs: int = -1


def request(method: str, path: str, token: str | None, body: Any = None) -> bytes:
    """The bytes of a request with a Bearer token and a JSON body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + _END + content


def drive(
    port: int,
    clients: int,
    following: Callable[[], Request | None],
    seconds: float,
    keep_bodies: bool = False,
) -> Answers:
    """Answers of `clients` connections that each send `following()` as soon as they are free.

    Ends when `seconds` are over or `following` gives None; requests in flight are waited for and
    count, with their time. Raises LoadFailed when a server hangs up or is silent for 30 s.
    """
    answers = Answers()
    with selectors.DefaultSelector() as chosen:
        idle = [_Client(_connected(port)) for _ in range(clients)]
        began = time.perf_counter()
        busy = sum(_send(client, following, chosen) for client in idle)
        while busy:
            ready = chosen.select(_PATIENCE_S)
            if not ready:
                raise LoadFailed("no answer for 30 s")
            for key, _ in ready:
                client = key.data
                if not _received(client, answers, keep_bodies):
                    continue
                over = time.perf_counter() - began >= seconds
                if over or not _send(client, following, None):
                    chosen.unregister(client.link)
                    client.link.close()
                    busy -= 1
        answers.seconds = time.perf_counter() - began
    return answers


def fetch(port: int, wanted: bytes) -> tuple[int, bytes]:
    """Status and body of one request on a connection of its own."""
    todo = [(wanted, None)]
    got = drive(port, 1, lambda: todo.pop() if todo else None, 60.0, keep_bodies=True)
    return got.statuses[0], got.bodies[0]


def _connected(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def _send(
    client: _Client,
    following: Callable[[], Request | None],
    chosen: selectors.BaseSelector | None,
) -> int:
    """1 after sending the next request, 0 when there is none. Registers new clients."""
    wanted = following()
    if wanted is None:
        if chosen is not None:
            client.link.close()
        return 0
    content, client.tag = wanted
    client.began = time.perf_counter()
    client.link.sendall(content)
    if chosen is not None:
        chosen.register(client.link, selectors.EVENT_READ, client)
    return 1


def _received(client: _Client, answers: Answers, keep_bodies: bool) -> bool:
    """Whether the answer is complete; it is noted then."""
    piece = client.link.recv(262_144)
    if not piece:
        raise LoadFailed(f"the server hung up: {bytes(client.held[:200])!r}")
    client.held += piece
    if client.needs < 0:
        end = client.held.find(_END)
        if end < 0:
            return False
        client.needs = end + len(_END) + _content_length(bytes(client.held[:end]))
    if len(client.held) < client.needs:
        return False
    answers.latencies_ms.append((time.perf_counter() - client.began) * 1000)
    answers.statuses.append(int(client.held[9:12]))
    answers.tags.append(client.tag)
    if client.tag is not None:
        answers.ended[client.tag] = time.time()
    if keep_bodies:
        answers.bodies.append(bytes(client.held[client.held.find(_END) + len(_END) :]))
    client.held.clear()
    client.needs = -1
    return True


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    return int(lowered[at + 17 :].split(b"\r\n", 1)[0])
