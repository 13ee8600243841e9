"""What a layer shows: tiles as bytes, features as GeoJSON text, and the version for caches.

All of it runs with the rights of the acting account; nothing here filters rows for people.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput
from layers.catalog import layer_named
from layers.declaration import Layer
from layers.statements import feature_statement, stamp_statement, tile_statement

MAX_ZOOM = 22
MAX_FEATURES = 5000
Posts = frozenset[str] | None
Box = tuple[float, float, float, float]

# What is settled of the feed, and the minute: what is in time now may be overdue then.
_NOW = """
SELECT journal_horizon() AS head, floor(extract(epoch FROM now()) / 60)::bigint AS minute
"""
_WORKERS = (
    "SELECT count(*) || '.' || coalesce(max(taken_at), 'epoch') AS stamp FROM worker_position"
)
# Stamping a whole layer reads all its rows, so one stamp serves everybody of a scope for a second.
_STAMPED_FOR_S = 1.0


def tile(
    tx: Transaction,
    name: str,
    z: int,
    x: int,
    y: int,
    posts: Posts = None,
    at: datetime | None = None,
) -> bytes:
    """The Mapbox vector tile of a layer, empty bytes where there is nothing.

    With the attributes for `posts` (all for None); `at` shows dated layers as they were at that moment.
    Raises NotFound for an unknown layer, InvalidInput for an address that is no tile.
    """
    layer = layer_named(name)
    _check_address(z, x, y)
    if z < layer.min_zoom:
        return b""
    params = {"z": z, "x": x, "y": y}
    if at is None or not layer.dated:
        return tx.blob(tile_statement(name, z, posts), params)
    return tx.blob(tile_statement(name, z, posts, dated=True), {**params, "since": at, "until": at})


def stamped_tile(
    tx: Transaction, name: str, z: int, x: int, y: int, posts: Posts = None
) -> tuple[bytes, str]:
    """A tile and its version (see `tile_version`) from one reading of its rows.

    Of layers with incidents the version is read before the tile and may be a second old: such a tile
    is drawn anew at the next question, and never kept under a version that is newer than it. Raises
    as `tile`.
    """
    layer = layer_named(name)
    _check_address(z, x, y)
    moved = tx.recent("layers.moved", _moved, _STAMPED_FOR_S) if layer.moves else None
    if z < layer.min_zoom:
        return b"", _own(tx, layer, "", posts, moved)
    row = tx.sent_binary(tile_statement(name, z, posts), {"z": z, "x": x, "y": y})
    assert row is not None
    stamp = str(row["stamp"]) if layer.stamp else ""
    return bytes(row["tile"] or b""), _own(tx, layer, stamp, posts, moved)


def _check_address(z: int, x: int, y: int) -> None:
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise InvalidInput.of(
            "tile", "bad_tile", "没有这张瓦片", "There is no tile with this address"
        )


_COLLECTION = """
SELECT json_build_object('type', 'FeatureCollection', 'name', %(name)s::text,
         'numberReturned', count(*),
         'features', coalesce(json_agg(json_build_object('type', 'Feature', 'id', f.id,
           'geometry', ST_AsGeoJSON(f.geom, 7, 0)::json, 'properties', f.properties)), '[]'))::text AS item
  FROM ({features}) f
"""


def geojson(
    tx: Transaction, name: str, bbox: Box | None = None, limit: int = 1000, posts: Posts = None
) -> str:
    """GeoJSON text of a layer's features in a box (west, south, east, north; degrees, CGCS2000).

    At most `limit` of them; no box means everywhere. Raises NotFound for an unknown layer,
    InvalidInput for a box whose sides are swapped or off the globe, or a limit out of range.
    """
    layer = layer_named(name)
    if not 1 <= limit <= MAX_FEATURES:
        raise InvalidInput.of(
            "limit", "bad_limit", "一次取 1 到 5000 个", "Ask for 1 to 5000 features"
        )
    features = feature_statement(name, posts, boxed=bbox is not None)
    params = {"name": layer.name, "limit": limit, **box_params(bbox)}
    return str(tx.scalar(_COLLECTION.format(features=features), params))


def box_params(bbox: Box | None) -> dict[str, float]:
    """A box as parameters west, south, east, north; none for no box.

    Raises InvalidInput when sides are swapped or off the globe.
    """
    if bbox is None:
        return {}
    west, south, east, north = bbox
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput.of(
            "bbox",
            "bad_bbox",
            "范围应为 西,南,东,北，单位度",
            "A box is west,south,east,north in degrees",
        )
    return {"west": west, "south": south, "east": east, "north": north}


def bounds(tx: Transaction, name: str) -> list[float]:
    """West, south, east, north (degrees) of all areas in force; the world when there is none."""
    layer_named(name)
    return tx.recent("layers.bounds", _place_bounds) or [-180.0, -90.0, 180.0, 90.0]


def _place_bounds(tx: Transaction) -> list[float]:
    row = tx.one(
        "SELECT ST_XMin(e) AS w, ST_YMin(e) AS s, ST_XMax(e) AS e, ST_YMax(e) AS n FROM (SELECT"
        " ST_Extent(geom) AS e FROM area_version WHERE upper_inf(valid) AND parent_id IS NULL) x"
    )
    return [] if row is None or row["w"] is None else [float(v) for v in row.values()]


# --- versions ----------------------------------------------------------------------------------


def tile_version(tx: Transaction, name: str, z: int, x: int, y: int, posts: Posts = None) -> str:
    """A short text that changes when what this reader sees in this tile may have changed.

    For ETags. An edit changes the versions of the tiles that it touches and of no other. Raises as
    `tile`.
    """
    layer = layer_named(name)
    _check_address(z, x, y)
    stamp = ""
    if layer.stamp and z >= layer.min_zoom:
        stamp = str(tx.scalar(stamp_statement(name, tile=True), {"z": z, "x": x, "y": y}))
    return _own(tx, layer, stamp, posts)


def layer_version(tx: Transaction, name: str, posts: Posts = None) -> str:
    """A short text that changes when what this reader sees in the layer may have changed.

    Layers with incidents in them follow the feed, and change each minute, because what is in time now
    may be overdue then. What is stored is stamped at most a second ago. Raises NotFound.
    """
    layer = layer_named(name)
    return _own(tx, layer, _layer_stamp(tx, layer), posts)


def shared_version(tx: Transaction, name: str, posts: Posts = None) -> str | None:
    """The version of a layer that looks the same to everybody with the same scope of areas.

    For addresses that caches share. None for a layer that changes with incidents: it belongs to its
    reader alone. Raises NotFound.
    """
    layer = layer_named(name)
    if layer.moves or not layer.stamp:
        return None
    # The scope begins with the account; two accounts of the same areas and posts see the same rows.
    audience = "" if layer.common else tx.scope.partition("|")[2]
    return _digest(layer.name, audience, _layer_stamp(tx, layer), *_columns(layer, posts))


def _own(
    tx: Transaction,
    layer: Layer,
    stamp: str,
    posts: Posts,
    moved: tuple[str, str] | None = None,
) -> str:
    parts = [layer.name, tx.scope, stamp, *_columns(layer, posts)]
    if layer.moves:
        head, minute = moved or _moved(tx)
        parts.append(head)
        if layer.clusters:  # points of incidents and workers: their time runs
            parts.append(minute)
    return _digest(*parts)


def _moved(tx: Transaction) -> tuple[str, str]:
    """What is settled of the feed, and the minute."""
    row = tx.one(_NOW)
    assert row is not None
    return str(row["head"]), str(row["minute"])


def _digest(*parts: str) -> str:
    return sha256("|".join(parts).encode()).hexdigest()[:20]


def _columns(layer: Layer, posts: Posts) -> tuple[str, ...]:
    return tuple(field.name for field in layer.fields_for(posts))


def _layer_stamp(tx: Transaction, layer: Layer) -> str:
    """What imports and positions left behind, at most a second old, as this scope sees it."""
    if layer.stamp:
        statement = stamp_statement(layer.name, tile=False)
    elif layer.name == "worker":
        statement = _WORKERS
    else:
        return ""
    key = f"layers.{layer.name}|{tx.scope}"
    return tx.recent(key, lambda t: str(t.scalar(statement)), _STAMPED_FOR_S)


def login_backdrop(tx: Transaction) -> str:
    """GeoJSON text of outlines for the pale map behind the log-in, without any name or code.

    Features carry `layer` (street, community, grid, building); an empty installation gives none.
    """
    return str(tx.recent("layers.backdrop", lambda t: t.scalar("SELECT login_backdrop()"), 300.0))
