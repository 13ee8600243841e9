"""Closing a day: its facts are derived from events once and stand as they were then."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput
from gridcenter.statistics.rules import FIRST_YEAR, LAST_YEAR, day_start

# One at a time: two closers of a day would otherwise both delete and both insert.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('gridcenter.close_day'))"
_FORGET = "DELETE FROM case_fact WHERE day = %(day)s"
_FORGET_SUM = "DELETE FROM day_sum WHERE day = %(day)s"
_DERIVE = """
INSERT INTO case_fact (day, fact, kind, case_id, item_id, area_path, intake_path, department_id,
                       channel, confidentiality, at, seconds, on_time)
SELECT day, fact, kind, case_id, item_id, area_path, intake_path, department_id, channel,
       confidentiality, at, seconds, on_time
  FROM derive_facts(%(from_at)s, %(upto_at)s, %(zone)s)
"""
_SUM = """
INSERT INTO day_sum (day, kind, area, area_path, department_id, confidentiality, reported, filed,
                     closed, due, due_on_time, times, unfiled, undue, late)
SELECT day, kind, area, area_path, department_id, confidentiality, reported, filed, closed, due,
       due_on_time, times, unfiled, undue, late
  FROM sum_day(%(day)s, %(zone)s)
"""
_MARK = """
INSERT INTO closed_day (day, facts) VALUES (%(day)s, %(facts)s)
ON CONFLICT (day) DO UPDATE SET closed_at = now(), facts = excluded.facts
"""
_GAPS = """
SELECT d::date AS day
  FROM generate_series((SELECT greatest((min(at) AT TIME ZONE %(zone)s)::date, %(first)s)
                          FROM case_event)::timestamp,
                       (now() AT TIME ZONE %(zone)s)::date - interval '1 day', '1 day') d
 WHERE NOT EXISTS (SELECT FROM closed_day k WHERE k.day = d::date)
 ORDER BY d
"""


def close_day(tx: Transaction, day: date, zone: ZoneInfo) -> int:
    """The number of facts of a local day, derived from its events and kept.

    May be run again: the day's facts are replaced by what the events say, which is the same unless
    events of that day came in since. Runs as owner or worker. Raises InvalidInput for a day that is
    not over.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInput.of(
            "day",
            "bad_day",
            f"日期应在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间",
            f"A day lies between {FIRST_YEAR} and {LAST_YEAR}",
        )
    tx.execute(_LOCK)
    until = day_start(day + timedelta(days=1), zone)
    if tx.scalar("SELECT %(until)s > now() AS running", {"until": until}):
        raise InvalidInput.of(
            "day",
            "day_not_over",
            f"{day} 还没结束，明天零点后再做日结",
            f"{day} is not over yet; close it after midnight",
        )
    tx.execute(_FORGET_SUM, {"day": day})
    tx.execute(_FORGET, {"day": day})
    facts = tx.execute(
        _DERIVE, {"from_at": day_start(day, zone), "upto_at": until, "zone": zone.key}
    )
    tx.execute(_SUM, {"day": day, "zone": zone.key})
    tx.execute(_MARK, {"day": day, "facts": facts})
    return facts


def close_open_days(tx: Transaction, zone: ZoneInfo) -> list[date]:
    """The local days that were over but not closed, oldest first, now closed.

    For the nightly job, a first load and imported history: a machine that was off catches up. What is
    older than FIRST_YEAR belongs to no day.
    """
    given = {"zone": zone.key, "first": date(FIRST_YEAR, 1, 1)}
    days = [row["day"] for row in tx.all(_GAPS, given)]
    for day in days:
        close_day(tx, day, zone)
    return days
