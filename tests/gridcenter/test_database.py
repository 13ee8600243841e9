"""What a transaction keeps for the next one, and what it does after its commit."""

from __future__ import annotations

import pytest

from gridcenter import database
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
