"""The sample's cases go into the tables: COPY, in the order in which they would have been written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from psycopg.types.json import Jsonb

from gridcenter.database import Transaction
from importers.sample_case import Event
from importers.sample_incidents import Told

# The wall's feed should not be empty on the first day; older history has no feed.
FEED_ROWS = 30

_CASE_FILE = (
    "id, number, kind, item_id, procedure_id, state, severity, confidentiality, area_path,"
    " intake_path, department_id, reporter_account_id, holder_account_id, holder_worker_id, channel,"
    " description, address, place, stage, due_at, limit_unit, close_due_at, stage_started_at, opened_at,"
    " filed_at, handled_at, closed_at, changed_at, location, handler_account_id, returns, reworks,"
    " synthetic, content_hash, version"
)
_INCIDENT = (
    "case_id, filing_condition_id, datum, given_lon, given_lat, accuracy_m, border_m, certain,"
    " outside, reported_at"
)
_EVENT = (
    "case_id, version, operation, from_state, to_state, at, happened_at, account_id, posting_id,"
    " post, note, data"
)
_TIMER = (
    "case_id, stage, limit_amount, limit_unit, started_at, due_at, original_due_at, stopped_at,"
    " overdue_at"
)
_CHOICE = "case_id, at, proposed, chosen, candidates, account_id, posting_id"
_FEED = (
    "at, topic, subject_id, area_path, intake_path, department_id, reporter_account_id,"
    " holder_account_id, confidentiality, data"
)


def write_incidents(tx: Transaction, told: list[Told], zone: ZoneInfo) -> dict[str, int]:
    """How many rows each table got. `told` by time of report."""
    numbers = _numbers(tx, told, zone)
    names_en = {
        row["id"]: row["name_en"] for row in tx.all("SELECT id, name_en FROM catalogue_item")
    }
    events = sorted(
        ((event, case) for case in told for event in case.record.events),
        key=lambda pair: (pair[0].at, pair[1].id, pair[0].version, pair[0].operation == "overdue"),
    )
    numbered = dict(zip((case.id for case in told), numbers, strict=True))
    feed = [
        _feed_row(event, case, numbered[case.id], names_en[case.subject.item_id])
        for event, case in events[-FEED_ROWS:]
    ]
    return {
        "case_file": _copy(tx, "case_file", _CASE_FILE, _case_rows(told, numbers)),
        "incident": _copy(tx, "incident", _INCIDENT, map(_incident_row, told)),
        "case_event": _copy(
            tx, "case_event", _EVENT, (_event_row(event, case) for event, case in events)
        ),
        "case_timer": _copy(tx, "case_timer", _TIMER, _timer_rows(told)),
        "dispatch_choice": _copy(tx, "dispatch_choice", _CHOICE, _choice_rows(told)),
        "journal": _copy(tx, "journal", _FEED, feed),
    }


def _copy(tx: Transaction, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> int:
    """How many rows went in, in their order. By way of a staging table: COPY does not go into
    tables under row rights."""
    tx.execute(
        f"CREATE TEMPORARY TABLE sample_{table} ON COMMIT DROP AS"
        f" SELECT {columns} FROM {table} WITH NO DATA"
    )
    tx.execute(f"ALTER TABLE sample_{table} ADD COLUMN ordinal serial")
    statement = f"COPY sample_{table} ({columns}) FROM STDIN"
    with tx.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)
    return tx.execute(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM sample_{table} ORDER BY ordinal"
    )


def _numbers(tx: Transaction, told: list[Told], zone: ZoneInfo) -> list[str]:
    """Case numbers from the real sequence, with the start of each day noted, so that
    next_case_number goes on behind them."""
    taken = tx.all(
        "SELECT nextval('case_number_seq') AS n FROM generate_series(1, %(n)s)", {"n": len(told)}
    )
    first = {
        row["day"]: int(row["first_number"])
        for row in tx.all("SELECT day, first_number FROM case_number_day")
    }
    new: dict[date, int] = {}
    numbers = []
    for row, case in zip(taken, told, strict=True):
        day = case.setting.opened_at.astimezone(zone).date()
        if day not in first:
            first[day] = new[day] = row["n"]
        numbers.append(f"{day:%Y%m%d}-{row['n'] - first[day] + 1:04d}")
    tx.many(
        "INSERT INTO case_number_day (day, first_number) VALUES (%(day)s, %(first)s)",
        [{"day": day, "first": number} for day, number in new.items()],
    )
    return numbers


def _intake_path(case: Told) -> str | None:
    return case.place.path or case.setting.reporter.path


def _case_rows(told: list[Told], numbers: list[str]) -> Iterator[Sequence[Any]]:
    points = shapely.points([(case.place.lon, case.place.lat) for case in told])
    locations = shapely.to_wkb(shapely.set_srid(points, 4490), hex=True, include_srid=True)
    for case, number, location in zip(told, numbers, locations, strict=True):
        yield (*_case_identity(case, number), *_case_history(case), location, *_case_rest(case))


# The three parts of _CASE_FILE before and after the location.
def _case_identity(case: Told, number: str) -> Sequence[Any]:
    record, subject = case.record, case.subject
    return (
        case.id,
        number,
        case.rules.kind,
        subject.item_id,
        case.rules.id,
        record.state,
        record.severity,
        subject.confidentiality,
        case.place.path,
        _intake_path(case),
        record.department_id,
        case.setting.reporter.account_id,
        record.holder_account_id,
        record.holder_worker_id,
        case.channel,
        case.description,
        case.address,
        case.place.name,
    )


def _case_history(case: Told) -> Sequence[Any]:
    record, running = case.record, case.record.running()
    return (
        running.stage if running else None,
        running.due_at if running else None,
        running.limit.unit if running else None,
        record.close_due_at,
        running.started_at if running else None,
        record.opened_at,
        record.filed_at,
        record.handled_at,
        record.closed_at,
        record.events[-1].at,
    )


def _case_rest(case: Told) -> Sequence[Any]:
    record = case.record
    content = sha256(f"sample {case.id}".encode()).digest()
    return (
        record.handler_account_id,
        record.returns,
        record.reworks,
        True,
        content,
        record.version,
    )


def _incident_row(case: Told) -> Sequence[Any]:
    place = case.place
    return (
        case.id,
        case.condition_id,
        case.datum,
        place.lon,
        place.lat,
        place.accuracy_m,
        place.border_m,
        place.certain,
        place.path is None,
        case.setting.happened_at,
    )


def _event_row(event: Event, case: Told) -> Sequence[Any]:
    person = event.person
    return (
        case.id,
        event.version,
        event.operation,
        event.from_state,
        event.to_state,
        event.at,
        event.happened_at,
        person.account_id if person else None,
        person.posting_id if person else None,
        person.post if person else None,
        event.note,
        Jsonb(event.data),
    )


def _timer_rows(told: list[Told]) -> Iterator[Sequence[Any]]:
    for case in told:
        for timer in case.record.timers:
            yield (
                case.id,
                timer.stage,
                timer.limit.amount,
                timer.limit.unit,
                timer.started_at,
                timer.due_at,
                timer.due_at,
                timer.stopped_at,
                timer.overdue_at,
            )


def _choice_rows(told: list[Told]) -> Iterator[Sequence[Any]]:
    for case in told:
        for choice in case.record.choices:
            yield (
                case.id,
                choice.at,
                choice.proposed,
                choice.chosen,
                Jsonb(choice.candidates),
                choice.person.account_id,
                choice.person.posting_id,
            )


def _feed_row(event: Event, case: Told, number: str, name_en: str) -> Sequence[Any]:
    """The journal row of an event, as casework.operations writes it."""
    return (
        event.at,
        "case",
        case.id,
        case.place.path,
        _intake_path(case),
        event.department_id,
        case.setting.reporter.account_id,
        event.holder,
        case.subject.confidentiality,
        Jsonb(
            {
                "operation": event.operation,
                "state": event.to_state,
                "severity": event.severity,
                "number": number,
                "place": case.place.name,
                "version": event.version,
                "matter": case.subject.name,
                "matter_en": name_en,
            }
        ),
    )
