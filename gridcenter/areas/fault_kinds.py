"""The faults that areas can have, how bad they are, and the shape of a proposed repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shapely.geometry.base import BaseGeometry


class FaultKind(StrEnum):
    """What can be wrong with an area or between areas."""

    OVERLAP = "overlap"
    GAP = "gap"
    SLIVER = "sliver"  # a gap or an overlap narrower than `Tolerances.sliver_m`
    UNMATCHED_EDGE = "unmatched_edge"  # corners of one border that the neighbour's does not have
    OUTSIDE_PARENT = "outside_parent"
    MULTI_PART = "multi_part"
    BUILDING_CUT = "building_cut"
    EMPTY_AREA = "empty_area"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"


class Severity(StrEnum):
    """Whether a fault forbids a writing or is told only."""

    REFUSE = "refuse"
    WARN = "warn"


class Unit(StrEnum):
    """What a fault's measure counts."""

    M2 = "m2"
    M = "m"
    HOUSEHOLDS = "households"
    PERSONS = "persons"


class Method(StrEnum):
    """How a repair mends: draw borders together, give a gap away, cut off, add missing corners, give
    pieces that lie apart to their neighbours."""

    SNAP = "snap"
    FILL = "fill"
    CUT = "cut"
    NODE = "node"
    GIVE = "give"


class Unsafe(StrEnum):
    """Why there is no safe repair of an area in several parts."""

    ALONE = "alone"  # a piece has no neighbour along its border
    LARGE = "large"  # a piece is no slip of the pen beside the area that would get it
    TORN = "torn"  # the borders around do not match, so the pieces would not become one


@dataclass(frozen=True)
class Tolerances:
    """Metres below which a difference is not what it seems.

    `same_m`: corners closer than this are one corner (rounding of storage and projection).
    `edge_m`: a strip narrower than this is an unmatched edge (told, not refused): boundary points are
    surveyed to ±5 cm at best.
    `sliver_m`: a strip narrower than this is a sliver, wider ones are gaps, overlaps, pieces outside.
    `cut_m`: a building that reaches at least so far into a second area is cut by the border.
    """

    same_m: float = 0.0002
    edge_m: float = 0.05
    sliver_m: float = 0.5
    cut_m: float = 0.5


@dataclass(frozen=True)
class Sizes:
    """Least and most of a level (None: no limit); beyond is told, never refused."""

    least_households: int | None = None
    most_households: int | None = None
    most_persons: int | None = None
    least_m2: float | None = None
    most_m2: float | None = None


@dataclass(frozen=True)
class Contents:
    """What is counted in an area; None where nothing is known."""

    households: int | None = None
    persons: int | None = None
    buildings: int | None = None
    area_m2: float | None = None  # as stored; None: measured in the caller's metres


@dataclass(frozen=True)
class Repair:
    """A proposed mending: the new geometries of the areas it touches, in the caller's metres.

    Only safe ones are proposed: each new geometry is valid, in no more parts than before, and the
    fault is gone. `changed_m2` is the area that changes hands.
    """

    method: Method
    geometries: Mapping[Any, BaseGeometry]
    changed_m2: float


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, with its place in metres and its measure in `unit`.

    `areas` are the keys concerned: for an overlap both (further ones are faults of their own), for a
    gap all around it, for the others the area itself. Width is the mean width of a strip, m; `strip`
    says whether a sliver is a gap or an overlap; `limit` is the threshold of a size that is passed;
    `unsafe` says why an area in several parts has no repair.
    """

    kind: FaultKind
    areas: tuple[Any, ...]
    geom: BaseGeometry
    measure: float
    unit: Unit
    severity: Severity
    width_m: float | None = None
    repair: Repair | None = None
    building: Any = None
    strip: FaultKind | None = None
    limit: float | None = None
    unsafe: Unsafe | None = None


@dataclass(frozen=True)
class Limits:
    """Tolerances and sizes that hold for one parent and level."""

    tolerances: Tolerances = field(default_factory=Tolerances)
    sizes: Sizes = field(default_factory=Sizes)
    nested: bool = False  # dedicated grids lie inside general ones instead of being cut out
