"""The addresses of the phone's pages."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request

from dashboards.requests import actor, tx
from gridcenter.areas.queries import top_areas
from gridcenter.errors import NotFound, Words
from gridcenter.journal.queries import head

bp = APIBlueprint("field", __name__, enable_openapi=False)
FIELD_POSTS = frozenset({"grid_worker", "handler", "dispatcher", "duty_officer", "intake", "official"})


@bp.get("/field")
@bp.get("/field/<path:view>")
def field(view: str = "") -> str:
    """The phone's one page; its modules show today, report, task, my grid, outbox, me."""
    who = actor()
    if not who.posts & FIELD_POSTS:
        raise NotFound(Words("页面", "page"))
    return render_template(
        "field.html",
        surface="phone",
        theme="auto",
        elder=bool(request.cookies.get("gridcenter_elder")),
        account={"username": who.username, "label": who.display_name, "posts": sorted(who.posts)},
        journal_cursor=head(tx()),
        places=top_areas(tx()),
        view=view,
    )
