"""Faults of the stored areas: found in sets, kept as rows, told in sentences, mended on request.

`lock_parents` and `assert_coverage` are the guard of every writing of boundaries; `write_areas`
calls both, so an operation that writes through it needs no more.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gridcenter.areas.topology import Fault
from gridcenter.database import Transaction


def lock_parents(tx: Transaction, parent_ids: Collection[int]) -> None:
    """Lock the parents (rows of `area`, in the order of ids) until the transaction ends."""
    raise NotImplementedError


def found_faults(
    tx: Transaction, parent_ids: Collection[int], *, repairs: bool = False
) -> dict[int, list[Fault]]:
    """Faults in force by parent id, of geometry only; keys are area ids, geometry is EPSG:4490."""
    raise NotImplementedError


def assert_coverage(
    tx: Transaction, parent_ids: Collection[int], before: dict[int, list[Fault]]
) -> None:
    """Raises ImportRefused with the sentence of the worst refusing fault that is not in `before`.

    `before` is what `found_faults` gave for the same parents before the writing.
    """
    raise NotImplementedError


def check_parent(tx: Transaction, parent_id: int) -> list[dict[str, Any]]:
    """The faults of a parent with all their findings, kept as rows of `area_fault`."""
    raise NotImplementedError
