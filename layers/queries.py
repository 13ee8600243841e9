"""What a layer shows: tiles as bytes, features as GeoJSON text, and the version for caches.

All of it runs with the rights of the acting account; nothing here filters rows for people.
"""

from __future__ import annotations

from hashlib import sha256

from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput
from layers.catalog import Layer, layer_named

MAX_ZOOM = 22
MAX_FEATURES = 5000

# What is settled of the feed, and the minute: what is in time now may be overdue then.
_NOW = """
SELECT journal_horizon() AS head, floor(extract(epoch FROM now()) / 60)::bigint AS minute
"""
# Each import writes new rows or new ends of rows. Positions come with operations. Counting 18,000
# buildings takes as long as drawing a tile, so a count serves all tiles of one second.
_COUNTED_FOR_S = 1.0
_VERSIONS = {
    "area": "SELECT concat_ws('.', max(id), count(*), count(*) FILTER (WHERE upper_inf(valid)))"
    " AS version FROM area_version",
    "building": "SELECT count(*) || '.' || coalesce(sum(version), 0) || '.'"
    " || coalesce(max(lower(valid)), '0001-01-01') AS version FROM building WHERE upper_inf(valid)",
    "worker": "SELECT count(*) || '.' || coalesce(max(taken_at), 'epoch') AS version"
    " FROM worker_position",
}


def tile(tx: Transaction, name: str, z: int, x: int, y: int) -> bytes:
    """The Mapbox vector tile of a layer, empty bytes where there is nothing.

    Raises NotFound for an unknown layer, InvalidInput for an address that is no tile.
    """
    layer = layer_named(name)
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise InvalidInput.of(
            "tile", "bad_tile", "没有这张瓦片", "There is no tile with this address"
        )
    # The function's name comes from our own table, never from a caller.
    return tx.blob(f"SELECT {layer.tile}(%(z)s, %(x)s, %(y)s)", {"z": z, "x": x, "y": y})


_COLLECTION = """
SELECT json_build_object('type', 'FeatureCollection', 'name', %(name)s::text,
         'numberReturned', count(*),
         'features', coalesce(json_agg(json_build_object('type', 'Feature', 'id', f.id,
           'geometry', ST_AsGeoJSON(f.geom, 7, 0)::json, 'properties', f.properties)), '[]'))::text AS item
  FROM ({features}) f
"""
Box = tuple[float, float, float, float]


def geojson(tx: Transaction, name: str, bbox: Box | None = None, limit: int = 1000) -> str:
    """GeoJSON text of a layer's features in a box (west, south, east, north; degrees, CGCS2000).

    At most `limit` of them; no box means everywhere. Raises NotFound for an unknown layer,
    InvalidInput for a box whose sides are swapped or off the globe, or a limit out of range.
    """
    layer = layer_named(name)
    west, south, east, north = bbox or (-180.0, -90.0, 180.0, 90.0)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput.of(
            "bbox",
            "bad_bbox",
            "范围应为 西,南,东,北，单位度",
            "A box is west,south,east,north in degrees",
        )
    if not 1 <= limit <= MAX_FEATURES:
        raise InvalidInput.of(
            "limit", "bad_limit", "一次取 1 到 5000 个", "Ask for 1 to 5000 features"
        )
    return str(
        tx.scalar(
            _COLLECTION.format(features=layer.features),
            {
                "name": layer.name,
                "west": west,
                "south": south,
                "east": east,
                "north": north,
                "limit": limit,
            },
        )
    )


def layer_version(tx: Transaction, name: str, *, now: bool = True) -> str:
    """A short text that changes when what this reader sees in the layer may have changed.

    For ETags: it holds the reader's scope as well. Layers with incidents in them follow the feed, and
    change each minute, because what is in time now may be overdue then. An import shows within a
    second: the version is read before the tile, so what is newer than it is drawn anew, never kept.
    Without `now` the version may be a second old: enough for a tile that is drawn in any case.
    Raises NotFound.
    """
    layer = layer_named(name)
    parts = [layer.name, tx.scope, _stored_version(tx, layer)]
    if layer.moves:
        head, minute = _moved(tx) if now else tx.recent("layers.moved", _moved, _COUNTED_FOR_S)
        parts.append(head)
        if layer.name in ("incident", "worker"):
            parts.append(minute)
    return sha256("|".join(parts).encode()).hexdigest()[:20]


def _moved(tx: Transaction) -> tuple[str, str]:
    """What is settled of the feed, and the minute."""
    row = tx.one(_NOW)
    assert row is not None
    return str(row["head"]), str(row["minute"])


def _stored_version(tx: Transaction, layer: Layer) -> str:
    """What imports and positions left behind, at most a second old, as this scope sees it."""
    if layer.name == "incident":
        return ""
    kind = layer.name if layer.name in _VERSIONS else "area"
    key = f"layers.{kind}|{tx.scope}"
    return tx.recent(key, lambda t: str(t.scalar(_VERSIONS[kind])), _COUNTED_FOR_S)


def login_backdrop(tx: Transaction) -> str:
    """GeoJSON text of outlines for the pale map behind the log-in, without any name or code.

    Features carry `layer` (street, community, grid, building); an empty installation gives none.
    """
    return str(tx.recent("layers.backdrop", lambda t: t.scalar("SELECT login_backdrop()"), 300.0))
