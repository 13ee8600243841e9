"""Uploads in pieces for imports: announce the files, send their pieces, go on where a line broke."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from pydantic import Field

from dashboards import pieces
from dashboards.api.imports import begin, options_from, permit
from dashboards.api.schemas import Body, Query, Text
from dashboards.requests import actor, house, takes_up_to

bp = APIBlueprint("pieces", __name__, url_prefix="/api/v1/imports/uploads", tag="imports")


class FileBody(Body):
    """A file to come: its name, its size in bytes."""

    name: Annotated[Text, Field(max_length=300)]
    size: Annotated[int, Field(ge=0)]


class FilesBody(Body):
    """The files to come; several for the parts of a shapefile."""

    files: list[FileBody]


class PieceQuery(Query):
    """Where in its file the piece begins, and its CRC-32 as eight hexadecimal digits."""

    at: Annotated[int, Field(ge=0)]
    crc32: Annotated[Text, Field(pattern="^[0-9a-fA-F]{8}$")]


def _found(upload_id: UUID) -> pieces.Coming:
    permit()
    return pieces.found(house().settings, actor().account_id, upload_id)


@bp.post("")
@bp.input(FilesBody, arg_name="body")
@bp.doc(summary="Announce files that will come in pieces", responses={201: "The upload"})
def announce(body: FilesBody) -> tuple[Response, int]:
    """`id`, `files` with `have` (bytes that have come), `piece_bytes` (the longest piece)."""
    permit()
    files = [(file.name, file.size) for file in body.files]
    coming = pieces.announce(house().settings, actor().account_id, files)
    return jsonify(coming.as_dict()), 201


@bp.get("/<uuid:upload_id>")
@bp.doc(summary="How far an upload has come", responses={404: "Not found"})
def state(upload_id: UUID) -> Response:
    """As when it was announced; `have` says where each file goes on. Given up after a day of silence."""
    return jsonify(_found(upload_id).as_dict())


@bp.put("/<uuid:upload_id>/<int:number>")
@bp.input(PieceQuery, location="query", arg_name="query")
@bp.doc(summary="Send one piece of a file (application/octet-stream)",
        responses={409: "It goes on elsewhere: current.have"})  # fmt: skip
@takes_up_to(lambda settings: pieces.PIECE_BYTES)
def piece(upload_id: UUID, number: int, query: PieceQuery) -> Response:
    """`have` after it. The same piece again changes nothing; a damaged one is not kept."""
    coming = _found(upload_id)
    have = pieces.add(coming, number, query.at, request.get_data(cache=False), query.crc32)
    return jsonify({"have": have})


@bp.post("/<uuid:upload_id>/batch")
@bp.doc(summary="Read the files that have come", responses={201: "Staged or refused"})
def batch(upload_id: UUID) -> tuple[Response, int]:
    """The new batch, as after an upload in one go; the body says `kind`, `level` and so on."""
    coming = _found(upload_id)
    given = request.get_json(silent=True)
    said = given.items() if isinstance(given, dict) else ()
    options = options_from({k: v for k, v in said if v and isinstance(v, str)})
    return jsonify({"id": str(begin(options, pieces.complete(house().settings, coming)))}), 201


@bp.delete("/<uuid:upload_id>")
@bp.doc(summary="Cancel an upload", responses={204: "Thrown away"})
def cancel(upload_id: UUID) -> tuple[str, int]:
    """What has come is thrown away."""
    pieces.cancel(_found(upload_id))
    return "", 204
