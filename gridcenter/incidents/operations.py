"""Reporting an incident and everything that is done to it, in the trade's words.

The way of a report: `report_incident` → datum to CGCS2000 → area, border distance and certainty →
catalogue → case file, incident, event, timer and feed row in one statement, one transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from gridcenter.actor import INTAKE_POSTS, Actor
from gridcenter.casework.operations import (
    OPEN_CASE,
    Changes,
    MoveCase,
    apply_move,
    choose_move,
    lock_case,
    rules_of,
)
from gridcenter.casework.procedures import Limit, current_procedures, start_clocks
from gridcenter.catalogue.queries import MatterChoice, channel_posts, matters_by_code
from gridcenter.database import Row, Transaction
from gridcenter.deadlines.queries import calendar
from gridcenter.deadlines.rules import Calendar
from gridcenter.dispatch.operations import dispatch_case
from gridcenter.errors import Conflict, FieldError, InvalidInput, NotYours, Words
from gridcenter.geo import datum_name, parse_datum, to_storage
from gridcenter.incidents.queries import photos_owed
from gridcenter.moves import Move
from gridcenter.workforce.operations import note_position

REPORTERS = frozenset(
    {"grid_worker", "intake", "dispatcher", "duty_officer", "handler", "official"}
)
# A phone's clock may run ahead a little; what is reported from the future is a wrong clock.
CLOCK_SLACK = timedelta(minutes=10)
OLDEST_REPORT = timedelta(days=366)


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
         p.path AS area_path, coalesce(p.path, %(intake_path)s::ltree) AS intake_path,
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
    clock = start_clocks(rules, ["intake"], {}, now, common_calendar(tx, zone))[0]
    row = tx.one(
        _REPORT,
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
            "intake_path": posting.area_path,
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
    if command.reported_at > now + CLOCK_SLACK or command.reported_at < now - OLDEST_REPORT:
        errors.append(
            FieldError(
                "reported_at",
                "wrong_time",
                "上报时间不在最近一年内，查看手机时钟",
                "The time of the report is not within the last year; check the phone's clock",
            )
        )
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


def common_calendar(tx: Transaction, zone: ZoneInfo) -> Calendar:
    """The calendar that holds where no area has hours of its own, kept for half a minute."""
    return tx.recent("deadlines.calendar", lambda t: calendar(t, zone))


@dataclass(frozen=True)
class Moved:
    """What an operation left: the version to build on, and the state."""

    version: int
    state: str
    repeated: bool = False
    data: dict[str, Any] = field(default_factory=dict)


def operate(
    tx: Transaction, actor: Actor, command: MoveCase, now: datetime, zone: ZoneInfo
) -> Moved:
    """The state after an operation on an incident; repeating the same one is harmless.

    Raises NotFound, Conflict, InvalidInput, MoveNotAllowed, NotYours (see casework.operations).
    """
    if command.happened_at is not None and not (
        now - OLDEST_REPORT < command.happened_at < now + CLOCK_SLACK
    ):
        raise InvalidInput.of(
            "happened_at",
            "wrong_time",
            "办理时间不在最近一年内，查看手机时钟",
            "The time is not within the last year; check the phone's clock",
        )
    case = lock_case(tx, actor, command, now, zone)
    if case is None:
        row = tx.one(
            "SELECT version, state FROM case_file WHERE id = %(id)s", {"id": command.case_id}
        )
        return Moved(row["version"], row["state"], True) if row else Moved(command.version + 1, "")
    rules = rules_of(tx, case)
    move = choose_move(case, actor, command, rules)
    changes = _changes(tx, actor, case, command, move, now)
    version = apply_move(tx, actor, case, command, move, changes, now, common_calendar(tx, zone))
    return Moved(version, move.to_state)


def _changes(
    tx: Transaction, actor: Actor, case: Row, command: MoveCase, move: Move, now: datetime
) -> Changes:
    """What the operations of an incident do beside state and clocks. This part is code: a procedure
    may put its operations in another order, but filing, dispatch and accepting mean what they mean."""
    if command.operation == "file":
        filed = _filing(tx, case, command.given.get("filing_condition"))
        return _taken_on(tx, actor, case, command.given.get("area"), filed, move)
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
        return Changes(limits={"handle": _handle_limit(tx, case["id"])})
    if command.operation in ("check", "close"):
        # Nothing is barred, nothing hidden (docs/decisions/0018): what was lacking is told for good.
        owed = photos_owed(tx, command.case_id)
        return Changes(event_data={"photos_owed": owed} if owed else {})
    return Changes()


def _filing(tx: Transaction, case: Row, wanted: str | None) -> Changes:
    row = tx.one(
        "SELECT f.id, f.code, f.limit_amount, f.limit_unit, f.severity"
        "  FROM filing_condition f LEFT JOIN incident n ON n.case_id = %(case)s"
        " WHERE f.item_id = %(item)s AND (%(code)s::text IS NULL OR f.code = %(code)s)"
        " ORDER BY f.id = n.filing_condition_id DESC NULLS LAST, f.is_default DESC, f.code LIMIT 1",
        {"case": case["id"], "item": case["item_id"], "code": wanted},
    )
    if row is None:
        raise InvalidInput.of(
            "filing_condition",
            "unknown_filing_condition",
            f"这个事项没有立案条件 {wanted}",
            f"This matter has no filing condition {wanted}",
        )
    tx.execute(
        "UPDATE incident SET filing_condition_id = %(condition)s WHERE case_id = %(case)s",
        {"condition": row["id"], "case": case["id"]},
    )
    return Changes(
        limits={"handle": Limit(row["limit_amount"], row["limit_unit"])},
        severity=row["severity"],
        event_data={"filing_condition": row["code"]},
    )


def _taken_on(
    tx: Transaction, actor: Actor, case: Row, wanted: str | None, filed: Changes, move: Move
) -> Changes:
    """The filing with the area that takes on a case which lies in none (docs/decisions/0015); after
    a return to intake it may be another.

    Raises InvalidInput naming `area`: missing, not an area of the desk's own, or not wanted.
    """
    if wanted is None and (
        case["area_path"] is not None or "area" not in move.requires.get("properties", ())
    ):
        return filed  # inside, named before, or by a procedure of old, which knew no area
    if not tx.scalar("SELECT outside FROM incident WHERE case_id = %(id)s", {"id": case["id"]}):
        raise InvalidInput.of(
            "area",
            "area_known",
            "地点在网格内，承办区域由地点定，不用填",
            "The place lies in an area, which is the one that takes the case on; leave this out",
        )
    if wanted is None:
        raise InvalidInput.of(
            "area",
            "required",
            "地点在辖区外，请写明由哪个街道、社区或网格承办（编码）",
            "The place lies outside every area: say which street, community or grid takes it on (code)",
        )
    path = tx.scalar(_OWN_AREA, {"code": wanted, "own": _intake_areas(actor)})
    if path is None:
        raise InvalidInput.of(
            "area",
            "unknown_area",
            f"辖区内没有这个街道、社区或网格：{wanted}",
            f"There is no such street, community or grid of your own: {wanted}",
        )
    data = {**filed.event_data, "area": wanted, "area_by_hand": True}
    return replace(filed, area_path=str(path), event_data=data)


_OWN_AREA = """
SELECT path::text FROM area_now
 WHERE code = %(code)s AND level IN ('street', 'community', 'grid', 'microgrid')
   AND path <@ %(own)s::ltree[]
"""


def _intake_areas(actor: Actor) -> list[str]:
    return [p.area_path for p in actor.postings if p.post in INTAKE_POSTS and p.area_path]


def _handle_limit(tx: Transaction, case_id: UUID) -> Limit:
    row = tx.one(
        "SELECT f.limit_amount, f.limit_unit FROM incident n"
        " JOIN filing_condition f ON f.id = n.filing_condition_id WHERE n.case_id = %(id)s",
        {"id": case_id},
    )
    assert row is not None
    return Limit(row["limit_amount"], row["limit_unit"])
