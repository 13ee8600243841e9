"""The benchmark of points compares answers before it says a figure; here on little ground."""

from __future__ import annotations

import shapely

from bench import locate
from gridcenter.settings import Settings


def test_the_ground_is_whole() -> None:
    shapes = locate.mosaic(30)
    assert shapely.get_num_coordinates(shapes).tolist() == [37] * 30
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


def test_both_sides_give_the_same_answer(settings: Settings) -> None:
    join, memory = locate.at_once(settings, 1, 3_000, 60)
    assert join.remarks["inside"] > 2_500
    assert len(join.ours) == len(memory.peer) == 1
    one, told = locate.one(settings, 1, 60, 12)
    assert len(one.ours) == len(one.peer) == len(told.ours) == 1
    assert told.bound is None
