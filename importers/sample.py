"""The sample: a small street with people, registry and six weeks of incidents, all marked as examples.

`load` is one transaction: it is there wholly or not at all. The same seed, factor and moment give
the same sample, but for passwords, which are random each time. Start reading here; the ground is in
sample_ground, the people in sample_people, the incidents in sample_incidents and sample_lives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from gridcenter import clock
from gridcenter.database import Database, Transaction
from gridcenter.errors import ImportRefused, Words
from gridcenter.reference_data import load_reference_data
from gridcenter.settings import Settings
from gridcenter.statistics.operations import close_day
from importers.sample_ground import FILE, SOURCE, load_areas, load_buildings, make_dwellings
from importers.sample_incidents import DAYS, tell_incidents
from importers.sample_people import (
    FirstLogin,
    first_day,
    give_passwords,
    make_accounts,
    make_positions,
    make_workers,
    people,
)
from importers.sample_writing import write_incidents

Progress = Callable[[str, int, int], None]
_NOT_EMPTY = Words(
    "数据库里已有别的区域，示例只装入空库",
    "there are other areas already; the sample needs an empty database",
)
_AREAS = Words("区域", "areas")
_BUILDINGS = Words("楼栋", "buildings")
_PEOPLE = Words("网格员与账号", "workers and accounts")
_DWELLINGS = Words("户室与家庭户", "dwellings and households")
_INCIDENTS = Words("事件", "incidents")
_WRITING = Words("写入事件", "writing incidents")
_PASSWORDS = Words("首次登录", "first logins")
_CLOSING = Words("日统计", "closing days")
_NO_FILE = Words(
    "缺少 samples/gusu/gusu_sample.gpkg，请重新取得完整的程序目录",
    "samples/gusu/gusu_sample.gpkg is missing; get the whole folder of the program again",
)


@dataclass(frozen=True)
class SampleLoaded:
    """What was loaded: rows by what they are, first logins, and accounts that have no password yet
    (give one with ``gridcenter accounts``). `already` when the sample was there and nothing changed.
    """

    already: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    logins: tuple[FirstLogin, ...] = ()
    without_password: tuple[str, ...] = ()


def load(
    database: Database,
    settings: Settings,
    factor: float = 1.0,
    seed: int = 20261120,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> SampleLoaded:
    """Load the sample into a database without areas; about 1,600 × `factor` incidents.

    `progress(step, done, total)` is called as it goes. Loading it again changes nothing. Raises
    ImportRefused when the database has other areas. Needs the owner's or the worker's role.
    """
    loading = _Loading(settings, seed, now or clock.now(), progress)
    with database.transaction() as tx:
        if _is_there(tx):
            return SampleLoaded(already=True)
        load_reference_data(tx)
        first = loading.ground_and_people(tx)
        loading.incidents(tx, factor)
        logins = loading.passwords(tx, first)
        for table in _GROWN:
            tx.execute(f"ANALYZE {table}")
        loading.close_days(tx)
        everybody = [person.username for person in people(tx)]
    known = {login.username for login in logins}
    silent = tuple(name for name in everybody if name not in known)
    return SampleLoaded(False, loading.counts, logins, silent)


# So that closing the days and the first pages are not planned for empty tables.
_GROWN = (
    "area",
    "area_version",
    "building",
    "dwelling",
    "household",
    "duty",
    "case_file",
    "incident",
    "case_event",
    "case_timer",
)


def _is_there(tx: Transaction) -> bool:
    """Whether this sample is in the database. Raises ImportRefused when other areas are."""
    rows = tx.all("SELECT code, source, is_example FROM area_now WHERE parent_id IS NULL")
    if not rows:
        return False
    if [row["source"] for row in rows if row["is_example"]] == [SOURCE] and len(rows) == 1:
        return True
    raise ImportRefused(_NOT_EMPTY)


class _Loading:
    """One loading: what it was asked, how far it is, what it counted."""

    def __init__(
        self, settings: Settings, seed: int, now: datetime, progress: Progress | None
    ) -> None:
        self._settings, self._seed, self._now = settings, seed, now
        self._progress = progress
        self.counts: dict[str, int] = {}

    def _tell(self, step: Words, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(step.in_locale(self._settings.language), done, total)

    def ground_and_people(self, tx: Transaction) -> list[str]:
        """The user names that get a first password, after loading all that is no incident."""
        path = self._settings.root / "samples" / "gusu" / FILE
        if not path.exists():
            raise ImportRefused(_NO_FILE)
        self._tell(_AREAS, 0, 1)
        self.counts |= load_areas(tx, path, first_day(self._now))
        self._tell(_AREAS, 1, 1)
        self._tell(_BUILDINGS, 0, 1)
        self.counts["building"] = load_buildings(tx, path)
        self._tell(_BUILDINGS, 1, 1)
        self._tell(_PEOPLE, 0, 1)
        self.counts["grid_worker"], self.counts["duty"] = make_workers(tx, self._now)
        first = make_accounts(tx, self._settings.locale, self._now)
        self._tell(_PEOPLE, 1, 1)
        self._tell(_DWELLINGS, 0, 1)
        made = make_dwellings(tx, self._seed, self._now)
        self.counts["dwelling"], self.counts["household"] = made
        self._tell(_DWELLINGS, 1, 1)
        return first

    def incidents(self, tx: Transaction, factor: float) -> None:
        """Tell six weeks of incidents and write them."""
        zone = self._settings.timezone
        told = tell_incidents(
            tx, people(tx), factor, self._seed, self._now, zone, partial(self._tell, _INCIDENTS)
        )
        self._tell(_WRITING, 0, 1)
        self.counts |= write_incidents(tx, told, zone)
        self.counts["worker_position"] = make_positions(tx, self._now)
        self._tell(_WRITING, 1, 1)

    def passwords(self, tx: Transaction, usernames: list[str]) -> tuple[FirstLogin, ...]:
        """First logins with random passwords."""
        self._tell(_PASSWORDS, 0, 1)
        logins = tuple(give_passwords(tx, usernames))
        self._tell(_PASSWORDS, 1, 1)
        return logins

    def close_days(self, tx: Transaction) -> None:
        """Derive the facts of every day of the six weeks that is over."""
        zone = self._settings.timezone
        # A moment given for tests may lie ahead of the clock; such days are not over.
        today = min(self._now, clock.now()).astimezone(zone).date()
        for back in range(DAYS, 0, -1):
            close_day(tx, today - timedelta(days=back), zone)
            self._tell(_CLOSING, DAYS - back + 1, DAYS)
        self.counts["closed_day"] = DAYS
