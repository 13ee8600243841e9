"""What is said of a proposal: named measures, one line for each area, and why an area is outside.

Compactness is Polsby-Popper, 4π · area ÷ perimeter² (Polsby and Popper 1991; 1 is a circle, a square
0.79). Spread is the standard deviation of households divided by their mean.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from gridcenter.errors import Words
from gridcenter.redraw.division.graph import CellGraph


@dataclass(frozen=True)
class Measures:
    """What proposals are compared by.

    `border_on_roads` (0…1) counts borders between areas only, not the rim; None where there is no
    road, given or derived, or no border. `buildings_cut` counts buildings with more than a trace in a
    second area, `microgrids_cut` micro-grids of today. `households_moved` counts those that would
    change their area, None without areas of today.
    """

    areas: int
    households: int
    least: int
    most: int
    mean: float
    spread: float
    outside: int
    compactness: float
    least_compactness: float
    border_m: float
    border_on_roads: float | None
    roads: str
    buildings_cut: int
    households_moved: int | None
    microgrids_cut: int = 0


@dataclass(frozen=True)
class AreaFigures:
    """One area of a proposal; `reason` says why its households are outside of the limits."""

    cells: tuple[int, ...]
    households: int
    area_m2: float
    perimeter_m: float
    reason: Words | None = None
    reason_code: str | None = None
    locked: str | None = None  # code of the area that was kept as it is

    @property
    def compactness(self) -> float:
        """Polsby-Popper, 0…1."""
        return 4 * math.pi * self.area_m2 / self.perimeter_m**2


def figures_of(graph: CellGraph, areas: list[list[int]]) -> list[AreaFigures]:
    """The figures of each area, without reasons."""
    owner = owners(graph, areas)
    found = []
    for number, cells in enumerate(areas):
        inner = sum(m for c in cells for o, m, _ in graph.neighbours[c] if owner[o] == number)
        found.append(
            AreaFigures(
                tuple(cells),
                sum(graph.households[cell] for cell in cells),
                sum(graph.area_m2[cell] for cell in cells),
                sum(graph.perimeter_m[cell] for cell in cells) - inner,
            )
        )
    return found


def owners(graph: CellGraph, areas: list[list[int]]) -> list[int]:
    """The number of the area of each cell; -1 for cells of none."""
    owner = [-1] * len(graph)
    for number, cells in enumerate(areas):
        for cell in cells:
            owner[cell] = number
    return owner


def borders(graph: CellGraph, owner: list[int]) -> tuple[float, float]:
    """Metres of border between areas, and metres of it on roads."""
    total = on_roads = 0.0
    for cell, near in enumerate(graph.neighbours):
        for other, metres, road in near:
            if cell < other and owner[cell] != owner[other]:
                total += metres
                on_roads += road
    return total, on_roads


def continued(graph: CellGraph, owner: list[int], today: list[int]) -> dict[int, int]:
    """Which area of today each new area continues: new number to number of today.

    The one with which it shares most households, each once, the largest share first.
    """
    shared = _shared(graph, owner, today)
    found: dict[int, int] = {}
    for new, old in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        if new not in found and old not in found.values():
            found[new] = old
    return found


def _shared(graph: CellGraph, owner: list[int], today: list[int]) -> Counter[tuple[int, int]]:
    shared: Counter[tuple[int, int]] = Counter()
    for cell, households in enumerate(graph.households):
        if owner[cell] >= 0 and today[cell] >= 0:
            shared[owner[cell], today[cell]] += households
    return shared


def moved(graph: CellGraph, owner: list[int], today: list[int]) -> int:
    """Households whose area of today is not the one that their new area continues."""
    shared = _shared(graph, owner, today)
    return sum(shared.values()) - sum(
        shared[pair] for pair in continued(graph, owner, today).items()
    )


def measures_of(
    graph: CellGraph,
    areas: list[AreaFigures],
    limits: tuple[int, int],
    today: list[int] | None,
    straddling: Sequence[tuple[int, ...]] = (),
    microgrids: Sequence[tuple[int, ...]] = (),
) -> Measures:
    """The measures of a whole proposal; locked areas count like the others."""
    least, most = limits
    counts = [area.households for area in areas]
    compact = [area.compactness for area in areas]
    owner = owners(graph, [list(area.cells) for area in areas])
    total, on_roads = borders(graph, owner)
    mean = fmean(counts)
    return Measures(
        areas=len(areas),
        households=sum(counts),
        least=min(counts),
        most=max(counts),
        mean=mean,
        spread=pstdev(counts) / mean if mean else 0.0,
        outside=sum(not least <= count <= most for count in counts),
        compactness=fmean(compact),
        least_compactness=min(compact),
        border_m=total,
        border_on_roads=on_roads / total if total and graph.roads != "none" else None,
        roads=graph.roads,
        buildings_cut=sum(len({owner[cell] for cell in cells}) > 1 for cells in straddling),
        households_moved=None if today is None else moved(graph, owner, today),
        microgrids_cut=sum(len({owner[cell] for cell in cells}) > 1 for cells in microgrids),
    )
