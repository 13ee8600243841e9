"""OGC API - Features (Part 1 Core, GeoJSON; Part 2 CRS by reference) over the layers, under /ogc.

Who asks is known by a Bearer token or the session's cookie, as everywhere; row rights decide what a
collection holds, and posts which collections there are.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, request

from dashboards import problems
from dashboards.house import product_version
from dashboards.requests import actor, tx
from gridcenter.errors import InvalidInput
from layers import pages, queries
from layers.catalog import LAYERS, layer_named
from layers.declaration import Kind, Layer
from layers.pages import Wanted
from layers.reference_systems import CRS84, STORAGE_URI, SYSTEMS, ReferenceSystem, system_named

bp = APIBlueprint("features", __name__, url_prefix="/ogc", tag="features")

GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CONFORMS_TO = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
]
_TYPES = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.PLACE: {"type": "array", "items": {"type": "number"}},
}
_ITEMS_PARAMETERS = frozenset({"bbox", "bbox-crs", "datetime", "limit", "crs", "after", "f"})


@bp.errorhandler(InvalidInput)
def _bad_parameter(error: InvalidInput) -> Response:
    """A parameter that is none is 400 here, as the standard has it, and not the house's 422."""
    response = problems.known(error)
    problem = {**response.get_json(), "status": 400, "title": problems.title(400)}
    response.set_data(json.dumps(problem, ensure_ascii=False))
    response.status_code = 400
    return response


@bp.get("/")
@bp.doc(summary="Landing page (OGC API - Features)")
def landing() -> Response:
    """What there is: links to the definition, the conformance and the collections."""
    _only(frozenset({"f"}))
    return jsonify(
        {
            "title": "gridcenter 网格指挥中心",
            "description": "区域、楼栋、在办事件 · areas, buildings, open incidents",
            "links": [
                _link("/", "self", "application/json"),
                _link("/api", "service-desc", OPENAPI),
                _link("/conformance", "conformance", "application/json"),
                _link("/collections", "data", "application/json"),
            ],
        }
    )


@bp.get("/conformance")
@bp.doc(summary="Conformance classes")
def conformance() -> Response:
    """The classes of the standard that this server follows."""
    _only(frozenset({"f"}))
    return jsonify({"conformsTo": CONFORMS_TO})


@bp.get("/collections")
@bp.doc(summary="Collections")
def collections() -> Response:
    """The layers that the reader's posts may ask for."""
    _only(frozenset({"f"}))
    found = [_collection(each) for each in LAYERS.values() if each.posts & actor().posts]
    return jsonify(
        {
            "collections": found,
            "crs": list(SYSTEMS),
            "links": [_link("/collections", "self", "application/json")],
        }
    )


@bp.get("/collections/<name>")
@bp.doc(summary="One collection", responses={404: "Not found"})
def collection(name: str) -> Response:
    """Title, extent, coordinate systems and links of one layer."""
    _only(frozenset({"f"}))
    return jsonify(_collection(layer_named(name, actor().posts)))


@bp.get("/collections/<name>/items")
@bp.doc(summary="Features of a collection", responses={400: "Bad parameter", 404: "Not found"})
def items(name: str) -> Response:
    """One page of features, `next` leading on: bbox, bbox-crs, datetime, limit, crs."""
    layer = layer_named(name, actor().posts)
    _only(_ITEMS_PARAMETERS)
    given = request.args
    crs = system_named(given.get("crs"))
    span = given.get("datetime")
    since, until = (None, None) if span is None else pages.parse_span(span, tx().zone)
    box = pages.parse_box(given["bbox"], given.get("bbox-crs")) if "bbox" in given else None
    wanted = Wanted(box, since, until, given.get("after", "")[:100], _limit(given.get("limit")))
    found = pages.page(tx(), layer.name, wanted, crs, actor().posts)
    path = f"/collections/{layer.name}/items"
    links = [
        _link(path, "self", GEOJSON, dict(given)),
        _link(f"/collections/{layer.name}", "collection", "application/json"),
    ]
    if found.next is not None:
        links.append(_link(path, "next", GEOJSON, {**given, "after": found.next}))
    members = {"timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "links": links}
    return _geojson(pages.collection_text(found, members), crs)


@bp.get("/collections/<name>/items/<key>")
@bp.doc(summary="One feature", responses={404: "Not found"})
def item(name: str, key: str) -> Response:
    """One feature by its id."""
    layer = layer_named(name, actor().posts)
    _only(frozenset({"crs", "f"}))
    crs = system_named(request.args.get("crs"))
    text = pages.feature(tx(), layer.name, key, crs, actor().posts)
    path = f"/collections/{layer.name}"
    links = [
        _link(f"{path}/items/{key}", "self", GEOJSON),
        _link(path, "collection", "application/json"),
    ]
    return _geojson(f'{text.rstrip()[:-1]}, "links": {json.dumps(links)}}}', crs)


@bp.get("/api")
@bp.doc(summary="OpenAPI definition of /ogc")
def definition() -> Response:
    """OpenAPI 3.0 of the collections that the reader may ask for."""
    response = make_response(json.dumps(_definition(), ensure_ascii=False))
    response.content_type = OPENAPI
    return response


def _geojson(text: str, crs: ReferenceSystem) -> Response:
    response = make_response(text)
    response.content_type = GEOJSON
    response.headers["Content-Crs"] = f"<{crs.uri}>"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _only(known: frozenset[str]) -> None:
    """Refuse parameters that the definition does not name (/req/core/query-param-unknown)."""
    unknown = sorted(set(request.args) - known)
    if unknown:
        raise InvalidInput.of(
            unknown[0][:40], "unknown_parameter", "没有这个参数", "There is no such parameter"
        )
    if request.args.get("f", "json") not in ("json", "geojson"):
        raise InvalidInput.of("f", "unknown_format", "只有 JSON", "JSON alone is offered")


def _limit(text: str | None) -> int:
    """How many features: 10 unless told, at most MOST whatever was asked (as the standard has it)."""
    if text is None:
        return 10
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0):
        raise InvalidInput.of(
            "limit", "bad_limit", "一次取的数目应为正整数", "The limit is a whole number from 1"
        )
    return min(int(text), pages.MOST)


def _link(path: str, rel: str, kind: str, query: dict[str, Any] | None = None) -> dict[str, str]:
    asked = f"?{urlencode(query)}" if query else ""
    return {"href": f"{request.host_url}ogc{path}{asked}", "rel": rel, "type": kind}


def _collection(layer: Layer) -> dict[str, Any]:
    path = f"/collections/{layer.name}"
    extent: dict[str, Any] = {"spatial": {"bbox": [queries.bounds(tx(), layer.name)], "crs": CRS84}}
    if layer.during is not None:
        extent["temporal"] = {"interval": [[None, None]]}
    return {
        "id": layer.name,
        "title": f"{layer.title} · {layer.title_en}",
        "itemType": "feature",
        "extent": extent,
        "crs": list(SYSTEMS),
        "storageCrs": STORAGE_URI,
        "links": [
            _link(path, "self", "application/json"),
            _link(f"{path}/items", "items", GEOJSON),
        ],
    }


def _definition() -> dict[str, Any]:
    found = [each for each in LAYERS.values() if each.posts & actor().posts]
    paths: dict[str, Any] = {
        path: {"get": {"summary": words, "responses": {"200": {"description": "JSON"}}}}
        for path, words in (
            ("/", "Landing page"),
            ("/conformance", "Conformance classes"),
            ("/collections", "Collections"),
        )
    }
    for layer in found:
        path = f"/collections/{layer.name}"
        answer = {
            "description": layer.title_en,
            "content": {GEOJSON: {"schema": {"$ref": f"#/components/schemas/{layer.name}"}}},
        }
        paths[path] = {
            "get": {"summary": layer.title_en, "responses": {"200": {"description": "JSON"}}}
        }
        paths[f"{path}/items"] = {
            "get": {
                "summary": layer.title_en,
                "parameters": _parameters(),
                "responses": {"200": answer, "400": {"description": "Bad parameter"}},
            }
        }
        key = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{path}/items/{{featureId}}"] = {
            "get": {"parameters": [key], "responses": {"200": {"description": layer.title_en}}}
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": "gridcenter OGC API - Features", "version": product_version()},
        "servers": [{"url": f"{request.host_url}ogc"}],
        "paths": paths,
        "components": {"schemas": {each.name: _schema(each) for each in found}},
    }


def _parameters() -> list[dict[str, Any]]:
    """The parameters of items; lists of numbers are written with commas."""
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    crs = {"type": "string", "format": "uri", "enum": list(SYSTEMS)}
    schemas: dict[str, dict[str, Any]] = {
        "bbox": numbers,
        "bbox-crs": crs,
        "crs": crs,
        "datetime": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1, "maximum": pages.MOST, "default": 10},
    }
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "style": "form",
            "explode": False,
            "schema": schema,
        }
        for name, schema in schemas.items()
    ]


def _schema(layer: Layer) -> dict[str, Any]:
    properties = {f.name: _TYPES[f.kind] for f in layer.fields_for(actor().posts)}
    return {
        "type": "object",
        "properties": {"properties": {"type": "object", "properties": properties}},
    }
