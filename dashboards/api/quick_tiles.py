"""The short way to a tile: the one question that maps ask by the hundred, answered before Flask begins.

Flask costs half of what a tile costs Python (docs/decisions/0021-tiles-before-flask.md). Only the plain case is
answered here: GET, a living session, a tile that is there. Everything else (`at`, a refusal, a session to be
noted as alive, a failing database) is handed on, so that refusals and their words keep one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.http import parse_cookie, parse_etags

from dashboards import observed
from dashboards.api.tiles import Address, Drawn, drawn
from dashboards.house import House
from dashboards.requests import FAILURE, SESSION_COOKIE, token_in
from dashboards.security import on_every_answer
from gridcenter.accounts.queries import session_of
from gridcenter.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_TILE = re.compile(r"/tiles/([a-z_]{1,40})/([0-9]{1,2})/([0-9]{1,7})/([0-9]{1,7})\.mvt")
_STATUS = {200: "200 OK", 304: "304 NOT MODIFIED"}


class QuickTiles:
    """WSGI in front of `app`: the tile, or what `app` (`behind`) answers."""

    def __init__(self, app: Flask) -> None:
        self.behind: WSGIApplication = app.wsgi_app
        self._house: House = app.extensions["house"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """As WSGI has it; see the class."""
        began = perf_counter()
        made = self._drawn(environ)
        if made is None:
            return self.behind(environ, start_response)
        status = 304 if made.unchanged else 200
        headers = [*made.headers(), (observed.REQUEST_ID, observed.request_id())]
        headers += on_every_answer(secure=environ["wsgi.url_scheme"] == "https")
        start_response(_STATUS[status], headers)
        observed.count("tiles.tile", "GET", status, perf_counter() - began)
        return [made.body]

    def _drawn(self, environ: WSGIEnvironment) -> Drawn | None:
        """The tile that is asked for, or None when the application has to answer."""
        if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING"):
            return None
        wanted = _TILE.fullmatch(environ["PATH_INFO"])
        if wanted is None:
            return None
        layer, z, x, y = wanted.groups()
        try:
            return self._for_session(environ, (layer, int(z), int(x), int(y)))
        except (NotFound, InvalidInput):
            return None  # the application says it in the reader's language
        except Exception as failure:
            environ[FAILURE] = failure
            return None

    def _for_session(self, environ: WSGIEnvironment, address: Address) -> Drawn | None:
        token = _token(environ)
        if not token:
            return None
        with self._house.database.transaction(read_only=True) as tx:
            session = session_of(tx, token)
            if session is None or session.one_time or session.stale:
                return None
            held = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
            return drawn(tx, session.actor.posts, address, held)


def _token(environ: WSGIEnvironment) -> str | None:
    cookies = environ.get("HTTP_COOKIE", "")
    return token_in(environ.get("HTTP_AUTHORIZATION", "")) or parse_cookie(cookies).get(
        SESSION_COOKIE
    )
