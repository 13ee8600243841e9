"""Lists and details of incidents. JSON is built in PostgreSQL; one list is one statement."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gridcenter.actor import AREA_POSTS, INTAKE_POSTS, Actor
from gridcenter.casework.operations import CASE_COLUMNS, WITHOUT_PHOTOS, facts_of, holds
from gridcenter.casework.procedures import ProcedureRules, procedure_by_id
from gridcenter.database import Row, Transaction
from gridcenter.errors import AREA, MATTER, FieldError, InvalidInput, NotFound, Words
from gridcenter.moves import Move, allowed

# Those that is_open() of SQL leaves out.
CLOSED_STATES = ("closed", "evaluated", "rejected")

# The time state of a case: which stroke and colour it gets. `soon` begins when less is left than a quarter
# of the stage or one hour, whichever is more, but never before half of the stage is over
# (docs/decisions/0007).
_SOON = """
least(greatest((c.due_at - c.stage_started_at) / 4, interval '1 hour'),
      (c.due_at - c.stage_started_at) / 2)
"""
TIME_STATE = f"""
CASE WHEN NOT is_open(c.state) THEN 'closed'
     WHEN c.due_at IS NULL THEN 'stopped'
     WHEN c.due_at <= now() THEN 'overdue'
     WHEN c.due_at - now() < {_SOON} THEN 'soon'
     ELSE 'in_time' END
"""

SUMMARY = f"""
'id', c.id, 'number', c.number, 'state', c.state, 'severity', c.severity, 'channel', c.channel,
'matter', json_build_object('code', i.code, 'name', i.name, 'name_en', i.name_en),
'area_path', c.area_path::text, 'place', c.place, 'address', c.address, 'outside', c.area_path IS NULL,
'lon', round(ST_X(c.location)::numeric, 7), 'lat', round(ST_Y(c.location)::numeric, 7),
'stage', c.stage, 'limit_unit', c.limit_unit, 'due_at', c.due_at, 'soon_at', c.due_at - {_SOON},
'close_due_at', c.close_due_at, 'time_state', {TIME_STATE},
'opened_at', c.opened_at, 'changed_at', c.changed_at, 'closed_at', c.closed_at,
'returns', c.returns, 'reworks', c.reworks, 'synthetic', c.synthetic, 'version', c.version
"""

_HOLDER = "(SELECT w.code FROM grid_worker w WHERE w.id = c.holder_worker_id)"
# A wall hangs in a room: no door and nobody's number.
_WALL_SUMMARY = SUMMARY.replace("'address', c.address", "'address', NULL")


@dataclass(frozen=True)
class IncidentFilter:
    """Which incidents a list shows; `after` is the `next` of the page before."""

    states: tuple[str, ...] = ()
    area: str | None = None
    matter: str | None = None
    overdue: bool | None = None
    mine: bool = False
    reported: bool = False
    channel: str | None = None
    q: str | None = None
    order: str = "opened"
    after: str | None = None
    limit: int = 50


def incident_list(tx: Transaction, actor: Actor, wanted: IncidentFilter) -> str:
    """JSON text ``{"items": […], "next": cursor or null}``, newest first or most urgent first.

    The reader's way in is stated beside the row policies, so that its index serves. Raises
    InvalidInput for a cursor that is not ours, and for a state, area, matter or channel that does not
    exist: an empty list would read as "nothing there". A wall gets neither address nor holder.
    """
    clauses, params = _clauses(actor, wanted)
    order = _ORDERS[wanted.order]
    summary, holder = (_WALL_SUMMARY, "NULL") if actor.posts == {"wall"} else (SUMMARY, _HOLDER)
    row = tx.one(
        f"""
        SELECT coalesce(json_agg(item ORDER BY position), '[]')::text AS items,
               max(position) AS n, max(cursor) FILTER (WHERE position = %(limit)s) AS next
          FROM (SELECT json_build_object({summary}, 'holder', {holder},
                         'department', (SELECT d.code FROM department d WHERE d.id = c.department_id)
                       ) AS item,
                       row_number() OVER (ORDER BY {order.sql}) AS position,
                       {order.cursor} AS cursor
                  FROM (SELECT * FROM case_file c
                         WHERE {" AND ".join(clauses)}
                         ORDER BY {order.sql} LIMIT %(limit)s) c
                  JOIN catalogue_item i ON i.id = c.item_id) page
        """,
        {**params, "limit": wanted.limit},
    )
    assert row is not None
    if not row["n"]:
        _refuse_unknown(tx, wanted)
    following = f'"{row["next"]}"' if row["next"] else "null"
    return f'{{"items":{row["items"]},"next":{following}}}'


@dataclass(frozen=True)
class _Order:
    sql: str
    cursor: str
    after: str


_ORDERS = {
    "opened": _Order(
        "c.opened_at DESC, c.id DESC",
        "extract(epoch FROM c.opened_at)::text || '~' || c.id",
        "(c.opened_at, c.id) < (to_timestamp(%(after_value)s::float8), %(after_id)s::uuid)",
    ),
    "due": _Order(
        "c.due_at ASC NULLS LAST, c.id ASC",
        "extract(epoch FROM coalesce(c.due_at, '9999-01-01'))::text || '~' || c.id",
        "(coalesce(c.due_at, '9999-01-01'), c.id) >"
        " (to_timestamp(%(after_value)s::float8), %(after_id)s::uuid)",
    ),
}


# The words of a filter that name nothing; asked only when the list is empty.
_UNKNOWN = """
SELECT %(area)s::text <> 'outside'
         AND NOT EXISTS (SELECT FROM area WHERE code = %(area)s) AS area,
       NOT EXISTS (SELECT FROM catalogue_item WHERE code = %(matter)s) AS matter,
       NOT EXISTS (SELECT FROM channel WHERE code = %(channel)s) AS channel,
       NOT %(states)s::text[] <@ ARRAY(SELECT state FROM procedure_state) AS state
"""
_FILTER_WORDS = {
    "area": AREA,
    "matter": MATTER,
    "channel": Words("来源渠道", "channel"),
    "state": Words("状态", "state"),
}


def _refuse_unknown(tx: Transaction, wanted: IncidentFilter) -> None:
    asked = {
        "area": wanted.area,
        "matter": wanted.matter,
        "channel": wanted.channel,
        "state": ",".join(wanted.states) or None,
    }
    if not any(asked.values()):
        return
    unknown = tx.one(_UNKNOWN, {**asked, "states": list(wanted.states)})
    assert unknown is not None
    wrong = [
        FieldError(
            field,
            f"unknown_{field}",
            f"没有这个{_FILTER_WORDS[field].zh}：{value}",
            f"There is no such {_FILTER_WORDS[field].en}: {value}",
        )
        for field, value in asked.items()
        if value and unknown[field]
    ]
    if wrong:
        raise InvalidInput(wrong)


def _clauses(actor: Actor, wanted: IncidentFilter) -> tuple[list[str], dict[str, Any]]:
    clauses = [_way_in(actor, wanted)]
    params: dict[str, Any] = {"account": actor.account_id, **_way_params(actor)}
    clauses.append("c.kind = 'incident'")
    if wanted.states:
        clauses.append("c.state = ANY(%(states)s)")
        params["states"] = list(wanted.states)
    if wanted.area is not None:
        clauses.append(
            "c.area_path <@ (SELECT path FROM area_now WHERE code = %(area)s)"
            if wanted.area != "outside"
            else "c.area_path IS NULL"
        )
        params["area"] = wanted.area
    if wanted.matter is not None:
        clauses.append(
            "c.item_id = ANY (ARRAY(SELECT id FROM catalogue_item WHERE code = %(matter)s))"
        )
        params["matter"] = wanted.matter
    if wanted.channel is not None:
        clauses.append("c.channel = %(channel)s")
        params["channel"] = wanted.channel
    if wanted.overdue is not None:
        late = "(c.due_at <= now() AND is_open(c.state))"
        clauses.append(late if wanted.overdue else f"NOT coalesce({late}, false)")
    if wanted.q:
        clauses.append(
            "(c.number LIKE '%%' || %(q)s || '%%' OR c.address ILIKE '%%' || %(q)s || '%%'"
            " OR c.item_id IN (SELECT id FROM catalogue_item WHERE name ILIKE '%%' || %(q)s || '%%'"
            " OR EXISTS (SELECT FROM unnest(initials || pinyin) AS typed"
            " WHERE starts_with(typed, %(q_low)s))))"
        )
        params |= {"q": re.sub(r"([\\%_])", r"\\\1", wanted.q), "q_low": wanted.q.lower()}
    if wanted.after is not None:
        clauses.append(_ORDERS[wanted.order].after)
        params |= _cursor(wanted.after)
    return clauses, params


def _way_in(actor: Actor, wanted: IncidentFilter) -> str:
    """The reader's way in, said in the query: the policies alone would keep the planner guessing."""
    if wanted.mine:
        departments = "c.department_id = ANY(%(departments)s) AND c.holder_account_id IS NULL"
        return f"(c.holder_account_id = %(account)s OR ({departments}))"
    if wanted.reported:
        return "c.reporter_account_id = %(account)s"
    ways = [f"c.area_path <@ %(area_{n})s::ltree" for n, _ in enumerate(_areas(actor))]
    ways += [f"c.intake_path <@ %(intake_{n})s::ltree" for n, _ in enumerate(_intake(actor))]
    if _departments(actor):
        ways.append("c.department_id = ANY(%(departments)s)")
    if not ways or "grid_worker" in actor.posts or "handler" in actor.posts:
        ways += ["c.reporter_account_id = %(account)s", "c.holder_account_id = %(account)s"]
    return "(" + " OR ".join(ways) + ")"


def _way_params(actor: Actor) -> dict[str, Any]:
    params: dict[str, Any] = {"departments": _departments(actor)}
    params |= {f"area_{n}": path for n, path in enumerate(_areas(actor))}
    params |= {f"intake_{n}": path for n, path in enumerate(_intake(actor))}
    return params


def _areas(actor: Actor) -> list[str]:
    return sorted({p.area_path for p in actor.postings if p.post in AREA_POSTS and p.area_path})


def _intake(actor: Actor) -> list[str]:
    paths = {p.area_path for p in actor.postings if p.post in INTAKE_POSTS and p.area_path}
    return sorted(paths)


def _departments(actor: Actor) -> list[int]:
    return [p.department_id for p in actor.postings if p.post == "handler" and p.department_id]


def _cursor(text: str) -> dict[str, Any]:
    value, _, identity = text.partition("~")
    try:
        if not 0 <= float(value) < 1e12:
            raise ValueError(value)
        return {"after_value": float(value), "after_id": UUID(identity)}
    except ValueError:
        raise InvalidInput.of(
            "after",
            "bad_cursor",
            "翻页位置不对，从第一页重新开始",
            "Not a cursor of ours; start again",
        ) from None


_DETAIL = f"""
SELECT json_build_object({SUMMARY},
         'description', c.description, 'reported_at', n.reported_at, 'filed_at', c.filed_at,
         'handled_at', c.handled_at, 'confidentiality', c.confidentiality,
         'location', json_build_object('datum', n.datum, 'given_lon', n.given_lon,
           'given_lat', n.given_lat, 'accuracy_m', n.accuracy_m,
           'border_m', round(n.border_m::numeric, 1), 'certain', n.certain, 'outside', n.outside,
           'area_by_hand', n.outside AND c.area_path IS NOT NULL,
           'unit_grid', n.unit_grid_code),
         'filing_condition', (SELECT json_build_object('code', f.code, 'name', f.name,
             'name_en', f.name_en, 'limit_amount', f.limit_amount, 'limit_unit', f.limit_unit,
             'closing_condition', f.closing_condition,
             'closing_condition_en', f.closing_condition_en, 'evidence', f.evidence)
            FROM filing_condition f
           WHERE f.id = coalesce(n.filing_condition_id,
                   (SELECT id FROM filing_condition WHERE item_id = c.item_id AND is_default))),
         'holder', (SELECT json_build_object('to', w.code, 'name', w.display_name)
                      FROM grid_worker w WHERE w.id = c.holder_worker_id),
         'department', (SELECT json_build_object('to', d.code, 'name', d.name, 'name_en', d.name_en)
                          FROM department d WHERE d.id = c.department_id),
         'default_department', (SELECT json_build_object('to', d.code, 'name', d.name,
                          'name_en', d.name_en) FROM department d WHERE d.id = i.default_department_id),
         'responsible', (SELECT json_build_object('to', w.code, 'name', w.display_name)
                           FROM duty d JOIN grid_worker w ON w.id = d.worker_id
                          WHERE d.area_path @> c.area_path AND d.valid @> CURRENT_DATE
                            AND d.kind = 'responsible'
                          ORDER BY nlevel(d.area_path) DESC, w.code LIMIT 1),
         'timers', (SELECT coalesce(json_agg(json_build_object('stage', t.stage,
                      'limit_amount', t.limit_amount, 'limit_unit', t.limit_unit,
                      'started_at', t.started_at, 'due_at', t.due_at,
                      'original_due_at', t.original_due_at, 'stopped_at', t.stopped_at,
                      'overdue_at', t.overdue_at) ORDER BY t.id), '[]')
                      FROM case_timer t WHERE t.case_id = c.id),
         'photos', (SELECT coalesce(json_agg(json_build_object('id', a.id, 'stage', a.stage,
                      'width_px', a.width_px, 'height_px', a.height_px, 'taken_at', a.taken_at,
                      'at', a.at, 'url', '/api/v1/incidents/' || c.id || '/photos/' || a.id)
                      ORDER BY a.at, a.id), '[]')
                      FROM attachment a WHERE a.case_id = c.id),
         'events', (SELECT coalesce(json_agg(json_build_object('version', e.version,
                      'operation', e.operation, 'from_state', e.from_state, 'to_state', e.to_state,
                      'at', e.at, 'happened_at', e.happened_at, 'post', e.post,
                      'who', event_actor(e.account_id), 'note', e.note,
                      'to_name_en', (SELECT d.name_en FROM department d WHERE d.code = e.data->>'to'),
                      'data', e.data) ORDER BY e.id), '[]')
                      FROM case_event e WHERE e.case_id = c.id)
       ) AS item
  FROM case_file c JOIN catalogue_item i ON i.id = c.item_id JOIN incident n ON n.case_id = c.id
 WHERE c.id = %(id)s
"""


def incident_detail(
    tx: Transaction, actor: Actor, incident_id: UUID, locale: str
) -> dict[str, Any]:
    """Everything about one incident with its events, photos, timers and `allowed_operations`.

    `allowed_operations`: [{operation, name, allowed, reasons, requires}] of this actor, what can be
    done now and what lies ahead with the reason why not yet. Raises NotFound outside the scope.
    """
    case = tx.one(CASE_COLUMNS, {"id": incident_id})
    item = tx.scalar(_DETAIL, {"id": incident_id})
    if case is None or item is None:
        raise NotFound()
    key = f"casework.procedure.{case['procedure_id']}"
    rules = tx.recent(key, lambda t: procedure_by_id(t, case["procedure_id"]), 600.0)
    photos = tx.one(_PHOTOS, {"id": incident_id})
    assert photos is not None
    owed = _lacking(photos) if not photos["explained"] else []  # nobody is asked for a reason twice
    item["allowed_operations"] = allowed_operations(
        case, actor, rules, locale, owed, outside=item["location"]["outside"]
    )
    item["photos_owed"] = _lacking(photos)
    return dict(item)


def allowed_operations(
    case: Row,
    actor: Actor,
    rules: ProcedureRules,
    locale: str,
    photos_owed: Collection[str] = (),
    *,
    outside: bool = False,
) -> list[dict[str, Any]]:
    """What this actor may do with the case now or later, as the server itself would decide.

    `requires` of an operation has room for a reason where photos are owed, and asks for the area
    where the case lies in none (`outside`: its place does, whoever has taken it on).
    """
    facts = facts_of(case, actor)
    found = allowed(rules.moves, case["state"], actor.posts, holds(case, actor), facts)
    left_out = set() if photos_owed else {WITHOUT_PHOTOS}
    if not outside:
        left_out.add("area")
    needed = {"area"} if outside and case["area_path"] is None else set()
    return [
        {
            "operation": each.operation,
            "name": each.words.in_locale(locale),
            "allowed": each.is_allowed,
            "reasons": [reason.in_locale(locale) for reason in each.reasons],
            "sentence": each.detail(locale),
            "requires": _requires(each.moves[-1], needed, left_out),
            "moves": [
                {
                    "to_state": m.to_state,
                    "name": m.words.in_locale(locale),
                    "when": m.when,
                    "requires": _requires(m, needed, left_out),
                }
                for m in each.moves
            ],
        }
        for each in found
    ]


def _requires(move: Move, needed: set[str], left_out: set[str]) -> dict[str, Any]:
    """What a move asks for in this case: of its fields, those `needed` are required."""
    declared = move.requires.get("properties", {})
    required = [*move.requires.get("required", ()), *sorted(needed & declared.keys())]
    asked: dict[str, Any] = {**move.requires}
    if "properties" in asked:
        asked["properties"] = {k: v for k, v in declared.items() if k not in left_out}
    return {**asked, "required": required} if required else asked


# What the filing condition asks for, what is there, and whether the last check said why it is not.
_PHOTOS = """
SELECT f.evidence, c.handled_at, c.state,
       ARRAY(SELECT DISTINCT stage FROM attachment a WHERE a.case_id = c.id) AS there,
       coalesce((SELECT e.data->'given' ? 'without_evidence' FROM case_event e
                  WHERE e.case_id = c.id AND e.operation = 'check' ORDER BY e.id DESC LIMIT 1),
                false) AS explained
  FROM case_file c JOIN incident n ON n.case_id = c.id
  LEFT JOIN filing_condition f
    ON f.id = coalesce(n.filing_condition_id,
                       (SELECT id FROM filing_condition WHERE item_id = c.item_id AND is_default))
 WHERE c.id = %(id)s
"""


def photos_owed(tx: Transaction, incident_id: UUID) -> list[str]:
    """Kinds of photos that the case lacks now, whether or not somebody said why."""
    photos = tx.one(_PHOTOS, {"id": incident_id})
    return _lacking(photos) if photos is not None else []


def _lacking(photos: Row) -> list[str]:
    """Kinds of photos that the filing condition asks for and that have not arrived yet."""
    due = set(photos["evidence"] or ())
    working = photos["state"] in ("accepted", "handling", "rework")
    if photos["handled_at"] is None and not working:
        due.discard("after")
    return sorted(due - set(photos["there"]))


def counts_by_state(
    tx: Transaction, actor: Actor, wanted: IncidentFilter | None = None
) -> dict[str, dict[str, int]]:
    """How many incidents of the actor's scope wait in each state, by time state.

    ``{"filed": {"overdue": 1, "soon": 3}, …}``; states and time states without any are left out.
    Ended ones are not counted, closed ones are: they wait for their evaluation.
    """
    clauses, params = _clauses(actor, wanted or IncidentFilter())
    rows = tx.all(
        f"SELECT c.state, {TIME_STATE} AS time_state, count(*) AS n FROM case_file c"
        f" WHERE {' AND '.join(clauses)} AND c.state <> ALL(%(ended)s) GROUP BY 1, 2",
        {**params, "ended": ["evaluated", "rejected"]},
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["state"], {})[row["time_state"]] = row["n"]
    return found


def nearby_open(
    tx: Transaction, lon: float, lat: float, matter: str | None, within_m: float, since: datetime
) -> list[Row]:
    """Open incidents of the same matter near a place (CGCS2000), nearest first, at most five.

    The default (50 m, 24 h) is the similar-case test of a city-management product in use. Only what
    the reader may see is found.
    """
    return tx.all(
        "SELECT c.id, c.number, c.state, c.severity, c.opened_at, i.name, i.name_en,"
        " ST_X(c.location) AS lon, ST_Y(c.location) AS lat,"
        " round(ST_Distance(c.location::geography, p.place::geography)) AS distance_m"
        " FROM case_file c JOIN catalogue_item i ON i.id = c.item_id,"
        " (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490) AS place) p"
        " WHERE c.location && ST_Expand(p.place, %(within)s / 70000.0)"
        " AND ST_DWithin(c.location::geography, p.place::geography, %(within)s)"
        " AND c.opened_at > %(since)s AND is_open(c.state)"
        " AND (%(matter)s::text IS NULL OR i.code = %(matter)s)"
        " ORDER BY distance_m LIMIT 5",
        {
            "lon": lon,
            "lat": lat,
            "matter": matter,
            "within": within_m,
            "since": since,
        },
    )
