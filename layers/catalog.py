"""One declaration per layer: tiles, TileJSON, features, OGC API, exports, legend and the saved map.

Adding a layer means one entry here; every statement is put together from it in `statements.py`.
Colours are names of the design tokens (dashboards/static/css/tokens.css), never values.
"""

from __future__ import annotations

from typing import Any

from gridcenter.actor import AREA_POSTS, DEPARTMENT_POSTS, INTAKE_POSTS
from gridcenter.errors import LAYER, NotFound
from layers.declaration import Clusters, Field, Kind, Layer, Legend

# The administrators keep the map of areas and buildings; cases are none of their business.
_ALL_STAFF = frozenset(AREA_POSTS | INTAKE_POSTS | DEPARTMENT_POSTS | {"system_admin"})
# Sizes and households are figures for those who plan; a wall or a handler's phone draws borders.
_PLANNERS = frozenset({"official", "duty_officer", "dispatcher", "system_admin"})
# Files leave the house by the hands of those who answer for a place or keep its map.
_EXPORTERS = frozenset({"official", "duty_officer", "system_admin"})
_CASE_EXPORTERS = frozenset({"official", "duty_officer"})

_LABEL = """(SELECT json_build_array(round(ST_X(m.at)::numeric, 7), round(ST_Y(m.at)::numeric, 7))
   FROM ST_PointOnSurface(v.geom) AS m(at))"""
_AREA_FIELDS = (
    Field("code", "a.code", "代码", "Code"),
    Field("name", "v.name", "名称", "Name"),
    Field("name_en", "v.name_en", "英文名", "English name"),
    Field("short", "short_name(v.path, v.level)", "简称", "Short name"),
    Field("level", "v.level", "层级", "Level"),
    Field("parent", "p.code", "上级代码", "Parent", from_zoom=None),
    Field("label", _LABEL, "标注点", "Place of the label", Kind.PLACE, from_zoom=None),
    Field("area_m2", "v.area_m2", "面积（平方米）", "Area (m²)", Kind.NUMBER, _PLANNERS, None),
    Field("households", "v.households", "户数", "Households", Kind.INTEGER, _PLANNERS, None),
    Field("valid_from", "lower(v.valid)", "生效时间", "In force from", Kind.MOMENT, from_zoom=None),
    Field("valid_to", "upper(v.valid)", "失效时间", "In force to", Kind.MOMENT, from_zoom=None),
)
# Grids carry how many open incidents the reader may see in them. In a tile the few open ones are
# counted once for all grids; a question for each would read the cases a hundred times.
_OPEN_COUNT = Field(
    "open_count",
    "(SELECT count(*) FROM case_file c WHERE c.area_path <@ v.path AND c.kind = 'incident'"
    " AND is_open(c.state))",
    "在办事件数",
    "Open incidents",
    Kind.INTEGER,
    tile_sql="coalesce(n.n, 0)",
)
_COUNTED = """, waiting AS MATERIALIZED (
  SELECT c.area_path FROM case_file c
   WHERE c.state = ANY ((SELECT open_states())::text[]) AND c.kind = 'incident'
), counted AS (
  SELECT subpath(w.area_path, 0, d.depth)::text AS path, count(*)::int AS n
    FROM waiting w, (SELECT DISTINCT nlevel(v.path) AS depth FROM area_version v
                      WHERE v.geom && (SELECT wide FROM t) AND upper_inf(v.valid)
                        AND v.level = 'grid') d
   WHERE nlevel(w.area_path) >= d.depth GROUP BY 1
)"""
_TIME_STATE = "time_state(c.state, c.due_at, c.stage_started_at, now())"
_SEEN_BY_POSTS = frozenset(AREA_POSTS | INTAKE_POSTS | DEPARTMENT_POSTS)
# A wall stands where visitors pass: it draws the time of a case and does not tell its number.
_NAMED_TO = frozenset(_SEEN_BY_POSTS - {"wall"})


def _area_layer(
    level: str,
    title: str,
    title_en: str,
    style: dict[str, Any],
    legend: tuple[Legend, ...],
) -> Layer:
    counted = level == "grid"
    return Layer(
        name=level,
        title=title,
        title_en=title_en,
        geometry="polygon",
        source="area_version v JOIN area a ON a.id = v.area_id LEFT JOIN area p ON p.id = v.parent_id",
        geom="v.geom",
        thin="v.thin_geom",
        # Earlier versions of an area have a key of their own; the one in force has the code.
        id="CASE WHEN upper_inf(v.valid) THEN a.code ELSE a.code || '@' || v.id END",
        key="a.code = split_part(%(id)s, '@', 1)",
        path="v.path",
        where=f"v.level = '{level}'",
        now="upper_inf(v.valid)",
        during="v.valid && tstzrange(%(since)s::timestamptz, %(until)s::timestamptz, '[]')",
        order="a.code",
        stamp="v.xmin",
        fields=_AREA_FIELDS + ((_OPEN_COUNT,) if counted else ()),
        min_zoom=0,
        max_zoom=16,
        posts=_ALL_STAFF,
        style=style,
        legend=legend,
        tile_with=_COUNTED if counted else "",
        tile_join="LEFT JOIN counted n ON n.path = v.path::text" if counted else "",
        moves=counted,
        common=True,
        exported=_EXPORTERS,
    )


_STREET = _area_layer(
    "street",
    "街道",
    "Streets",
    {"line": "map-street", "width_px": 3},
    (Legend("街道界", "Street border", "map-street", "line"),),
)
_COMMUNITY = _area_layer(
    "community",
    "社区",
    "Communities",
    {"line": "map-community", "width_px": 2.4},
    (Legend("社区界", "Community border", "map-community", "line"),),
)
_GRID = _area_layer(
    "grid",
    "网格",
    "Grids",
    {"line": "map-grid", "width_px": 1, "fill": "open_count", "breaks": [1, 2, 3, 5]},
    (Legend("网格界", "Grid border", "map-grid", "line"),),
)
_MICROGRID = _area_layer(
    "microgrid",
    "微网格",
    "Micro-grids",
    {"line": "map-microgrid", "width_px": 1, "dash": [4, 3]},
    (Legend("微网格界", "Micro-grid border", "map-microgrid", "dash"),),
)
_BUILDING = Layer(
    name="building",
    title="楼栋",
    title_en="Buildings",
    geometry="polygon",
    source="building b",
    geom="b.geom",
    id="b.code",
    key="b.code = %(id)s",
    path="b.area_path",
    where="true",
    now="upper_inf(b.valid)",
    during="b.valid && daterange((%(since)s::timestamptz)::date, (%(until)s::timestamptz)::date, '[]')",
    order="b.code",
    stamp="b.xmin",
    fields=(
        Field("code", "b.code", "楼栋代码", "Code"),
        Field("floors", "b.floors", "层数", "Floors", Kind.INTEGER),
        Field("height", "b.height_m", "高度（米）", "Height (m)", Kind.NUMBER),
        Field(
            "label",
            r"coalesce(b.name, ltrim(substring(b.code FROM '\d+$'), '0'))",
            "名称",
            "Name",
            from_zoom=16,
        ),
        Field("usage", "b.usage", "用途", "Usage", posts=_PLANNERS, from_zoom=None),
        Field(
            "footprint_m2",
            "b.footprint_m2",
            "基底面积（平方米）",
            "Footprint (m²)",
            Kind.NUMBER,
            _PLANNERS,
            None,
        ),
        Field(
            "households",
            "b.households_estimated",
            "户数（估）",
            "Households (estimated)",
            Kind.INTEGER,
            _PLANNERS,
            None,
        ),
    ),
    # From zoom 14 on; below, a district would be a megabyte of grey.
    min_zoom=14,
    max_zoom=16,
    posts=_ALL_STAFF,
    style={"fill": "map-building", "line": "map-building-line", "width_px": 0.7},
    legend=(Legend("楼栋", "Building", "map-building", "fill"),),
    exported=_EXPORTERS,
)
# No description, no address, nobody's name.
_INCIDENT = Layer(
    name="incident",
    title="在办事件",
    title_en="Open incidents",
    geometry="point",
    source="case_file c JOIN catalogue_item i ON i.id = c.item_id",
    geom="c.location",
    id="c.id::text",
    key="c.id::text = %(id)s",
    path="c.area_path",
    where="c.kind = 'incident' AND is_open(c.state)",
    now="true",
    during="c.opened_at BETWEEN %(since)s::timestamptz AND %(until)s::timestamptz",
    order="c.opened_at DESC, c.id DESC",
    fields=(
        Field("id", "c.id::text", "标识", "Id"),
        Field("number", "c.number", "编号", "Number", posts=_NAMED_TO),
        Field("state", "c.state", "环节", "State"),
        Field("severity", "c.severity", "紧急程度", "Severity"),
        Field("time_state", _TIME_STATE, "时限", "Time"),
        # Seconds since 1970: tiles know no moments.
        Field(
            "due_at",
            "floor(extract(epoch FROM c.due_at))::bigint",
            "截止时间（秒）",
            "Due at (s since 1970)",
            Kind.INTEGER,
        ),
        Field("limit_unit", "c.limit_unit", "时限单位", "Unit of the limit"),
        Field("matter", "i.name", "事项", "Matter", posts=_NAMED_TO),
        Field("matter_en", "i.name_en", "事项（英文）", "Matter (English)", posts=_NAMED_TO),
    ),
    min_zoom=0,
    max_zoom=16,
    posts=_SEEN_BY_POSTS,
    # A case whose clock presses is never clustered away (the map's manners).
    clusters=Clusters(
        14,
        "time_state IN ('soon', 'overdue')",
        (
            ("soon", "(count(*) FILTER (WHERE time_state = 'soon'))::int"),
            ("over", "(count(*) FILTER (WHERE time_state = 'overdue'))::int"),
        ),
    ),
    style={"symbol": "case", "property": "time_state"},
    legend=(
        Legend("时限内", "In time", "act", "ring"),
        Legend("将到期", "Due soon", "soon", "double-ring"),
        Legend("超期", "Overdue", "over", "disc"),
        Legend("计时停", "Clock stopped", "pause", "dotted-ring"),
    ),
    moves=True,
    exported=_CASE_EXPORTERS,
)
# Where a person is: for those who dispatch, on the map, never in a file.
_WORKER = Layer(
    name="worker",
    title="网格员",
    title_en="Grid workers",
    geometry="point",
    source="worker_places({box}) p",
    geom="p.place",
    id="p.id::text",
    key="p.id::text = %(id)s",
    where="true",
    now="true",
    order="p.code",
    fields=(
        Field("id", "p.id::text", "标识", "Id"),
        Field("code", "p.code", "工号", "Code"),
        Field("load", "p.load", "在办数", "Load", Kind.INTEGER),
        Field("stale", "p.stale", "位置为责任区中点", "Middle of the area", Kind.BOOLEAN),
    ),
    min_zoom=0,
    max_zoom=16,
    posts=frozenset({"dispatcher", "duty_officer"}),
    clusters=Clusters(14, "false", ()),
    style={"symbol": "person", "property": "load"},
    legend=(
        Legend("网格员，数字为在办", "Worker, the number is the load", "ink-1", "person"),
        Legend("位置为责任区中点", "Middle of the area of duty", "ink-3", "person"),
    ),
    moves=True,
)

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (_STREET, _COMMUNITY, _GRID, _MICROGRID, _BUILDING, _INCIDENT, _WORKER)
}


def layer_named(name: str, posts: frozenset[str] | None = None) -> Layer:
    """The declaration of a layer. Raises NotFound when there is none, or none for these posts."""
    layer = LAYERS.get(name)
    if layer is None or (posts is not None and not layer.posts & posts):
        raise NotFound(LAYER)
    return layer
