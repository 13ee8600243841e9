"""Lists of incidents. JSON is built in PostgreSQL; one list is one statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gridcenter.actor import AREA_POSTS, INTAKE_POSTS, Actor
from gridcenter.database import Row, Transaction
from gridcenter.errors import AREA, MATTER, FieldError, InvalidInput, Words
from gridcenter.incidents.summary import SUMMARY, TIME_STATE

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
