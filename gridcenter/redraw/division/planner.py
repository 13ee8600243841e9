"""Proposals for dividing a ground of cells: several, each with its measures and its reasons.

Pure: cells in, proposals out. The same cells, wish and seed give the same proposals on every machine,
unless the time limit ended the search; then `Proposal.complete` is False and says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from gridcenter.errors import InvalidInput, Words
from gridcenter.redraw.division.exchange import most_even
from gridcenter.redraw.division.graph import CellGraph
from gridcenter.redraw.division.halving import halved
from gridcenter.redraw.division.measures import (
    AreaFigures,
    Measures,
    figures_of,
    measures_of,
    owners,
)
from gridcenter.redraw.division.reasons import (
    DivisionImpossible,
    no_number,
    possible_numbers,
    with_reasons,
)
from gridcenter.redraw.division.search import Aim, Effort, Emphasis, Search

MOST_PROPOSALS = 8

# What a proposal puts first, in the order in which they are made.
STYLES: dict[str, tuple[Words, Emphasis]] = {
    "balanced": (Words("户数最均衡", "most even"), Emphasis()),
    "compact": (Words("形状最规整", "most compact"), Emphasis(balance=25.0, compact=2.0)),
    "roads": (Words("最贴合道路和间隙", "most along roads"), Emphasis(balance=6.0, roads=1.2)),
    "today": (Words("改动最少", "nearest to today"), Emphasis(balance=6.0, today=6.0)),
}


@dataclass(frozen=True)
class Wish:
    """What is asked for: households of each area from `least` to `most`, and how hard to look."""

    least: int
    most: int
    proposals: int = 3
    seed: int = 1
    time_limit_s: float = 20.0
    draws_per_cell: int | None = None  # None: as many as the size of the ground asks for


@dataclass(frozen=True)
class Proposal:
    """One division; `areas` from west to east and north to south, locked ones last."""

    style: str
    words: Words
    seed: int
    areas: tuple[AreaFigures, ...]
    measures: Measures
    complete: bool


@dataclass(frozen=True)
class Ground:
    """The cells and what is known of them.

    `today` is the number of each cell's present area (-1: none; the whole None: there are no areas
    now). `locked` names cells (by code) that are one kept area each. `straddling` lists the cells of
    each building that lies in several, `microgrids` those of each micro-grid that may be cut.
    """

    graph: CellGraph
    today: list[int] | None = None
    locked: Mapping[str, list[int]] = field(default_factory=dict)
    straddling: tuple[tuple[int, ...], ...] = ()
    microgrids: tuple[tuple[int, ...], ...] = ()


def propose(ground: Ground, wish: Wish) -> list[Proposal]:
    """`wish.proposals` different divisions, those with fewest areas outside of the limits first.

    Raises InvalidInput for limits that are none, DivisionImpossible when no number of areas can hold
    the households within the limits.
    """
    _check(wish)
    pieces = _pieces(ground, wish)
    began = time.monotonic()
    styles = [name for name in STYLES if name != "today" or _today_serves(ground)]
    found: list[Proposal] = []
    for number in range(wish.proposals):
        # Each proposal has a fair part of the time that is left.
        left = began + wish.time_limit_s - time.monotonic()
        deadline = time.monotonic() + left / (wish.proposals - number)
        if number and left <= 0:
            break
        style = styles[number % len(styles)]
        made = _divided(ground, wish, pieces, style, number // len(styles), deadline)
        if all(_sets(made) != _sets(other) for other in found):
            found.append(made)
    return sorted(found, key=lambda made: made.measures.outside)


def _check(wish: Wish) -> None:
    if not 1 <= wish.least <= wish.most:
        raise InvalidInput.of(
            "households",
            "limits_reversed",
            f"户数下限 {wish.least} 应至少为 1 且不大于上限 {wish.most}",
            f"The lower limit {wish.least} should be at least 1 and at most the upper {wish.most}",
        )
    if not 1 <= wish.proposals <= MOST_PROPOSALS or wish.time_limit_s <= 0:
        raise InvalidInput.of(
            "proposals",
            "too_many",
            f"方案数应为 1 至 {MOST_PROPOSALS}，时间应大于 0",
            f"Ask for 1 to {MOST_PROPOSALS} proposals and a time above 0",
        )


def _today_serves(ground: Ground) -> bool:
    return ground.today is not None and any(number >= 0 for number in ground.today)


@dataclass(frozen=True)
class _Piece:
    """Cells that hang together and are not locked, and into how many areas they go."""

    cells: list[int]
    areas: int
    mean: float


def _pieces(ground: Ground, wish: Wish) -> list[_Piece]:
    graph = ground.graph
    held = {cell for cells in ground.locked.values() for cell in cells}
    free = [cell for cell in range(len(graph)) if cell not in held]
    counts = [graph.households[cell] for cell in free]
    if not free:
        raise DivisionImpossible(Words("没有可划分的地块", "there is no ground left to divide"))
    if not sum(counts):
        raise DivisionImpossible(
            Words("可划分的范围内没有住户，无从均衡", "there are no households to balance by")
        )
    parts = _free_parts(graph, held)
    # What is only a cell too large, or a piece cut off, is told of the area; the whole is refused.
    single = [count for count in counts if count > wish.most]
    if not single and not possible_numbers(sum(counts), wish.least, wish.most):
        raise DivisionImpossible(no_number(sum(counts), wish.least, wish.most))
    return [_Piece(part, *_number(graph, part, wish)) for part in parts]


def _free_parts(graph: CellGraph, held: set[int]) -> list[list[int]]:
    if not held:
        return graph.components()
    near = [
        [] if cell in held else [edge for edge in row if edge[0] not in held]
        for cell, row in enumerate(graph.neighbours)
    ]
    return [part for part in replace(graph, neighbours=near).components() if part[0] not in held]


def _number(graph: CellGraph, cells: list[int], wish: Wish) -> tuple[int, float]:
    """How many areas, and the mean to aim at; cells beyond the limit stand alone."""
    counts = [graph.households[cell] for cell in cells]
    alone = [count for count in counts if count > wish.most]
    rest = sum(counts) - sum(alone)
    # The number whose mean lies nearest to the middle of the limits.
    middle = (wish.least + wish.most) / 2
    guess = max(1 if not alone else 0, round(rest / middle))
    possible = possible_numbers(rest, wish.least, wish.most)
    if possible:
        guess = min(max(guess, possible[0]), possible[-1])
    mean = rest / guess if guess and rest else middle
    return max(1, min(guess + len(alone), len(cells))), mean


def _divided(
    ground: Ground, wish: Wish, pieces: list[_Piece], style: str, turn: int, deadline: float
) -> Proposal:
    words, emphasis = STYLES[style]
    seed = wish.seed + 7919 * turn
    chance = Random(f"{seed} {style}")  # noqa: S311 - a repeatable choice, not a secret
    areas: list[list[int]] = []
    complete = True
    for piece in pieces:
        first, today = _first(ground, piece, style, chance.random() if turn or seed != 1 else 0.0)
        aim = Aim(wish.least, wish.most, piece.mean)
        effort = Effort(wish.draws_per_cell or _draws(len(ground.graph)), deadline)
        if style == "balanced":
            search, ended = most_even(ground.graph, first, aim, emphasis, chance, effort)
        else:
            search = Search(ground.graph, first, aim, emphasis, today)
            ended = search.run(chance, effort)
        complete &= ended
        areas += search.areas()
    return _told(ground, wish, areas, (style, words, seed), complete)


def _draws(cells: int) -> int:
    """Draws for each cell: more than enough for a community, seconds for a city."""
    return max(120, min(400, 84_000 // cells))


def _first(
    ground: Ground, piece: _Piece, style: str, turn: float
) -> tuple[list[list[int]], list[int] | None]:
    """The areas to begin with and, for the style `today`, the area that each cell has there."""
    areas = halved(ground.graph, piece.cells, piece.areas, turn)
    if style != "today" or ground.today is None:
        return areas, None
    areas = _as_today(ground.graph, ground.today, piece, areas)
    return areas, owners(ground.graph, areas)


def _as_today(
    graph: CellGraph, today: list[int], piece: _Piece, otherwise: list[list[int]]
) -> list[list[int]]:
    """Today's areas within the piece, brought to the number wanted by joining and halving."""
    labels = sorted({today[cell] for cell in piece.cells})
    inside = set(piece.cells)
    areas: list[list[int]] = []
    for label in labels:
        own = {cell for cell in inside if today[cell] == label}
        near = [
            [edge for edge in row if edge[0] in own] if cell in own else []
            for cell, row in enumerate(graph.neighbours)
        ]
        parts = replace(graph, neighbours=near).components()
        areas += [part for part in parts if part[0] in own]
    while len(areas) > piece.areas:
        areas = _joined(graph, areas)
    while len(areas) < piece.areas:
        largest = max(
            (area for area in areas if len(area) > 1),
            key=lambda area: (sum(graph.households[cell] for cell in area), area),
            default=None,
        )
        if largest is None:
            return otherwise
        areas.remove(largest)
        areas += halved(graph, largest, 2)
    return areas


def _joined(graph: CellGraph, areas: list[list[int]]) -> list[list[int]]:
    """One area less: the smallest joins the smallest of its neighbours."""
    owner = owners(graph, areas)
    counts = [sum(graph.households[cell] for cell in area) for area in areas]
    smallest = min(range(len(areas)), key=lambda n: (counts[n], n))
    around = {
        owner[other]
        for cell in areas[smallest]
        for other, _, _ in graph.neighbours[cell]
        if owner[other] not in (smallest, -1)
    }
    to = min(around, key=lambda n: (counts[n], n))
    joined = sorted(areas[to] + areas[smallest])
    return [joined if n == to else area for n, area in enumerate(areas) if n != smallest]


def _told(
    ground: Ground,
    wish: Wish,
    areas: list[list[int]],
    called: tuple[str, Words, int],
    complete: bool,
) -> Proposal:
    graph, limits = ground.graph, (wish.least, wish.most)
    areas = _in_reading_order(graph, areas)
    codes = sorted(ground.locked)
    figures = figures_of(graph, areas + [ground.locked[code] for code in codes])
    kept = len(areas)
    figures = figures[:kept] + [
        replace(area, locked=code) for area, code in zip(figures[kept:], codes, strict=True)
    ]
    told = with_reasons(graph, figures, limits, complete)
    measures = measures_of(graph, told, limits, ground.today, ground.straddling, ground.microgrids)
    style, words, seed = called
    return Proposal(style, words, seed, tuple(told), measures, complete)


def _in_reading_order(graph: CellGraph, areas: list[list[int]]) -> list[list[int]]:
    """From north to south in bands, in each from west to east, as codes are given (DB11/T 2157)."""
    if not areas:
        return areas
    middles = []
    for cells in areas:
        ground = sum(graph.area_m2[cell] for cell in cells)
        x = sum(graph.x[cell] * graph.area_m2[cell] for cell in cells) / ground
        y = sum(graph.y[cell] * graph.area_m2[cell] for cell in cells) / ground
        middles.append((x, y))
    band_m = math.sqrt(sum(graph.area_m2[c] for cells in areas for c in cells) / len(areas))
    top = max(y for _, y in middles)
    order = sorted(
        range(len(areas)), key=lambda n: (int((top - middles[n][1]) / band_m), middles[n][0])
    )
    return [areas[number] for number in order]


def _sets(proposal: Proposal) -> frozenset[tuple[int, ...]]:
    return frozenset(area.cells for area in proposal.areas)
