"""The address of the wall screen."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request

from dashboards.maps import own_places
from dashboards.requests import actor, open_to_walls, tx
from gridcenter.areas.queries import area_by_code, areas_at
from gridcenter.errors import NotFound, Words
from gridcenter.journal.queries import head

bp = APIBlueprint("wall", __name__, enable_openapi=False)
# Disputes and cases about people in care have confidentiality 1: a screen in a room leaves them out.
RESTRICTED = 1
WALL_POSTS = frozenset({"wall", "dispatcher", "duty_officer", "official", "intake"})


@bp.get("/wall")
@open_to_walls
def wall() -> str:
    """The overview for a room; `scale` fits the screen once (UI: wall arithmetic).

    Of `area` (a code), else of the account's own area. Raises NotFound for an area that is not there.
    """
    who = actor()
    if not who.posts & WALL_POSTS:
        raise NotFound(Words("页面", "page"))
    area = request.args.get("area")
    places = areas_at(tx(), [area_by_code(tx(), area)["path"]]) if area else own_places()
    return render_template(
        "wall.html",
        surface="wall",
        theme="wall",
        scale=min(3.0, max(0.5, request.args.get("scale", 1.0, type=float))),
        journal_cursor=head(tx()),
        sees_restricted=who.clearance >= RESTRICTED,
        places=places,
    )
