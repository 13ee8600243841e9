"""Map layers: vector tiles with ETags, TileJSON, GeoJSON, files, and what there is with style and legend."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, request
from pydantic import Field, field_validator
from werkzeug.datastructures import ETags

from dashboards.api.answers import json_text
from dashboards.api.schemas import Body, Code, Query, Text, parse_bbox
from dashboards.requests import actor, anonymous, house, open_to_walls, tx
from gridcenter.clock import parse_rfc3339
from gridcenter.database import Transaction
from gridcenter.errors import NotFound, Words
from layers import queries
from layers.catalog import LAYERS, layer_named
from layers.declaration import Layer

bp = APIBlueprint("tiles", __name__, tag="layers")
TILE = Words("地图瓦片", "map tile")
MVT = "application/vnd.mapbox-vector-tile"
# Whoever knows a shared address gets its tile from the cache, so it must not be guessed: version and seal.
_SEAL_CHARS = 20
# For this reader's cache alone, which asks each time whether it still holds.
PRIVATE = (("Cache-Control", "private, no-cache"), ("Vary", "Cookie, Authorization"))
Address = tuple[str, int, int, int]
YEAR_S = 365 * 24 * 3600


class FeaturesQuery(Query):
    """A box west,south,east,north in degrees (CGCS2000), and how many features at most."""

    bbox: Text | None = None
    limit: Annotated[int, Field(ge=1, le=queries.MAX_FEATURES)] = 1000

    @field_validator("bbox")
    @classmethod
    def four_numbers(cls, value: str | None) -> str | None:
        """Refuse anything but four finite numbers in order."""
        if value is not None:
            parse_bbox(value)
        return value


@bp.get("/api/v1/public/backdrop.geojson")
@bp.doc(summary="The pale map behind the log-in")
@anonymous
def backdrop() -> Response:
    """Outlines of areas and buildings, geometry alone; nobody needs to be logged in."""
    response = json_text(queries.login_backdrop(tx()))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@dataclass(frozen=True)
class Drawn:
    """A tile for one reader: its bytes and version; `unchanged` when the reader holds it already."""

    body: bytes
    version: str
    unchanged: bool = False

    def headers(self) -> list[tuple[str, str]]:
        """What is said of it, beside what is said of every answer."""
        said = [("ETag", f'"{self.version}"'), *PRIVATE]
        if not self.unchanged:
            said += [("Content-Type", MVT), ("Content-Length", str(len(self.body)))]
        return said


def drawn(
    transaction: Transaction,
    posts: frozenset[str],
    address: Address,
    held: ETags,
    at: datetime | None = None,
) -> Drawn:
    """The tile at layer, z, x, y as the acting reader may see it; without its bytes when `held` has it.

    With `at`, areas and buildings as they were at that moment. Raises NotFound when there is no such
    layer for these posts, or no such address.
    """
    _check(posts, *address)
    if held or at:
        # The version is read before the tile: what is newer than it is drawn anew, never kept.
        version = queries.tile_version(transaction, *address, posts)
        if at:
            version = f"{version}-{int(at.timestamp())}"
        if held.contains(version):
            return Drawn(b"", version, unchanged=True)
        if at:
            return Drawn(queries.tile(transaction, *address, posts, at), version)
    return Drawn(*queries.stamped_tile(transaction, *address, posts))


@bp.get("/tiles/<layer>/<int:z>/<int:x>/<int:y>.mvt")
@bp.doc(summary="A vector tile", responses={200: MVT, 304: "As before", 404: "Not found"})
@open_to_walls
def tile(layer: str, z: int, x: int, y: int) -> Response:
    """The tile as this reader may see it; empty where there is nothing, 304 when nothing in it changed.

    With `at` (RFC 3339) areas and buildings as they were at that moment.
    """
    # Most plain ones never come here: quick_tiles.py has answered them.
    # Read by hand: checking a schema would cost a twentieth of a tile.
    at = parse_rfc3339(request.args["at"]) if "at" in request.args else None
    made = drawn(tx(), actor().posts, (layer, z, x, y), request.if_none_match, at)
    return Response(made.body, 304 if made.unchanged else 200, made.headers(), content_type=MVT)


@bp.get("/tiles/<layer>@<version>/<int:z>/<int:x>/<int:y>.mvt")
@bp.doc(summary="A vector tile of one version", responses={200: MVT, 404: "Not found"})
@open_to_walls
def versioned_tile(layer: str, version: str, z: int, x: int, y: int) -> Response:
    """The same at an address that a cache in front may keep for ever; see TileJSON for the address.

    The address of another version or audience is answered too, and not kept.
    """
    posts = actor().posts
    _check(posts, layer, z, x, y)
    current = _sealed(layer, posts)
    response = make_response(queries.tile(tx(), layer, z, x, y, posts))
    response.content_type = MVT
    if current and hmac.compare_digest(current, version):
        response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    else:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _check(posts: frozenset[str], layer: str, z: int, x: int, y: int) -> None:
    """Raises NotFound when there is no such layer for these posts, or no such address."""
    layer_named(layer, posts)
    if z > queries.MAX_ZOOM or max(x, y) >= 2**z:
        raise NotFound(TILE)


def _sealed(layer: str, posts: frozenset[str]) -> str | None:
    """The version of a layer for shared caches with its seal; None when it is its reader's alone."""
    version = queries.shared_version(tx(), layer, posts)
    if version is None:
        return None
    key = house().settings.secrets.session_key.encode()
    seal = hmac.new(key, f"tiles|{layer}|{version}".encode(), "sha256").hexdigest()
    return f"{version[:8]}{seal[:_SEAL_CHARS]}"


@bp.get("/api/v1/layers")
@bp.doc(summary="Map layers with style and legend")
@open_to_walls
def layers() -> Response:
    """The layers this reader's posts may ask for, in drawing order."""
    return jsonify({"items": [_shown(row) for row in LAYERS.values() if row.posts & actor().posts]})


def _shown(layer: Layer) -> dict[str, Any]:
    names = ("name", "title", "title_en", "geometry", "min_zoom", "max_zoom", "style")
    fields = layer.fields_for(actor().posts)
    return {
        **{name: getattr(layer, name) for name in names},
        "attributes": [field.name for field in fields],
        "fields": [
            {"name": f.name, "title": f.title, "title_en": f.title_en, "kind": f.kind.value}
            for f in fields
        ],
        "legend": [asdict(line) for line in layer.legend],
        "exported": bool(layer.exported & actor().posts),
        "tiles": f"/tiles/{layer.name}/{{z}}/{{x}}/{{y}}.mvt",
        "tilejson": f"/api/v1/layers/{layer.name}/tiles.json",
        "features": f"/api/v1/layers/{layer.name}/features",
        "collection": f"/ogc/collections/{layer.name}",
    }


@bp.get("/api/v1/layers/<layer>/tiles.json")
@bp.doc(summary="TileJSON of a layer", responses={404: "Not found"})
@open_to_walls
def tilejson(layer: str) -> Response:
    """TileJSON 3.0.0 with an absolute address, of one version where caches may share it."""
    posts = actor().posts
    found = layer_named(layer, posts)
    sealed = _sealed(layer, posts)
    address = f"{layer}@{sealed}" if sealed else layer
    types: dict[str, Literal["String", "Number", "Boolean"]] = {
        "integer": "Number",
        "number": "Number",
        "boolean": "Boolean",
    }
    response = jsonify(
        {
            "tilejson": "3.0.0",
            "name": found.title,
            "description": found.title_en,
            "scheme": "xyz",
            "tiles": [f"{request.host_url}tiles/{address}/{{z}}/{{x}}/{{y}}.mvt"],
            "minzoom": found.min_zoom,
            "maxzoom": found.max_zoom,
            "bounds": queries.bounds(tx(), layer),
            "vector_layers": [
                {
                    "id": found.name,
                    "description": found.title,
                    "minzoom": found.min_zoom,
                    "maxzoom": found.max_zoom,
                    "fields": {
                        f.name: types.get(f.kind.value, "String")
                        for f in found.fields_for(posts)
                        if f.from_zoom is not None
                    },
                }
            ],
        }
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@bp.get("/api/v1/layers/<layer>/features")
@bp.input(FeaturesQuery, location="query", arg_name="query")
@bp.doc(summary="Features of a layer (GeoJSON)", responses={404: "Not found"})
def features(layer: str, query: FeaturesQuery) -> Response:
    """A FeatureCollection, lon/lat, CGCS2000 (WGS 84 at our accuracy)."""
    posts = actor().posts
    layer_named(layer, posts)
    box = parse_bbox(query.bbox) if query.bbox else None
    response = json_text(queries.geojson(tx(), layer, box, query.limit, posts))
    response.content_type = "application/geo+json; charset=utf-8"
    return response


class ExportBody(Body):
    """Which file: format, system (4326, 4490, 4549, another 3-degree zone, or zone), area code."""

    format: Literal["gpkg", "shapefile", "geojson", "xlsx", "dxf"]
    crs: Annotated[Text, Field(min_length=1, max_length=20)] = "4490"
    area: Code | None = None


@bp.post("/api/v1/layers/<layer>/export")
@bp.input(ExportBody, location="json", arg_name="body")
@bp.doc(
    summary="A layer as a file", responses={200: "The file", 403: "Not yours", 404: "Not found"}
)
def export(layer: str, body: ExportBody) -> Response:
    """GeoPackage, shapefile (GBK, zipped), GeoJSON, Excel or DXF; the export is written down."""
    from layers.export import MIME, SUFFIX, ExportLayer, Format, export_layer

    form = Format(body.format)
    command = ExportLayer(layer, form, body.crs, body.area)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{layer}{SUFFIX[form]}"
        done = export_layer(tx(), actor(), command, file)
        response = make_response(file.read_bytes())
    response.content_type = MIME[form]
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Row-Count"] = str(done.rows)
    return response
