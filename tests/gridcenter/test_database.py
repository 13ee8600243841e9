"""What becomes of a transaction that had to give way to another one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from dashboards.problems import status_of
from gridcenter.errors import WroteAtOnce
from tests.conftest import Copy


def test_who_gives_way_in_a_deadlock_is_told_to_try_again(shared_copy: Copy) -> None:
    """Not that the database is gone: nothing is wrong with it."""
    both = Barrier(2, timeout=20)

    def take(first: int, second: int) -> str:
        try:
            with shared_copy.database.transaction() as tx:
                tx.one("SELECT pg_advisory_xact_lock(%(n)s)", {"n": first})
                both.wait()
                tx.one("SELECT pg_advisory_xact_lock(%(n)s)", {"n": second})
        except WroteAtOnce as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as threads:
        ends = [threads.submit(take, *order) for order in ((1, 2), (2, 1))]
        assert sorted(end.result(30) for end in ends) == ["done", "wrote_at_once"]
    assert status_of(WroteAtOnce()) == 503  # a phone tries again by itself
