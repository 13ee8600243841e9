"""Stories told in a copy of the small place, at moments that are passed in: day after day of the past."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gridcenter.casework.operations import MoveCase
from gridcenter.incidents.operations import operate, report_incident
from tests import builders
from tests.builders import ZONE
from tests.conftest import Copy

# Areas, workers and their duties as of a day before all stories; the copy's own begin with the day of the run.
_LONG_SINCE = """
WITH areas AS (UPDATE area_version SET valid = '[2026-01-01,)'),
workers AS (UPDATE grid_worker SET valid = '[2026-01-01,)')
UPDATE duty SET valid = '[2026-01-01,)'
"""
_DISMISS = """
DELETE FROM duty WHERE worker_id IN (SELECT id FROM grid_worker WHERE code = ANY(%(codes)s))
"""


def at(text: str) -> datetime:
    """The moment of a local time such as ``2026-11-03 09:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


class Place(Copy):
    """A copy in which incidents are reported and moved by the accounts of builders.py."""

    @classmethod
    def of(cls, copy: Copy, *idle: str) -> Place:
        """The copy with workers of long standing, those named (codes) without a duty."""
        with copy.owner.transaction() as tx:
            tx.execute(_LONG_SINCE)
            tx.execute(_DISMISS, {"codes": list(idle)})
        return cls(**vars(copy))

    def report(self, who: str, microgrid: str, when: datetime, matter: str = "06001") -> UUID:
        """The id of an incident that `who` reports from the middle of a micro-grid."""
        channel = "grid_worker" if who[0].isdigit() else "desk"
        command = builders.report(microgrid, matter=matter, reported_at=when, channel=channel)
        with self.acting(who, read_only=False) as tx:
            report_incident(tx, self.actor(who), command, when, ZONE)
        return command.id

    def do(self, who: str, case: UUID, operation: str, when: datetime, **given: Any) -> None:
        """Let `who` do one operation on a case at a moment."""
        with self.owner.transaction(read_only=True) as tx:
            version = tx.scalar("SELECT version FROM case_file WHERE id = %(id)s", {"id": case})
        with self.acting(who, read_only=False) as tx:
            operate(tx, self.actor(who), MoveCase(case, operation, version, given), when)
