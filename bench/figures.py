"""What a benchmark found: rounds of the peer and of ours, their medians, the bound, pass or fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from gridcenter.errors import Words


@dataclass(frozen=True)
class Bound:
    """The promise: `least` or `most` of the figure, which is a ratio or, without a peer, a value."""

    least: float | None = None
    most: float | None = None

    def holds(self, figure: float) -> bool:
        """Whether `figure` keeps the promise; a figure that is no number never does."""
        if math.isnan(figure):
            return False
        return (self.least is None or figure >= self.least) and (
            self.most is None or figure <= self.most
        )

    def __str__(self) -> str:
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"


@dataclass(frozen=True)
class Figure:
    """One line of the report. `peer` is empty where the promise is a plain value.

    `peer` and `ours` hold one number for each round, in `unit`, in the order of measuring. Without a
    bound the line only informs.
    """

    name: str
    words: Words
    unit: str
    ours: Sequence[float]
    peer: Sequence[float] = ()
    bound: Bound | None = None
    remarks: dict[str, Any] = field(default_factory=dict)

    @property
    def figure(self) -> float:
        """Median of the rounds' ratios ours ÷ peer, or the median of ours when there is no peer."""
        if not self.ours:
            return math.nan
        if not self.peer:
            return median(self.ours)
        return median(mine / other for mine, other in zip(self.ours, self.peer, strict=True))

    @property
    def passed(self) -> bool:
        """Whether the promise is kept; a line without a promise passes."""
        return self.bound is None or self.bound.holds(self.figure)

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``: everything, raw rounds included."""
        return {
            "name": self.name,
            "what": self.words.en,
            "unit": self.unit,
            "peer": [round(value, 4) for value in self.peer],
            "ours": [round(value, 4) for value in self.ours],
            "peer_median": round(median(self.peer), 4) if self.peer else None,
            "ours_median": round(median(self.ours), 4) if self.ours else None,
            "figure": round(self.figure, 4),
            "bound": str(self.bound) if self.bound else None,
            "passed": self.passed,
            "remarks": self.remarks,
        }


class WrongAnswer(AssertionError):
    """Peer and ours did not give the same answer: the figure would mean nothing."""


def same(what: str, peer: object, ours: object) -> None:
    """Nothing when both are equal; raises WrongAnswer, showing where they part."""
    if peer == ours:
        return
    one, other = str(peer), str(ours)
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    near = slice(max(0, at - 40), at + 80)
    raise WrongAnswer(f"{what}: …{one[near]}… is not …{other[near]}…")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0–1) of the values lie, nearest rank; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
