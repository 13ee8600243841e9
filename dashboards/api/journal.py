"""The feed by page: what changed after a cursor, under the reader's rights."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from dashboards.api.answers import json_text
from dashboards.api.schemas import JournalQuery
from dashboards.requests import open_to_walls, tx
from gridcenter.journal import queries

bp = APIBlueprint("journal", __name__, url_prefix="/api/v1", tag="journal")


@bp.get("/journal")
@bp.input(JournalQuery, location="query", arg_name="query")
@bp.doc(summary="What changed")
@open_to_walls
def journal(query: JournalQuery) -> Response:
    """Entries after a cursor in commit-safe order; without a cursor, the newest cursor alone."""
    if query.after is None:
        return json_text(f'{{"items":[],"next":"{queries.head(tx())}"}}')
    return json_text(queries.entries_after(tx(), query.after, query.limit))
