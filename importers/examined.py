"""What an examination leaves: the file as read, the mapping, the rows, the difference to live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from importers.findings import Findings
from importers.mapping import Columns
from importers.reading import Reading


@dataclass
class Large:
    """Rows that wait in `import_large`: how many, and the file's own columns of those told of."""

    count: int
    told: list[int]
    originals: pd.DataFrame


@dataclass
class Examined:
    """What an import would do. `rows` is None when the file as a whole is refused, or when its rows
    are too many for a frame and wait in the transaction's own table (`large`)."""

    reading: Reading
    columns: Columns
    rows: gpd.GeoDataFrame | None
    difference: dict[str, Any]
    large: Large | None = None

    @property
    def findings(self) -> Findings:
        """All findings, from the first byte to the comparison."""
        return self.reading.findings

    @property
    def read(self) -> int:
        """The number of rows in the file, those included that were too broken to be read."""
        if self.large is not None:
            return self.large.count
        if self.rows is None:
            return 0
        return len(self.rows) + len(self.findings.refused_rows - set(self.rows["row"]))

    @property
    def refused(self) -> int:
        """The number of rows that must not be written."""
        return len(self.findings.refused_rows)

    @property
    def writable(self) -> int:
        """The number of rows that may be written."""
        return 0 if self.rows is None and self.large is None else self.read - self.refused
