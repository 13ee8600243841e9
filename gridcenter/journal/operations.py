"""Telling screens that their maps are old."""

from __future__ import annotations

from gridcenter.database import Transaction


def tell_maps(tx: Transaction) -> None:
    """Let every map fetch its tiles again; what did not change is answered by its ETag.

    Everybody with a log-in hears of it: it names no place. Call it last in a transaction: until a writer
    of the feed has committed, nobody reads past it (docs/decisions/0005-commit-safe-feed.md).
    """
    tx.execute("INSERT INTO journal (topic) VALUES ('map')")
