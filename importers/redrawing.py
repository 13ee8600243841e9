"""A staged import of areas as the new inside of an area, for a redraw plan."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from gridcenter.database import Transaction
from gridcenter.errors import FILE, InvalidInput, NotFound

_BATCH = "SELECT id, kind, level, file, state FROM import_batch WHERE id = %(id)s"
_ROWS = """
SELECT r.code, r.fields, ST_AsGeoJSON(r.geom, 15)::json AS geometry
  FROM import_row r WHERE r.batch_id = %(id)s AND NOT r.refused AND r.geom IS NOT NULL ORDER BY r.row
"""


def staged_areas(tx: Transaction, batch: object) -> tuple[list[dict[str, Any]], str]:
    """The good rows of a staged batch of areas as a plan's `replace` wants them, and the file's name.

    Each row has level, geometry (GeoJSON, lon/lat) and what the file says of code, name, kind. Raises
    NotFound, InvalidInput when the batch is of another kind or no longer staged.
    """
    try:
        batch_id = UUID(str(batch))
    except ValueError:
        raise NotFound(FILE) from None
    found = tx.one(_BATCH, {"id": batch_id})
    if found is None:
        raise NotFound(FILE)
    if found["kind"] != "areas" or found["state"] != "staged":
        raise InvalidInput.of(
            "given.batch",
            "not_staged",
            "只能用待写入的区域文件",
            "Only a staged file of areas can be used",
        )
    rows = []
    for row in tx.all(_ROWS, {"id": batch_id}):
        fields = row["fields"]
        area = {"level": found["level"], "geometry": row["geometry"]}
        if fields.get("code_scheme") != "external" and row["code"]:
            area["code"] = row["code"]
        area |= {name: fields[name] for name in ("name", "name_en", "kind") if fields.get(name)}
        rows.append(area)
    return rows, found["file"]
