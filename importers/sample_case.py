"""One case of the sample as the engine would have written it: moves, clocks, marks of the sweep.

`CaseRecord.move` follows casework.operations column by column (see _MOVE there); the tests replay
every record through gridcenter.moves. Nothing here touches the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gridcenter.casework.procedures import Limit, ProcedureRules, start_clocks
from gridcenter.deadlines.rules import Calendar
from gridcenter.moves import Move
from importers.sample_people import Person

ONE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Setting:
    """Where a case happens: its grid's path (None: outside), the place, when, by whom."""

    path: str | None
    lon: float
    lat: float
    opened_at: datetime
    happened_at: datetime
    reporter: Person


@dataclass
class Timer:
    """A clock of one stage, as the row of case_timer."""

    stage: str
    limit: Limit
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None = None
    overdue_at: datetime | None = None


@dataclass(frozen=True)
class Event:
    """One event, as the row of case_event."""

    version: int
    operation: str
    from_state: str | None
    to_state: str
    at: datetime
    happened_at: datetime
    person: Person | None
    note: str | None
    data: dict[str, Any]
    severity: str = ""
    holder: UUID | None = None
    department_id: int | None = None


@dataclass(frozen=True)
class Receiver:
    """Who got a case by dispatch: a worker's account, or a department."""

    to: str
    name: str
    account_id: UUID | None
    worker_id: UUID | None
    department_id: int | None


@dataclass(frozen=True)
class Choice:
    """A dispatch as it is kept beside the case."""

    at: datetime
    proposed: str | None
    chosen: str
    candidates: list[dict[str, Any]]
    person: Person


class MoveTable:
    """The moves of a procedure by operation, from and to state."""

    def __init__(self, rules: ProcedureRules) -> None:
        self.rules = rules
        self._moves = {(m.operation, m.from_state, m.to_state): m for m in rules.moves}

    def find(self, operation: str, from_state: str, to_state: str) -> Move:
        """The move; KeyError when the procedure has none."""
        return self._moves[operation, from_state, to_state]


@dataclass
class CaseRecord:
    """A case with its history so far; columns are named as in case_file."""

    table: MoveTable
    calendar: Calendar
    severity: str
    state: str = "reported"
    version: int = 1
    opened_at: datetime | None = None
    filed_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    close_due_at: datetime | None = None
    holder_account_id: UUID | None = None
    holder_worker_id: UUID | None = None
    department_id: int | None = None
    handler_account_id: UUID | None = None
    returns: int = 0
    reworks: int = 0
    events: list[Event] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)

    def report(self, at: datetime, happened_at: datetime, person: Person) -> None:
        """Open the case: first event and the clock of intake."""
        self.opened_at = at
        self._start(["intake"], {}, at)
        self._note("report", None, at, happened_at, person, None, {})

    def move(
        self,
        operation: str,
        to_state: str,
        at: datetime,
        person: Person,
        given: dict[str, Any],
        *,
        limits: dict[str, Limit] | None = None,
        receiver: Receiver | None = None,
        event_data: dict[str, Any] | None = None,
        happened_at: datetime | None = None,
    ) -> None:
        """Make one move of the procedure, as casework.operations.apply_move writes it."""
        before = self.state
        move = self.table.find(operation, before, to_state)
        for timer in self.timers:
            if timer.stage in move.clock.get("stop", ()) and timer.stopped_at is None:
                timer.stopped_at = at
        missing = self._start(list(move.clock.get("start", ())), limits or {}, at)
        self.state, self.version = to_state, self.version + 1
        self._hold(move, operation, person, receiver)
        self._stamp(move, operation, at, person)
        data = {"given": given, **(event_data or {})}
        if missing:
            data["calendar_missing"] = missing
        note = given.get("note") or given.get("reason")
        self._note(operation, before, at, happened_at or at, person, note, data)

    def _start(self, stages: list[str], limits: dict[str, Limit], at: datetime) -> list[int]:
        clocks = start_clocks(self.table.rules, stages, limits, at, self.calendar)
        self.timers += [Timer(c.stage, c.limit, at, c.due_at) for c in clocks]
        for clock in clocks:
            if clock.stage == "close":
                self.close_due_at = clock.due_at
        return sorted({clock.missing_year for clock in clocks if clock.missing_year})

    def _hold(self, move: Move, operation: str, person: Person, receiver: Receiver | None) -> None:
        if "release_holder" in move.effects or move.to_state == "reported":
            self.holder_account_id = self.holder_worker_id = self.department_id = None
        elif receiver is not None:
            self.holder_account_id = receiver.account_id or self.holder_account_id
            self.holder_worker_id = receiver.worker_id or self.holder_worker_id
            self.department_id = receiver.department_id or self.department_id
        elif operation == "accept":
            self.holder_account_id = person.account_id
        self.returns += "count_return" in move.effects
        self.reworks += "count_rework" in move.effects

    def _stamp(self, move: Move, operation: str, at: datetime, person: Person) -> None:
        if operation == "file":
            self.filed_at = at
        if move.to_state == "reported":
            self.filed_at = self.close_due_at = None
        if "note_handler" in move.effects:
            self.handler_account_id, self.handled_at = person.account_id, at
        if "count_rework" in move.effects:
            self.handled_at = None
        if move.to_state in ("closed", "rejected"):
            self.closed_at = at

    def _note(
        self,
        operation: str,
        before: str | None,
        at: datetime,
        happened_at: datetime,
        person: Person | None,
        note: str | None,
        data: dict[str, Any],
    ) -> None:
        self.events.append(
            Event(
                self.version,
                operation,
                before,
                self.state,
                at,
                happened_at,
                person,
                note,
                data,
                self.severity,
                self.holder_account_id,
                self.department_id,
            )
        )

    def running(self) -> Timer | None:
        """The clock that a list shows: the running one that ends first, the whole's only alone."""
        found = [timer for timer in self.timers if timer.stopped_at is None]
        return min(
            found,
            key=lambda t: (t.stage == "close", t.due_at is None, t.due_at or t.started_at),
            default=None,
        )

    def sweep(self, now: datetime) -> None:
        """Mark every clock that ran out while it ran, at the full minute after, as the sweep does."""
        fell: dict[datetime, list[Timer]] = {}
        for timer in self.timers:
            if timer.due_at is None:
                continue
            mark = timer.due_at.replace(second=0, microsecond=0) + ONE_MINUTE
            if mark <= now and (timer.stopped_at is None or mark < timer.stopped_at):
                timer.overdue_at = mark
                fell.setdefault(mark, []).append(timer)
        for mark in sorted(fell):
            self._mark(mark, fell[mark])
        self.events.sort(key=lambda event: (event.at, event.version, event.operation == "overdue"))

    def _mark(self, at: datetime, timers: list[Timer]) -> None:
        last = max(
            (e for e in self.events if e.at <= at and e.operation != "overdue"),
            key=lambda e: e.version,
        )
        stages = [
            {"stage": t.stage, "due_at": t.due_at.isoformat() if t.due_at else None} for t in timers
        ]
        self.events.append(
            Event(
                last.version,
                "overdue",
                last.to_state,
                last.to_state,
                at,
                at,
                None,
                None,
                {"stages": stages},
                last.severity,
                last.holder,
                last.department_id,
            )
        )
