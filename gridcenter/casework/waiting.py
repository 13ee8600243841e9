"""Clocks that wait for the working calendar of a year, and how far the calendar must reach.

A limit in working time that leads into a year without a calendar has no due time: a date counted by plain
weekends would be wrong. Once the calendar is there, `promise` gives such clocks what they wait for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from gridcenter.casework.operations import rules_of, told_by_clock
from gridcenter.casework.procedures import Limit, current_procedures, start_clocks
from gridcenter.database import Row, Transaction
from gridcenter.deadlines.queries import calendar
from gridcenter.deadlines.rules import Calendar, ClockUnit

_LONGEST = """
SELECT limit_unit AS unit, max(limit_amount) AS amount FROM filing_condition GROUP BY limit_unit
"""


def missing_year(tx: Transaction, now: datetime) -> int | None:
    """The first year whose calendar a limit that begins now may need and that is not there; None when
    every limit of the catalogue and the procedures can be promised."""
    known = calendar(tx)
    longest = [Limit(row["amount"], row["unit"]) for row in tx.all(_LONGEST)]
    missing = [
        clock.missing_year
        for rules in current_procedures(tx).values()
        for limit in longest or [Limit(Decimal(1), ClockUnit.WORK_DAY)]
        for clock in start_clocks(
            rules, list(rules.stages), dict.fromkeys(rules.stages, limit), now, known
        )
        if clock.missing_year is not None
    ]
    return min(missing, default=None)


def page_calendar(tx: Transaction, now: datetime) -> dict[str, Any]:
    """What pages need to say what is left of a limit in working time, and whether a year is missing.

    ``{until, days: {day: working}, periods: [[starts, ends, since, until]], missing}``: `until` is the
    last day of the known years from now on (None: not even this year), `days` those from today on
    that differ from the week, `missing` see `missing_year`. ISO texts, local. Kept for half a minute.
    """
    return tx.recent("casework.page_calendar", lambda t: _page_calendar(t, now))


def _page_calendar(tx: Transaction, now: datetime) -> dict[str, Any]:
    known = calendar(tx)
    today = now.astimezone(known.zone).date()
    year = today.year
    while year in known.years:
        year += 1
    return {
        "until": None if year == today.year else date(year - 1, 12, 31).isoformat(),
        "days": {
            day.isoformat(): working
            for day, working in sorted(known.deviations.items())
            if day >= today
        },
        "periods": [
            [f"{p.starts:%H:%M}", f"{p.ends:%H:%M}", _iso(p.since), _iso(p.until)]
            for p in known.periods
        ],
        "missing": missing_year(tx, now),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


# All clocks of these cases: one that begins at the end of another is counted from that one.
_WAITING = """
SELECT t.id, t.case_id, t.stage, t.limit_amount, t.limit_unit, t.started_at, t.due_at, c.procedure_id
  FROM case_timer t JOIN case_file c ON c.id = t.case_id
 WHERE t.case_id IN (SELECT w.case_id FROM case_timer w WHERE w.due_at IS NULL)
   AND (%(cases)s::uuid[] IS NULL OR t.case_id = ANY (%(cases)s::uuid[]))
 ORDER BY t.case_id, t.started_at, t.id
"""
_LOCK = "SELECT id FROM case_file WHERE id = ANY (%(cases)s) ORDER BY id FOR UPDATE"
# As after a move: the case shows the running clock that ends first.
_PROMISE = f"""
WITH computed AS (
  SELECT * FROM unnest(%(timers)s::bigint[], %(dues)s::timestamptz[]) AS x(id, due_at)
), timed AS (
  UPDATE case_timer t SET due_at = x.due_at, original_due_at = x.due_at
    FROM computed x WHERE t.id = x.id
  RETURNING t.id, t.case_id, t.stage, t.due_at, t.limit_unit, t.started_at, t.stopped_at
), timers AS (
  SELECT * FROM timed
   UNION ALL
  SELECT t.id, t.case_id, t.stage, t.due_at, t.limit_unit, t.started_at, t.stopped_at
    FROM case_timer t
   WHERE t.case_id = ANY (%(cases)s) AND t.id <> ALL (%(timers)s)
), running AS (
  SELECT DISTINCT ON (case_id) * FROM timers WHERE stopped_at IS NULL
   ORDER BY case_id, stage = 'close', due_at NULLS LAST
), whole AS (
  SELECT DISTINCT ON (case_id) * FROM timers WHERE stage = 'close'
   ORDER BY case_id, started_at DESC, id DESC
), cases AS (
  UPDATE case_file c
     SET stage = r.stage, due_at = r.due_at, limit_unit = r.limit_unit,
         stage_started_at = r.started_at, changed_at = now(),
         close_due_at = CASE WHEN c.filed_at IS NULL THEN NULL
                             ELSE coalesce(c.close_due_at, w.due_at) END
    FROM unnest(%(cases)s::uuid[]) AS k(id)
    LEFT JOIN running r ON r.case_id = k.id
    LEFT JOIN whole w ON w.case_id = k.id
   WHERE c.id = k.id
  RETURNING c.*
), events AS (
  INSERT INTO case_event (case_id, version, operation, from_state, to_state, happened_at, data)
  SELECT c.id, c.version, 'promise', c.state, c.state, now(),
         jsonb_build_object('stages', (SELECT jsonb_agg(jsonb_build_object('stage', t.stage,
                                                          'due_at', t.due_at) ORDER BY t.id)
                                         FROM timed t WHERE t.case_id = c.id))
    FROM cases c
), {told_by_clock("promise")}
SELECT count(*) FROM cases
"""


def promise(tx: Transaction) -> int:
    """How many cases got a due time that had waited for the calendar; running it again finds none.

    Runs as the worker, who sees every case. The version stays: nobody's work is refused by it.
    """
    known = calendar(tx)
    countable = sorted({case_id for _, case_id, _ in _counted(tx, known, None)})
    if not countable:
        return 0
    # Locked, they are counted again: somebody may have moved one meanwhile. Those that wait on are not locked:
    # the sweep asks each minute, and nobody shall wait for it.
    tx.all(_LOCK, {"cases": countable})
    computed = _counted(tx, known, countable)
    if not computed:
        return 0
    timers, cases, dues = zip(*computed, strict=True)
    given: dict[str, Any] = {
        "timers": list(timers),
        "cases": sorted(set(cases)),
        "dues": list(dues),
    }
    return int(tx.scalar(_PROMISE, given))


def _counted(
    tx: Transaction, known: Calendar, cases: list[UUID] | None
) -> list[tuple[int, UUID, datetime]]:
    """(timer, case, due) of the waiting clocks that can be counted now, of `cases` or (None) of all."""
    rows = tx.all(_WAITING, {"cases": cases})
    return [
        (timer, case_id, due_at)
        for case_id, timers in groupby(rows, key=lambda row: row["case_id"])
        for timer, due_at in _dues(tx, list(timers), known)
    ]


def waiting_cases(tx: Transaction) -> int:
    """How many open cases show no due time because the calendar is missing."""
    return int(
        tx.scalar(
            "SELECT count(DISTINCT case_id) FROM case_timer"
            " WHERE due_at IS NULL AND stopped_at IS NULL"
        )
    )


def _dues(tx: Transaction, timers: list[Row], known: Calendar) -> Iterator[tuple[int, datetime]]:
    """Those waiting clocks of one case that can be counted now: (timer, due)."""
    rules = rules_of(tx, timers[0])
    for begun, together in groupby(timers, key=lambda row: row["started_at"]):
        rows = {row["stage"]: row for row in together}
        limits = {
            stage: Limit(row["limit_amount"], row["limit_unit"]) for stage, row in rows.items()
        }
        for clock in start_clocks(rules, list(rows), limits, begun, known):
            if rows[clock.stage]["due_at"] is None and clock.due_at is not None:
                yield rows[clock.stage]["id"], clock.due_at
