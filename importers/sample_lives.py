"""How a case of the sample goes: who does what after how long, until now or until it is to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from gridcenter.casework.procedures import Limit
from gridcenter.deadlines.rules import Calendar
from importers import sample_words as words
from importers.sample_candidates import Cast, candidates
from importers.sample_case import CaseRecord, Choice, MoveTable, Receiver, Setting
from importers.sample_pace import (
    ACCEPT,
    CHECK_SHARE,
    CLOSE,
    DISPATCH,
    FEEDBACK,
    HANDLE_SHARE,
    INTAKE,
    SET_OUT,
    Pace,
)
from importers.sample_people import Person

EVALUATED = 0.6
SATISFACTION = {
    "satisfied": 68,
    "basically_satisfied": 20,
    "dissatisfied": 5,
    "unreachable": 7,
}


@dataclass(frozen=True)
class Subject:
    """What a case is about: matter and condition, as read from the catalogue."""

    item_id: int
    code: str
    name: str
    confidentiality: int
    department_id: int | None
    condition_id: int
    condition_code: str
    is_default: bool
    limit_amount: Decimal
    limit_unit: str
    severity: str
    evidence: tuple[str, ...]
    first_severity: str


@dataclass(frozen=True)
class Plan:
    """What is to happen to a case beside the straight way. `stop`: the state in which it rests;
    `quick`: short steps without regard to the hour, for cases that must lie just before now."""

    reject: str | None = None
    to_intake: bool = False
    returns: int = 0
    reworks: int = 0
    on_site: bool = True
    stop: str | None = None
    quick: bool = False


class Life:
    """One case being lived; `record` holds what came of it."""

    def __init__(
        self,
        table: MoveTable,
        calendar: Calendar,
        cast: Cast,
        subject: Subject,
        setting: Setting,
        plan: Plan,
        rng: Random,
    ) -> None:
        self.record = CaseRecord(table, calendar, subject.first_severity)
        self._cast, self._rng, self._pace = cast, rng, Pace(rng, calendar.zone, plan.quick)
        self._subject, self._setting, self._plan = subject, setting, plan
        self._returns_left, self._reworks_left = plan.returns, plan.reworks
        self._back_to_intake = plan.to_intake
        self._at = setting.opened_at
        self._holder: Person | None = None
        self._desk = cast.duty if subject.confidentiality > 1 else cast.intake
        self._steps: Mapping[str, Callable[[], tuple[datetime, _Step] | None]] = {
            "reported": self._reported,
            "filed": self._filed,
            "returned": self._dispatch,
            "dispatched": self._dispatched,
            "accepted": self._accepted,
            "handling": self._finish,
            "rework": self._finish,
            "handled": self._handled,
            "feedback": self._feedback,
            "checking": self._checking,
            "closed": self._closed,
        }

    def live(self, until: datetime) -> CaseRecord:
        """The record up to `until`."""
        record, setting = self.record, self._setting
        record.report(setting.opened_at, setting.happened_at, setting.reporter)
        while record.state != self._plan.stop or self._returns_left or self._reworks_left:
            planned = self._steps.get(record.state, lambda: None)()
            if planned is None or planned[0] > until:
                break
            self._at, step = planned
            self._do(step)
        return record

    def _do(self, step: _Step) -> None:
        if step.operation == "file":
            self.record.severity = self._subject.severity
        self.record.move(
            step.operation,
            step.to_state,
            self._at,
            step.person,
            step.given,
            limits=step.limits,
            receiver=step.receiver,
            event_data=step.event_data,
            happened_at=self._at - timedelta(seconds=step.late_s),
        )
        if step.choice is not None:
            self.record.choices.append(step.choice)
        if step.operation == "return":
            self._returns_left -= step.to_state == "returned"
            self._back_to_intake = False
            self._holder = None
        if step.operation == "accept":
            self._holder = step.person
        if step.to_state == "rework":
            self._reworks_left -= 1

    def _due(self, stage: str) -> datetime | None:
        running = [t for t in self.record.timers if t.stage == stage and t.stopped_at is None]
        return running[0].due_at if running else None

    # --- steps ---------------------------------------------------------------------------------

    def _reported(self) -> tuple[datetime, _Step] | None:
        at = self._pace.after(self._at, INTAKE)
        if self._plan.reject is not None:
            return at, _Step("reject", "rejected", self._desk, {"reason": self._plan.reject})
        limits = {"handle": Limit(self._subject.limit_amount, self._subject.limit_unit)}
        data = {"filing_condition": self._subject.condition_code}
        given = {} if self._subject.is_default else dict(data)
        return at, _Step("file", "filed", self._desk, given, limits=limits, event_data=data)

    def _filed(self) -> tuple[datetime, _Step] | None:
        if self._back_to_intake:
            reason = {"reason": words.to_intake(self._rng)}
            return self._pace.after(self._at, DISPATCH), _Step(
                "return", "reported", self._cast.dispatcher, reason
            )
        return self._dispatch()

    def _dispatch(self) -> tuple[datetime, _Step] | None:
        at = self._pace.after(self._at, DISPATCH)
        person = self._cast.duty if self.record.returns >= 2 else self._cast.dispatcher
        receiver = self._receiver()
        proposed, shown = candidates(self._cast, self._setting, self._rng)
        choice = Choice(at, proposed, receiver.to, shown, person)
        data = {"to": receiver.to, "to_name": receiver.name}
        return at, _Step(
            "dispatch",
            "dispatched",
            person,
            {"to": receiver.to},
            receiver=receiver,
            event_data=data,
            choice=choice,
        )

    def _receiver(self) -> Receiver:
        if self._returns_left:
            return self._cast.another_department(self._subject.department_id, self._rng)
        worker = self._cast.responsible(self._setting.path)
        if worker is not None and (self._subject.department_id is None or self._plan.on_site):
            return self._cast.worker_receiver(worker)
        return self._cast.department(self._subject.department_id)

    def _dispatched(self) -> tuple[datetime, _Step] | None:
        holder = self._who_answers()
        if self._returns_left and self._rng.random() < 0.5:
            return self._pace.after(self._at, ACCEPT), self._return(holder)
        return self._pace.after(self._at, ACCEPT), _Step(
            "accept", "accepted", holder, {}, late_s=self._rng.uniform(0, 20)
        )

    def _who_answers(self) -> Person:
        if self.record.holder_account_id is not None:
            return self._cast.by_account[self.record.holder_account_id]
        return self._cast.handlers[self.record.department_id or 0]

    def _return(self, holder: Person) -> _Step:
        return _Step("return", "returned", holder, {"reason": words.returned(self._rng)})

    def _accepted(self) -> tuple[datetime, _Step] | None:
        holder = self._holder or self._who_answers()
        if self._returns_left:
            return self._pace.after(self._at, ACCEPT), self._return(holder)
        stop = self._plan.stop
        if stop == "handling" or (stop != "accepted" and self._rng.random() < 0.6):
            begun = self._pace.after(self._at, SET_OUT)
            due = self._due("handle")
            if due is None or begun < due:
                given = {"note": words.started(self._rng), "done": False}
                return self._pace.by_day(begun, due), _Step("handle", "handling", holder, given)
        return self._finish()

    def _finish(self) -> tuple[datetime, _Step] | None:
        holder = self._holder or self._who_answers()
        given = {"note": words.handled(self._rng), "done": True}
        late_s = self._rng.choice((0.0, 0.0, self._rng.uniform(20, 1800)))
        at = self._pace.within(self._at, self._due("handle"), HANDLE_SHARE)
        late_s = min(late_s, (at - self._at).total_seconds() / 2)
        return at, _Step("handle", "handled", holder, given, late_s=late_s)

    def _handled(self) -> tuple[datetime, _Step] | None:
        holder = self._holder or self._who_answers()
        given = {"note": words.fed_back(self._rng)}
        return self._pace.after(self._at, FEEDBACK), _Step("feedback", "feedback", holder, given)

    def _feedback(self) -> tuple[datetime, _Step] | None:
        at = self._pace.within(self._at, self._due("check"), CHECK_SHARE)
        if self._reworks_left:
            checker = self._checker()
            given = {"passed": False, "note": words.failed(self._rng)}
            limits = {"handle": Limit(self._subject.limit_amount, self._subject.limit_unit)}
            return at, _Step("check", "rework", checker, given, limits=limits)
        if not self._subject.evidence:
            return at, _Step("check", "checking", self._checker(), {"passed": True})
        # The sample has no photos: the desk passes such a case and says why.
        given = {"passed": True, "without_evidence": words.WITHOUT_PHOTOS}
        return at, _Step("check", "checking", self._desk, given, event_data=self._photos_owed())

    def _photos_owed(self) -> dict[str, Any]:
        """What the server adds to the event: the kinds of photos that are lacking, all of them."""
        owed = sorted(self._subject.evidence)
        return {"photos_owed": owed} if owed else {}

    def _checker(self) -> Person:
        """Somebody else than who handled: the grid's worker on site, else the centre."""
        worker = self._cast.own_worker(self._setting.path)
        if worker is not None and worker.account_id != self.record.handler_account_id:
            return worker
        return self._rng.choice((self._desk, self._cast.dispatcher, self._cast.duty))

    def _checking(self) -> tuple[datetime, _Step] | None:
        step = _Step("close", "closed", self._desk, {}, event_data=self._photos_owed())
        return self._pace.after(self._at, CLOSE), step

    def _closed(self) -> tuple[datetime, _Step] | None:
        if self._plan.quick or self._rng.random() >= EVALUATED:
            return None
        at = self._pace.by_day(self._at + timedelta(hours=self._rng.uniform(2, 72)), None)
        grades, weights = list(SATISFACTION), list(SATISFACTION.values())
        given = {"satisfaction": self._rng.choices(grades, weights)[0]}
        person = self._cast.official if self._rng.random() < 0.1 else self._desk
        return at, _Step("evaluate", "evaluated", person, given)


@dataclass(frozen=True)
class _Step:
    operation: str
    to_state: str
    person: Person
    given: dict[str, Any]
    limits: dict[str, Limit] | None = None
    receiver: Receiver | None = None
    event_data: dict[str, Any] | None = None
    choice: Choice | None = None
    late_s: float = 0.0
