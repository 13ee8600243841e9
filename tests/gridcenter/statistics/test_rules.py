"""Arithmetic of figures, against published ones."""

from __future__ import annotations

import pytest

from gridcenter.statistics.rules import rate


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [
        (5912, 6026, 98.11),  # a published rate, DOMAIN indicators
        (51, 53, 96.23),
        (1330, 1333, 99.77),
        (99_996, 100_000, 99.99),  # only what is whole reads 100 %
        (99_999, 100_000, 99.99),
        (100, 100, 100.0),
        (0, 7, 0.0),
        (1, 3, 33.33),
        (2, 3, 66.67),
    ],
)
def test_a_rate_is_rounded_half_up_and_whole_only_when_whole(
    numerator: float, denominator: float, percent: float
) -> None:
    assert rate(numerator, denominator).value == percent


def test_nothing_to_divide_by_has_no_rate() -> None:
    assert rate(0, 0).value is None
    assert rate(3, None).value is None
