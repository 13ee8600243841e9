"""The figures: by area and period, the list behind each, their course, and those of the wall."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify
from pydantic import Field

from dashboards.api.schemas import Code, Limit, Query, Text
from dashboards.maps import own_places
from dashboards.requests import actor, house, open_to_walls, tx
from gridcenter import clock
from gridcenter.errors import AREA, NotFound
from gridcenter.statistics import lists, queries
from gridcenter.statistics.wall import wall_figures

bp = APIBlueprint("statistics", __name__, url_prefix="/api/v1/statistics", tag="statistics")
ON_THE_WALL = ("reported", "filed", "closed", "on_time_closure_rate")
Indicator = Annotated[Text, Field(min_length=1, max_length=60)]


class PeriodQuery(Query):
    """An area and local days, both included; by default the reader's own area, month to date."""

    area: Code | None = None
    first: Annotated[date | None, Field(alias="from")] = None
    last: Annotated[date | None, Field(alias="to")] = None


class IndicatorsQuery(PeriodQuery):
    """Of which areas: as ``recorded``, as in force ``then``, or every fact in its area of ``now``."""

    areas: Literal["recorded", "then", "now"] = "recorded"


class ListQuery(PeriodQuery):
    """Which list behind a figure, by default the denominator or the only one.

    `after` is the `next` of the page before.
    """

    part: Literal["numerator", "denominator", "missing"] | None = None
    after: Annotated[Text, Field(max_length=100)] | None = None
    limit: Limit = 50


class TrendQuery(PeriodQuery):
    """One figure over time."""

    indicator: Indicator = "on_time_closure_rate"
    step: Literal["day", "week", "month"] = "week"


class AreaQuery(Query):
    """An area; by default the reader's own."""

    area: Code | None = None


def own_area() -> str:
    """The code of the reader's own area: the first of `own_places`. Raises NotFound when there is none."""
    place = next(iter(own_places()), None)
    if place is None:
        raise NotFound(AREA)
    return str(place["code"])


def asked(query: PeriodQuery) -> tuple[str, date, date, datetime]:
    """Area code, first and last day, and now; what was not given is the own area, month to date."""
    now = clock.now()
    last = query.last or now.astimezone(house().settings.timezone).date()
    return query.area or own_area(), query.first or last.replace(day=1), last, now


@bp.get("/indicators")
@bp.input(IndicatorsQuery, location="query", arg_name="query")
@bp.doc(summary="Figures of an area and its parts", responses={404: "Not found"})
@open_to_walls
def indicators(query: IndicatorsQuery) -> Response:
    """Every figure with numerator, denominator, target; the words that define it; the own area."""
    area, first, last, now = asked(query)
    zone = house().settings.timezone
    found = queries.indicators(tx(), actor(), area, first, last, now, zone, areas=query.areas)
    return jsonify({**found, "own_area": own_area()})


@bp.get("/indicators/<code>/list")
@bp.input(ListQuery, location="query", arg_name="query")
@bp.doc(summary="The list behind a figure", responses={404: "Not found"})
@open_to_walls
def indicator_list(code: str, query: ListQuery) -> Response:
    """Exactly the incidents or grids that a figure counted, a page at a time."""
    area, first, last, now = asked(query)
    zone = house().settings.timezone
    return jsonify(
        lists.indicator_list(
            tx(), actor(), code, query.part, area, first, last, now, zone, query.after, query.limit
        )
    )


@bp.get("/trend")
@bp.input(TrendQuery, location="query", arg_name="query")
@bp.doc(summary="A figure over time", responses={404: "Not found"})
@open_to_walls
def trend(query: TrendQuery) -> Response:
    """One figure for each day, week or month of the period, oldest first."""
    area, first, last, now = asked(query)
    zone = house().settings.timezone
    rows = queries.trend(tx(), actor(), area, query.indicator, query.step, first, last, now, zone)
    return jsonify({"items": rows})


@bp.get("/wall")
@bp.input(AreaQuery, location="query", arg_name="query")
@bp.doc(summary="Figures of a wall screen", responses={404: "Not found"})
@open_to_walls
def wall(query: AreaQuery) -> Response:
    """What is open now, today, this month, overdue worst first, what just happened; no persons."""
    zone, code = house().settings.timezone, query.area or own_area()
    # Fifty walls of one scope that hear the same bell ask once.
    key = f"wall.{code}.{tx().scope}"
    found = tx().recent(key, lambda t: wall_figures(t, actor(), code, clock.now(), zone), 1.0)
    words = [d for d in queries.indicator_definitions(tx()) if d["code"] in ON_THE_WALL]
    return jsonify({**found, "definitions": words})
