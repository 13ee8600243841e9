"""Proposals for dividing an area into grids or micro-grids: asked for here, drawn by the editor.

Nothing is written. A proposal becomes a redraw plan by its step `replace`: the areas are the features
with their level, code (where not new) and geometry.
"""

from __future__ import annotations

import threading
from typing import Annotated, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify
from pydantic import Field

from dashboards.api.schemas import Body, Code, Number
from dashboards.language import locale
from dashboards.requests import actor, tx
from gridcenter.areas.queries import area_by_code
from gridcenter.errors import NotYours, TooManyRequests, Words
from gridcenter.redraw.division.planner import MOST_PROPOSALS, Wish
from gridcenter.redraw.division.proposing import Request, document, planned, prepared
from gridcenter.redraw.rules import AUTHORS, holds
from importers.reference import reference_lines

bp = APIBlueprint("division", __name__, url_prefix="/api/v1/division", tag="redraw")

# Planning takes a core for its time: one at once in each web worker, the others are told to wait.
LONGEST_S = 15.0
_one_at_once = threading.Lock()
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class ProposalsBody(Body):
    """What to divide into areas of `households_least` to `households_most`, and how hard to look.

    `lock` names areas of today (codes) to keep as they are. `whole_microgrids` left out: where they
    can be trusted.
    """

    parent: Code
    level: Literal["grid", "microgrid"]
    households_least: Count
    households_most: Count
    proposals: Annotated[int, Field(strict=True, ge=1, le=MOST_PROPOSALS)] = 3
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)] = 1
    time_limit_s: Annotated[Number, Field(ge=0.1, le=LONGEST_S)] = 5.0
    lock: Annotated[list[Code], Field(max_length=500)] = Field(default_factory=list)
    whole_microgrids: bool | None = None


@bp.post("/proposals")
@bp.input(ProposalsBody, arg_name="body")
@bp.doc(
    summary="Propose divisions of an area",
    responses={
        403: "Not in your post or area",
        404: "Not found",
        429: "Another one is planned now",
    },
)
def proposals(body: ProposalsBody) -> Response:
    """Proposals with measures, reasons, and their areas as GeoJSON (lon/lat, CGCS2000)."""
    _permit(body.parent)
    wish = Wish(
        body.households_least,
        body.households_most,
        body.proposals,
        seed=body.seed,
        time_limit_s=body.time_limit_s,
    )
    lines = reference_lines(tx(), body.parent)
    request = Request(body.parent, body.level, wish, tuple(body.lock), body.whole_microgrids, lines)
    if not _one_at_once.acquire(blocking=False):
        raise TooManyRequests(int(LONGEST_S))
    try:
        done = planned(prepared(tx(), request), wish)
    finally:
        _one_at_once.release()
    return jsonify(document(done, locale()))


def _permit(parent: str) -> None:
    if not holds(actor(), AUTHORS, area_by_code(tx(), parent)["path"]):
        reason = Words("由街道管理人员或系统管理员划分", "officials and system administrators do")
        raise NotYours(Words("划分这个区域", "divide this area"), [reason])
