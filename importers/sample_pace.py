"""How long the sample's people take: delays drawn so that most things are done in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

# Medians in minutes and spreads (sigma of the logarithm) of the short steps.
INTAKE = (6.0, 0.75)
DISPATCH = (7.0, 0.7)
ACCEPT = (8.0, 0.7)
SET_OUT = (35.0, 0.6)
FEEDBACK = (18.0, 0.85)
CLOSE = (25.0, 0.8)
# Shares of the time that a limit leaves: handling and checking.
HANDLE_SHARE = (0.47, 0.58)
CHECK_SHARE = (0.3, 0.6)


@dataclass(frozen=True)
class Pace:
    """Draws moments. `quick`: minutes without regard to the hour, for cases placed before now."""

    rng: Random
    zone: ZoneInfo
    quick: bool

    def after(self, at: datetime, median_and_spread: tuple[float, float]) -> datetime:
        """A moment after `at`, log-normal."""
        median, spread = median_and_spread
        if self.quick:
            return at + timedelta(minutes=self.rng.uniform(3, 12))
        minutes = median * math.exp(self.rng.gauss(0, spread))
        return at + timedelta(minutes=max(0.5, minutes))

    def within(self, at: datetime, due: datetime | None, share: tuple[float, float]) -> datetime:
        """A moment at a share of the time from `at` to `due`; by day, where the limit allows."""
        if self.quick:
            return at + timedelta(minutes=self.rng.uniform(8, 25))
        least = at + timedelta(minutes=self.rng.uniform(4, 15))
        drawn = share[0] * math.exp(self.rng.gauss(0, share[1]))
        if due is None or due <= least:
            return self.by_day(least + timedelta(hours=4 * drawn), None)
        return self.by_day(max(least, at + (due - at) * drawn), due)

    def by_day(self, at: datetime, due: datetime | None) -> datetime:
        """`at`, or the next morning when it lies at night and `due` is not missed by waiting."""
        local = at.astimezone(self.zone)
        if 7 <= local.hour < 21:
            return at
        morning = local.replace(hour=7, minute=30, second=0) + timedelta(
            minutes=self.rng.uniform(0, 25), days=1 if local.hour >= 21 else 0
        )
        return at if due is not None and at <= due < morning else max(at, morning)
