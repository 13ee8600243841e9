"""What somebody asks an import to do; free of the libraries that read files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gridcenter.codes import Level
from importers.kinds import Kind

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class ImportCommand:
    """What to import and what a person says about it instead of leaving it to recognition.

    `level` is required for areas. `parent` is the code all rows hang under. `columns` maps field →
    column (also ``lon``, ``lat``, ``wkt``). `example` marks everything stored as an example.
    `source` names the provenance (default: the file's name). `name` replaces the path's own name.
    `into` is the reference layer: road, water, wall or poi.
    `mapping` is the name of the saved mapping that filled `columns`.
    """

    kind: Kind
    path: Path
    level: Level | None = None
    layer: str | None = None
    parent: str | None = None
    datum: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    example: bool = False
    source: str | None = None
    name: str | None = None
    mapping: str | None = None
    into: str | None = None

    def given(self) -> dict[str, Any]:
        """The options a person set, as they are stored with the batch."""
        options = {
            "level": self.level.value if self.level else None,
            "layer": self.layer,
            "parent": self.parent,
            "datum": self.datum,
            "encoding": self.encoding,
            "columns": dict(self.columns) or None,
            "example": self.example or None,
            "source": self.source,
            "into": self.into,
        }
        return {name: value for name, value in options.items() if value is not None}
