"""Redraw plans: drawn, looked at, checked, approved by a second person, withdrawn, reversed."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response
from pydantic import Field

from dashboards.api.answers import json_text
from dashboards.api.schemas import Body, Code, Limit, Moment, Query, Text
from dashboards.requests import actor, takes_up_to, tx
from gridcenter import clock
from gridcenter.redraw import operations, queries
from gridcenter.redraw.operations import AddItem, CreatePlan
from gridcenter.redraw.preview import preview
from gridcenter.redraw.queries import PlanFilter
from gridcenter.redraw.reading import Trial
from gridcenter.redraw.rules import read_given
from importers.redrawing import staged_areas

bp = APIBlueprint("redraw", __name__, url_prefix="/api/v1/redraw", tag="redraw")
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
ItemId = Annotated[int, Field(ge=1)]
Operation = Literal[
    "create", "split", "merge", "move_border", "rename", "reparent", "retire", "replace"
]
State = Literal["draft", "checked", "approved", "effective", "withdrawn"]


class PlansQuery(Query):
    """Plans in a state, of an area (code) and below; `after` is the `next` of the page before."""

    state: State | None = None
    area: Code | None = None
    after: Annotated[Text, Field(max_length=100)] | None = None
    limit: Limit = 50


# A step may bring the new outlines of all areas of a community: about 400,000 corners.
SHAPES_BYTES = 16_000_000


class PlanBody(Body):
    """A new plan for the inside of an area (code), and the hour its author wishes."""

    title: Annotated[Text, Field(max_length=120)]
    area: Code
    reason: Annotated[Text, Field(max_length=2000)] | None = None
    effective_at: Moment | None = None


class PlanChange(Body):
    """What is to be changed; what is left out stays."""

    version: Version
    title: Annotated[Text, Field(max_length=120)] | None = None
    reason: Annotated[Text, Field(max_length=2000)] | None = None
    effective_at: Moment | None = None


class TrialBody(Body):
    """A step that is being drawn, and is not to be kept."""

    operation: Operation
    given: dict[str, Any]


class ItemBody(Body):
    """One step: the operation and what it needs (docs/reference/redraw.md); geometry is GeoJSON."""

    version: Version
    operation: Operation
    given: dict[str, Any]


class VersionBody(Body):
    """The version of the plan that its reader saw."""

    version: Version


class VersionQuery(Query):
    """The version of the plan that its reader saw."""

    version: Version


class ApproveBody(VersionBody):
    """The hour; left out, the one that the author wished."""

    effective_at: Moment | None = None


class WithdrawBody(VersionBody):
    """Why the plan ends."""

    reason: Annotated[Text, Field(max_length=500)] | None = None


def _answer(plan_id: UUID, status: int = 200, **extra: Any) -> Response:
    found = queries.plan_detail(tx(), actor(), plan_id)
    response = make_response(jsonify({**found, **extra}), status)
    response.set_etag(str(found["version"]))
    return response


@bp.get("/plans")
@bp.input(PlansQuery, location="query", arg_name="query")
@bp.doc(summary="Redraw plans, newest first")
def plan_list(query: PlansQuery) -> Response:
    """Plans that the reader may see, each with the count of its steps."""
    wanted = PlanFilter(query.state, query.area, query.after, query.limit)
    return json_text(queries.plan_list(tx(), wanted))


@bp.post("/plans")
@bp.input(PlanBody, arg_name="body")
@bp.doc(summary="Begin a redraw plan", responses={201: "The draft"})
def create_plan(body: PlanBody) -> Response:
    """A new, empty draft."""
    command = CreatePlan(body.title, body.area, body.reason, body.effective_at)
    return _answer(operations.create_plan(tx(), actor(), command, clock.now()), 201)


@bp.get("/plans/<uuid:plan_id>")
@bp.doc(summary="One redraw plan", responses={404: "Not found"})
def plan(plan_id: UUID) -> Response:
    """The plan with its steps, findings, and `allowed_operations` of the reader."""
    return _answer(plan_id)


@bp.patch("/plans/<uuid:plan_id>")
@bp.input(PlanChange, arg_name="body")
@bp.doc(summary="Change title, reason, hour", responses={404: "Not found", 409: "Changed since"})
def change_plan(plan_id: UUID, body: PlanChange) -> Response:
    """The plan as it stands then."""
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    operations.change_plan(tx(), actor(), plan_id, body.version, changes)
    return _answer(plan_id)


@bp.post("/plans/<uuid:plan_id>/items")
@bp.input(ItemBody, arg_name="body")
@bp.doc(summary="Add a step", responses={201: "The plan", 404: "Not found", 409: "Changed since"})
@takes_up_to(lambda settings: SHAPES_BYTES)
def add_item(plan_id: UUID, body: ItemBody) -> Response:
    """The plan with the new step; `item` is its id. `replace` takes a staged import as `batch`."""
    given = dict(body.given)
    if body.operation == "replace" and "batch" in given:
        given["areas"], given["source"] = staged_areas(tx(), given.pop("batch"))
    command = AddItem(plan_id, body.version, body.operation, given)
    row = operations.add_item(tx(), actor(), command)
    return _answer(plan_id, 201, item=row["id"])


@bp.delete("/plans/<uuid:plan_id>/items/<int:item_id>")
@bp.input(VersionQuery, location="query", arg_name="query")
@bp.doc(summary="Take a step out", responses={404: "Not found", 409: "Changed since"})
def remove_item(plan_id: UUID, item_id: int, query: VersionQuery) -> Response:
    """The plan without the step."""
    operations.remove_item(tx(), actor(), plan_id, item_id, query.version)
    return _answer(plan_id)


@bp.get("/plans/<uuid:plan_id>/preview")
@bp.doc(summary="What a plan would do", responses={404: "Not found"})
def show_preview(plan_id: UUID) -> Response:
    """The map before and after, what moves, duties, and what is wrong, on the ground of now."""
    return jsonify(preview(tx(), plan_id))


@bp.post("/plans/<uuid:plan_id>/preview")
@bp.input(TrialBody, arg_name="body")
@bp.doc(summary="What a plan would do with one more step", responses={404: "Not found"})
@takes_up_to(lambda settings: SHAPES_BYTES)
def try_step(plan_id: UUID, body: TrialBody) -> Response:
    """As the preview, with a step that is only being drawn; nothing is kept."""
    given = read_given(body.operation, body.given)
    return jsonify(preview(tx(), plan_id, Trial(body.operation, given)))


@bp.post("/plans/<uuid:plan_id>/check")
@bp.input(VersionBody, arg_name="body")
@bp.doc(summary="Check a plan", responses={404: "Not found", 409: "Changed since"})
def check_plan(plan_id: UUID, body: VersionBody) -> Response:
    """The plan with its findings: checked when none of them refuses it."""
    operations.check_plan(tx(), actor(), plan_id, body.version)
    return _answer(plan_id)


@bp.post("/plans/<uuid:plan_id>/approve")
@bp.input(ApproveBody, arg_name="body")
@bp.doc(summary="Approve a plan", responses={403: "Its author", 404: "Not found", 409: "Not now"})
def approve_plan(plan_id: UUID, body: ApproveBody) -> Response:
    """The approved plan; at its hour it takes effect by itself."""
    operations.approve_plan(tx(), actor(), plan_id, body.version, body.effective_at, clock.now())
    return _answer(plan_id)


@bp.post("/plans/<uuid:plan_id>/withdraw")
@bp.input(WithdrawBody, arg_name="body")
@bp.doc(summary="Withdraw a plan", responses={404: "Not found", 409: "Effective already"})
def withdraw_plan(plan_id: UUID, body: WithdrawBody) -> Response:
    """The plan, ended before its hour."""
    operations.withdraw_plan(tx(), actor(), plan_id, body.version, body.reason)
    return _answer(plan_id)


@bp.post("/plans/<uuid:plan_id>/reverse")
@bp.doc(summary="Draft the reverse", responses={201: "The draft", 404: "Not found", 409: "Not now"})
def reverse_plan(plan_id: UUID) -> Response:
    """A new draft that brings everything back as it was."""
    return _answer(operations.reverse_plan(tx(), actor(), plan_id), 201)


@bp.get("/areas/<code>/lineage")
@bp.doc(summary="Where an area came from and went to", responses={404: "Not found"})
def lineage(code: str) -> Response:
    """Predecessors and successors with shares of area and households, oldest first."""
    return json_text(f'{{"items":{queries.lineage(tx(), code)}}}')
