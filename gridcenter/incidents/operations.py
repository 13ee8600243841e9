"""Reporting an incident and everything that is done to it, in the trade's words.

The way of a report: `report_incident` → datum to CGCS2000 → area, border distance and certainty →
catalogue → case file, incident, event, timer and feed row in one statement, one transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from gridcenter.actor import INTAKE_POSTS, Actor
from gridcenter.casework.operations import (
    OPEN_CASE,
    Changes,
    Done,
    MoveCase,
    apply_move,
    choose_move,
    lock_case,
    rules_of,
)
from gridcenter.casework.procedures import current_procedures, start_clocks
from gridcenter.catalogue.queries import MatterChoice, channel_posts, matters_by_code
from gridcenter.database import Row, Transaction
from gridcenter.deadlines.queries import kept_calendar
from gridcenter.dispatch.operations import dispatch_case
from gridcenter.errors import Conflict, FieldError, InvalidInput, NotYours, Words
from gridcenter.geo import datum_name, parse_datum, to_storage
from gridcenter.incidents.evidence import photos_owed
from gridcenter.incidents.filing import filing, handle_limit, taken_on
from gridcenter.moves import Move
from gridcenter.workforce.operations import note_position

REPORTERS = frozenset(
    {"grid_worker", "intake", "dispatcher", "duty_officer", "handler", "official"}
)
# A phone's clock may run ahead a little; what is reported from the future is a wrong clock.
CLOCK_SLACK = timedelta(minutes=10)
OLDEST_REPORT = timedelta(days=366)
_CLOCK = Words("，查看手机时钟", "; check the phone's clock")


@dataclass(frozen=True)
class ReportIncident:
    """A report as it arrives. `id` was made where the report was made; `lon`, `lat` in `datum`."""

    id: UUID
    matter: str
    lon: float
    lat: float
    datum: str
    description: str
    channel: str
    reported_at: datetime
    accuracy_m: float | None = None
    filing_condition: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Reported:
    """The receipt: whether the report is new or was here already, and its number."""

    id: UUID
    number: str
    state: str
    version: int
    is_new: bool
    area_path: str | None = None


_REPORT = f"""
WITH place AS MATERIALIZED (
  SELECT p.location, l.path, l.border_m, l.certain, place_name(l.path) AS name,
         unit_grid_at(p.location) AS unit_grid
    FROM (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490) AS location) p,
         locate_point(p.location, %(accuracy_m)s::float8) l
), given AS (
  SELECT %(id)s::uuid AS id, %(local_day)s::date AS local_day, 'incident' AS kind,
         %(item_id)s::bigint AS item_id, %(procedure_id)s::bigint AS procedure_id,
         %(severity)s AS severity, %(confidentiality)s::smallint AS confidentiality,
         p.path AS area_path,
         coalesce(p.path, intake_outside(p.location, coalesce(%(own_path)s::ltree,
                    (SELECT area_path FROM department WHERE id = %(own_department)s)),
                    %(desks)s)) AS intake_path,
         %(channel)s AS channel, %(description)s AS description, %(address)s::text AS address,
         p.name AS place, p.location, %(content_hash)s::bytea AS content_hash
    FROM place p
), {OPEN_CASE}, extension AS (
  INSERT INTO incident (case_id, filing_condition_id, datum, given_lon, given_lat, accuracy_m,
                        border_m, certain, outside, unit_grid_code, reported_at)
  SELECT o.id, %(condition_id)s, %(datum)s, %(given_lon)s, %(given_lat)s, %(accuracy_m)s, p.border_m,
         p.certain, p.path IS NULL, p.unit_grid, %(happened_at)s
    FROM opened o CROSS JOIN place p
)
SELECT id, number, state, version, area_path::text AS area_path FROM opened
"""


def report_incident(
    tx: Transaction, actor: Actor, command: ReportIncident, now: datetime, zone: ZoneInfo
) -> Reported:
    """The receipt of a report, new or repeated.

    The same id with the same content is accepted again quietly; with other content it raises
    Conflict. A place outside every area is kept and marked for intake. Raises InvalidInput,
    UnknownDatum, BadCoordinate.
    """
    matter, condition = _checked(tx, actor, command, now)
    datum = parse_datum(command.datum)
    lon, lat = to_storage(command.lon, command.lat, datum)
    content = _content_hash(command)
    posting = actor.posting_for(REPORTERS)
    if posting is None:
        raise NotYours(
            Words("上报", "Report"), [Words("您的岗位不上报事件", "your post does not report")]
        )
    rules = tx.recent("casework.procedures", current_procedures)[matter.procedure]
    clock = start_clocks(rules, ["intake"], {}, now, kept_calendar(tx))[0]
    row = _written(
        tx,
        {
            "id": command.id,
            "lon": lon,
            "lat": lat,
            "given_lon": command.lon,
            "given_lat": command.lat,
            "datum": datum_name(datum),
            "accuracy_m": command.accuracy_m,
            "local_day": now.astimezone(zone).date(),
            "item_id": matter.item_id,
            "procedure_id": rules.id,
            "severity": condition.severity,
            "confidentiality": matter.confidentiality,
            "condition_id": condition.id if command.filing_condition else None,
            "own_path": posting.area_path,
            "own_department": posting.department_id,
            "desks": sorted(INTAKE_POSTS),
            "channel": command.channel,
            "description": command.description,
            "address": command.address,
            "content_hash": content,
            "account": actor.account_id,
            "posting": posting.id,
            "post": posting.post,
            "now": now,
            "happened_at": command.reported_at,
            "note": None,
            "event_data": Jsonb({}),
            "stage": clock.stage,
            "limit_amount": clock.limit.amount,
            "limit_unit": clock.limit.unit,
            "due_at": clock.due_at,
        },
    )
    if row is None:
        return _known_report(tx, command.id, content)
    if command.accuracy_m is not None and posting.post == "grid_worker":
        note_position(tx, actor, lon, lat, command.accuracy_m, "report", command.reported_at)
    return Reported(row["id"], row["number"], row["state"], row["version"], True, row["area_path"])


def _written(tx: Transaction, params: dict[str, Any]) -> Row | None:
    """The new case, or None for an id that is there. Raises InvalidInput while there are no areas."""
    try:
        return tx.one(_REPORT, params)
    except psycopg.errors.CheckViolation as error:
        if error.diag.constraint_name != "case_file_way_in_check":
            raise
        raise InvalidInput.of(
            "lon",
            "no_areas",
            "还没有导入区域，没有人能受理；请系统管理员先导入区域",
            "No areas have been imported, so nobody could take it in; ask a system administrator",
        ) from error


def _checked(
    tx: Transaction, actor: Actor, command: ReportIncident, now: datetime
) -> tuple[MatterChoice, Any]:
    errors: list[FieldError] = []
    matter = tx.recent("catalogue.matters", matters_by_code).get(command.matter)
    if matter is None:
        errors.append(
            FieldError(
                "matter",
                "unknown_matter",
                f"没有事项 {command.matter}，用 /matters 查代码",
                f"There is no matter {command.matter}; look the code up with /matters",
            )
        )
    errors += _wrong_channel(tx, actor, command.channel)
    if command.reported_at > now + CLOCK_SLACK:
        zh, en = "上报时间在将来", "The time of the report lies in the future"
        errors.append(FieldError("reported_at", "wrong_time", zh + _CLOCK.zh, en + _CLOCK.en))
    elif command.reported_at < now - OLDEST_REPORT:
        zh, en = "上报时间在一年以前", "The report is more than a year old"
        errors.append(FieldError("reported_at", "wrong_time", zh + _CLOCK.zh, en + _CLOCK.en))
    if errors or matter is None:
        raise InvalidInput(errors)
    return matter, matter.condition(command.filing_condition)


def _wrong_channel(tx: Transaction, actor: Actor, channel: str) -> list[FieldError]:
    """A channel that does not exist, or that the posts of this actor do not report by."""
    known = tx.recent("catalogue.channels", channel_posts)
    if channel not in known:
        zh, en = f"没有来源渠道 {channel}", f"There is no channel {channel}"
        return [FieldError("channel", "unknown_channel", zh, en)]
    if actor.posts.isdisjoint(REPORTERS) or not actor.posts.isdisjoint(known[channel]):
        return []
    own = "、".join(sorted(code for code, posts in known.items() if posts & actor.posts))
    return [
        FieldError(
            "channel",
            "not_your_channel",
            f"您的岗位不按来源 {channel} 上报；可用：{own}",
            f"Your post does not report by the channel {channel}; it has: {own}",
        )
    ]


def _content_hash(command: ReportIncident) -> bytes:
    content = [
        command.matter,
        command.filing_condition,
        command.lon,
        command.lat,
        command.datum,
        command.accuracy_m,
        command.address,
        command.description,
        command.channel,
        command.reported_at.timestamp(),
    ]
    return sha256(json.dumps(content, ensure_ascii=False).encode()).digest()


def _known_report(tx: Transaction, incident_id: UUID, content: bytes) -> Reported:
    row = tx.one(
        "SELECT id, number, state, version, content_hash, area_path::text AS area_path"
        " FROM case_file WHERE id = %(id)s",
        {"id": incident_id},
    )
    if row is None or bytes(row["content_hash"]) != content:
        raise Conflict(
            {"number": row["number"], "version": row["version"]} if row else {},
            Words("这个编号已用于另一份上报", "this id was used for another report"),
        )
    return Reported(row["id"], row["number"], row["state"], row["version"], False, row["area_path"])


@dataclass(frozen=True)
class Moved:
    """What an operation left: the version to build on, and the state."""

    version: int
    state: str


def operate(tx: Transaction, actor: Actor, command: MoveCase, now: datetime) -> Moved:
    """The state after an operation on an incident; repeating the same one is harmless.

    Raises NotFound, Conflict, InvalidInput, MoveNotAllowed, NotYours (see casework.operations).
    """
    if command.happened_at is not None and command.happened_at >= now + CLOCK_SLACK:
        zh, en = "办理时间在将来", "The time lies in the future"
        raise InvalidInput.of("happened_at", "wrong_time", zh + _CLOCK.zh, en + _CLOCK.en)
    if command.happened_at is not None and command.happened_at <= now - OLDEST_REPORT:
        zh, en = "办理时间在一年以前", "The time is more than a year ago"
        raise InvalidInput.of("happened_at", "wrong_time", zh + _CLOCK.zh, en + _CLOCK.en)
    case = lock_case(tx, actor, command, now)
    if isinstance(case, Done):
        return Moved(case.version, case.state)
    rules = rules_of(tx, case)
    move = choose_move(case, actor, command, rules)
    changes = _changes(tx, actor, case, command, move, now)
    version = apply_move(tx, actor, case, command, move, changes, now, kept_calendar(tx))
    return Moved(version, move.to_state)


def _changes(
    tx: Transaction, actor: Actor, case: Row, command: MoveCase, move: Move, now: datetime
) -> Changes:
    """What the operations of an incident do beside state and clocks. This part is code: a procedure
    may put its operations in another order, but filing, dispatch and accepting mean what they mean."""
    if command.operation == "file":
        filed = filing(tx, case, command.given.get("filing_condition"))
        return taken_on(tx, actor, case, command.given.get("area"), filed, move)
    if command.operation == "dispatch":
        target = dispatch_case(tx, actor, command.case_id, command.given["to"], now)
        return Changes(
            holder_account_id=target.account_id,
            holder_worker_id=target.worker_id,
            department_id=target.department_id,
            event_data={"to": target.to, "to_name": target.name},
        )
    if command.operation == "accept":
        return Changes(holder_account_id=actor.account_id)
    if command.operation == "check" and command.given.get("passed") is False:
        return Changes(limits={"handle": handle_limit(tx, case["id"])})
    if command.operation in ("check", "close"):
        # Nothing is barred, nothing hidden (docs/decisions/0018): what was lacking is told for good.
        owed = photos_owed(tx, command.case_id).kinds
        return Changes(event_data={"photos_owed": owed} if owed else {})
    return Changes()
