"""Stage a file, write what may be written, or drop it. Each is one transaction: all or nothing.

The libraries that read files are loaded by the first file: they take 100 MB, and most web processes
never see one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from gridcenter.actor import Actor, ActorKind, act_as
from gridcenter.areas.operations import AreaCounts
from gridcenter.database import Database, Transaction
from gridcenter.errors import (
    FILE,
    BoundaryRefused,
    Conflict,
    ImportRefused,
    InvalidInput,
    NotFound,
    Words,
)
from gridcenter.journal.operations import tell_maps
from importers.command import ImportCommand, Progress
from importers.findings import Finding, Severity
from importers.kinds import REFERENCE_LAYERS, Kind
from importers.reference import write_reference_batch
from importers.writing import write_areas_batch, write_buildings_batch
from importers.writing_cases import write_incidents_batch
from importers.writing_people import write_workers_batch

if TYPE_CHECKING:
    from importers.examined import Examined

_INSERT = """
INSERT INTO import_batch (id, kind, level, file, digest, layer, datum, state, rows_read,
                          rows_refused, given, columns, evidence, difference, account_id,
                          fingerprint)
VALUES (%(id)s, %(kind)s, %(level)s, %(file)s, %(digest)s, %(layer)s, %(datum)s, %(state)s,
        %(rows_read)s, %(rows_refused)s, %(given)s, %(columns)s, %(evidence)s, %(difference)s,
        %(account)s, %(fingerprint)s)
"""
_LOCK = """
SELECT id, kind, level, file, state, datum, given FROM import_batch WHERE id = %(id)s FOR UPDATE
"""
_FINISH = """
UPDATE import_batch SET state = %(state)s, rows_written = %(written)s, finished_at = now()
 WHERE id = %(id)s
"""


@dataclass(frozen=True)
class Staged:
    """A batch waiting for a decision (or refused as a whole), with all that was found."""

    id: UUID
    state: str
    examined: Examined


@dataclass(frozen=True)
class Applied:
    """What a writing did: rows new, changed, the same."""

    id: UUID
    new: int
    changed: int
    same: int


@dataclass(frozen=True)
class Outcome:
    """What the command line and the page show. `applied` is None after a dry run or a refusal."""

    file: str
    batch: UUID | None
    read: int
    writable: int
    refused: int
    difference: dict[str, Any]
    columns: dict[str, str]
    evidence: list[dict[str, Any]]
    findings: list[Finding]
    applied: Applied | None

    @property
    def refused_whole(self) -> bool:
        """True when the file as a whole is refused and nothing could be written."""
        return any(f.row is None and f.severity is Severity.REFUSE for f in self.findings)


def _silent(_step: str, _share: float) -> None:
    return None


def stage(
    tx: Transaction, actor: Actor, command: ImportCommand, progress: Progress = _silent
) -> Staged:
    """Examine the file and keep the result; nothing of it is in force before `apply`.

    A file of which nothing may be written leaves a batch in state ``refused`` with its findings.
    """
    from importers.bulk.staging import persist
    from importers.examination import examine
    from importers.staging import plain, store_findings, store_rows, to_json

    _permit(actor)
    if command.kind is Kind.AREAS and command.level is None:
        raise InvalidInput.of("level", "required", "导入区域须指明层级", "areas need their level")
    if command.kind is Kind.REFERENCE and command.into not in REFERENCE_LAYERS:
        known = ", ".join(REFERENCE_LAYERS)
        raise InvalidInput.of(
            "into",
            "choice",
            f"导入参考图层须指明归入哪一层：{known}",
            f"reference layers need to know which one: {known}",
        )
    examined = examine(tx, command, progress)
    batch = uuid4()
    state = "staged" if examined.writable else "refused"
    reading = examined.reading
    refused = examined.findings.refused_rows
    tx.execute(
        _INSERT,
        {
            "id": batch,
            "kind": command.kind.value,
            "level": command.level.value if command.level else None,
            "file": reading.file,
            "digest": reading.digest,
            "layer": reading.layer or None,
            "datum": reading.datum or None,
            "state": state,
            "rows_read": examined.read,
            "rows_refused": len(refused),
            "given": Jsonb(command.given()),
            "columns": Jsonb(examined.columns.columns),
            "evidence": Jsonb([asdict(item) for item in reading.evidence]),
            "difference": Jsonb({k: plain(v) for k, v in examined.difference.items()}),
            "account": actor.account_id,
            "fingerprint": examined.columns.fingerprint or None,
        },
    )
    store_findings(tx, batch, examined.findings)
    if examined.rows is not None and reading.frame is not None:
        store_rows(tx, batch, command.kind, examined.rows, reading.frame, refused)
    if examined.large is not None:
        persist(tx, batch, examined.large.originals, examined.large.told, to_json)
    progress("stage", 0.9)
    return Staged(batch, state, examined)


def apply(
    tx: Transaction, actor: Actor, batch_id: UUID, only_rows: Collection[int] | None = None
) -> Applied:
    """Bring the good rows of a staged batch into force; `only_rows` are row numbers to keep to.

    Refused rows are never written. Raises NotFound, Conflict when the batch is not staged any more,
    ImportRefused when what it relies on has gone meanwhile, BoundaryRefused when boundaries would not
    fit: nothing is stored and the batch waits.
    """
    _permit(actor)
    batch = _locked(tx, batch_id)
    if batch["state"] != "staged":
        raise Conflict(
            {"state": batch["state"]}, Words("这次导入已经办结", "this import is finished already")
        )
    given = batch["given"]
    chosen = None if only_rows is None else sorted(set(only_rows))
    parameters = {
        "batch": batch_id,
        "batch_text": str(batch_id),
        "rows": chosen,
        "level": batch["level"],
        "datum": batch["datum"],
        "source": given.get("source") or batch["file"],
        "example": bool(given.get("example")),
        "account": actor.account_id,
        "into": given.get("into"),
    }
    counts = _WRITERS[Kind(batch["kind"])](tx, parameters)
    written = counts.new + counts.changed
    tx.execute(_FINISH, {"id": batch_id, "state": "applied", "written": written})
    if written:
        tell_maps(tx)
    return Applied(batch_id, counts.new, counts.changed, counts.same)


def discard(tx: Transaction, actor: Actor, batch_id: UUID) -> None:
    """Drop a staged batch: its rows go, the batch and its findings stay as a record."""
    _permit(actor)
    batch = _locked(tx, batch_id)
    if batch["state"] not in {"staged", "refused"}:
        raise Conflict(
            {"state": batch["state"]}, Words("这次导入已经写入", "this import is applied already")
        )
    tx.execute("DELETE FROM import_row WHERE batch_id = %(id)s", {"id": batch_id})
    tx.execute(_FINISH, {"id": batch_id, "state": "discarded", "written": 0})


def run_import(
    database: Database,
    actor: Actor,
    command: ImportCommand,
    *,
    dry_run: bool = False,
    progress: Progress = _silent,
) -> Outcome:
    """Examine and, unless `dry_run` or the file is refused, write: one transaction for all.

    A file whose boundaries would make a fault stays staged, with a finding that says which.

    A dry run reads only and leaves nothing behind, not even a batch.
    """
    from importers.examination import examine

    if dry_run:
        # Large files need a temporary table, which a read-only transaction may not make.
        with database.transaction(read_only=command.kind is not Kind.BUILDINGS) as tx:
            act_as(tx, actor)
            _permit(actor)
            examined = examine(tx, command, progress)
        return _outcome(None, examined, None)
    with database.transaction() as tx:
        act_as(tx, actor)
        staged = stage(tx, actor, command, progress)
        applied = _applied(tx, actor, staged) if staged.state == "staged" else None
    progress("done", 1.0)
    return _outcome(staged.id, staged.examined, applied)


def _applied(tx: Transaction, actor: Actor, staged: Staged) -> Applied | None:
    """What `apply` did; None, and a finding more, when the boundaries do not fit: the batch waits."""
    from importers.findings import Findings
    from importers.staging import store_findings

    try:
        with tx.connection.transaction():
            return apply(tx, actor, staged.id)
    except BoundaryRefused as refused:
        told = Findings(staged.examined.reading.file)
        told.add("boundary.refused", value=refused.reason.zh, en=refused.reason.en)
        store_findings(tx, staged.id, told)
        # First, because it is why nothing was written.
        staged.examined.findings.items[:0] = told.items
        return None


def _outcome(batch: UUID | None, examined: Examined, applied: Applied | None) -> Outcome:
    return Outcome(
        file=examined.reading.file,
        batch=batch,
        read=examined.read,
        writable=examined.writable,
        refused=examined.refused,
        difference=examined.difference,
        columns=examined.columns.columns,
        evidence=[asdict(item) for item in examined.reading.evidence],
        findings=list(examined.findings),
        applied=applied,
    )


def _permit(actor: Actor) -> None:
    """Only the house itself and system administrators bring files in; for others there is none."""
    if actor.kind is not ActorKind.SYSTEM and "system_admin" not in actor.posts:
        raise NotFound(FILE)


def _locked(tx: Transaction, batch_id: UUID) -> dict[str, Any]:
    batch = tx.one(_LOCK, {"id": batch_id})
    if batch is None:
        raise NotFound(FILE)
    return batch


Writer = Callable[[Transaction, dict[str, Any]], AreaCounts]
_WRITERS: dict[Kind, Writer] = {
    Kind.AREAS: write_areas_batch,
    Kind.BUILDINGS: write_buildings_batch,
    Kind.WORKERS: write_workers_batch,
    Kind.INCIDENTS: write_incidents_batch,
    Kind.REFERENCE: write_reference_batch,
}

__all__ = [
    "Applied",
    "ImportCommand",
    "ImportRefused",
    "Outcome",
    "Staged",
    "apply",
    "discard",
    "run_import",
    "stage",
]
