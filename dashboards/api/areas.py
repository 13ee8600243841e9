"""Areas and where a point lies."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from dashboards.api.answers import json_text
from dashboards.api.schemas import AreasQuery, AtQuery, LocateQuery, parse_bbox
from dashboards.requests import open_to_walls, tx
from gridcenter.areas import queries
from gridcenter.areas.queries import AreaFilter

bp = APIBlueprint("areas", __name__, url_prefix="/api/v1", tag="areas")


@bp.get("/areas")
@bp.input(AreasQuery, location="query", arg_name="query")
@bp.doc(summary="Areas in force")
@open_to_walls
def area_list(query: AreasQuery) -> Response:
    """Areas by level, parent and box, in the order of their codes."""
    wanted = AreaFilter(
        level=query.level,
        parent=query.parent,
        bbox=parse_bbox(query.bbox) if query.bbox else None,
        geometry=query.geometry,
        after=query.after,
        limit=query.limit,
        at=query.at,
    )
    return json_text(queries.area_list(tx(), wanted))


@bp.get("/areas/<code>")
@bp.input(AtQuery, location="query", arg_name="query")
@bp.doc(summary="One area", responses={404: "Not found"})
@open_to_walls
def area(code: str, query: AtQuery) -> Response:
    """One area in force, now or at a moment, with its geometry and ancestors."""
    return json_text(queries.area_detail(tx(), code, query.at))


@bp.get("/locate")
@bp.input(LocateQuery, location="query", arg_name="query")
@bp.doc(summary="Which areas hold a point")
def locate(query: LocateQuery) -> Response:
    """All levels at a point, metres to the border, whether it is certain, and the candidates."""
    found = queries.locate(tx(), query.lon, query.lat, query.datum, query.accuracy_m, query.at)
    return json_text(found.json)
