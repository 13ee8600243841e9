"""Whatever is split, merged and moved, in whatever order: what is stored covers its parents once.

Three levels are read from degrees as from the database, redrawn step by step as by a plan, and written
back to degrees; the check that guards every writing then looks at each parent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon

from gridcenter.areas.fault_kinds import FaultKind
from gridcenter.areas.plane import Plane
from gridcenter.areas.topology import check
from gridcenter.errors import InvalidInput
from gridcenter.redraw.picture import Picture, Unit, add_corners, carry_out
from gridcenter.redraw.reading import Ground

COLUMNS, ROWS, SIDE_M = 3, 2, 400.0
WEST, SOUTH = 120.6, 31.3
METRES = np.array([95_300.0, 110_870.0])  # per degree there
# 1 cm² for each metre of border.
PER_METRE_M2 = 1e-4
push = st.floats(-90, 90).map(lambda metres: round(metres, 3))
step = st.one_of(
    st.tuples(st.just("split"), st.integers(0, 99), st.floats(0, np.pi), push),
    st.tuples(st.just("merge"), st.integers(0, 99), st.integers(0, 9)),
    st.tuples(st.just("move_border"), st.integers(0, 99), push, push),
)


@st.composite
def communities(draw: Any) -> tuple[Picture, Ground]:
    """A community of six grids with pushed corners, each with a northern and a southern micro-grid."""
    xy = np.array([[(c * SIDE_M, r * SIDE_M) for c in range(COLUMNS + 1)] for r in range(ROWS + 1)])
    for column in range(1, COLUMNS):
        xy[1, column] += (draw(push), draw(push))
    outlines: dict[str, tuple[str, str | None, list[Any]]] = {}
    rim = [*xy[0], *xy[1:, -1], *xy[-1, -2::-1], *xy[-2:0:-1, 0]]
    outlines["C"] = ("community", None, rim)
    for row in range(ROWS):
        for column in range(COLUMNS):
            key = f"Z{row}{column}"
            sw, se, ne, nw = (xy[row + y, column + x] for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)))
            west, east = (sw + nw) / 2, (se + ne) / 2
            outlines[key] = ("grid", "C", [sw, se, ne, nw])
            outlines[f"{key}S"] = ("microgrid", key, [sw, se, east, west])
            outlines[f"{key}N"] = ("microgrid", key, [west, east, ne, nw])
    degrees = {
        key: Polygon(np.array(corners) / METRES + (WEST, SOUTH))
        for key, (_, _, corners) in outlines.items()
    }
    ground = Ground(Plane.around(np.array([degrees["C"]], dtype=object)))
    units = {
        key: Unit(key, level, parent, key, ground.metres(degrees[key]), code=key, path=key)
        for key, (level, parent, _) in outlines.items()
    }
    return Picture("C", units), ground


def given_for(picture: Picture, drawn: tuple[Any, ...]) -> dict[str, Any] | None:
    """What a person would draw for a step, in metres; None where there is nothing to do it with."""
    operation, chosen, *rest = drawn
    inner = sorted(key for key in picture.units if key != picture.root)
    unit = picture.units[inner[chosen % len(inner)]]
    if operation == "split":
        angle, aside = rest
        x, y = unit.geom.centroid.coords[0]
        middle, reach = np.array([x + aside / 4, y]), np.array([np.cos(angle), np.sin(angle)]) * 3e3
        return {"area": unit.key, "line": LineString([middle - reach, middle + reach])}
    if operation == "move_border":
        return {"area": unit.key, "geometry": shapely.transform(unit.geom, lambda xy: xy + rest)}
    beside = [
        key
        for key, other in sorted(picture.children(unit.parent).items())
        if key != unit.key and other.geom.intersection(unit.geom).length > 1
    ]
    return {"areas": [unit.key, beside[rest[0] % len(beside)]]} if beside else None


def redrawn(picture: Picture, steps: list[tuple[Any, ...]]) -> int:
    """How many of the steps could be carried out; one that is refused changes nothing."""
    done = 0
    for number, drawn in enumerate(steps):
        given_ = given_for(picture, drawn)
        if given_ is None:
            continue
        units = dict(picture.units)
        try:
            carry_out(picture, number, drawn[0], given_, lambda shape: shape)  # type: ignore[arg-type,return-value]
            done += 1
            event(drawn[0])
        except InvalidInput:
            picture.units = units
    add_corners(picture)
    return done


def whole(picture: Picture, ground: Ground) -> None:
    """Every parent is covered once by what is stored, corner for corner, and no ground is lost."""
    stored = {key: ground.stored(unit.geom) for key, unit in picture.units.items()}
    assert all(shape.is_valid and not shape.is_empty for shape in stored.values())
    plane = Plane.around(np.array(list(stored.values()), dtype=object))
    metres = {key: plane.to_metres(shape) for key, shape in stored.items()}
    for parent in picture.units:
        members = {key: metres[key] for key in picture.children(parent)}
        if not members:
            continue
        faults = check(metres[parent], members, repairs=False)
        assert [fault for fault in faults if fault.kind is not FaultKind.MULTI_PART] == []
        border = sum(shape.length for shape in members.values())
        area = sum(shape.area for shape in members.values())
        assert abs(area - metres[parent].area) <= PER_METRE_M2 * border


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(communities(), st.lists(step, min_size=1, max_size=5))
def test_any_steps_in_any_order_leave_every_parent_whole(
    drawn: tuple[Picture, Ground], steps: list[tuple[Any, ...]]
) -> None:
    picture, ground = drawn
    whole(picture, ground)
    assume(redrawn(picture, steps))
    whole(picture, ground)
