"""Which columns an import takes: as said, as saved for files like it, else as guessed."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gridcenter.database import Transaction
from importers.command import ImportCommand
from importers.findings import Findings
from importers.mapping import PLACE_FIELDS, Columns, fingerprint_of, guess_columns
from importers.reading import ROW
from importers.saved import mapping_like


def settled_columns(
    tx: Transaction, command: ImportCommand, table: pd.DataFrame, findings: Findings
) -> Columns:
    """The columns of `table` for the command's kind.

    A mapping saved for a file with the same column names is used when the command names no columns
    itself; columns that hold places were found before.
    """
    given, saved = dict(command.columns), command.mapping
    if not any(name not in PLACE_FIELDS for name in given):
        names = [str(name) for name in table.columns if name not in (ROW, "geometry")]
        name, columns = mapping_like(tx, command.kind, fingerprint_of(names))
        if name:
            given, saved = {**columns, **given}, name
    settled = guess_columns(table, command.kind, given, findings, command.level)
    return replace(settled, saved=saved)
