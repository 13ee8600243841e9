"""Log in, log out, see and end sessions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from dashboards.api.schemas import LogInBody
from dashboards.requests import actor, anonymous, house, open_to_walls, tx, without_transaction
from gridcenter.accounts import queries, sessions
from gridcenter.accounts.sessions import LogIn, LogInFailed
from gridcenter.errors import NotAuthenticated

bp = APIBlueprint("sessions", __name__, url_prefix="/api/v1", tag="sessions")


@bp.post("/sessions")
@bp.input(LogInBody, arg_name="body")
@bp.doc(summary="Log in", responses={201: "Token, expiry, account", 401: "Wrong", 423: "Locked"})
@anonymous
@without_transaction
def open_session(body: LogInBody) -> tuple[Response, int]:
    """Token, when it expires, and whose it is; the token is shown this once."""
    command = LogIn(
        body.username,
        body.password,
        "api",
        request.remote_addr,
        request.headers.get("User-Agent"),
    )
    # The count of failures must be committed although the answer is an error.
    with house().database.transaction() as transaction:
        opened = sessions.log_in(transaction, command)
    if isinstance(opened, LogInFailed):
        raise opened.error
    with house().database.transaction(read_only=True) as transaction:
        session = queries.session_of(transaction, opened.token)
    if session is None:
        raise NotAuthenticated()
    return (
        jsonify(
            {
                "token": opened.token,
                "expires_at": opened.expires_at.isoformat(),
                "account": account_words(session.actor),
            }
        ),
        201,
    )


def account_words(who: Any) -> dict[str, Any]:
    """An account as answers show it: names, language and postings."""
    return {
        "id": str(who.account_id),
        "username": who.username,
        "display_name": who.display_name,
        "locale": who.locale,
        "postings": [
            {"post": p.post, "area_path": p.area_path, "department_id": p.department_id}
            for p in who.postings
        ],
    }


@bp.get("/sessions/current")
@bp.doc(summary="Who am I")
@open_to_walls
def current_session() -> Response:
    """The account and its postings."""
    return jsonify({"account": account_words(actor())})


@bp.delete("/sessions/current")
@bp.doc(summary="Log out", responses={204: "Ended"})
@open_to_walls
def close_session() -> tuple[str, int]:
    """End the session used."""
    sessions.log_out(tx(), actor())
    return "", 204


@bp.get("/sessions")
@bp.doc(summary="My sessions")
def my_sessions() -> Response:
    """One's own living sessions, the one in use marked."""
    rows = queries.session_list(tx(), actor().account_id)
    return jsonify({"items": [{**row, "current": row["id"] == actor().session_id} for row in rows]})


@bp.delete("/sessions/<uuid:session_id>")
@bp.doc(summary="End a session", responses={204: "Ended", 404: "Not found"})
def revoke_session(session_id: UUID) -> tuple[str, int]:
    """End one of one's own sessions, or anybody's for the security administrator."""
    sessions.revoke_session(tx(), actor(), session_id)
    return "", 204
