"""What begins and ends sessions: logging in and out, revoking."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil
from uuid import UUID

from gridcenter.accounts import passwords
from gridcenter.accounts.events import note
from gridcenter.actor import Actor
from gridcenter.database import Row, Transaction
from gridcenter.errors import AccountLocked, NotAuthenticated, NotFound, Words

FAILURES_BEFORE_LOCK = 5
LOCK_FOR = timedelta(minutes=20)
LIFETIMES = {"browser": timedelta(hours=12), "api": timedelta(days=30), "wall": timedelta(days=365)}


@dataclass(frozen=True)
class LogIn:
    """A log-in as it arrives: name, password, from where, for what kind of session."""

    username: str
    password: str
    kind: str = "browser"
    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True)
class OpenedSession:
    """A new session: the token is shown once, only its hash is kept.

    `one_time`: the password was set by an administrator, an own one is to be chosen.
    """

    token: str
    session_id: UUID
    expires_at: datetime
    one_time: bool = False


@dataclass(frozen=True)
class LogInFailed:
    """Why a log-in failed; returned, not raised, so that the count of failures is committed."""

    error: NotAuthenticated | AccountLocked


def log_in(tx: Transaction, command: LogIn) -> OpenedSession | LogInFailed:
    """A new session, or the reason why not.

    The fifth failure in a row locks the name for 20 minutes. Unknown names and wrong passwords are
    answered alike, locks included, and take the same time.
    """
    row = known_password(tx, command)
    if isinstance(row, LogInFailed):
        return row
    if row["disabled_at"] is not None:
        return LogInFailed(_note_failure(tx, command, row["id"]))
    stale = passwords.outdated(row["password_hash"])
    opened = open_session(
        tx, row["id"], command, passwords.hashed(command.password) if stale else None
    )
    return replace(opened, one_time=row["one_time"])


def known_password(tx: Transaction, command: LogIn) -> Row | LogInFailed:
    """The account that `command` names and knows the password of, or why not; a wrong one is counted.

    Row: id, password_hash, failed_logins, locked_until, disabled_at, one_time; locked until the end of
    the transaction.
    """
    row = tx.one("SELECT * FROM account_for_login(%(name)s)", {"name": command.username})
    until = row["locked_until"] if row else _unknown_locked_until(tx, command.username)
    if until and until > datetime.now(UTC):
        return LogInFailed(_locked(until))
    good = passwords.matches(row["password_hash"] if row else None, command.password)
    if row is None or not good:
        return LogInFailed(_note_failure(tx, command, row["id"] if row else None))
    return row


def open_session(
    tx: Transaction, account_id: UUID, command: LogIn, new_hash: str | None = None
) -> OpenedSession:
    """A session without asking for a password: for log-in above and for wall tokens by the CLI."""
    token = secrets.token_urlsafe(32)
    row = tx.one(
        "SELECT * FROM open_session(%(id)s, %(hash)s, %(kind)s, %(life)s, %(address)s, %(agent)s,"
        " %(new_hash)s)",
        {
            "id": account_id,
            "hash": token_hash(token),
            "kind": command.kind,
            "life": LIFETIMES[command.kind],
            "address": command.address,
            "agent": command.agent,
            "new_hash": new_hash,
        },
    )
    assert row is not None
    return OpenedSession(token, row["session_id"], row["expires_at"])


def token_hash(token: str) -> bytes:
    """What is stored of a token: SHA-256; tokens are random, so no salt is needed."""
    return sha256(token.encode()).digest()


def _note_failure(
    tx: Transaction, command: LogIn, account_id: UUID | None
) -> NotAuthenticated | AccountLocked:
    row = tx.one(
        "SELECT * FROM note_failed_login(%(id)s, %(name)s, %(limit)s, %(lock)s, %(address)s)",
        {
            "id": account_id,
            "name": command.username,
            "limit": FAILURES_BEFORE_LOCK,
            "lock": LOCK_FOR,
            "address": command.address,
        },
    )
    until = row["locked_until"] if row else _unknown_locked_until(tx, command.username)
    if until and until > datetime.now(UTC):
        return _locked(until)
    return NotAuthenticated()


def _unknown_locked_until(tx: Transaction, username: str) -> datetime | None:
    until: datetime | None = tx.scalar(
        "SELECT unknown_name_locked_until(%(name)s, %(limit)s, %(lock)s)",
        {"name": username, "limit": FAILURES_BEFORE_LOCK, "lock": LOCK_FOR},
    )
    return until


def _locked(until: datetime) -> AccountLocked:
    return AccountLocked(max(1, ceil((until - datetime.now(UTC)).total_seconds() / 60)))


def log_out(tx: Transaction, actor: Actor) -> None:
    """End the session that the actor uses."""
    if actor.session_id is not None:
        revoke_session(tx, actor, actor.session_id)


def revoke_session(tx: Transaction, actor: Actor, session_id: UUID) -> None:
    """End a session: one's own, or anybody's for the security administrator. Raises NotFound."""
    if not tx.execute(
        "UPDATE session SET revoked_at = now() WHERE id = %(id)s AND revoked_at IS NULL",
        {"id": session_id},
    ):
        raise NotFound(Words("登录", "session"))
    note(tx, actor, "session_revoked", actor.account_id, str(session_id))
