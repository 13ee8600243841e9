"""The better division: border cells change hands, first boldly, then only where it helps.

Simulated annealing over single cells: an edge between two areas is drawn by chance, and the cell on
its one end goes over to the area on the other, if the area it leaves stays in one piece. What is made
small is a sum over the areas: deviation of households from the mean and beyond the limits, lack of
compactness (Polsby-Popper), metres of border off the roads, households moved against today.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from random import Random

from gridcenter.redraw.division.graph import CellGraph

_FOUR_PI = 4 * math.pi
# Looking at the clock for each draw would cost as much as the draw.
_DRAWS_PER_LOOK = 2048

_Sums = tuple[int, float, float]  # households, m², metres around of one area


@dataclass(frozen=True)
class Emphasis:
    """What one proposal cares for: weights of the parts of the sum."""

    balance: float = 200.0
    compact: float = 1.0
    roads: float = 0.15
    today: float = 0.0
    beyond: float = 200.0


@dataclass(frozen=True)
class Effort:
    """How long to look: draws for each cell, and the moment of `time.monotonic` to stop at."""

    draws_per_cell: int = 120
    deadline: float = math.inf
    hot: float = 1.5
    cold: float = 0.002


@dataclass(frozen=True)
class Aim:
    """The limits of households and the mean that every area should come near to."""

    least: int
    most: int
    mean: float


class Search:
    """A division that is being improved; `owner[cell]` is the number of the area of each cell."""

    def __init__(
        self,
        graph: CellGraph,
        areas: list[list[int]],
        aim: Aim,
        emphasis: Emphasis,
        today: list[int] | None = None,
    ) -> None:
        self.graph, self.aim, self.emphasis = graph, aim, emphasis
        self.today = today
        self.owner = [-1] * len(graph)
        for number, cells in enumerate(areas):
            for cell in cells:
                self.owner[cell] = number
        self.size = [len(cells) for cells in areas]
        self.households = [sum(graph.households[c] for c in cells) for cells in areas]
        self.area_m2 = [sum(graph.area_m2[c] for c in cells) for cells in areas]
        self.perimeter_m = [self._perimeter(cells) for cells in areas]
        self.near = [[other for other, _, _ in row] for row in graph.neighbours]
        held = sorted(cell for cells in areas for cell in cells)
        # Cells of no area here, locked ones, are neither taken nor given to.
        self.draws = [
            (cell, other) for cell in held for other in self.near[cell] if self.owner[other] >= 0
        ]
        spread_m2 = sum(self.area_m2) / max(len(areas), 1)
        self.road_weight = emphasis.roads / math.sqrt(max(spread_m2, 1e-9))

    def _perimeter(self, cells: list[int]) -> float:
        graph, number = self.graph, self.owner[cells[0]]
        return sum(
            graph.perimeter_m[cell]
            - sum(m for other, m, _ in graph.neighbours[cell] if self.owner[other] == number)
            for cell in cells
        )

    def cost(self, households: float, area_m2: float, perimeter_m: float) -> float:
        """What one area adds to the sum."""
        aim, weigh = self.aim, self.emphasis
        off = (households - aim.mean) / aim.mean
        cost = weigh.balance * off * off
        beyond = max(households - aim.most, aim.least - households, 0) / aim.mean
        if beyond:
            cost += weigh.beyond * beyond * (beyond + 0.1)
        return cost + weigh.compact * (1.0 - _FOUR_PI * area_m2 / (perimeter_m * perimeter_m))

    def sum(self) -> float:
        """What is made small, but for roads and today."""
        return sum(map(self._cost_of, range(len(self.size))))

    def run(self, chance: Random, effort: Effort) -> bool:
        """Improve until the effort is spent; False when the deadline came first."""
        draws = self.draws
        if not draws or len(self.size) < 2:
            return True
        left = effort.draws_per_cell * sum(self.size)
        cooling = (effort.cold / effort.hot) ** (1.0 / max(left // _DRAWS_PER_LOOK, 1))
        heat, owner, count = effort.hot, self.owner, len(draws)
        random, log, attempt = chance.random, math.log, self._attempt
        while left > 0:
            if time.monotonic() > effort.deadline:
                return False
            for _ in range(min(left, _DRAWS_PER_LOOK)):
                cell, other = draws[int(random() * count)]
                if owner[cell] != owner[other]:
                    attempt(cell, owner[other], -heat * log(1.0 - random()))
            left -= _DRAWS_PER_LOOK
            heat *= cooling
        return self.settle(effort.deadline)

    def settle(self, deadline: float = math.inf) -> bool:
        """Take every single move that helps until none does; False when the deadline came first."""
        owner, helped = self.owner, True
        while helped:
            helped = False
            if time.monotonic() > deadline:
                return False
            for cell, other in self.draws:
                if owner[cell] != owner[other] and self._attempt(cell, owner[other], -1e-9):
                    helped = True
        return True

    def _attempt(self, cell: int, to: int, allowed: float) -> bool:
        """Give the cell to an area when the sum grows by no more than `allowed`."""
        origin = self.owner[cell]
        if self.size[origin] == 1:
            return False
        change, here, there = self._weighed(cell, to)
        if change > allowed or not self._stays_whole(cell, origin):
            return False
        self._put(cell, to, here, there)
        return True

    def tried(self, cell: int, to: int) -> float | None:
        """Give the cell to an area whatever it costs; by how much the sum grows, None if not done.

        It is not done when the cell does not border the area, or its own would break.
        """
        owner, origin = self.owner, self.owner[cell]
        if origin == to or self.size[origin] == 1:
            return None
        if not any(owner[other] == to for other in self.near[cell]):
            return None
        if not self._stays_whole(cell, origin):
            return None
        change, here, there = self._weighed(cell, to)
        self._put(cell, to, here, there)
        return change

    def undo(self, cell: int, origin: int) -> None:
        """Give a cell back to the area that it came from by the last `tried`."""
        _, here, there = self._weighed(cell, origin)
        self._put(cell, origin, here, there)

    def _weighed(self, cell: int, to: int) -> tuple[float, _Sums, _Sums]:
        """By how much the sum grows when the cell changes hands, and both areas' sums afterwards."""
        graph, owner = self.graph, self.owner
        origin = owner[cell]
        own = gained = own_road = gained_road = 0.0
        for other, metres, road in graph.neighbours[cell]:
            holder = owner[other]
            if holder == origin:
                own += metres
                own_road += road
            elif holder == to:
                gained += metres
                gained_road += road
        counted, ground, around = (
            graph.households[cell],
            graph.area_m2[cell],
            graph.perimeter_m[cell],
        )
        here = (
            self.households[origin] - counted,
            self.area_m2[origin] - ground,
            self.perimeter_m[origin] - around + 2.0 * own,
        )
        there = (
            self.households[to] + counted,
            self.area_m2[to] + ground,
            self.perimeter_m[to] + around - 2.0 * gained,
        )
        change = self.cost(*here) + self.cost(*there) - self._cost_of(origin) - self._cost_of(to)
        change += self.road_weight * ((own - own_road) - (gained - gained_road))
        if self.today is not None:
            moved = (self.today[cell] != to) - (self.today[cell] != origin)
            change += self.emphasis.today * moved * counted / self.aim.mean
        return change, here, there

    def _put(self, cell: int, to: int, here: _Sums, there: _Sums) -> None:
        origin = self.owner[cell]
        self.owner[cell] = to
        self.size[origin] -= 1
        self.size[to] += 1
        self.households[origin], self.area_m2[origin], self.perimeter_m[origin] = here
        self.households[to], self.area_m2[to], self.perimeter_m[to] = there

    def _cost_of(self, area: int) -> float:
        return self.cost(self.households[area], self.area_m2[area], self.perimeter_m[area])

    def _stays_whole(self, cell: int, area: int) -> bool:
        """Whether the area hangs together without the cell."""
        owner, near = self.owner, self.near
        ends = {other for other in near[cell] if owner[other] == area}
        if len(ends) < 2:
            return bool(ends)
        start = ends.pop()
        seen, waiting = {cell, start}, [start]
        while waiting:
            for other in near[waiting.pop()]:
                if other not in seen and owner[other] == area:
                    if other in ends:
                        ends.discard(other)
                        if not ends:
                            return True
                    seen.add(other)
                    waiting.append(other)
        return False

    def areas(self) -> list[list[int]]:
        """The cells of each area."""
        cells: list[list[int]] = [[] for _ in self.size]
        for cell, number in enumerate(self.owner):
            if number >= 0:
                cells[number].append(cell)
        return cells
