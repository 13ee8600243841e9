"""Procedures as stored: states, moves and stages of a kind of case, ready for decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from gridcenter.database import Transaction
from gridcenter.deadlines.rules import Calendar, due
from gridcenter.errors import CalendarMissing
from gridcenter.moves import Move, from_records


@dataclass(frozen=True)
class Limit:
    """How long a stage may take; `after` names the stage at whose end this one begins to count."""

    amount: Decimal
    unit: str
    after: str | None = None


@dataclass(frozen=True)
class State:
    """A state with the words people see; `step` is 1 to 7 of the national loop."""

    state: str
    name: str
    name_en: str
    character: str
    step: int
    final: bool


@dataclass(frozen=True)
class ProcedureRules:
    """One frozen version of a procedure."""

    id: int
    code: str
    kind: str
    states: dict[str, State]
    moves: tuple[Move, ...]
    stages: dict[str, dict[str, Any]]

    def limit(self, stage: str, given: dict[str, Limit]) -> Limit:
        """The limit of a stage: the procedure's own, or the one given for stages that ask for it."""
        declared = self.stages[stage]
        if "from" in declared:
            return given[stage]
        return Limit(Decimal(str(declared["amount"])), declared["unit"], declared.get("after"))


@dataclass(frozen=True)
class StartedClock:
    """A stage whose clock starts; `due_at` is None when the calendar of that year is missing."""

    stage: str
    limit: Limit
    due_at: datetime | None
    missing_year: int | None = None


def start_clocks(
    rules: ProcedureRules,
    stages: list[str],
    given: dict[str, Limit],
    at: datetime,
    calendar: Calendar,
) -> list[StartedClock]:
    """The clocks of `stages` starting at `at`, in order, so that `after` finds what it follows."""
    started: dict[str, StartedClock] = {}
    for stage in stages:
        limit = rules.limit(stage, given)
        begin: datetime | None = at
        if limit.after is not None and limit.after in started:
            begin = started[limit.after].due_at
        started[stage] = _clock(stage, limit, begin, calendar)
    return list(started.values())


def _clock(stage: str, limit: Limit, begin: datetime | None, calendar: Calendar) -> StartedClock:
    if begin is None:
        return StartedClock(stage, limit, None)
    try:
        return StartedClock(stage, limit, due(begin, limit.amount, limit.unit, calendar))
    except CalendarMissing as missing:
        return StartedClock(stage, limit, None, missing.year)


_PROCEDURE = """
SELECT p.id, p.code, p.kind, p.stages,
       (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.step) FROM procedure_state s
         WHERE s.procedure_id = p.id) AS states,
       (SELECT jsonb_agg(to_jsonb(m) ORDER BY m.sort, m.id) FROM procedure_move m
         WHERE m.procedure_id = p.id) AS moves
  FROM procedure p
"""


def current_procedures(tx: Transaction) -> dict[str, ProcedureRules]:
    """The current version of every procedure, by code."""
    return {row["code"]: _rules(row) for row in tx.all(_PROCEDURE + " WHERE p.current")}


def procedure_by_id(tx: Transaction, procedure_id: int) -> ProcedureRules:
    """One procedure version; versions in use are frozen, so it may be kept for long."""
    row = tx.one(_PROCEDURE + " WHERE p.id = %(id)s", {"id": procedure_id})
    assert row is not None
    return _rules(row)


def _rules(row: dict[str, Any]) -> ProcedureRules:
    return ProcedureRules(
        id=row["id"],
        code=row["code"],
        kind=row["kind"],
        stages=row["stages"],
        states={
            s["state"]: State(
                s["state"], s["name"], s["name_en"], s["character"], s["step"], s["final"]
            )
            for s in row["states"]
        },
        moves=from_records(row["moves"]),
    )
