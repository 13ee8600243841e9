"""The addresses of the staff pages; each renders a frame whose modules fetch from the API."""

from __future__ import annotations

from apiflask import APIBlueprint

from dashboards.requests import actor, tx
from dashboards.staff.frame import page, require_tab
from gridcenter.areas.queries import top_areas
from gridcenter.redraw.rules import AUTHORS

bp = APIBlueprint("staff", __name__, enable_openapi=False)


@bp.get("/desk")
@bp.get("/desk/<uuid:incident_id>")
def desk(incident_id: object = None) -> str:
    """Queue, map, candidates, case."""
    require_tab("desk")
    return page("desk.html", "desk", incident_id=incident_id, posts=sorted(actor().posts))


@bp.get("/statistics")
def statistics() -> str:
    """Figures by area and period with the list behind each."""
    require_tab("statistics")
    return page("statistics.html", "statistics")


@bp.get("/areas")
def areas() -> str:
    """The map of areas with a list beside it."""
    require_tab("areas")
    return page("areas.html", "areas", places=top_areas(tx()))


@bp.get("/redraw")
@bp.get("/redraw/<uuid:plan_id>")
def redraw(plan_id: object = None) -> str:
    """Redraw plans, and the editor of one."""
    require_tab("redraw")
    posts = actor().posts
    return page(
        "redraw.html",
        "redraw",
        plan_id=plan_id,
        may_draw=bool(posts & AUTHORS),
        places=top_areas(tx()),
    )


@bp.get("/registry")
@bp.get("/registry/<code>")
def registry(code: str | None = None) -> str:
    """Buildings, and the card of one with its dwellings."""
    require_tab("registry")
    return page("registry.html", "registry", code=code)


@bp.get("/imports")
@bp.get("/imports/<uuid:batch_id>")
def imports(batch_id: object = None) -> str:
    """Upload, findings, apply."""
    require_tab("imports")
    return page("imports.html", "imports", batch_id=batch_id)


@bp.get("/admin")
def admin() -> str:
    """Accounts, posts, duties, sessions."""
    require_tab("admin")
    return page("admin.html", "admin", posts=sorted(actor().posts))
