"""The division planner against spopt and gerrychain, on the same cells with the same graph.

Grounds: the communities of the sample (cells from buildings), towns of Tainan and, as one ground, all
its 12,774 census units. The census units come from the folder of real files (``../shared/data``); without
it they are skipped, which is said. The peers are no dependency of ours: on the first run an environment
of their own is made in the installation's home (scipy, scikit-learn, networkx and more, 550 MB), and
their dividing alone is timed, ours from cells to all proposals.

The promise, for each ground: of the peers' divisions take the one with the lowest spread; one of our
proposals has a lower spread (the same where whole households allow none lower) and is as compact or
more, all its areas are in one piece, no building is cut, and all proposals together took half of its
time at most.
"""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyogrio
import shapely
from rich.console import Console
from shapely.geometry.base import BaseGeometry

from bench.environment import environment
from bench.figures import Bound, Figure, WrongAnswer
from gridcenter.errors import Words
from gridcenter.redraw.division.cells import cells_of_buildings
from gridcenter.redraw.division.graph import CellGraph, cell_graph
from gridcenter.redraw.division.measures import Measures, figures_of, measures_of
from gridcenter.redraw.division.planner import Ground, Proposal, Wish, propose
from gridcenter.settings import Settings

GRIDS = (300, 500)
COMMUNITIES = (800, 1200)  # so that in all of Tainan no more than one unit is too large by itself
PROPOSALS = 3
SEED = 1
BURSTS = 100  # of ten steps each, for gerrychain
PATIENCE_S = 240.0
METHODS = ("gerrychain", "max-p", "SKATER", "AZP")
PEERS = ("spopt>=0.7,<0.8", "gerrychain>=1.0,<2")
TOWNS = ("67000040", "67000240", "67000360")
TAIWAN_TM2_SRID = 3826  # metres, as the census of Tainan is published
SAMPLE_SRID = 4549
DATA = Path("..") / "shared" / "data" / "tainan" / "tainan_hierarchy.gpkg.zip"
_say = Console(stderr=True)


@dataclass(frozen=True)
class Place:
    """One ground: cells in metres, their graph, and which peers can be expected to finish."""

    name: str
    words: Words
    polygons: list[BaseGeometry]
    ground: Ground
    methods: tuple[str, ...] = METHODS
    limits: tuple[int, int] = GRIDS

    @property
    def graph(self) -> CellGraph:
        """The graph of the cells."""
        return self.ground.graph


@dataclass(frozen=True)
class Answer:
    """What one way of dividing gave."""

    name: str
    seconds: float
    measures: Measures
    in_one_piece: bool
    remark: str = ""


def measure(settings: Settings, rounds: int) -> list[Figure]:
    """Three figures for each ground: spread, compactness and seconds, ours against the best peer."""
    python = environment(settings, "division-peers", PEERS)
    figures: list[Figure] = []
    for place in places(settings):
        _say.print(f"  {place.name}: {len(place.graph)} cells")
        figures += compared(place, python, rounds)
    return figures


def places(settings: Settings) -> Iterator[Place]:
    """The grounds that are here."""
    yield from _sample(settings)
    file = settings.root / DATA
    if not file.is_file():
        _say.print(f"  skipped: the census units of Tainan are not here ({DATA})")
        return
    units = pyogrio.read_dataframe(f"/vsizip/{file}", layer="stat_base").to_crs(TAIWAN_TM2_SRID)
    counts = units.H_CNT.fillna(0).astype(int)
    for town in TOWNS:
        chosen = units.TOWN_ID.eq(town)
        yield _census(f"tainan_{town}", units[chosen], counts[chosen])
    # Of these peers only gerrychain divides so many cells within an hour.
    whole = _census("tainan", units, counts)
    yield replace(whole, methods=("gerrychain",), limits=COMMUNITIES)


def _census(name: str, units: object, counts: object) -> Place:
    polygons = list(units.geometry)  # type: ignore[attr-defined]
    graph = cell_graph(polygons, list(counts))  # type: ignore[call-overload]
    words = Words(f"台南 {name}，{len(graph)} 个统计区", f"{name}, {len(graph)} census units")
    return Place(name, words, polygons, Ground(graph))


def _sample(settings: Settings) -> Iterator[Place]:
    """The largest and the smallest community of the sample by buildings."""
    file = settings.root / "samples" / "gusu" / "gusu_sample.gpkg"
    communities = pyogrio.read_dataframe(file, layer="community").to_crs(SAMPLE_SRID)
    buildings = pyogrio.read_dataframe(file, layer="building").to_crs(SAMPLE_SRID)
    owner = buildings.microgrid_code.str[:12]
    sizes = owner.value_counts()
    for code in (sizes.idxmin(), sizes.idxmax()):
        ground = communities.geometry[communities.code == code].iloc[0]
        own = buildings[owner == code]
        cells = cells_of_buildings(ground, list(own.geometry))
        graph = cells.graph(list(own.households_est.fillna(0).astype(int)))
        words = Words(
            f"示例社区 {code}，{len(own)} 栋楼", f"community {code}, {len(own)} buildings"
        )
        straddling = _straddling(list(own.geometry), list(cells.polygons), ground)
        yield Place(
            f"sample_{code}", words, list(cells.polygons), Ground(graph, straddling=straddling)
        )


def _straddling(
    buildings: list[BaseGeometry], cells: list[BaseGeometry], ground: BaseGeometry
) -> tuple[tuple[int, ...], ...]:
    """The cells of each building with more than half a square metre in several, asked of geometry."""
    found = []
    tree = shapely.STRtree(cells)
    for building in buildings:
        on = [int(c) for c in tree.query(building) if building.intersection(cells[c]).area > 0.5]
        if len(on) > 1:
            found.append(tuple(on))
    return tuple(found)


# --- ours and theirs -----------------------------------------------------------------------------


def compared(place: Place, python: Path, rounds: int) -> list[Figure]:
    """The figures of one ground."""
    ours, seconds = _ours(place, rounds)
    areas = ours[0].measures.areas
    peers = [found for method in place.methods if (found := _theirs(place, python, method, areas))]
    _check(place, ours)
    if not peers:
        return [_alone(place, ours, seconds)]
    best = min(peers, key=lambda peer: peer.measures.spread)
    chosen = _chosen(ours, best)
    for answer in [*peers, *_told(place, ours, seconds)]:
        _say.print(f"    {_line(answer)}", markup=False)
    remarks = {
        "peer": best.name,
        "all": {
            answer.name: {
                "areas": answer.measures.areas,
                "spread": round(answer.measures.spread, 4),
                "compactness": round(answer.measures.compactness, 4),
                "least": answer.measures.least,
                "most": answer.measures.most,
                "outside": answer.measures.outside,
                "in_one_piece": answer.in_one_piece,
                "seconds": round(answer.seconds, 2),
                "remark": answer.remark,
            }
            for answer in [*peers, *_told(place, ours, seconds)]
        },
    }
    zh, en = place.words
    name = f"division_{place.name}"
    return [
        Figure(
            f"{name}_spread",
            Words(f"{zh}：户数离散", f"{en}: spread"),
            "1",
            [chosen.measures.spread],
            [best.measures.spread],
            Bound(most=1.0 if at_its_least(best.measures) else 0.9999),
            remarks,
        ),
        Figure(
            f"{name}_compactness",
            Words(f"{zh}：规整度", f"{en}: compactness"),
            "1",
            [chosen.measures.compactness],
            [best.measures.compactness],
            Bound(least=1.0),
        ),
        Figure(
            f"{name}_seconds",
            Words(f"{zh}：全部方案用时", f"{en}: all proposals"),
            "s",
            seconds,
            [best.seconds] * len(seconds),
            Bound(most=0.5),
        ),
    ]


def at_its_least(found: Measures) -> bool:
    """Whether whole households cannot be shared out more evenly: then nobody can be lower."""
    over = found.households % found.areas
    least = math.sqrt(over * (found.areas - over)) / found.households
    return found.spread <= least + 1e-9


def _line(answer: Answer) -> str:
    m = answer.measures
    return (
        f"{answer.name}: {m.areas} areas of {m.least}-{m.most}, spread {m.spread:.4f},"
        f" compactness {m.compactness:.4f}, {answer.seconds:.2f} s {answer.remark}"
    )


def _alone(place: Place, ours: list[Proposal], seconds: list[float]) -> Figure:
    """Where no peer ended: our seconds against the time that they were given."""
    zh, en = place.words
    return Figure(
        f"division_{place.name}_seconds",
        Words(f"{zh}：同类均未算完", f"{en}: no peer ended"),
        "s",
        seconds,
        [PATIENCE_S] * len(seconds),
        Bound(most=0.5),
        {"all": {a.name: asdict(a.measures) for a in _told(place, ours, seconds)}},
    )


def _ours(place: Place, rounds: int) -> tuple[list[Proposal], list[float]]:
    wish = Wish(*place.limits, PROPOSALS, seed=SEED, time_limit_s=3600.0)
    seconds, found = [], []
    for _ in range(max(1, min(rounds, 3))):
        began = time.perf_counter()
        found = propose(place.ground, wish)
        seconds.append(time.perf_counter() - began)
    return found, seconds


def _chosen(ours: list[Proposal], best: Answer) -> Proposal:
    """The proposal that is as compact as the peer and most even, or else the most even of all."""
    compact = [p for p in ours if p.measures.compactness >= best.measures.compactness]
    return min(compact or ours, key=lambda p: p.measures.spread)


def _told(place: Place, ours: list[Proposal], seconds: list[float]) -> list[Answer]:
    whole = [_in_one_piece(place.graph, [list(a.cells) for a in p.areas]) for p in ours]
    each = min(seconds) / len(ours)
    return [
        Answer(f"gridcenter {p.style}", each, p.measures, one)
        for p, one in zip(ours, whole, strict=True)
    ]


def _check(place: Place, ours: list[Proposal]) -> None:
    """Raises WrongAnswer where an area is not in one piece, a cell is lost, or a building is cut."""
    for proposal in ours:
        cells = sorted(cell for area in proposal.areas for cell in area.cells)
        if cells != list(range(len(place.graph))):
            raise WrongAnswer(f"{place.name} {proposal.style}: cells are lost or given twice")
        if not _in_one_piece(place.graph, [list(area.cells) for area in proposal.areas]):
            raise WrongAnswer(f"{place.name} {proposal.style}: an area is not in one piece")
        if proposal.measures.buildings_cut:
            raise WrongAnswer(f"{place.name} {proposal.style}: buildings are cut")


def _in_one_piece(graph: CellGraph, areas: list[list[int]]) -> bool:
    for cells in areas:
        own, seen, waiting = set(cells), {cells[0]}, [cells[0]]
        for cell in waiting:
            for other, _, _ in graph.neighbours[cell]:
                if other in own and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        if len(seen) < len(own):
            return False
    return True


def _theirs(place: Place, python: Path, method: str, areas: int) -> Answer | None:
    """What a peer gave; None, with a message, when it failed or did not end in time."""
    graph = place.graph
    given = {
        "cells": [shapely.to_wkb(polygon, hex=True) for polygon in place.polygons],
        "households": graph.households,
        "pairs": [
            (cell, other)
            for cell, near in enumerate(graph.neighbours)
            for other, _, _ in near
            if cell < other
        ],
        "areas": areas,
        "least": place.limits[0],
        "mean": sum(graph.households) / areas,
        "seed": SEED,
        "bursts": BURSTS,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(given, file)
        file.flush()
        script = Path(__file__).with_name("division_peers.py")
        try:
            done = subprocess.run(
                [python, script, file.name, method],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
        except subprocess.TimeoutExpired:
            _say.print(f"    {method}: not ended in {PATIENCE_S:.0f} s")
            return None
    if done.returncode:
        _say.print(f"    {method}: {done.stderr.strip().splitlines()[-1:]}", markup=False)
        return None
    found = json.loads(done.stdout)
    groups: dict[int, list[int]] = {}
    for cell, owner in enumerate(found["owner"]):
        groups.setdefault(owner, []).append(cell)
    parts = list(groups.values())
    measures = measures_of(graph, figures_of(graph, parts), place.limits, None)
    return Answer(method, found["seconds"], measures, _in_one_piece(graph, parts), found["remark"])
