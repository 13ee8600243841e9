"""Small pieces that every API view uses to answer."""

from __future__ import annotations

from flask import Response, make_response


def json_text(text: str, status: int = 200) -> Response:
    """JSON that PostgreSQL built, passed on as it is."""
    response = make_response(text, status)
    response.content_type = "application/json; charset=utf-8"
    response.headers["Cache-Control"] = "private, no-cache"
    return response
