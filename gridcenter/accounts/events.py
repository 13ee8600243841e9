"""The record of what administrators and people did to accounts; its rows are never changed."""

from __future__ import annotations

from uuid import UUID

from gridcenter.actor import Actor
from gridcenter.database import Transaction


def note(tx: Transaction, actor: Actor, event: str, account_id: UUID | None, detail: str) -> None:
    """Write down that `actor` did something (a code) to an account; `detail` says what it was."""
    tx.execute(
        "INSERT INTO account_event (event, account_id, actor_account_id, detail)"
        " VALUES (%(event)s, %(account)s, %(actor)s, %(detail)s)",
        {"event": event, "account": account_id, "actor": actor.account_id, "detail": detail},
    )
