"""A mapping is saved, found again by a file's column names, used by name, dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridcenter.actor import ANONYMOUS, SYSTEM
from gridcenter.codes import Level
from gridcenter.database import Database, Transaction
from gridcenter.errors import InvalidInput, NotFound
from importers.command import ImportCommand
from importers.kinds import Kind
from importers.operations import run_import
from importers.saved import drop_mapping, save_mapping, saved_mappings, with_mapping
from tests.importers.test_operations import STREET, geojson

ROW: dict[str, object] = {"BH": "320508001", "MC": "甲街道", "BZ": "乙"}


def test_a_file_with_the_same_columns_is_read_as_saved(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    first = run_import(
        database,
        SYSTEM,
        ImportCommand(
            Kind.AREAS,
            geojson(tmp_path, [(ROW, STREET)], "a"),
            Level.STREET,
            columns={"code": "BH", "name": "BZ", "households": ""},
        ),
    )
    assert first.batch
    save_mapping(tx, SYSTEM, first.batch, " 街道底图 ")
    other: dict[str, object] = {"BZ": "丙街道", "MC": "改名", "BH": "320508001"}

    again = run_import(
        database,
        SYSTEM,
        ImportCommand(Kind.AREAS, geojson(tmp_path, [(other, STREET)], "b"), Level.STREET),
        dry_run=True,
    )

    assert again.columns == {"code": "BH", "name": "BZ"}
    assert any("街道底图" in item["basis_zh"] for item in again.evidence)
    (kept,) = saved_mappings(tx)
    assert (kept["name"], kept["kind"]) == ("街道底图", "areas")


def test_a_mapping_is_used_by_name_and_gives_way_to_what_is_said(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    command = ImportCommand(
        Kind.AREAS, geojson(tmp_path, [(ROW, STREET)]), Level.STREET,
        datum="wgs84", columns={"code": "BH", "name": "BZ"},
    )  # fmt: skip
    outcome = run_import(database, SYSTEM, command)
    assert outcome.batch
    save_mapping(tx, SYSTEM, outcome.batch, "甲")

    plain = with_mapping(tx, ImportCommand(Kind.AREAS, command.path), "甲")
    said = with_mapping(
        tx, ImportCommand(Kind.AREAS, command.path, datum="gcj02", columns={"name": "MC"}), "甲"
    )

    assert (plain.level, plain.datum, plain.columns["name"]) == (Level.STREET, "wgs84", "BZ")
    assert (said.datum, said.columns["name"], said.columns["code"]) == ("gcj02", "MC", "BH")
    with pytest.raises(InvalidInput):
        with_mapping(tx, ImportCommand(Kind.BUILDINGS, command.path), "甲")
    with pytest.raises(InvalidInput):
        with_mapping(tx, command, "乙")


def test_names_are_checked_and_mappings_dropped(
    database: Database, tx: Transaction, tmp_path: Path
) -> None:
    outcome = run_import(
        database,
        SYSTEM,
        ImportCommand(Kind.AREAS, geojson(tmp_path, [(ROW, STREET)]), Level.STREET),
    )
    assert outcome.batch
    for name in ("", "  ", "长" * 61):
        with pytest.raises(InvalidInput):
            save_mapping(tx, SYSTEM, outcome.batch, name)
    with pytest.raises(NotFound):
        save_mapping(tx, ANONYMOUS, outcome.batch, "甲")
    save_mapping(tx, SYSTEM, outcome.batch, "甲")
    save_mapping(tx, SYSTEM, outcome.batch, "甲")
    drop_mapping(tx, SYSTEM, "甲")
    assert saved_mappings(tx) == []
    with pytest.raises(NotFound):
        drop_mapping(tx, SYSTEM, "甲")
