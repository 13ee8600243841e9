"""The words of occupancy."""

from __future__ import annotations

import pytest

from gridcenter.registry.rules import OCCUPANCIES, lives_there, occupancy_words


@pytest.mark.parametrize(
    ("occupancy", "zh", "lived_in"),
    [
        ("owner", "自住", True),
        ("let", "出租", True),
        ("empty", "空置", False),
        ("unknown", "未核实", False),
    ],
)
def test_every_occupancy_has_words(occupancy: str, zh: str, lived_in: bool) -> None:
    assert occupancy_words(occupancy).zh == zh
    assert lives_there(occupancy) is lived_in


def test_the_four_are_those_of_the_table() -> None:
    assert set(OCCUPANCIES) == {"owner", "let", "empty", "unknown"}
