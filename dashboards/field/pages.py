"""The addresses of the phone's pages."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, make_response, render_template, request

from dashboards.api.answers import json_text
from dashboards.field import shell
from dashboards.maps import own_places
from dashboards.requests import actor, anonymous, tx, without_transaction
from gridcenter.catalogue.queries import matter_search
from gridcenter.errors import NotFound, Words
from gridcenter.journal.queries import head
from gridcenter.workforce.queries import my_duties

bp = APIBlueprint("field", __name__, enable_openapi=False)
CATALOGUE_LIMIT = 5000
FIELD_POSTS = frozenset(
    {"grid_worker", "handler", "dispatcher", "duty_officer", "intake", "official"}
)


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
        places=own_places(),
        view=view,
    )


@bp.get("/field/catalogue")
def catalogue() -> Response:
    """Every matter with conditions, pinyin and initials: the phone searches its own copy."""
    response = json_text(f'{{"items":{matter_search(tx(), "", CATALOGUE_LIMIT)}}}')
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/field/duties")
def duties() -> Response:
    """What the acting worker answers for, area by area, with counts; 404 for who is no worker."""
    return json_text(my_duties(tx(), actor()))


@bp.get("/field/sw.js")
@anonymous
@without_transaction
def service_worker() -> Response:
    """The service worker with the shell it keeps; it changes when any file of the shell does."""
    response = make_response(shell.worker())
    response.content_type = "text/javascript; charset=utf-8"
    # The map's worker lives under /static/: a smaller scope would leave it without a network.
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"
    return response
