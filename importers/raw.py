"""What a format reader hands on: columns as found, geometries in the file's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

Geometries = np.ndarray[Any, np.dtype[np.object_]]


@dataclass
class Raw:
    """One layer as found. `rows` are data-row numbers from 1, parallel to `table` and `geometry`.

    `geometry` is None for a table without places. `crs` is what the file declares (EPSG or WKT);
    `crs_default` marks a declaration that comes from the format's rule, not the file's author.
    `broken` maps a row number to its finding code and value: geometry that could not be built.
    `beside` rows of the same layer are known to be degrees in their places and are not among these.
    """

    table: pd.DataFrame
    rows: np.ndarray[Any, np.dtype[np.int64]]
    geometry: Geometries | None
    crs: str | None = None
    crs_default: bool = False
    layer: str = ""
    layers: tuple[str, ...] = ()
    broken: dict[int, tuple[str, str]] = field(default_factory=dict)
    curved: bool = False
    beside: int = 0


@dataclass(frozen=True)
class Evidence:
    """One thing that was recognised about the file, shown with its ground and certainty."""

    what: str
    value: str
    basis_zh: str
    basis_en: str
    sure: bool
