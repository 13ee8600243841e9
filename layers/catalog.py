"""One declaration per layer: it yields tiles, features, legend and the saved map.

Adding a layer means one entry here, one function ``tile_<name>`` in `sql/` and one feature statement.
Colours are names of the design tokens (dashboards/static/css/tokens.css), never values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gridcenter.actor import AREA_POSTS, DEPARTMENT_POSTS, INTAKE_POSTS
from gridcenter.errors import LAYER, NotFound

# The administrators keep the map of areas and buildings; cases are none of their business.
_ALL_STAFF = AREA_POSTS | INTAKE_POSTS | DEPARTMENT_POSTS | {"system_admin"}


@dataclass(frozen=True)
class Legend:
    """One line of a legend: the words, and the token and shape that stand for them."""

    name: str
    name_en: str
    token: str
    shape: str


@dataclass(frozen=True)
class Layer:
    """A map layer.

    `tile` is the SQL function of (z, x, y); `features` the statement of its GeoJSON with the
    parameters west, south, east, north (degrees, CGCS2000) and limit, giving id, properties (json)
    and geom; `attributes` all that ever leaves. `posts` may ask for it; what they get in it is
    decided by row rights. `moves` says that incidents and not only imports change it.
    """

    name: str
    title: str
    title_en: str
    geometry: str
    tile: str
    features: str
    attributes: tuple[str, ...]
    min_zoom: int
    max_zoom: int
    posts: frozenset[str]
    style: dict[str, Any]
    legend: tuple[Legend, ...]
    moves: bool = False


_BOX = "ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)"
_AREA_ATTRIBUTES = ("code", "name", "name_en", "short", "level", "parent", "label")
_AREAS = f"""
SELECT a.code AS id, v.geom,
       json_build_object('code', a.code, 'name', v.name, 'name_en', v.name_en, 'level', v.level,
         'short', short_name(v.path, v.level), 'parent', p.code,
         'label', (SELECT json_build_array(round(ST_X(m.at)::numeric, 7), round(ST_Y(m.at)::numeric, 7))
                     FROM ST_PointOnSurface(v.geom) AS m(at)){{more}}) AS properties
  FROM area_version v JOIN area a ON a.id = v.area_id LEFT JOIN area p ON p.id = v.parent_id
 WHERE v.geom && {_BOX} AND upper_inf(v.valid) AND v.level = '{{level}}'
 ORDER BY a.code LIMIT %(limit)s
"""
_OPEN_COUNT = """, 'open_count', (SELECT count(*) FROM case_file c
           WHERE c.area_path <@ v.path AND c.kind = 'incident' AND is_open(c.state))"""
_BUILDINGS = f"""
SELECT b.code AS id, b.geom,
       json_build_object('code', b.code, 'floors', b.floors, 'height', b.height_m,
         'label', coalesce(b.name, ltrim(substring(b.code FROM '\\d+$'), '0'))) AS properties
  FROM building b WHERE b.geom && {_BOX} AND upper_inf(b.valid) ORDER BY b.code LIMIT %(limit)s
"""
_INCIDENTS = f"""
SELECT c.id::text AS id, c.location AS geom,
       json_build_object('id', c.id, 'number', c.number, 'state', c.state, 'severity', c.severity,
         'time_state', time_state(c.state, c.due_at, c.stage_started_at, now()),
         'due_at', floor(extract(epoch FROM c.due_at))::bigint,
         'matter', i.name, 'matter_en', i.name_en) AS properties
  FROM case_file c JOIN catalogue_item i ON i.id = c.item_id
 WHERE c.location && {_BOX} AND c.kind = 'incident' AND is_open(c.state)
 ORDER BY c.opened_at DESC, c.id DESC LIMIT %(limit)s
"""
_WORKERS = f"""
SELECT p.id::text AS id, p.place AS geom,
       json_build_object('id', p.id, 'code', p.code, 'load', p.load, 'stale', p.stale) AS properties
  FROM worker_places({_BOX}) p ORDER BY p.code LIMIT %(limit)s
"""


def _area_layer(
    level: str,
    title: str,
    title_en: str,
    zooms: tuple[int, int],
    style: dict[str, Any],
    legend: tuple[Legend, ...],
) -> Layer:
    counted = level == "grid"
    return Layer(
        name=level,
        title=title,
        title_en=title_en,
        geometry="polygon",
        tile=f"tile_{level}",
        features=_AREAS.format(level=level, more=_OPEN_COUNT if counted else ""),
        attributes=_AREA_ATTRIBUTES + (("open_count",) if counted else ()),
        min_zoom=zooms[0],
        max_zoom=zooms[1],
        posts=frozenset(_ALL_STAFF),
        style=style,
        legend=legend,
        moves=counted,
    )


LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        _area_layer(
            "street",
            "街道",
            "Streets",
            (0, 16),
            {"line": "map-street", "width_px": 3},
            (Legend("街道界", "Street border", "map-street", "line"),),
        ),
        _area_layer(
            "community",
            "社区",
            "Communities",
            (0, 16),
            {"line": "map-community", "width_px": 2.4},
            (Legend("社区界", "Community border", "map-community", "line"),),
        ),
        _area_layer(
            "grid",
            "网格",
            "Grids",
            (0, 16),
            {"line": "map-grid", "width_px": 1, "fill": "open_count", "breaks": [1, 2, 3, 5]},
            (Legend("网格界", "Grid border", "map-grid", "line"),),
        ),
        _area_layer(
            "microgrid",
            "微网格",
            "Micro-grids",
            (0, 16),
            {"line": "map-microgrid", "width_px": 1, "dash": [4, 3]},
            (Legend("微网格界", "Micro-grid border", "map-microgrid", "dash"),),
        ),
        Layer(
            name="building",
            title="楼栋",
            title_en="Buildings",
            geometry="polygon",
            tile="tile_building",
            features=_BUILDINGS,
            attributes=("code", "floors", "height", "label"),
            min_zoom=14,
            max_zoom=16,
            posts=frozenset(_ALL_STAFF),
            style={"fill": "map-building", "line": "map-building-line", "width_px": 0.7},
            legend=(Legend("楼栋", "Building", "map-building", "fill"),),
        ),
        Layer(
            name="incident",
            title="在办事件",
            title_en="Open incidents",
            geometry="point",
            tile="tile_incident",
            features=_INCIDENTS,
            attributes=(
                *("id", "number", "state", "severity", "time_state", "due_at"),
                *("matter", "matter_en"),
            ),
            min_zoom=0,
            max_zoom=16,
            posts=frozenset(AREA_POSTS | INTAKE_POSTS | DEPARTMENT_POSTS),
            style={"symbol": "case", "property": "time_state"},
            legend=(
                Legend("时限内", "In time", "act", "ring"),
                Legend("将到期", "Due soon", "soon", "double-ring"),
                Legend("超期", "Overdue", "over", "disc"),
                Legend("计时停", "Clock stopped", "pause", "dotted-ring"),
            ),
            moves=True,
        ),
        Layer(
            name="worker",
            title="网格员",
            title_en="Grid workers",
            geometry="point",
            tile="tile_worker",
            features=_WORKERS,
            attributes=("id", "code", "load", "stale"),
            min_zoom=0,
            max_zoom=16,
            posts=frozenset({"dispatcher", "duty_officer"}),
            style={"symbol": "person", "property": "load"},
            legend=(
                Legend("网格员，数字为在办", "Worker, the number is the load", "ink-1", "person"),
                Legend("位置为责任区中点", "Middle of the area of duty", "ink-3", "person"),
            ),
            moves=True,
        ),
    )
}


def layer_named(name: str, posts: frozenset[str] | None = None) -> Layer:
    """The declaration of a layer. Raises NotFound when there is none, or none for these posts."""
    layer = LAYERS.get(name)
    if layer is None or (posts is not None and not layer.posts & posts):
        raise NotFound(LAYER)
    return layer
