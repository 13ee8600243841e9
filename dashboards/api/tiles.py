"""Map layers: vector tiles with ETags, features as GeoJSON, and what there is with its style and legend."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, request
from pydantic import Field, field_validator

from dashboards.api.answers import json_text
from dashboards.api.schemas import Query, Text, parse_bbox
from dashboards.requests import actor, anonymous, tx
from gridcenter.errors import NotFound, Words
from layers import queries
from layers.catalog import LAYERS, Layer, layer_named

bp = APIBlueprint("tiles", __name__, tag="layers")
TILE = Words("地图瓦片", "map tile")
MVT = "application/vnd.mapbox-vector-tile"


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


@bp.get("/tiles/<layer>/<int:z>/<int:x>/<int:y>.mvt")
@bp.doc(summary="A vector tile", responses={200: MVT, 304: "As before", 404: "Not found"})
def tile(layer: str, z: int, x: int, y: int) -> Response:
    """The tile as this reader may see it; empty where there is nothing, 304 when nothing changed."""
    layer_named(layer, actor().posts)
    if z > queries.MAX_ZOOM or max(x, y) >= 2**z:
        raise NotFound(TILE)
    asked = request.if_none_match
    # A first answer may carry a version of a moment ago: it is drawn anew at the next question. Whether
    # an earlier answer still holds needs the version of now.
    version = queries.layer_version(tx(), layer, now=bool(asked))
    unchanged = asked.contains(version)
    response = make_response(b"" if unchanged else queries.tile(tx(), layer, z, x, y))
    response.status_code = 304 if unchanged else 200
    response.content_type = MVT
    return _kept(response, version)


def _kept(response: Response, version: str) -> Response:
    """For this reader's cache alone, which asks each time whether it still holds."""
    response.set_etag(version)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Authorization"
    return response


@bp.get("/api/v1/layers")
@bp.doc(summary="Map layers with style and legend")
def layers() -> Response:
    """The layers this reader's posts may ask for, in drawing order."""
    return jsonify({"items": [_shown(row) for row in LAYERS.values() if row.posts & actor().posts]})


def _shown(layer: Layer) -> dict[str, Any]:
    names = ("name", "title", "title_en", "geometry", "attributes", "min_zoom", "max_zoom", "style")
    return {
        **{name: getattr(layer, name) for name in names},
        "legend": [asdict(line) for line in layer.legend],
        "tiles": f"/tiles/{layer.name}/{{z}}/{{x}}/{{y}}.mvt",
        "features": f"/api/v1/layers/{layer.name}/features",
    }


@bp.get("/api/v1/layers/<layer>/features")
@bp.input(FeaturesQuery, location="query", arg_name="query")
@bp.doc(summary="Features of a layer (GeoJSON)", responses={404: "Not found"})
def features(layer: str, query: FeaturesQuery) -> Response:
    """A FeatureCollection, lon/lat, CGCS2000 (WGS 84 at our accuracy)."""
    layer_named(layer, actor().posts)
    box = parse_bbox(query.bbox) if query.bbox else None
    response = json_text(queries.geojson(tx(), layer, box, query.limit))
    response.content_type = "application/geo+json; charset=utf-8"
    return response
