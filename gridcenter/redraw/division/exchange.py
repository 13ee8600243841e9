"""The last households: cells that change hands two or three at once, where no single one helps.

Annealing over single cells stops some households short of even: a whole building is more than what is
missing. Two areas that swap a building of 18 households for one of 17 shift a single household, and so
do chains over three areas. These are ejection chains (Glover 1996, "Ejection chains, reference structures
and alternating path methods for traveling salesman problems"; local searches for districting compared:
Ricca and Simeone 2008): the first move may be for the worse, the next ones are those that bring
the areas touched nearest to the mean, and the best chain from an area is done when the whole sum
becomes smaller by it. Every move keeps every area in one piece. What is reached depends on the
division begun with, so small grounds are begun several times (`most_even`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from gridcenter.redraw.division.graph import CellGraph
from gridcenter.redraw.division.halving import halved
from gridcenter.redraw.division.search import Aim, Effort, Emphasis, Search

# How much more than in the annealing an uneven area costs, step by step: first where it costs the
# shape little, at the end so much that one household outweighs it.
STEPS = (50.0, 500.0)
# Moves tried after the first one of a chain, the most promising first, and after each of those.
_SECOND, _THIRD = 6, 6
_LEAST_GAIN = 1e-9
# Beginnings: several for grounds of few cells and areas, one for all others.
MOST_STARTS = 8
_CELLS_TIMES_AREAS = 8000

Move = tuple[int, int, int]  # cell, from, to


def most_even(
    graph: CellGraph,
    areas: list[list[int]],
    aim: Aim,
    emphasis: Emphasis,
    chance: Random,
    effort: Effort,
) -> tuple[Search, bool]:
    """The most even division found from `areas` and from other beginnings; whether the effort was spent.

    Of equally even ones the most compact.
    """
    cells = sorted(cell for area in areas for cell in area)
    starts = min(MOST_STARTS, max(1, _CELLS_TIMES_AREAS // (len(cells) * len(areas))))
    found: list[tuple[float, int, Search]] = []
    for start in range(starts):
        if start:
            areas = halved(graph, cells, len(areas), chance.random())
        search = Search(graph, areas, aim, emphasis)
        complete = search.run(chance, effort) and exchange(search, effort.deadline)
        search.emphasis = replace(emphasis, balance=emphasis.balance * STEPS[-1])
        found.append((search.sum(), start, search))
        if not complete:
            break
    return min(found, key=lambda each: each[:2])[2], complete


def exchange(search: Search, deadline: float) -> bool:
    """Even the areas out by chains of up to three cells; False when the deadline came first."""
    plain = search.emphasis
    complete = True
    for step in STEPS:
        search.emphasis = replace(plain, balance=plain.balance * step)
        complete = complete and _Chains(search, deadline).run()
    search.emphasis = plain
    return complete


class _Chains:
    """The search for chains; `moves[area]` are the moves of single cells out of an area and into it."""

    def __init__(self, search: Search, deadline: float) -> None:
        self.search, self.deadline = search, deadline
        self.cells: list[set[int]] = [set() for _ in search.size]
        for cell, area in enumerate(search.owner):
            if area >= 0:
                self.cells[area].add(cell)
        self.moves: list[list[Move]] = [self._moves_of(area) for area in range(len(search.size))]
        self.best, self.found = 0.0, list[Move]()

    def run(self) -> bool:
        """Until no chain from any area helps; False when the deadline came first."""
        waiting = dict.fromkeys(range(len(self.cells)))
        while waiting:
            area = self._worst(waiting)
            del waiting[area]
            if time.monotonic() > self.deadline:
                return False
            touched = self._improve(area)
            waiting |= dict.fromkeys(touched | self._around(touched))
        return True

    def _worst(self, waiting: Iterable[int]) -> int:
        mean, households = self.search.aim.mean, self.search.households
        return max(waiting, key=lambda area: (abs(households[area] - mean), -area))

    def _around(self, areas: set[int]) -> set[int]:
        return {end for area in areas for _, one, other in self.moves[area] for end in (one, other)}

    def _moves_of(self, area: int) -> list[Move]:
        search, found = self.search, set()
        owner, near = search.owner, search.near
        for cell in self.cells[area]:
            for other in near[cell]:
                to = owner[other]
                if to >= 0 and to != area:
                    found.add((cell, area, to))
                    found.add((other, to, area))
        return sorted(found)

    def _improve(self, area: int) -> set[int]:
        """The areas of the best chain that begins at an area, which is done; empty when none helps."""
        self.best, self.found = -_LEAST_GAIN, []
        for move in self.moves[area]:
            self._look([move], 0.0)
        touched = {end for _, one, other in self.found for end in (one, other)}
        for cell, origin, to in self.found:
            self.search.tried(cell, to)
            self.cells[origin].discard(cell)
            self.cells[to].add(cell)
        for each in touched | self._around(touched):
            self.moves[each] = self._moves_of(each)
        return touched

    def _look(self, moves: list[Move], spent: float) -> None:
        """Do the last of the moves, look on from there, take it back; the best is kept in `found`."""
        cell, origin, to = moves[-1]
        change = self.search.tried(cell, to)
        if change is None:
            return
        spent += change
        if spent < self.best:
            self.best, self.found = spent, moves
        if len(moves) < 3:
            for further in self._promising(moves, _SECOND if len(moves) == 1 else _THIRD):
                self._look([*moves, further], spent)
        self.search.undo(cell, origin)

    def _promising(self, moves: list[Move], width: int) -> list[Move]:
        """Moves that touch the areas of the chain, those first that even them out most."""
        search = self.search
        households, counts = search.households, search.graph.households
        moved = {cell for cell, _, _ in moves}
        rated = []
        for area in {end for _, one, other in moves for end in (one, other)}:
            for move in self.moves[area]:
                cell, one, other = move
                # Half of what the squares of both deviations from the mean lose.
                gain = counts[cell] * (households[one] - households[other] - counts[cell])
                if gain > 0 and cell not in moved:
                    rated.append((-gain, move))
        rated.sort()
        return [move for _, move in rated[:width]]
