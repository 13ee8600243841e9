"""Matters, channels, states: the words that pages offer."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify

from dashboards.api.answers import json_text
from dashboards.api.schemas import MattersQuery
from dashboards.requests import tx
from gridcenter.casework.procedures import current_procedures
from gridcenter.catalogue import queries

bp = APIBlueprint("catalogue", __name__, url_prefix="/api/v1", tag="catalogue")


@bp.get("/matters")
@bp.input(MattersQuery, location="query", arg_name="query")
@bp.doc(summary="Search matters")
def matters(query: MattersQuery) -> Response:
    """Matters by code, name, alias, pinyin or initials, best match first, with filing conditions."""
    return json_text(f'{{"items":{queries.matter_search(tx(), query.q, query.limit)}}}')


@bp.get("/channels")
@bp.doc(summary="Channels")
def channels() -> Response:
    """The tree of channels."""
    return jsonify({"items": queries.channel_list(tx())})


@bp.get("/procedures/incident")
@bp.doc(summary="States of the incident loop")
def incident_procedure() -> Response:
    """States of the seven-step loop with words, characters and steps; stages with their limits."""
    rules = tx().recent("casework.procedures", current_procedures)["incident"]
    return jsonify(
        {
            "code": rules.code,
            "states": [
                {
                    "state": s.state,
                    "name": s.name,
                    "name_en": s.name_en,
                    "character": s.character,
                    "step": s.step,
                    "final": s.final,
                }
                for s in rules.states.values()
            ],
            "stages": [{"stage": stage, **told} for stage, told in rules.stages.items()],
        }
    )
