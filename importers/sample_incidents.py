"""Six weeks of incidents up to now, made by the procedure and the clocks of real ones.

Most cases simply live until now, so some are open. States that last only minutes would hardly be
met that way: a few cases are placed right before now in each of them, in time and overdue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from gridcenter.casework.procedures import ProcedureRules, current_procedures
from gridcenter.database import Row, Transaction
from gridcenter.deadlines.queries import calendar
from gridcenter.deadlines.rules import Calendar
from importers import sample_words as words
from importers.sample_candidates import Cast
from importers.sample_case import CaseRecord, MoveTable, Setting
from importers.sample_lives import Life, Plan, Subject
from importers.sample_people import Person, chooser
from importers.sample_places import Place, choose_places

DAYS = 42
AT_FACTOR_ONE = 1600
PROCEDURE = "incident"

# State in which placed cases rest, and how old their last step may be in minutes while in time.
RESTING = {
    "reported": (3, 14),
    "filed": (3, 14),
    "returned": (3, 14),
    "dispatched": (3, 14),
    "accepted": (5, 40),
    "handling": (10, 60),
    "rework": (5, 40),
    "handled": (10, 60),
    "feedback": (5, 40),
    "checking": (5, 30),
}
IN_TIME_EACH, OVERDUE_EACH = 2, 1
# Minutes since the last step that are tried, shortest first, until the stage is overdue.
OVERDUE_AGES = (55, 95, 150, 240, 420, 900, 1500, 2900, 4400, 7300, 11600, 17500, 29000, 43500)
# An overdue case of a stage should be some minutes to hours late, so its limit must not be weeks.
QUICK_LIMIT = Decimal(8)


@dataclass(frozen=True)
class Told:
    """One finished case with all that its rows need."""

    id: UUID
    subject: Subject
    place: Place
    setting: Setting
    channel: str
    description: str
    address: str
    datum: str
    record: CaseRecord
    rules: ProcedureRules

    @property
    def condition_id(self) -> int | None:
        """The filing condition of the incident: known when filed, or when it was reported with it."""
        filed = any(event.operation == "file" for event in self.record.events)
        return self.subject.condition_id if filed or not self.subject.is_default else None


class Teller:
    """Makes cases one after the other; the same seed and moment give the same cases."""

    def __init__(
        self, tx: Transaction, people: list[Person], seed: int, now: datetime, zone: ZoneInfo
    ) -> None:
        self._now, self._zone = now, zone
        self._rng = chooser(seed, "incidents")
        self._calendar: Calendar = calendar(tx)
        self._rules = current_procedures(tx)[PROCEDURE]
        self._table = MoveTable(self._rules)
        self._cast = Cast(tx, people)
        self._subjects = _subjects(tx)
        self._weights = [words.FREQUENCY.get(s[0].code, words.RARE) for s in self._subjects]

    def tell(
        self, places: list[Place], factor: float, progress: Callable[[int, int], None]
    ) -> list[Told]:
        """One case for each place, by the time of their reports."""
        resting = _resting(factor)
        told = []
        for n, place in enumerate(places):
            if n < len(resting) and place.path is not None:
                told.append(self._placed(place, *resting[n]))
            else:
                told.append(self._lived(place))
            if n % 200 == 0:
                progress(n, len(places))
        progress(len(places), len(places))
        return sorted(told, key=lambda t: (t.setting.opened_at, t.id))

    def _lived(self, place: Place) -> Told:
        rng = self._rng
        subject = self._subject()
        opened = self._moment()
        return self._told(
            place, subject, opened, self._plan(place, subject, opened), self._now, rng
        )

    def _placed(self, place: Place, state: str, overdue: bool) -> Told:
        """A case whose last step lies so long ago that it rests in `state`, in time or overdue."""
        subject = self._subject(quick=True)
        plan = Plan(
            stop=state,
            quick=True,
            returns=int(state == "returned"),
            reworks=int(state == "rework"),
            on_site=self._rng.random() < 0.5,
        )
        ages = OVERDUE_AGES if overdue else (self._rng.uniform(*RESTING[state]),)
        seed = self._rng.getrandbits(64)
        for age in ages:
            again = Random(seed)  # noqa: S311 - the same steps for each age
            last = self._now - timedelta(minutes=age)
            trial = self._told(place, subject, last, plan, self._now + timedelta(days=1), again)
            length = trial.record.events[-1].at - last
            again = Random(seed)  # noqa: S311
            told = self._told(place, subject, last - length, plan, self._now, again)
            running = told.record.running()
            if running is not None and running.due_at is not None and running.due_at < self._now:
                return told
        return told

    def _told(
        self,
        place: Place,
        subject: Subject,
        opened: datetime,
        plan: Plan,
        until: datetime,
        rng: Random,
    ) -> Told:
        channel = self._channel(place, rng)
        worker = self._cast.responsible(place.path)
        by_worker = channel == "grid_worker" and worker is not None
        reporter = worker.person if by_worker and worker else self._cast.intake
        late = timedelta(
            seconds=rng.uniform(1, 20) if rng.random() > 0.04 else rng.uniform(300, 5400)
        )
        setting = Setting(place.path, place.lon, place.lat, opened, opened - late, reporter)
        life = Life(self._table, self._calendar, self._cast, subject, setting, plan, rng)
        record = life.live(until)
        record.sweep(self._now)
        return Told(
            UUID(int=rng.getrandbits(128), version=4),
            subject,
            place,
            setting,
            channel,
            words.description(rng, subject.code, subject.name),
            _address(place, rng),
            "wgs84" if by_worker else "cgcs2000",
            record,
            self._rules,
        )

    def _channel(self, place: Place, rng: Random) -> str:
        """Where the report came from; outside, and where no grid has a worker, not from a worker."""
        names, weights = list(words.CHANNELS), list(words.CHANNELS.values())
        channel = rng.choices(names, weights)[0]
        if channel == "grid_worker" and self._cast.own_worker(place.path) is None:
            return "hotline_12345"
        return channel

    def _subject(self, *, quick: bool = False) -> Subject:
        while True:
            found = self._rng.choices(self._subjects, self._weights)[0]
            usual = len(found) == 1 or self._rng.random() < 0.75
            subject = found[0] if usual else self._rng.choice(found[1:])
            short = subject.limit_amount <= QUICK_LIMIT and subject.limit_unit.endswith("hour")
            if not quick or (short and subject.confidentiality == 0):
                return subject

    def _moment(self) -> datetime:
        """A moment of the last six weeks by the hours of work; today only as much as is over."""
        rng, today = self._rng, self._now.astimezone(self._zone)
        while True:
            day = today.date() - timedelta(days=rng.randrange(DAYS))
            hour = rng.choices(range(24), words.HOURS)[0]
            at = datetime(day.year, day.month, day.day, hour, tzinfo=self._zone) + timedelta(
                seconds=rng.uniform(0, 3600)
            )
            if at < self._now and (day.weekday() < 5 or rng.random() < words.WEEKEND):
                return at.astimezone(self._now.tzinfo)

    def _plan(self, place: Place, subject: Subject, opened: datetime) -> Plan:
        rng = self._rng
        if subject.confidentiality > 1:
            return Plan(reject=words.POLICE)
        if place.path is None:
            waits = self._now - opened < timedelta(hours=20)
            return Plan(stop="reported") if waits else Plan(reject=words.OUTSIDE)
        if rng.random() < 0.05:
            return Plan(reject=words.rejected(rng))
        on_the_spot = 0.6 if subject.code in words.ON_THE_SPOT else 0.12
        return Plan(
            to_intake=rng.random() < 0.015,
            returns=rng.choices((0, 1, 2), (93, 5.5, 1.5))[0],
            reworks=rng.choices((0, 1, 2), (94.5, 5, 0.5))[0],
            on_site=rng.random() < on_the_spot,
        )


def _resting(factor: float) -> list[tuple[str, bool]]:
    times = max(1, min(5, round(factor)))
    each = [False] * (IN_TIME_EACH * times) + [True] * (OVERDUE_EACH * times)
    return [(state, overdue) for state in RESTING for overdue in each]


def _address(place: Place, rng: Random) -> str:
    if place.name is None or place.building is None:
        return "辖区外道路旁"
    community = place.name.split(" · ")[0]
    return f"{community} {place.building}{words.side(rng)}"


_SUBJECTS = """
SELECT i.id AS item_id, i.code, i.name, i.confidentiality,
       i.default_department_id AS department_id, f.id AS condition_id, f.code AS condition_code,
       f.is_default, f.limit_amount, f.limit_unit, f.severity,
       f.evidence
  FROM catalogue_item i JOIN filing_condition f ON f.item_id = i.id
 WHERE i.kind = 'matter' AND i.procedure = %(procedure)s AND i.valid_to IS NULL
 ORDER BY i.code, NOT f.is_default, f.code
"""


def _subjects(tx: Transaction) -> list[list[Subject]]:
    """The matters of the catalogue with their filing conditions, the default one first."""
    grouped: dict[str, list[Row]] = {}
    for row in tx.all(_SUBJECTS, {"procedure": PROCEDURE}):
        grouped.setdefault(row["code"], []).append(row)
    return [
        [
            Subject(
                **{**row, "evidence": tuple(row["evidence"])},
                first_severity=rows[0]["severity"] if row["is_default"] else row["severity"],
            )
            for row in rows
        ]
        for rows in grouped.values()
    ]


def tell_incidents(
    tx: Transaction,
    people: list[Person],
    factor: float,
    seed: int,
    now: datetime,
    zone: ZoneInfo,
    progress: Callable[[int, int], None],
) -> list[Told]:
    """About 1,600 × factor cases of the six weeks before `now`, by the time of their reports."""
    count = max(1, round(AT_FACTOR_ONE * factor))
    places = choose_places(tx, count, chooser(seed, "places"))
    return Teller(tx, people, seed, now, zone).tell(places, factor, progress)
