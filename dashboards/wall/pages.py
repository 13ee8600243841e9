"""The address of the wall screen."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request

from dashboards.requests import actor, tx
from gridcenter.areas.queries import own_area, shown_area
from gridcenter.errors import NotFound, Words
from gridcenter.journal.queries import head

bp = APIBlueprint("wall", __name__, enable_openapi=False)
# Disputes and cases about people in care have confidentiality 1: a screen in a room leaves them out.
RESTRICTED = 1
WALL_POSTS = frozenset({"wall", "dispatcher", "duty_officer", "official", "intake"})


@bp.get("/wall")
def wall() -> str:
    """The overview for a room: of `area`, else of one's own; `scale` fits the screen once (UI: wall arithmetic)."""
    who = actor()
    if not who.posts & WALL_POSTS:
        raise NotFound(Words("页面", "page"))
    code = request.args.get("area") or own_area(tx(), who)
    return render_template(
        "wall.html",
        surface="wall",
        theme="wall",
        scale=min(3.0, max(0.5, request.args.get("scale", 1.0, type=float))),
        journal_cursor=head(tx()),
        sees_restricted=who.clearance >= RESTRICTED,
        places=[shown_area(tx(), code)] if code else [],
    )
