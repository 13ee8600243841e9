"""One request is one transaction, opened, given its actor and committed here and nowhere else.

GET and HEAD run READ ONLY. The commit happens before the answer is written; any exception rolls
back. Views mark themselves with `anonymous` (no log-in needed), `open_to_walls` or `without_transaction`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

import structlog
from flask import current_app, g, request

from dashboards.house import House
from gridcenter.accounts.queries import Session, session_of
from gridcenter.actor import ANONYMOUS, Actor
from gridcenter.database import Transaction
from gridcenter.errors import NotAuthenticated, NotFound, OwnPasswordNeeded

SESSION_COOKIE = "gridcenter_session"
FILES = frozenset({"static", "openapi.spec"})
# Where in a request's WSGI environment the failure of an attempt before Flask is handed on, to be answered here.
FAILURE = "gridcenter.failure"
WALL = frozenset({"wall"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., Any])
log = structlog.get_logger(__name__)


def house() -> House:
    """Settings, database and bell of this application."""
    return cast("House", current_app.extensions["house"])


def tx() -> Transaction:
    """The transaction of this request."""
    return cast(Transaction, g.tx)


def actor() -> Actor:
    """Who is asking; ANONYMOUS in views that need no log-in."""
    return cast(Actor, g.get("actor", ANONYMOUS))


def anonymous(view: View) -> View:
    """Mark a view that may be called without a log-in."""
    view.anonymous = True  # type: ignore[attr-defined]
    return view


def without_transaction(view: View) -> View:
    """Mark a view that opens its own transactions, or needs none."""
    view.without_transaction = True  # type: ignore[attr-defined]
    return view


def open_with_one_time_password(view: View) -> View:
    """Mark a view that stays open to somebody who has yet to choose an own password."""
    view.open_with_one_time_password = True  # type: ignore[attr-defined]
    return view


def open_to_walls(view: View) -> View:
    """Mark a view that a wall may ask; for accounts that are nothing but a wall, others are not there.

    Its screen hangs in a room and its token stood in an address: figures and maps, no names, no doors.
    """
    view.open_to_walls = True  # type: ignore[attr-defined]
    return view


def in_transaction(dispatch: Callable[[], Any]) -> Any:
    """What `dispatch` answers, with transaction and actor set up as the view asks for."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint in FILES or _marked(view, "without_transaction"):
        return dispatch()
    if FAILURE in request.environ:
        raise request.environ[FAILURE]
    with house().database.transaction(read_only=request.method in READING) as transaction:
        g.tx = transaction
        _admit(transaction, view)
        answer = dispatch()
    _note_alive()
    return answer


def _marked(view: Any, mark: str) -> bool:
    while view is not None:
        if getattr(view, mark, False):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def _admit(transaction: Transaction, view: Any) -> None:
    session = read_session(transaction)
    open_to_all = _marked(view, "anonymous")
    if session is None and not open_to_all:
        raise NotAuthenticated()
    if session is None:
        g.actor = ANONYMOUS
        return
    g.session = session
    g.actor = session.actor
    if session.one_time and not (open_to_all or _marked(view, "open_with_one_time_password")):
        raise OwnPasswordNeeded()
    if session.actor.posts == WALL and not (open_to_all or _marked(view, "open_to_walls")):
        raise NotFound()
    structlog.contextvars.bind_contextvars(account=session.actor.username)
    if request.method not in READING and not bearer():
        protect_from_forgery()


def read_session(transaction: Transaction) -> Session | None:
    """The session of the Bearer token or the cookie, its rights now in force, or None."""
    token = bearer() or request.cookies.get(SESSION_COOKIE)
    return session_of(transaction, token) if token else None


def protect_from_forgery() -> None:
    """Refuse a changing request that did not come from a page of ours (CSRF)."""
    current_app.extensions["csrf_protect"].protect()


def bearer() -> str | None:
    """The token of an `Authorization: Bearer` header, or None."""
    return token_in(request.headers.get("Authorization", ""))


def token_in(authorization: str) -> str | None:
    """The token in the value of an `Authorization` header; None when it is not of the scheme Bearer."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _note_alive() -> None:
    session: Session | None = g.get("session")
    if session is None or not session.stale:
        return
    with house().database.transaction() as transaction:
        transaction.one(
            "SELECT touch_session(%(id)s)", {"id": cast(UUID, session.actor.session_id)}
        )
