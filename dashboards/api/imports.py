"""Imports: upload, look at what was found, read anew with other options, write, drop.

A file that cannot be used ends in a batch with findings, not in an error.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import structlog
from apiflask import APIBlueprint
from flask import Response, jsonify, request
from pydantic import Field

from dashboards import uploads
from dashboards.api.answers import json_text
from dashboards.api.schemas import Body, Code, Limit, Query, Text, parse_bbox
from dashboards.language import locale
from dashboards.requests import actor, house, takes_up_to, tx
from gridcenter.codes import Level
from gridcenter.errors import FILE, Conflict, GridcenterError, InvalidInput, NotFound, Words
from importers import operations, queries, saved, undoing
from importers.command import ImportCommand
from importers.finding_kinds import Severity
from importers.kinds import FIELDS, REFERENCE_LAYERS, Kind

bp = APIBlueprint("imports", __name__, url_prefix="/api/v1", tag="imports")
log = structlog.get_logger(__name__)

# An upload that is being examined has no batch yet; nobody waits longer than this for one.
UNFINISHED_S = 3600
OPTIONS = ("layer", "parent", "datum", "encoding", "source", "into")
PLACES = ("lon", "lat", "wkt")
Change = Literal["new", "changed", "moved", "same"]


class Options(Body):
    """What a person says instead of leaving it to recognition; None leaves it to that."""

    kind: Kind
    level: Level | None = None
    layer: Annotated[Text, Field(max_length=200)] | None = None
    parent: Annotated[Text, Field(max_length=60)] | None = None
    datum: Annotated[Text, Field(max_length=40)] | None = None
    encoding: Annotated[Text, Field(max_length=40)] | None = None
    source: Annotated[Text, Field(max_length=200)] | None = None
    into: Literal["road", "water", "wall", "poi"] | None = None
    columns: dict[Code, Annotated[Text, Field(max_length=200)]] = Field(default_factory=dict)


class ApplyBody(Body):
    """Which of the good rows to write: of these changes alone, or all."""

    changes: list[Change] | None = None


class MappingBody(Body):
    """The name to save a mapping under."""

    name: Annotated[Text, Field(max_length=60)]


class RowsQuery(Query):
    """Rows of one finding (`code`, if told of one `severity`) or of one change.

    `after` is the `next` of the page before.
    """

    code: Code | None = None
    severity: Severity | None = None
    change: Change | None = None
    after: Annotated[int, Field(ge=0)] = 0
    limit: Limit = 100


class BoxQuery(Query):
    """A box: west,south,east,north in degrees."""

    bbox: Annotated[Text, Field(max_length=100)]


def permit() -> None:
    """Nothing for administrators of the system; NotFound for all others."""
    if "system_admin" not in actor().posts:
        raise NotFound(FILE)


@bp.get("/imports")
@bp.doc(summary="Batches, newest first, and what can be imported")
def batches() -> Response:
    """Batches; the largest upload in bytes; the fields of each kind."""
    permit()
    fields = {
        kind.value: [{"name": field.name, "required": field.required} for field in known]
        for kind, known in FIELDS.items()
    }
    listed = queries.batch_list(tx())
    frame = jsonify({"limit_bytes": house().settings.max_upload_bytes, "fields": fields})
    return json_text(listed[:-1] + "," + frame.get_data(as_text=True).strip()[1:])


@bp.post("/imports")
@bp.doc(summary="Upload a file (multipart/form-data)", responses={201: "Staged or refused"})
@takes_up_to(lambda settings: settings.max_upload_bytes)
def upload() -> tuple[Response, int]:
    """The new batch: `state` is staged, or refused when nothing of it can be written.

    Form fields: `file` (several for the parts of a shapefile), `kind`, `level`, `layer`, `parent`,
    `datum`, `encoding`, `source`.
    """
    permit()
    options = options_from({k: v for k, v in request.form.items() if v and k != "csrf_token"})
    folder = uploads.keep(house().settings, request.files.getlist("file"))
    return jsonify({"id": str(begin(options, folder))}), 201


def begin(options: Options, folder: Path) -> UUID:
    """The id of the batch that the files of `folder` became; the folder goes when they became none."""
    settings = house().settings
    uploads.sweep(settings, queries.waiting_batches(tx()), time.time() - UNFINISHED_S)
    try:
        batch = stage_folder(options, folder, uploads.shown_name(folder))
    except Exception:
        uploads.discard_folder(folder)
        raise
    tx().after_commit(lambda: uploads.belong_to(settings, folder, batch))
    return batch


def options_from(given: dict[str, Any]) -> Options:
    """The options of a form. Raises InvalidInput with a sentence for each wrong field."""
    if given.get("kind") not in set(Kind):
        raise InvalidInput.of("kind", "choice", "选导入什么", "Choose what to import")
    _not_cases(Kind(given["kind"]))
    if given["kind"] == Kind.REFERENCE and given.get("into") not in REFERENCE_LAYERS:
        raise InvalidInput.of("into", "choice", "选归入哪一层", "Choose the reference layer")
    if given["kind"] == Kind.AREAS and given.get("level") not in set(Level):
        raise InvalidInput.of(
            "level", "choice", "导入区域要选层级", "Choose the level of the areas"
        )
    known = {name: given[name][:200] for name in ("kind", "level", *OPTIONS) if given.get(name)}
    return Options(**known)


def _not_cases(kind: Kind) -> None:
    """Past incidents are cases, and administrators see none: the command line brings them in."""
    if kind is Kind.INCIDENTS:
        raise InvalidInput.of(
            "kind",
            "command_line",
            "系统管理员不看案件；历史事件在服务器上用 gridcenter import incidents 导入",
            "Administrators see no cases; import past incidents on the server with"
            " gridcenter import incidents",
        )


def stage_folder(options: Options, folder: Path, shown: str) -> UUID:
    """The id of the staged batch; what nobody foresaw in a file is the file's fault, and logged."""
    command = ImportCommand(
        options.kind,
        uploads.source_in(folder),
        level=options.level if options.kind is Kind.AREAS else None,
        layer=options.layer or None,
        parent=options.parent or None,
        datum=options.datum or None,
        encoding=options.encoding or None,
        source=options.source or None,
        into=options.into or None,
        columns=options.columns,
        name=shown,
    )
    try:
        with tx().connection.transaction():
            return operations.stage(tx(), actor(), command).id
    except GridcenterError:
        raise
    except Exception as error:
        log.exception("import.failed", file=shown)
        raise InvalidInput.of(
            "file",
            "unreadable",
            f"这份文件没能读完（{type(error).__name__}），未写入任何数据。换一种格式另存后再传",
            f"The file could not be read to its end ({type(error).__name__}); nothing was stored. "
            "Save it in another format and send it again",
        ) from error


@bp.get("/imports/<uuid:batch_id>")
@bp.doc(summary="One batch with evidence, difference and findings", responses={404: "Not found"})
def batch(batch_id: UUID) -> Response:
    """The batch, the file's own `column_names`, and whether its files are `kept` for another reading."""
    permit()
    detail = queries.batch_detail(tx(), batch_id)
    kept = "true" if uploads.folder_of(house().settings, batch_id).is_dir() else "false"
    names = queries.column_names(tx(), batch_id)
    return json_text(f'{detail[:-1]},"column_names":{names},"kept":{kept}}}')


@bp.get("/imports/<uuid:batch_id>/rows")
@bp.input(RowsQuery, location="query", arg_name="query")
@bp.doc(summary="Rows of one finding or one change")
def rows(batch_id: UUID, query: RowsQuery) -> Response:
    """Rows with geometry, in the file's order."""
    permit()
    if query.change is not None:
        found = queries.changed_rows(tx(), batch_id, query.change, query.after, query.limit)
    else:
        code, severity = query.code or "", query.severity and query.severity.value
        found = queries.finding_rows(tx(), batch_id, code, query.after, query.limit, severity)
    return json_text(found)


@bp.get("/imports/<uuid:batch_id>/shapes")
@bp.input(BoxQuery, location="query", arg_name="query")
@bp.doc(summary="Shapes of the batch in a box, as GeoJSON")
def shapes(batch_id: UUID, query: BoxQuery) -> Response:
    """At most 2,000 shapes."""
    permit()
    return json_text(queries.shapes_near(tx(), batch_id, _box(query.bbox)))


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        return parse_bbox(text)
    except ValueError:
        raise InvalidInput.of(
            "bbox", "bbox", "bbox 为 西,南,东,北（度）", "bbox is west,south,east,north in degrees"
        ) from None


@bp.get("/imports/<uuid:batch_id>/refused.csv")
@bp.doc(summary="Refused rows with their reasons", responses={200: "text/csv"})
def refused(batch_id: UUID) -> Response:
    """The refused rows as they came, the reason in the last column."""
    permit()
    text = queries.refused_rows_csv(tx(), batch_id, locale())
    response = Response(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="refused-{batch_id}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/imports/<uuid:batch_id>/reading")
@bp.input(Options, arg_name="body")
@bp.doc(summary="Read the same file with other options", responses={201: "The new batch"})
def read_anew(batch_id: UUID, body: Options) -> tuple[Response, int]:
    """The new batch; the old one is dropped, its findings stay as a record."""
    permit()
    _not_cases(body.kind)
    settings = house().settings
    before = queries.options_of(tx(), batch_id)
    folder = uploads.folder_of(settings, batch_id)
    if before["state"] not in ("staged", "refused") or not folder.is_dir():
        raise Conflict(
            {"state": before["state"]},
            Words("上传的文件已不在，重新上传即可", "the file is no longer kept; upload it again"),
        )
    if body.kind is Kind.AREAS and body.level is None:
        raise InvalidInput.of(
            "level", "choice", "导入区域要选层级", "Choose the level of the areas"
        )
    fresh = stage_folder(body, folder, before["file"])
    operations.discard(tx(), actor(), batch_id)
    tx().after_commit(lambda: uploads.belong_to(settings, folder, fresh))
    return jsonify({"id": str(fresh)}), 201


@bp.post("/imports/<uuid:batch_id>/apply")
@bp.input(ApplyBody, arg_name="body")
@bp.doc(summary="Write the good rows", responses={409: "Finished already"})
def apply(batch_id: UUID, body: ApplyBody) -> Response:
    """How many rows were new, changed, the same."""
    permit()
    chosen = None
    if body.changes is not None:
        chosen = queries.rows_with_change(tx(), batch_id, list(body.changes))
    applied = operations.apply(tx(), actor(), batch_id, chosen)
    _forget_files(batch_id)
    return jsonify({"new": applied.new, "changed": applied.changed, "same": applied.same})


def _forget_files(batch_id: UUID) -> None:
    """Delete the files of a batch that needs them no more, once that is certain."""
    settings = house().settings
    tx().after_commit(lambda: uploads.forget(settings, batch_id))


@bp.post("/imports/<uuid:batch_id>/undo")
@bp.doc(
    summary="Take a written batch back",
    responses={204: "As before the import", 409: "Something was built on it"},
)
def undo(batch_id: UUID) -> tuple[str, int]:
    """All is as it was before the batch was written."""
    permit()
    undoing.undo(tx(), actor(), batch_id, house().settings.timezone)
    return "", 204


@bp.get("/imports/mappings")
@bp.doc(summary="Saved mappings, by name")
def mappings() -> Response:
    """`items`: name, kind, options (columns and what else was said), saved_at."""
    permit()
    found = [
        {name: row[name] for name in ("name", "kind", "options", "saved_at")}
        for row in saved.saved_mappings(tx())
    ]
    return jsonify({"items": found})


@bp.post("/imports/<uuid:batch_id>/mapping")
@bp.input(MappingBody, arg_name="body")
@bp.doc(summary="Save how this batch was read under a name", responses={204: "Saved"})
def save_mapping(batch_id: UUID, body: MappingBody) -> tuple[str, int]:
    """Files with the same column names are read like this from now on."""
    permit()
    saved.save_mapping(tx(), actor(), batch_id, body.name)
    return "", 204


@bp.delete("/imports/mappings/<name>")
@bp.doc(summary="Delete a saved mapping", responses={204: "Deleted"})
def drop_mapping(name: str) -> tuple[str, int]:
    """Files are recognised by their headers again."""
    permit()
    saved.drop_mapping(tx(), actor(), name)
    return "", 204


@bp.post("/imports/<uuid:batch_id>/discard")
@bp.doc(summary="Drop a batch", responses={204: "Dropped"})
def discard(batch_id: UUID) -> tuple[str, int]:
    """Drop a waiting batch; its findings stay as a record."""
    permit()
    operations.discard(tx(), actor(), batch_id)
    _forget_files(batch_id)
    return "", 204
