"""What changes a case: `apply_move`, and the statement parts that every kind of case opens with.

An open case is one statement with data-modifying CTEs, because it was measured to be the difference
between a quarter and a tenth of what the database can take; kinds of cases (incidents now) put their
own extension row into the same statement. See `incidents/operations.py` for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gridcenter.actor import Actor
from gridcenter.casework.last_change import MARKS, wrong_version
from gridcenter.casework.procedures import (
    Limit,
    ProcedureRules,
    StartedClock,
    procedure_by_id,
    start_clocks,
)
from gridcenter.database import Row, Transaction
from gridcenter.deadlines.rules import Calendar
from gridcenter.errors import Conflict, NotFound, NotYours, Words
from gridcenter.moves import Facts, Move, choose, permit

# The field in which intake or the duty officer says why there are no photos (docs/decisions/0018).
WITHOUT_PHOTOS = "without_evidence"

# Needs a CTE `given` with the columns named in the first SELECT, one row, and the parameters account,
# posting, post, now, happened_at, note, event_data, stage, limit_amount, limit_unit, due_at.
OPEN_CASE = """
opened AS (
  INSERT INTO case_file (id, number, kind, item_id, procedure_id, state, severity, confidentiality,
                         area_path, intake_path, reporter_account_id, channel, description, address,
                         place, stage, due_at, limit_unit, stage_started_at, opened_at, location,
                         content_hash, synthetic)
  SELECT id, next_case_number(local_day), kind, item_id, procedure_id, 'reported', severity,
         confidentiality, area_path, intake_path, %(account)s, channel, description, address,
         place, %(stage)s, %(due_at)s, %(limit_unit)s, %(now)s, %(now)s, location, content_hash,
         false
    FROM given
  ON CONFLICT (id) DO NOTHING
  RETURNING id, number, kind, item_id, state, severity, area_path, intake_path, reporter_account_id,
            confidentiality, place, version
), first_event AS (
  INSERT INTO case_event (case_id, version, operation, to_state, at, happened_at, account_id,
                          posting_id, post, note, data)
  SELECT id, 1, 'report', state, %(now)s, %(happened_at)s, %(account)s, %(posting)s, %(post)s,
         %(note)s, %(event_data)s
    FROM opened
), first_timer AS (
  INSERT INTO case_timer (case_id, stage, limit_amount, limit_unit, started_at, due_at,
                          original_due_at)
  SELECT id, %(stage)s, %(limit_amount)s, %(limit_unit)s, %(now)s, %(due_at)s, %(due_at)s
    FROM opened
), told AS (
  INSERT INTO journal (topic, subject_id, area_path, intake_path, reporter_account_id,
                       confidentiality, data)
  SELECT 'case', o.id, o.area_path, o.intake_path, o.reporter_account_id, o.confidentiality,
         jsonb_build_object('operation', 'report', 'state', o.state, 'severity', o.severity,
                            'number', o.number, 'place', o.place, 'version', 1,
                            'matter', i.name, 'matter_en', i.name_en)
    FROM opened o JOIN catalogue_item i ON i.id = o.item_id
)
"""

CASE_COLUMNS = """
SELECT id, number, kind, procedure_id, item_id, state, severity, confidentiality, version,
       area_path::text AS area_path, department_id, reporter_account_id, holder_account_id,
       handler_account_id, returns, reworks, close_due_at
  FROM case_file WHERE id = %(id)s
"""


# Whoever may work on a case may also write the row that takes it out of the own sight (a return):
# row rights check the new row too, so the case being moved stays visible until it is written.
_MOVING = "SELECT set_config('gridcenter.moving', %(id)s, true)"


@dataclass(frozen=True)
class MoveCase:
    """An operation on a case as it arrives: which version the actor saw, and what was given."""

    case_id: UUID
    operation: str
    version: int
    given: dict[str, Any] = field(default_factory=dict)
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Changes:
    """What a kind of case adds to a move: limits of its stages and columns of the case file.

    `area_path`: the area that takes on a case which lies in none.
    """

    limits: dict[str, Limit] = field(default_factory=dict)
    holder_account_id: UUID | None = None
    holder_worker_id: UUID | None = None
    department_id: int | None = None
    severity: str | None = None
    area_path: str | None = None
    event_data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What this very operation left when it was done before: its version and the state it led to."""

    version: int
    state: str


def lock_case(tx: Transaction, actor: Actor, command: MoveCase, now: datetime) -> Row | Done:
    """The case row, locked for this transaction; Done when this very operation was done before.

    A repeat is known although the operation took the case out of the actor's sight or hands (a return
    whose answer got lost). Raises NotFound outside the actor's scope, NotYours for a case that may be
    read but not worked on, Conflict when `command.version` is not the case's: it says who made a
    newer one, and when.
    """
    row = tx.one(CASE_COLUMNS + " FOR UPDATE", {"id": command.case_id})
    if row is not None and row["version"] == command.version:
        tx.one(_MOVING, {"id": str(command.case_id)})
        return row
    done = _done_before(tx, command)
    if done is not None:
        return done
    if row is None:
        raise _out_of_reach(tx, command)
    here = now.astimezone(tx.zone)
    why = wrong_version(tx, actor, row, rules_of(tx, row), command.version, here)
    raise Conflict({"version": row["version"], "state": row["state"]}, why)


def _out_of_reach(tx: Transaction, command: MoveCase) -> NotFound | NotYours:
    seen = tx.one(CASE_COLUMNS, {"id": command.case_id})
    if seen is None:
        return NotFound()
    return NotYours(
        _words_of(tx, seen["procedure_id"], command.operation),
        [Words("由承办人和指挥中心办理", "done by the holder and the command centre")],
    )


def _words_of(tx: Transaction, procedure_id: int, operation: str) -> Words:
    """The name of an operation in its procedure; the operation itself where none has it."""
    moves = procedure_by_id(tx, procedure_id).moves
    named = (move.words for move in moves if move.operation == operation)
    return next(named, Words(operation, operation))


def _done_before(tx: Transaction, command: MoveCase) -> Done | None:
    # Marks (overdue, photo, …) carry the version they found; of a person's moves there is one.
    event = tx.one(
        "SELECT operation, to_state, given FROM own_event(%(id)s, %(version)s, %(marks)s)",
        {"id": command.case_id, "version": command.version + 1, "marks": list(MARKS)},
    )
    if event is None or (event["operation"], event["given"]) != (command.operation, command.given):
        return None
    return Done(command.version + 1, event["to_state"])


def facts_of(case: Row, actor: Actor) -> Facts:
    """What guards may look at, for this case and this actor."""
    return Facts(
        returns_count=case["returns"],
        handler_account_id=case["handler_account_id"],
        actor_account_id=actor.account_id,
        actor_posts=actor.posts,
    )


def holds(case: Row, actor: Actor) -> bool:
    """Whether the actor holds the case: in person, or by department while nobody has accepted."""
    if case["holder_account_id"] is not None:
        return bool(case["holder_account_id"] == actor.account_id)
    mine = {p.department_id for p in actor.postings if p.post == "handler"}
    return case["department_id"] is not None and case["department_id"] in mine


def choose_move(case: Row, actor: Actor, command: MoveCase, rules: ProcedureRules) -> Move:
    """The move that the command means. Raises InvalidInput, MoveNotAllowed or NotYours with why."""
    mover = choose(rules.moves, case["state"], command.operation, command.given)
    # `choose` goes by the state and by what was given; whether this person may is decided after it.
    permit(mover, actor.posts, holds(case, actor), facts_of(case, actor))
    return mover


def rules_of(tx: Transaction, case: Row) -> ProcedureRules:
    """The frozen procedure version that the case runs by."""
    key = f"casework.procedure.{case['procedure_id']}"
    return tx.recent(key, lambda t: procedure_by_id(t, case["procedure_id"]), 600.0)


def apply_move(
    tx: Transaction,
    actor: Actor,
    case: Row,
    command: MoveCase,
    move: Move,
    changes: Changes,
    now: datetime,
    calendar: Calendar,
) -> int:
    """The case's new version after writing state, clocks, event and journal in this transaction."""
    rules = rules_of(tx, case)
    stopped = list(move.clock.get("stop", ()))
    if stopped:
        tx.execute(
            "UPDATE case_timer SET stopped_at = %(now)s WHERE case_id = %(id)s"
            " AND stage = ANY(%(stages)s) AND stopped_at IS NULL",
            {"now": now, "id": case["id"], "stages": stopped},
        )
    started = start_clocks(rules, list(move.clock.get("start", ())), changes.limits, now, calendar)
    _insert_timers(tx, case, started, now)
    return _write_move(tx, actor, case, command, move, changes, started, now)


def _insert_timers(tx: Transaction, case: Row, started: list[StartedClock], now: datetime) -> None:
    if not started:
        return
    tx.many(
        "INSERT INTO case_timer (case_id, stage, limit_amount, limit_unit, started_at, due_at,"
        " original_due_at) VALUES (%(id)s, %(stage)s, %(amount)s, %(unit)s, %(now)s, %(due)s,"
        " %(due)s)",
        [
            {
                "id": case["id"],
                "stage": clock.stage,
                "amount": clock.limit.amount,
                "unit": clock.limit.unit,
                "now": now,
                "due": clock.due_at,
            }
            for clock in started
        ],
    )


# The stage shown is the running one that ends first; the clock of the whole counts only when it is
# alone. Columns that a move does not speak of stay as they are.
_MOVE = """
WITH running AS (
  SELECT stage, due_at, started_at, limit_unit FROM case_timer
   WHERE case_id = %(id)s AND stopped_at IS NULL
   ORDER BY stage = 'close', due_at NULLS LAST LIMIT 1
), moved AS (
  UPDATE case_file c
     SET state = %(to_state)s, version = c.version + 1, changed_at = %(now)s,
         stage = (SELECT stage FROM running),
         due_at = (SELECT due_at FROM running),
         limit_unit = (SELECT limit_unit FROM running),
         stage_started_at = (SELECT started_at FROM running),
         close_due_at = CASE WHEN %(close_starts)s THEN %(close_due_at)s
                             WHEN %(to_state)s = 'reported' THEN NULL ELSE c.close_due_at END,
         severity = coalesce(%(severity)s, c.severity),
         holder_account_id = CASE WHEN %(release)s THEN NULL
                                  ELSE coalesce(%(holder)s, c.holder_account_id) END,
         holder_worker_id = CASE WHEN %(release)s THEN NULL
                                 ELSE coalesce(%(worker)s, c.holder_worker_id) END,
         area_path = coalesce(%(area)s::ltree, c.area_path),
         place = CASE WHEN %(area)s::ltree IS NULL THEN c.place ELSE place_name(%(area)s::ltree) END,
         department_id = CASE WHEN %(release)s THEN NULL
                              ELSE coalesce(%(department)s, c.department_id) END,
         handler_account_id = CASE WHEN %(handled)s THEN %(account)s
                                   ELSE c.handler_account_id END,
         returns = c.returns + %(returned)s::int, reworks = c.reworks + %(reworked)s::int,
         filed_at = CASE WHEN %(operation)s = 'file' THEN %(now)s
                         WHEN %(to_state)s = 'reported' THEN NULL ELSE c.filed_at END,
         handled_at = CASE WHEN %(handled)s THEN %(now)s
                           WHEN %(reworked)s THEN NULL ELSE c.handled_at END,
         closed_at = CASE WHEN %(to_state)s IN ('closed', 'rejected') THEN %(now)s
                          ELSE c.closed_at END
   WHERE c.id = %(id)s
  RETURNING c.*
), event AS (
  INSERT INTO case_event (case_id, version, operation, from_state, to_state, at, happened_at,
                          account_id, posting_id, post, note, data)
  SELECT id, version, %(operation)s, %(from_state)s, state, %(now)s, %(happened_at)s, %(account)s,
         %(posting)s, %(post)s, %(note)s, %(data)s
    FROM moved
), told AS (
  INSERT INTO journal (topic, subject_id, area_path, intake_path, department_id,
                       reporter_account_id, holder_account_id, confidentiality, data)
  SELECT 'case', m.id, m.area_path, m.intake_path, coalesce(m.department_id, %(old_department)s),
         m.reporter_account_id, coalesce(m.holder_account_id, %(old_holder)s), m.confidentiality,
         jsonb_build_object('operation', %(operation)s::text, 'state', m.state,
                            'severity', m.severity, 'number', m.number, 'place', m.place,
                            'version', m.version, 'matter', i.name, 'matter_en', i.name_en)
    FROM moved m JOIN catalogue_item i ON i.id = m.item_id
)
SELECT version FROM moved
"""


def _write_move(
    tx: Transaction,
    actor: Actor,
    case: Row,
    command: MoveCase,
    move: Move,
    changes: Changes,
    started: list[StartedClock],
    now: datetime,
) -> int:
    posting = actor.posting_for(move.posts)
    close = next((clock for clock in started if clock.stage == "close"), None)
    missing = sorted({clock.missing_year for clock in started if clock.missing_year})
    data = {"given": command.given, **changes.event_data}
    if missing:
        data["calendar_missing"] = missing
    version = tx.scalar(
        _MOVE,
        {
            "id": case["id"],
            "operation": command.operation,
            "from_state": case["state"],
            "to_state": move.to_state,
            "now": now,
            "happened_at": command.happened_at or now,
            "account": actor.account_id,
            "posting": posting.id if posting else None,
            "post": posting.post if posting else None,
            "note": command.given.get("note") or command.given.get("reason"),
            "data": Jsonb(data),
            "close_starts": close is not None,
            "close_due_at": close.due_at if close else None,
            "severity": changes.severity,
            "area": changes.area_path,
            "holder": changes.holder_account_id,
            "worker": changes.holder_worker_id,
            "department": changes.department_id,
            "old_holder": case["holder_account_id"],
            "old_department": case["department_id"],
            "release": "release_holder" in move.effects or move.to_state == "reported",
            "handled": "note_handler" in move.effects,
            "returned": "count_return" in move.effects,
            "reworked": "count_rework" in move.effects,
        },
    )
    tx.one(_MOVING, {"id": ""})
    return int(version)


# What fell due since the last minute, in one statement: the timer is marked, the case gets an event
# and the feed a row. The version stays: a mark by the house must not refuse what a person is doing.
def told_by_clock(operation: str) -> str:
    """SQL of a CTE: the feed row of each case in the CTE `cases`, which time changed and no person."""
    return f"""told AS (
  INSERT INTO journal (topic, subject_id, area_path, intake_path, department_id,
                       reporter_account_id, holder_account_id, confidentiality, data)
  SELECT 'case', c.id, c.area_path, c.intake_path, c.department_id, c.reporter_account_id,
         c.holder_account_id, c.confidentiality,
         jsonb_build_object('operation', '{operation}', 'state', c.state, 'severity', c.severity,
                            'number', c.number, 'place', c.place, 'version', c.version,
                            'matter', i.name, 'matter_en', i.name_en)
    FROM cases c JOIN catalogue_item i ON i.id = c.item_id
)"""


# Locks go case first, timers after, as everywhere; a case that somebody is moving just now is left to the
# next minute, so a sweep waits for nobody.
SWEEP = f"""
WITH due AS MATERIALIZED (
  SELECT c.id FROM case_file c
   WHERE c.id IN (SELECT t.case_id FROM case_timer t
                   WHERE t.stopped_at IS NULL AND t.overdue_at IS NULL AND t.due_at <= now())
     FOR NO KEY UPDATE SKIP LOCKED
), fell AS (
  UPDATE case_timer t SET overdue_at = now()
    FROM due
   WHERE t.case_id = due.id
     AND t.stopped_at IS NULL AND t.overdue_at IS NULL AND t.due_at <= now()
  RETURNING t.case_id, t.stage, t.due_at
), cases AS (
  UPDATE case_file c SET changed_at = now()
    FROM (SELECT case_id, jsonb_agg(jsonb_build_object('stage', stage, 'due_at', due_at)) AS stages
            FROM fell GROUP BY case_id) f
   WHERE c.id = f.case_id
  RETURNING c.*, f.stages
), events AS (
  INSERT INTO case_event (case_id, version, operation, from_state, to_state, happened_at, data)
  SELECT id, version, 'overdue', state, state, now(), jsonb_build_object('stages', stages) FROM cases
), {told_by_clock("overdue")}
SELECT count(*) AS cases FROM cases
"""


def sweep_overdue(tx: Transaction) -> int:
    """How many cases have a stage that fell due since the last sweep; each is marked once."""
    return int(tx.scalar(SWEEP))
