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
from importers.headers import LAT, LON, WKT, plain_header

_BATCH = """
'id', b.id, 'kind', b.kind, 'level', b.level, 'file', b.file, 'layer', b.layer, 'datum', b.datum,
'state', b.state, 'rows_read', b.rows_read, 'rows_refused', b.rows_refused,
'rows_written', b.rows_written, 'difference', b.difference - 'vanished_codes',
'staged_at', b.staged_at, 'finished_at', b.finished_at, 'undone_at', b.undone_at
"""
_LIST = f"""
SELECT coalesce(json_agg(json_build_object({_BATCH}) ORDER BY b.staged_at DESC), '[]')::text
       AS items
  FROM (SELECT * FROM import_batch ORDER BY staged_at DESC LIMIT %(limit)s) b
"""
# `rows` counts each row once, however often it has the finding; `zh` and `en` are what is said of
# the file as a whole, else the one sentence that all rows share, else null.
_KINDS = """
SELECT code, severity, bool_or(row IS NULL) AS whole,
       count(DISTINCT row) + coalesce(sum(count) FILTER (WHERE row IS NULL), 0) AS rows,
       min(value) FILTER (WHERE row IS NULL) AS value,
       coalesce(string_agg(DISTINCT zh, '；') FILTER (WHERE row IS NULL),
                CASE WHEN count(DISTINCT zh) = 1 THEN min(zh) END) AS zh,
       coalesce(string_agg(DISTINCT en, '; ') FILTER (WHERE row IS NULL),
                CASE WHEN count(DISTINCT en) = 1 THEN min(en) END) AS en
  FROM import_finding WHERE batch_id = b.id
 GROUP BY code, severity
"""
_DETAIL = f"""
SELECT json_build_object({_BATCH}, 'given', b.given, 'columns', b.columns, 'evidence', b.evidence,
         'vanished_codes', b.difference->'vanished_codes',
         'rows_warned', (SELECT count(DISTINCT f.row) FROM import_finding f
                          WHERE f.batch_id = b.id AND f.severity = 'warn'
                            AND NOT EXISTS (SELECT FROM import_finding r
                                             WHERE r.batch_id = b.id AND r.row = f.row
                                               AND r.severity = 'refuse')),
         'findings', (SELECT coalesce(json_agg(json_build_object(
                        'code', f.code, 'severity', f.severity, 'rows', f.rows, 'whole', f.whole,
                        'zh', f.zh, 'en', f.en, 'value', f.value,
                        'title_zh', %(words)s::jsonb->f.code->>0,
                        'title_en', %(words)s::jsonb->f.code->>1,
                        'then_zh', %(words)s::jsonb->f.code->>2,
                        'then_en', %(words)s::jsonb->f.code->>3)
                        ORDER BY array_position(ARRAY['refuse', 'warn', 'inform'], f.severity),
                                 f.rows DESC, f.code), '[]')
                        FROM ({_KINDS}) f))::text AS item
  FROM import_batch b WHERE b.id = %(id)s
"""
_ROWS = """
SELECT coalesce(json_agg(x ORDER BY row), '[]')::text AS items, max(row) AS last, count(*) AS n
  FROM (SELECT f.row, f.zh, f.en, r.code, r.change, r.moved_m,
               round(r.area_m2::numeric, 1) AS area_m2, r.fields, r.original,
               place_name(n.path) AS place, ST_AsGeoJSON(r.geom, 7, 0)::json AS geometry
          FROM (SELECT row, string_agg(DISTINCT zh, '；') AS zh, string_agg(DISTINCT en, '; ') AS en
                  FROM import_finding
                 WHERE batch_id = %(id)s AND code = %(code)s AND row > %(after)s
                   AND (%(severity)s::text IS NULL OR severity = %(severity)s)
                 GROUP BY row ORDER BY row LIMIT %(limit)s) f
          LEFT JOIN import_row r ON r.batch_id = %(id)s AND r.row = f.row
          LEFT JOIN area_now n ON n.id = r.target) x
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
SELECT r.row, r.original, ST_AsText(r.geom, 9) AS wkt,
       string_agg(f.zh, '；' ORDER BY f.code) AS zh, string_agg(f.en, '; ' ORDER BY f.code) AS en
  FROM import_row r JOIN import_finding f ON f.batch_id = r.batch_id AND f.row = r.row
 WHERE r.batch_id = %(id)s AND r.refused AND f.severity = 'refuse'
 GROUP BY r.row, r.original, r.geom ORDER BY r.row
"""


def batch_list(tx: Transaction, limit: int = 50) -> str:
    """JSON text ``{"items": […]}`` of the newest batches."""
    return f'{{"items":{tx.scalar(_LIST, {"limit": limit})}}}'


def batch_detail(tx: Transaction, batch_id: UUID) -> str:
    """JSON text of one batch with evidence, difference and findings by code. Raises NotFound."""
    words = {
        code: [entry.title_zh, entry.title_en, entry.then_zh, entry.then_en]
        for code, entry in CODES.items()
    }
    found = tx.scalar(_DETAIL, {"id": batch_id, "words": Jsonb(words)})
    if found is None:
        raise NotFound(FILE)
    return str(found)


def finding_rows(
    tx: Transaction,
    batch_id: UUID,
    code: str,
    after: int = 0,
    limit: int = 100,
    severity: str | None = None,
) -> str:
    """JSON text ``{"items": […], "next": row or null}``: the rows one kind of finding concerns.

    Each row stands once, with all its sentences of the kind; of one `severity`, or of all.
    """
    wanted = {"id": batch_id, "code": code, "severity": severity, "after": after, "limit": limit}
    row = tx.one(_ROWS, wanted)
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
    would run as a formula get an apostrophe. Where the file's own columns do not say the place, a
    column WKT does (EPSG:4490), so that the rows can be corrected and brought again as they are.
    """
    rows = tx.all(_REFUSED, {"id": batch_id})
    names = list(dict.fromkeys(name for row in rows for name in row["original"]))
    placed = {plain_header(name) for name in names} & {*LON, *LAT, *WKT}
    if not placed and any(row["wkt"] for row in rows):
        names.append("WKT")
        for row in rows:
            row["original"]["WKT"] = row["wkt"]
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
               r.fields, r.original, place_name(n.path) AS place, s.stored,
               ST_AsGeoJSON(r.geom, 7, 0)::json AS geometry
          FROM import_row r
          JOIN import_batch b ON b.id = r.batch_id
          LEFT JOIN area_now n ON n.id = r.target
          LEFT JOIN LATERAL (
            SELECT json_build_object('name', a.name, 'households', a.households,
                                     'place', place_name(p.path)) AS stored
              FROM area_now a LEFT JOIN area_now p ON p.id = a.parent_id
             WHERE b.kind = 'areas' AND a.code = r.code
            UNION ALL
            SELECT json_build_object('name', u.name, 'floors', u.floors, 'height', u.height_m,
                                     'usage', u.usage, 'households', u.households_estimated,
                                     'place', place_name(p.path))
              FROM building u LEFT JOIN area_now p ON p.id = u.microgrid_id
             WHERE b.kind = 'buildings' AND u.code = r.code AND upper_inf(u.valid)
          ) s ON r.change IN ('changed', 'moved')
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
    or the same against what is live; `stored` are the values of a changed one that are live."""
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
