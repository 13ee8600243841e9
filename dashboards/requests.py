"""One request is one transaction, opened, given its actor and committed here and nowhere else.

GET and HEAD run READ ONLY. The commit happens before the answer is written; any exception rolls
back. Views mark themselves with `anonymous` (no log-in needed), `open_to_walls`, `without_transaction`, or
`takes_up_to` (a body longer than `MOST_BODY_BYTES`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast
from uuid import UUID

import psycopg
import structlog
from flask import current_app, g, request

from dashboards.house import House
from gridcenter.accounts.queries import Session, session_of
from gridcenter.actor import ANONYMOUS, Actor
from gridcenter.database import Transaction
from gridcenter.errors import (
    DatabaseUnavailable,
    NotAuthenticated,
    NotFound,
    OwnPasswordNeeded,
)
from gridcenter.settings import Settings

SESSION_COOKIE = "gridcenter_session"
# What a request may bring unless its view says more: no form and no report of ours comes near.
MOST_BODY_BYTES = 2_000_000
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


def takes_up_to(limit: Callable[[Settings], int]) -> Callable[[View], View]:
    """Mark a view that takes a longer body than others: at most `limit` bytes by the settings."""

    def mark(view: View) -> View:
        view.takes_up_to = limit  # type: ignore[attr-defined]
        return view

    return mark


def in_transaction(dispatch: Callable[[], Any]) -> Any:
    """What `dispatch` answers, with transaction and actor set up as the view asks for."""
    view = current_app.view_functions.get(request.endpoint or "")
    _set_limit(view)
    if view is None or request.endpoint in FILES or _marked(view, "without_transaction"):
        return dispatch()
    if FAILURE in request.environ:
        raise request.environ[FAILURE]
    with admitted(read_only=request.method in READING):
        return dispatch()


@contextmanager
def admitted(*, read_only: bool = False) -> Iterator[Transaction]:
    """A transaction for this request's view, whoever asks admitted as the view's marks say.

    For `in_transaction`, and for views `without_transaction` that work between two of their own.
    """
    with house().database.transaction(read_only=read_only) as transaction:
        g.tx = transaction
        _admit(transaction, current_app.view_functions[request.endpoint or ""])
        yield transaction
    _note_alive()


def _set_limit(view: Any) -> None:
    """Before anybody reads the body: the token of a form lies in it as well."""
    limit = _marked(view, "takes_up_to")
    if limit:
        request.max_content_length = limit(house().settings)


def _marked(view: Any, mark: str) -> Any:
    """The mark of a view or of what it wraps; False when there is none."""
    while view is not None:
        if getattr(view, mark, False):
            return getattr(view, mark)
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
    token = session_token()
    return session_of(transaction, token) if token else None


def session_token() -> str | None:
    """The Bearer token of this request, else that of its cookie, or None."""
    return bearer() or request.cookies.get(SESSION_COOKIE)


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
    """Note that the session lives; what the request did is committed, so a failure here is only logged."""
    session: Session | None = g.get("session")
    if session is None or not session.stale:
        return
    try:
        with house().database.transaction() as transaction:
            transaction.one(
                "SELECT touch_session(%(id)s)", {"id": cast(UUID, session.actor.session_id)}
            )
    except (DatabaseUnavailable, psycopg.Error):
        log.warning("session.not_touched", exc_info=True)
