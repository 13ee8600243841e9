"""One LISTEN connection per process, fanned out in memory to all streams of the process."""

from __future__ import annotations

import threading
import time

import psycopg
import structlog

from gridcenter.database import Row, connect

CHANNEL = "gridcenter_journal"
# Bursts of commits become one word to the screens; short enough not to be felt.
GATHER_S = 0.02
RETRY_S = 1.0
# Half a minute; afterwards the next notification takes over.
MOST_ROUNDS = 1500
log = structlog.get_logger(__name__)


class Bell:
    """Rings when the journal grows. `wait` blocks a stream until then; works with threads and gevent.

    `rung` counts the rings, so that a stream that was busy sees that it missed one.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.rung = 0

    def start(self) -> Bell:
        """The same bell with its listener running; starting twice is harmless."""
        with self._condition:
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="journal", daemon=True)
                self._thread.start()
        return self

    def stop(self) -> None:
        """Let the listener and all waiting streams go."""
        self._stopped = True
        self.ring()

    def ring(self) -> None:
        """Wake every waiting stream."""
        with self._condition:
            self.rung += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout_s: float) -> int:
        """The count of rings once it differs from `seen`, or unchanged after `timeout_s`."""
        with self._condition:
            self._condition.wait_for(lambda: self.rung != seen, timeout_s)
            return self.rung

    def _ring_until_settled(self, connection: psycopg.Connection[Row]) -> None:
        """Ring, and ring again while an older transaction keeps new entries from being read."""
        for _ in range(MOST_ROUNDS):
            time.sleep(GATHER_S)
            waiting = connection.execute("SELECT journal_waits() AS waits").fetchone()
            self.ring()
            if not (waiting and waiting["waits"]):
                return

    def _listen(self) -> None:
        while not self._stopped:
            try:
                with connect(self._url, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # What came while nobody listened: everybody looks once.
                    self.ring()
                    while not self._stopped:
                        # The generator keeps the connection to itself: end it before asking.
                        if list(connection.notifies(timeout=5.0, stop_after=1)):
                            self._ring_until_settled(connection)
            except Exception as error:
                log.warning("journal.listen_lost", error=str(error))
                time.sleep(RETRY_S)
