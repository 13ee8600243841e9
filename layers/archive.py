"""The base layers as one PMTiles file: borders and buildings for screens that reach no tile server.

A PMTiles archive is read by HTTP range requests from any file server, or from a disk. It holds what
everybody in the house may see of areas and buildings as they are now; no case, no count, no person.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridcenter.clock import now
from gridcenter.database import Transaction
from layers.catalog import LAYERS
from layers.queries import bounds, tile

BASE_LAYERS = ("street", "community", "grid", "microgrid", "building")
MOST_ZOOM = 16
# The attributes that hang on every wall.
_POSTS = frozenset({"wall"})
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Archived:
    """What was written: tiles that hold something, and the bytes of the file."""

    tiles: int
    size: int


def write_archive(
    tx: Transaction, target: Path, deepest: int = MOST_ZOOM, progress: Progress | None = None
) -> Archived:
    """Write the base layers of zoom 0 to `deepest` into `target`, with what `tx` may see."""
    from pmtiles.tile import zxy_to_tileid
    from pmtiles.writer import Writer

    box = bounds(tx, "street")
    written = 0
    with target.open("wb") as file:
        writer: Any = Writer(file)  # type: ignore[no-untyped-call]
        for zoom in range(deepest + 1):
            # In the order of their ids a reader finds neighbours beside each other.
            addresses = sorted(covering(box, zoom), key=lambda each: zxy_to_tileid(*each))
            for address in addresses:
                data = _merged(tx, address)
                if data:
                    writer.write_tile(zxy_to_tileid(*address), gzip.compress(data, mtime=0))
                    written += 1
            if progress:
                progress(zoom + 1, deepest + 1)
        if written:
            writer.finalize(_header(box, deepest), _metadata(deepest))
    return Archived(written, target.stat().st_size)


def covering(box: list[float], zoom: int) -> Iterator[tuple[int, int, int]]:
    """The addresses (z, x, y) of the tiles of a zoom that a box (degrees) touches."""
    west, south, east, north = box
    (left, top), (right, bottom) = _address(west, north, zoom), _address(east, south, zoom)
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            yield zoom, x, y


def _address(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    n = 2**zoom
    angle = math.radians(max(-85.05, min(85.05, lat)))
    y = (1 - math.asinh(math.tan(angle)) / math.pi) / 2 * n
    return min(n - 1, int((lon + 180) / 360 * n)), min(n - 1, int(y))


def _merged(tx: Transaction, address: tuple[int, int, int]) -> bytes:
    """All base layers in one tile: a vector tile is the row of its layers, so they are put in line.

    As of now, which leaves counts of cases out.
    """
    return b"".join(tile(tx, name, *address, _POSTS, now()) for name in BASE_LAYERS)


def _header(box: list[float], deepest: int) -> dict[str, Any]:
    from pmtiles.tile import Compression, TileType

    west, south, east, north = (round(value * 1e7) for value in box)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": min(13, deepest),
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(deepest: int) -> dict[str, Any]:
    kinds = {"integer": "Number", "number": "Number", "boolean": "Boolean"}
    return {
        "name": "gridcenter",
        "type": "overlay",
        "vector_layers": [
            {
                "id": name,
                "description": LAYERS[name].title,
                "minzoom": LAYERS[name].min_zoom,
                "maxzoom": deepest,
                "fields": {
                    f.name: kinds.get(f.kind.value, "String")
                    for f in LAYERS[name].fields_for(_POSTS)
                    if f.from_zoom is not None and f.tile_sql is None
                },
            }
            for name in BASE_LAYERS
        ],
    }
