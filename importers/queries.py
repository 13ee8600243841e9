"""What the imports page shows: batches, findings by kind, the rows of a finding, refused rows.

JSON is built in PostgreSQL and comes back as text. Geometry is GeoJSON, lon/lat, CGCS2000.
"""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gridcenter.database import Transaction
from gridcenter.errors import FILE, NotFound
from importers.findings import CODES

_BATCH = """
'id', b.id, 'kind', b.kind, 'level', b.level, 'file', b.file, 'layer', b.layer, 'datum', b.datum,
'state', b.state, 'rows_read', b.rows_read, 'rows_refused', b.rows_refused,
'rows_written', b.rows_written, 'difference', b.difference - 'vanished_codes',
'staged_at', b.staged_at, 'finished_at', b.finished_at
"""
_LIST = f"""
SELECT coalesce(json_agg(json_build_object({_BATCH}) ORDER BY b.staged_at DESC), '[]')::text
       AS items
  FROM (SELECT * FROM import_batch ORDER BY staged_at DESC LIMIT %(limit)s) b
"""
_DETAIL = f"""
SELECT json_build_object({_BATCH}, 'given', b.given, 'columns', b.columns, 'evidence', b.evidence,
         'vanished_codes', b.difference->'vanished_codes',
         'findings', (SELECT coalesce(json_agg(json_build_object(
                        'code', f.code, 'severity', f.severity, 'rows', f.rows,
                        'zh', f.zh, 'en', f.en,
                        'then_zh', %(then_zh)s::jsonb->>f.code,
                        'then_en', %(then_en)s::jsonb->>f.code)
                        ORDER BY array_position(ARRAY['refuse', 'warn', 'inform'], f.severity),
                                 f.rows DESC, f.code), '[]')
                        FROM (SELECT code, severity, sum(count) AS rows, min(zh) AS zh,
                                     min(en) AS en
                                FROM import_finding WHERE batch_id = b.id
                               GROUP BY code, severity) f))::text AS item
  FROM import_batch b WHERE b.id = %(id)s
"""
_ROWS = """
SELECT coalesce(json_agg(x ORDER BY row), '[]')::text AS items, max(row) AS last, count(*) AS n
  FROM (SELECT f.row, f.field, f.severity, f.zh, f.en, f.value, r.code, r.change, r.moved_m,
               round(r.area_m2::numeric, 1) AS area_m2, r.fields, r.original,
               place_name(n.path) AS place, ST_AsGeoJSON(r.geom, 7, 0)::json AS geometry
          FROM import_finding f
          LEFT JOIN import_row r ON r.batch_id = f.batch_id AND r.row = f.row
          LEFT JOIN area_now n ON n.id = r.target
         WHERE f.batch_id = %(id)s AND f.code = %(code)s AND f.row > %(after)s
         ORDER BY f.row LIMIT %(limit)s) x
"""
_NEAR = """
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
         json_build_object('type', 'Feature', 'id', r.row,
           'properties', json_build_object('row', r.row, 'code', r.code, 'refused', r.refused,
                                           'change', r.change),
           'geometry', ST_AsGeoJSON(r.geom, 7, 0)::json)), '[]'))::text AS item
  FROM (SELECT * FROM import_row
         WHERE batch_id = %(id)s
           AND geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)
         LIMIT 2000) r
"""
_REFUSED = """
SELECT r.row, r.original, string_agg(f.zh, '；' ORDER BY f.code) AS zh,
       string_agg(f.en, '; ' ORDER BY f.code) AS en
  FROM import_row r JOIN import_finding f ON f.batch_id = r.batch_id AND f.row = r.row
 WHERE r.batch_id = %(id)s AND r.refused AND f.severity = 'refuse'
 GROUP BY r.row, r.original ORDER BY r.row
"""


def batch_list(tx: Transaction, limit: int = 50) -> str:
    """JSON text ``{"items": […]}`` of the newest batches."""
    return f'{{"items":{tx.scalar(_LIST, {"limit": limit})}}}'


def batch_detail(tx: Transaction, batch_id: UUID) -> str:
    """JSON text of one batch with evidence, difference and findings by code. Raises NotFound."""
    found = tx.scalar(
        _DETAIL,
        {
            "id": batch_id,
            "then_zh": Jsonb({code: entry.then_zh for code, entry in CODES.items()}),
            "then_en": Jsonb({code: entry.then_en for code, entry in CODES.items()}),
        },
    )
    if found is None:
        raise NotFound(FILE)
    return str(found)


def finding_rows(
    tx: Transaction, batch_id: UUID, code: str, after: int = 0, limit: int = 100
) -> str:
    """JSON text ``{"items": […], "next": row or null}``: the rows one kind of finding concerns."""
    row = tx.one(_ROWS, {"id": batch_id, "code": code, "after": after, "limit": limit})
    assert row is not None
    following = row["last"] if row["n"] == limit else "null"
    return f'{{"items":{row["items"]},"next":{following}}}'


def shapes_near(tx: Transaction, batch_id: UUID, box: tuple[float, float, float, float]) -> str:
    """GeoJSON text of a batch's rows that touch (west, south, east, north), at most 2,000."""
    west, south, east, north = box
    place = {"id": batch_id, "west": west, "south": south, "east": east, "north": north}
    return str(tx.scalar(_NEAR, place))


def refused_rows_csv(tx: Transaction, batch_id: UUID, locale: str = "zh") -> str:
    """CSV text of the refused rows as they came, each with its reason in the last column.

    Begins with a byte order mark, so that spreadsheets read it as UTF-8; cells that a spreadsheet
    would run as a formula get an apostrophe.
    """
    rows = tx.all(_REFUSED, {"id": batch_id})
    names = list(dict.fromkeys(name for row in rows for name in row["original"]))
    reason = "reason" if locale.startswith("en") else "拒收原因"
    number = "row" if locale.startswith("en") else "行"
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([number, *(_harmless(name) for name in names), reason])
    for row in rows:
        cells = [_harmless(row["original"].get(name)) for name in names]
        told = row["en"] if locale.startswith("en") else row["zh"]
        writer.writerow([row["row"], *cells, _harmless(told)])
    return "\ufeff" + written.getvalue()


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value


_COLUMNS = """
SELECT coalesce(json_agg(DISTINCT name), '[]')::text FROM (
  SELECT jsonb_object_keys(original) AS name
    FROM (SELECT original FROM import_row WHERE batch_id = %(id)s ORDER BY row LIMIT 50) r) k
"""
_CHANGES = """
SELECT coalesce(json_agg(x ORDER BY row), '[]')::text AS items, max(row) AS last, count(*) AS n
  FROM (SELECT r.row, r.code, r.change, r.moved_m, round(r.area_m2::numeric, 1) AS area_m2,
               r.fields, r.original, place_name(n.path) AS place,
               ST_AsGeoJSON(r.geom, 7, 0)::json AS geometry
          FROM import_row r LEFT JOIN area_now n ON n.id = r.target
         WHERE r.batch_id = %(id)s AND NOT r.refused AND r.change = %(change)s
           AND r.row > %(after)s
         ORDER BY r.row LIMIT %(limit)s) x
"""


def column_names(tx: Transaction, batch_id: UUID) -> str:
    """JSON text of the file's own column names; ``[]`` when no row of it is staged."""
    return str(tx.scalar(_COLUMNS, {"id": batch_id}))


def changed_rows(
    tx: Transaction, batch_id: UUID, change: str, after: int = 0, limit: int = 100
) -> str:
    """JSON text ``{"items": […], "next": row or null}``: writable rows that are new, changed, moved
    or the same against what is live."""
    row = tx.one(_CHANGES, {"id": batch_id, "change": change, "after": after, "limit": limit})
    assert row is not None
    following = row["last"] if row["n"] == limit else "null"
    return f'{{"items":{row["items"]},"next":{following}}}'


def rows_with_change(tx: Transaction, batch_id: UUID, changes: list[str]) -> list[int]:
    """Numbers of the writable rows of these changes."""
    found = tx.all(
        "SELECT row FROM import_row WHERE batch_id = %(id)s AND NOT refused"
        " AND change = ANY(%(changes)s)",
        {"id": batch_id, "changes": changes},
    )
    return [row["row"] for row in found]


def waiting_batches(tx: Transaction) -> set[UUID]:
    """Ids of the batches that wait for a decision, refused ones included."""
    rows = tx.all("SELECT id FROM import_batch WHERE state IN ('staged', 'refused')")
    return {row["id"] for row in rows}


def options_of(tx: Transaction, batch_id: UUID) -> dict[str, Any]:
    """kind, file, state and given (options) of a batch. Raises NotFound."""
    row = tx.one(
        "SELECT kind, file, state, given FROM import_batch WHERE id = %(id)s", {"id": batch_id}
    )
    if row is None:
        raise NotFound(FILE)
    return row
