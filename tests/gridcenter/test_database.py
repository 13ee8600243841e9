"""What a transaction keeps for the next one, what it does after its commit, and what becomes of one that gave way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dashboards.problems import status_of
from gridcenter import database
from gridcenter.errors import WroteAtOnce
from tests.conftest import Copy


def test_what_is_kept_between_transactions_is_bounded(shared_copy: Copy) -> None:
    read: list[str] = []

    def about(key: str) -> str:
        with shared_copy.database.transaction(read_only=True) as tx:
            return tx.recent(key, lambda _: read.append(key) or key, 600.0)

    keys = [f"wall.{number}" for number in range(database.MOST_RECENT + 1)]
    assert [about(key) for key in keys] == keys
    assert about(keys[-1]) == keys[-1]
    assert read == keys
    assert about(keys[0]) == keys[0]
    assert read == [*keys, keys[0]]


def test_after_the_commit_and_only_then(shared_copy: Copy) -> None:
    done: list[str] = []
    with shared_copy.database.transaction() as tx:
        tx.after_commit(lambda: done.append("first"))
        tx.after_commit(lambda: {}["fails and is logged"])
        tx.after_commit(lambda: done.append("second"))
        assert done == []
    assert done == ["first", "second"]
    with pytest.raises(ValueError, match="broken off"), shared_copy.database.transaction() as tx:
        tx.after_commit(lambda: done.append("never"))
        raise ValueError("broken off")
    assert done == ["first", "second"]


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
