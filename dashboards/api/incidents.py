"""Incidents: report, list, detail, operations, candidates, photos.

A report comes in at `report`: the body becomes a command, `incidents.operations.report_incident` does
the rest in this request's transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify, request, send_file, url_for

from dashboards.api.answers import json_text
from dashboards.api.schemas import (
    CountsQuery,
    IncidentsQuery,
    NearbyQuery,
    OperationBody,
    PhotoQuery,
    ReportBody,
    given_of,
)
from dashboards.language import locale
from dashboards.requests import (
    WALL,
    actor,
    admitted,
    house,
    open_to_walls,
    takes_up_to,
    tx,
    without_transaction,
)
from gridcenter import clock
from gridcenter.casework import photos
from gridcenter.casework.operations import MoveCase
from gridcenter.casework.photos import AddPhoto
from gridcenter.dispatch.queries import candidates as dispatch_candidates
from gridcenter.errors import InvalidInput, NotFound
from gridcenter.geo import parse_datum, to_storage
from gridcenter.incidents import operations, queries
from gridcenter.incidents.detail import incident_detail
from gridcenter.incidents.operations import ReportIncident
from gridcenter.incidents.queries import IncidentFilter
from gridcenter.incidents.summary import CLOSED_STATES

bp = APIBlueprint("incidents", __name__, url_prefix="/api/v1", tag="incidents")
# What a form puts around the one file in it.
FORM_BYTES = 10_000
SHOWN_OF_PHOTO = ("id", "stage", "width_px", "height_px", "size_bytes", "sha256", "taken_at")
DUPLICATE_WINDOW = timedelta(hours=24)


@bp.post("/incidents")
@bp.input(ReportBody, arg_name="body")
@bp.doc(
    summary="Report an incident",
    responses={201: "Received", 200: "Received before", 409: "Same id, other content"},
)
def report(body: ReportBody) -> tuple[Response, int]:
    """The receipt: id, number, state, version. The same report again is accepted quietly."""
    command = ReportIncident(**body.model_dump())
    received = operations.report_incident(
        tx(), actor(), command, clock.now(), house().settings.timezone
    )
    response = jsonify(
        {
            "id": str(received.id),
            "number": received.number,
            "state": received.state,
            "version": received.version,
        }
    )
    response.headers["Location"] = url_for("incidents.incident", incident_id=received.id)
    return response, 201 if received.is_new else 200


@bp.get("/incidents")
@bp.input(IncidentsQuery, location="query", arg_name="query")
@bp.doc(summary="Incidents in my scope")
@open_to_walls
def incident_list(query: IncidentsQuery) -> Response:
    """A page of incidents, newest (or most urgent) first, and where the next page begins."""
    if query.q and actor().posts == WALL:
        raise NotFound()  # a search would tell the addresses that a wall is not shown
    wanted = IncidentFilter(
        states=tuple(s for s in (query.state or "").split(",") if s),
        area=query.area,
        matter=query.matter,
        overdue=query.overdue,
        mine=query.mine,
        reported=query.reported,
        channel=query.channel,
        q=query.q or None,
        order=query.order,
        after=query.after,
        limit=query.limit,
    )
    return json_text(queries.incident_list(tx(), actor(), wanted))


@bp.get("/incidents/counts")
@bp.input(CountsQuery, location="query", arg_name="query")
@bp.doc(summary="Incidents by state and time")
@open_to_walls
def incident_counts(query: CountsQuery) -> Response:
    """How many open incidents of one's scope are in each state, and of these how their time stands."""
    wanted = IncidentFilter(area=query.area, channel=query.channel)
    times = queries.counts_by_state(tx(), actor(), wanted)
    open_states = {s: sum(t.values()) for s, t in times.items() if s not in CLOSED_STATES}
    return jsonify({"states": open_states, "times": times})


@bp.get("/incidents/nearby")
@bp.input(NearbyQuery, location="query", arg_name="query")
@bp.doc(summary="Possible duplicates")
def nearby(query: NearbyQuery) -> Response:
    """Open incidents of the same matter within some metres and 24 hours, nearest first."""
    lon, lat = to_storage(query.lon, query.lat, parse_datum(query.datum))
    rows = queries.nearby_open(
        tx(), lon, lat, query.matter, query.within_m, clock.now() - DUPLICATE_WINDOW
    )
    return jsonify({"items": rows})


@bp.get("/incidents/<uuid:incident_id>")
@bp.doc(summary="One incident", responses={404: "Not found"})
def incident(incident_id: UUID) -> Response:
    """Everything about one incident with events, photos, timers and `allowed_operations`."""
    return jsonify(incident_detail(tx(), actor(), incident_id, locale()))


@bp.post("/incidents/<uuid:incident_id>/operations/<operation>")
@bp.input(OperationBody, arg_name="body")
@bp.doc(
    summary="Do something to an incident",
    responses={200: "Done", 403: "Not yours", 404: "Not found", 409: "Changed meanwhile"},
)
def operate(incident_id: UUID, operation: str, body: OperationBody) -> Response:
    """The incident after the operation; only what is left of it when it left one's scope."""
    command = MoveCase(incident_id, operation, body.version, given_of(body), body.happened_at)
    moved = operations.operate(tx(), actor(), command, clock.now())
    try:
        return jsonify(incident_detail(tx(), actor(), incident_id, locale()))
    except NotFound:
        left: dict[str, Any] = {"id": str(incident_id), "version": moved.version}
        return jsonify({**left, "state": moved.state, "allowed_operations": []})


@bp.get("/incidents/<uuid:incident_id>/candidates")
@bp.doc(summary="Who could take it", responses={404: "Not found"})
def candidates(incident_id: UUID) -> Response:
    """Ranked workers with their arithmetic, the excluded with reasons, departments."""
    return jsonify(dispatch_candidates(tx(), incident_id, clock.now(), locale()))


@bp.put("/incidents/<uuid:incident_id>/photos/<uuid:photo_id>")
@bp.input(PhotoQuery, location="query", arg_name="query")
@bp.doc(
    summary="Add a photo (body: the picture)",
    responses={201: "Stored", 200: "Stored before", 409: "Same id, other picture"},
)
@takes_up_to(lambda settings: settings.max_photo_bytes + FORM_BYTES)
@without_transaction
def put_photo(incident_id: UUID, photo_id: UUID, query: PhotoQuery) -> tuple[Response, int]:
    """The stored photo: its checksum and size after re-encoding."""
    command = AddPhoto(photo_id, incident_id, query.stage)
    with admitted(read_only=True) as reading:
        stored = photos.expect_photo(reading, actor(), command)
    content, row = _picture(), None
    if stored is None:
        settings = house().settings
        kept = photos.keep_photo(content, settings.attachments_dir, settings.timezone, clock.now())
        with admitted() as writing:
            row = photos.add_photo(writing, actor(), command, kept)
            if row is None:  # the same photo came twice at once
                stored = photos.expect_photo(writing, actor(), command)
    shown = row or photos.same_photo(stored, command, content)
    return jsonify({name: shown[name] for name in SHOWN_OF_PHOTO}), 201 if row else 200


def _picture() -> bytes:
    """The picture of this request: the body, or the one file of a form."""
    most = house().settings.max_photo_bytes
    uploaded = next(iter(request.files.values()), None)
    content = uploaded.read(most + 1) if uploaded else request.stream.read(most + 1)
    if not content or len(content) > most:
        raise InvalidInput.of(
            "photo",
            "bad_size",
            f"照片应为 1 字节至 {most // 1_000_000} MB",
            f"A photo has between 1 byte and {most // 1_000_000} MB",
        )
    return bytes(content)


@bp.get("/incidents/<uuid:incident_id>/photos/<uuid:photo_id>")
@bp.doc(summary="A photo", responses={200: "image/jpeg", 404: "Not found"})
def photo(incident_id: UUID, photo_id: UUID) -> Response:
    """The re-encoded JPEG; it never changes, so it may be kept."""
    path, digest = photos.photo_file(tx(), incident_id, photo_id, house().settings.attachments_dir)
    response = send_file(path, mimetype="image/jpeg", etag=digest, conditional=True)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
