"""The division benchmark's own checks: it refuses wrong answers and picks the right proposal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import division
from bench.figures import WrongAnswer
from gridcenter.redraw.division.planner import Proposal
from gridcenter.settings import Settings


@pytest.fixture(scope="module")
def place(settings: Settings) -> division.Place:
    return next(division._sample(settings))


@pytest.fixture(scope="module")
def ours(place: division.Place) -> list[Proposal]:
    return division._ours(place, 1)[0]


def test_the_sample_is_divided_without_a_fault(place: division.Place, ours: list[Proposal]) -> None:
    assert len(ours) == division.PROPOSALS
    division._check(place, ours)
    assert all(proposal.measures.buildings_cut == 0 for proposal in ours)
    assert all(proposal.measures.outside == 0 for proposal in ours)


def test_a_lost_cell_a_torn_area_and_a_cut_building_stop_it(
    place: division.Place, ours: list[Proposal]
) -> None:
    first, second, *rest = ours[0].areas
    lost = replace(ours[0], areas=(replace(first, cells=first.cells[1:]), second, *rest))
    with pytest.raises(WrongAnswer, match="lost"):
        division._check(place, [lost])
    mixed = sorted(first.cells + ours[0].areas[-1].cells)
    torn = replace(ours[0], areas=(replace(first, cells=tuple(mixed)), *ours[0].areas[1:-1]))
    with pytest.raises(WrongAnswer, match="one piece"):
        division._check(place, [torn])
    cut = replace(ours[0], measures=replace(ours[0].measures, buildings_cut=1))
    with pytest.raises(WrongAnswer, match="cut"):
        division._check(place, [cut])


def test_the_most_even_of_those_as_compact_as_the_peer_is_compared(ours: list[Proposal]) -> None:
    def like(proposal: Proposal, compactness: float) -> division.Answer:
        measures = replace(proposal.measures, compactness=compactness)
        return division.Answer("peer", 1.0, measures, True)

    most_even = min(ours, key=lambda p: p.measures.spread)
    most_compact = max(ours, key=lambda p: p.measures.compactness)
    assert division._chosen(ours, like(most_even, 0.0)) == most_even
    at = most_compact.measures.compactness
    assert division._chosen(ours, like(most_even, at)) == most_compact


def test_only_where_nobody_can_be_more_even_may_the_peer_be_as_even(ours: list[Proposal]) -> None:
    measures = ours[0].measures
    counts = replace(measures, areas=4, households=10, mean=2.5)  # 2, 2, 3, 3: 0.5 of 2.5
    assert division.at_its_least(replace(counts, spread=0.2))
    assert not division.at_its_least(replace(counts, spread=0.21))
