"""Buildings: search, and the card of one with its dwelling chart."""

from __future__ import annotations

from typing import Annotated

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field, field_validator

from dashboards.api.answers import json_text
from dashboards.api.schemas import Code, Limit, Query, Text, parse_bbox
from dashboards.requests import tx
from gridcenter import clock
from gridcenter.registry import queries
from gridcenter.registry.queries import BuildingFilter

bp = APIBlueprint("registry", __name__, url_prefix="/api/v1", tag="registry")


class BuildingsQuery(Query):
    """Area code, part of code or name, box in degrees; `after` is the `next` of the page before."""

    area: Code | None = None
    q: Annotated[Text, Field(max_length=60)] | None = None
    bbox: Annotated[Text, Field(max_length=100)] | None = None
    after: Code | None = None
    limit: Limit = 50

    @field_validator("bbox")
    @classmethod
    def four_numbers(cls, value: str | None) -> str | None:
        """Refuse anything but four finite numbers in order."""
        if value is not None:
            parse_bbox(value)
        return value


@bp.get("/buildings")
@bp.input(BuildingsQuery, location="query", arg_name="query")
@bp.doc(summary="Buildings")
def building_list(query: BuildingsQuery) -> Response:
    """Buildings that may be seen, by code."""
    wanted = BuildingFilter(
        area=query.area,
        bbox=parse_bbox(query.bbox) if query.bbox else None,
        q=query.q or None,
        after=query.after,
        limit=query.limit,
    )
    return json_text(queries.building_list(tx(), wanted))


@bp.get("/buildings/<code>")
@bp.doc(summary="One building", responses={404: "Not found"})
def building(code: str) -> Response:
    """Facts, areas, responsible worker, dwelling chart by entrance and floor, open incidents."""
    return json_text(queries.building_card(tx(), code, clock.now()))
