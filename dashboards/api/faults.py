"""Faults of boundaries: what a check found, what a repair would change, the repair."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from dashboards.api.answers import json_text
from dashboards.api.schemas import Query
from dashboards.language import locale
from dashboards.requests import actor, tx
from gridcenter.areas import fault_queries, mending
from gridcenter.areas.inspection import inspect, parent_id_of
from gridcenter.errors import AREA, NotFound

bp = APIBlueprint("faults", __name__, url_prefix="/api/v1", tag="areas")


class RepairQuery(Query):
    """`preview` shows what would change and writes nothing."""

    preview: bool = False


@bp.get("/areas/<code>/faults")
@bp.doc(summary="Faults of boundaries in and of an area", responses={404: "Not found"})
def area_faults(code: str) -> Response:
    """What the last check found among the areas below and around this one, refusing ones first."""
    return json_text(fault_queries.area_faults(tx(), code, locale()))


@bp.post("/areas/<code>/faults")
@bp.doc(summary="Check the boundaries below an area now", responses={404: "Not found"})
def check_area(code: str) -> Response:
    """Checks the areas directly below this one, keeps the faults and gives them."""
    if "system_admin" not in actor().posts:
        raise NotFound(AREA)
    inspect(tx(), [parent_id_of(tx(), code)])
    return json_text(fault_queries.area_faults(tx(), code, locale()))


@bp.post("/areas/<code>/faults/<int:fault_id>/repair")
@bp.input(RepairQuery, location="query", arg_name="query")
@bp.doc(
    summary="Mend a fault as proposed",
    responses={404: "Not found", 409: "Changed since, or no safe repair"},
)
def repair_fault(code: str, fault_id: int, query: RepairQuery) -> Response:
    """The areas with their new outlines; without `preview` they come into force."""
    parent_id_of(tx(), code)
    if query.preview:
        return json_text(mending.propose(tx(), fault_id).as_json())
    return json_text(mending.repair(tx(), actor(), fault_id).as_json())
