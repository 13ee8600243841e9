"""Reads about accounts: who a token belongs to, lists for the administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gridcenter.accounts.sessions import token_hash
from gridcenter.actor import WAYS, Actor, ActorKind, Posting
from gridcenter.database import Row, Transaction
from gridcenter.errors import ACCOUNT, NotFound

IDLE_LIMIT = timedelta(minutes=30)
TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """A living session: whose it is, of what kind, and whether its last sign of life is old.

    `one_time`: the password was set by an administrator; until it is replaced nothing else is open.
    """

    actor: Actor
    kind: str
    theme: str
    stale: bool
    one_time: bool = False


_SESSION = f"SELECT * FROM session_actor(%(hash)s, %(idle)s, '{WAYS}')"


def session_of(tx: Transaction, token: str) -> Session | None:
    """The session behind a token, or None when it is unknown, ended, idle or its account shut.

    The rights of its actor hold for the rest of the transaction, as after `act_as`. Browser sessions
    end after 30 idle minutes; phones and walls keep theirs.
    """
    row = tx.one(_SESSION, {"hash": token_hash(token), "idle": IDLE_LIMIT})
    if row is None:
        return None
    tx.scope = row["scope"]
    stale = datetime.now(UTC) - row["seen_at"] > TOUCH_AFTER
    return Session(_actor(row), row["session_kind"], row["theme"], stale, row["one_time"])


def _actor(row: Row) -> Actor:
    postings = tuple(
        Posting(p["id"], p["post"], p["area_path"], p["department_id"], p["clearance"])
        for p in row["postings"]
    )
    return Actor(
        kind=ActorKind.STAFF,
        account_id=row["account_id"],
        username=row["username"],
        display_name=row["display_name"],
        locale=row["locale"],
        session_id=row["session_id"],
        postings=postings,
    )


_ACCOUNTS = """
SELECT a.id, a.username, a.display_name, a.locale, a.disabled_at, a.locked_until, a.last_login_at,
       a.created_at, a.is_example,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                   'id', p.id, 'post', p.post, 'name', k.name, 'name_en', k.name_en,
                   'area_path', p.area_path, 'place', place_name(p.area_path),
                   'area', (SELECT v.name FROM area_version v
                             WHERE v.path = p.area_path AND upper_inf(v.valid)),
                   'department', d.name, 'department_en', d.name_en) ORDER BY k.sort, p.id)
          FROM posting p JOIN post k ON k.code = p.post
          LEFT JOIN department d ON d.id = p.department_id
         WHERE p.account_id = a.id AND p.valid @> CURRENT_DATE), '[]') AS postings
  FROM account a
 WHERE (%(q)s::text IS NULL OR a.username ILIKE '%%' || %(q)s || '%%'
        OR a.display_name ILIKE '%%' || %(q)s || '%%')
   AND (%(after)s::text IS NULL OR lower(a.username) > lower(%(after)s))
 ORDER BY lower(a.username) LIMIT %(limit)s
"""


def account_list(
    tx: Transaction, q: str | None = None, after: str | None = None, limit: int = 200
) -> list[Row]:
    """Accounts in the order of their names, each with its postings of today.

    Keys: id, username, display_name, locale, disabled_at, locked_until, last_login_at, created_at,
    is_example, postings [{id, post, name, name_en, area_path, place, area, department, department_en}].
    """
    return tx.all(_ACCOUNTS, {"q": q or None, "after": after, "limit": limit})


def session_list(tx: Transaction, account_id: UUID | None) -> list[Row]:
    """Living sessions, newest first: of one account, or all that the actor may see."""
    return tx.all(
        "SELECT s.id, s.account_id, a.username, s.kind, s.created_at, s.seen_at, s.expires_at,"
        " host(s.address) AS address, s.agent FROM session s JOIN account a ON a.id = s.account_id"
        " WHERE s.revoked_at IS NULL AND s.expires_at > now()"
        " AND (%(id)s::uuid IS NULL OR s.account_id = %(id)s)"
        " ORDER BY s.seen_at DESC LIMIT 500",
        {"id": account_id},
    )


def post_list(tx: Transaction) -> list[Row]:
    """All posts with their names, in order."""
    return tx.all("SELECT code, name, name_en, clearance, administrates FROM post ORDER BY sort")


_DEPARTMENTS = """
SELECT id, code, name, name_en, is_example FROM department
 WHERE (%(q)s::text IS NULL OR position(lower(%(q)s::text) IN lower(concat_ws(' ', code, name, name_en))) > 0)
   AND (%(after)s::text IS NULL OR code > %(after)s::text)
 ORDER BY code LIMIT %(limit)s
"""


def department_list(
    tx: Transaction, q: str | None = None, after: str | None = None, limit: int = 200
) -> list[Row]:
    """Departments with code and names, in the order of their codes; `q` is part of one of these."""
    return tx.all(_DEPARTMENTS, {"q": q or None, "after": after, "limit": limit})


def event_list(tx: Transaction, after: int | None, limit: int = 100) -> list[dict[str, Any]]:
    """What was done to accounts, newest first; only the audit administrator sees all of it."""
    return tx.all(
        "SELECT e.id, e.at, e.event, e.username, a.username AS account, b.username AS actor,"
        " host(e.address) AS address, e.detail FROM account_event e"
        " LEFT JOIN account a ON a.id = e.account_id LEFT JOIN account b"
        " ON b.id = e.actor_account_id WHERE (%(after)s::bigint IS NULL OR e.id < %(after)s)"
        " ORDER BY e.id DESC LIMIT %(limit)s",
        {"after": after, "limit": limit},
    )


def account_named(tx: Transaction, username: str) -> Row:
    """id and username of an account by its name, letter case aside. Raises NotFound."""
    row = tx.one(
        "SELECT id, username FROM account WHERE lower(username) = lower(%(n)s)", {"n": username}
    )
    if row is None:
        raise NotFound(ACCOUNT)
    return row
