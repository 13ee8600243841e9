"""The statements of a layer, put together from its declaration: tile, features, stamps.

Texts come from `catalog.py` alone, never from a caller; values travel as parameters.
"""

from __future__ import annotations

from functools import lru_cache

from layers.catalog import LAYERS
from layers.declaration import Clusters, Field, Kind, Layer

EXTENT, MARGIN = 4096, 64
# Any insert, update or closing of a row changes the sum of what transactions wrote, any removal the count.
_STAMP = "concat_ws('.', count(stamp), sum(stamp), max(stamp))"
# Within one tile of zoom 12 or more Mercator's northing is a straight line of the latitude to 0.4 of a
# tile's 4096 steps (3217 · sin φ / 2^z): stored degrees are scaled as they are and nothing is transformed.
STRAIGHT_FROM = 12
# Below this zoom shapes come from the thinned copy, half a pixel of zoom 13.
THIN_BELOW = 14
CELL = 512  # an eighth of a tile: 64 px of its 512

_TILE = "%(z)s, %(x)s, %(y)s"
_WITH = f"""WITH t AS MATERIALIZED (
  SELECT tile_box({_TILE}) AS wide, Box2D(tile_degrees({_TILE})) AS own,
         Box2D(ST_TileEnvelope({_TILE})) AS mercator)"""


@lru_cache(maxsize=512)
def tile_statement(name: str, z: int, posts: frozenset[str] | None, dated: bool = False) -> str:
    """The statement of a tile of zoom z for somebody with `posts`: tile, stamp; parameters z, x, y.

    With `dated` the rows in force at some time from %(since)s to %(until)s, and no count of today.
    """
    layer = LAYERS[name]
    fields = [
        f
        for f in layer.fields_for(posts)
        if f.from_zoom is not None and z >= f.from_zoom and not (dated and f.tile_sql)
    ]
    columns = ", ".join(f"{f.tile_sql or f.sql} AS {f.name}" for f in fields)
    found = f"""FROM {_source(layer, "(SELECT wide FROM t)")} {"" if dated else layer.tile_join}{{more}}
   WHERE {layer.geom} && (SELECT wide FROM t) AND {layer.where} AND {_in_force(layer, dated)}"""
    row = f"SELECT {columns}, {_shape(layer, z)} AS geom"
    head = _WITH if dated else f"{_WITH}{layer.tile_with}"
    if layer.clusters and z < layer.clusters.below_zoom:
        head += f", here AS MATERIALIZED ({row} {found.format(more='')})"
        rows = f"SELECT f, NULL::bigint AS stamp FROM ({_clustered(fields, layer.clusters)}) f"
    else:
        stamp = f"{layer.stamp}::text::bigint" if layer.stamp else "NULL::bigint"
        more = f" CROSS JOIN LATERAL ({row}) f"
        rows = f"SELECT f, {stamp} AS stamp {found.format(more=more)}"
    # ST_AsMVT skips rows without geometry by itself; a filter would compute every shape twice.
    return f"""{head}
SELECT ST_AsMVT(f, '{name}', {EXTENT}, 'geom') AS tile, {_STAMP} AS stamp FROM ({rows}) r"""


def _shape(layer: Layer, z: int) -> str:
    """The geometry in the tile's own coordinates; NULL when nothing of it is left."""
    stored = layer.thin if layer.thin and z < THIN_BELOW else layer.geom
    if layer.thin and z < THIN_BELOW - 1:
        stored = f"ST_Simplify({stored}, {360.0 / 2**z / 1024!r}, true)"
    if z >= STRAIGHT_FROM:
        return f"ST_AsMVTGeom({stored}, (SELECT own FROM t), {EXTENT}, {MARGIN})"
    return (
        f"ST_AsMVTGeom(ST_Transform({stored}, 3857), (SELECT mercator FROM t), {EXTENT}, {MARGIN})"
    )


def _clustered(fields: list[Field], clusters: Clusters) -> str:
    """Rows that stay apart, and one feature for each cell of the tile that holds others.

    A point in the margin belongs to the next tile, so that no case is counted twice.
    """
    names = ", ".join(f.name for f in fields)
    no_sums = ", ".join(f"NULL AS {name}" for name in clusters.names)
    no_fields = ", ".join("NULL" for _ in fields)
    sums = "".join(f", {sql}" for _, sql in clusters.sums)
    calm = f"FILTER (WHERE NOT ({clusters.apart}))"
    return f"""SELECT {names}, {no_sums}, geom FROM here WHERE {clusters.apart}
    UNION ALL
    SELECT {no_fields}, (count(*) {calm})::int{sums},
           ST_MakePoint(avg(ST_X(geom)) {calm}, avg(ST_Y(geom)) {calm})
      FROM here
     WHERE ST_X(geom) >= 0 AND ST_X(geom) < {EXTENT} AND ST_Y(geom) >= 0 AND ST_Y(geom) < {EXTENT}
     GROUP BY floor(ST_X(geom) / {CELL}), floor(ST_Y(geom) / {CELL}) HAVING count(*) {calm} > 0"""


def _source(layer: Layer, box: str) -> str:
    return layer.source.format(box=box)


def _in_force(layer: Layer, dated: bool) -> str:
    return layer.during if dated and layer.during else layer.now


# A box without width is a line or a point, which ST_MakeEnvelope would make an empty polygon of.
BOX = (
    "ST_Envelope(ST_SetSRID(ST_MakeLine(ST_MakePoint(%(west)s, %(south)s),"
    " ST_MakePoint(%(east)s, %(north)s)), 4490))"
)
WORLD = "ST_MakeEnvelope(-180, -90, 180, 90, 4490)"


@lru_cache(maxsize=512)
def feature_statement(
    name: str,
    posts: frozenset[str] | None,
    *,
    boxed: bool = False,
    dated: bool = False,
    within: bool = False,
    keyed: bool = False,
    paged: bool = False,
) -> str:
    """The rows id, geom, properties (json) of a layer for somebody with `posts`, at most %(limit)s.

    boxed: west, south, east, north (degrees) · dated: since, until · within: path (ltree) · keyed: id ·
    paged: by id, those after %(after)s (all for '').
    """
    layer = LAYERS[name]
    pairs = ", ".join(f"'{f.name}', {f.sql}" for f in layer.fields_for(posts))
    return f"""SELECT {layer.id} AS id, {layer.geom} AS geom, json_build_object({pairs}) AS properties
  FROM {_source(layer, BOX if boxed else WORLD)}
 WHERE {_conditions(layer, boxed, dated, within, keyed, paged)}
 ORDER BY {"id" if paged else layer.order} LIMIT %(limit)s"""


def _conditions(
    layer: Layer, boxed: bool, dated: bool, within: bool, keyed: bool, paged: bool
) -> str:
    said = [layer.where]
    if boxed:
        said += [f"{layer.geom} && {BOX}", f"ST_Intersects({layer.geom}, {BOX})"]
    if within:
        said.append(f"{layer.path} <@ %(path)s::ltree")
    if keyed:
        said += [str(layer.key), f"{layer.id} = %(id)s"]
    if paged:
        said.append(f"{layer.id} > %(after)s")
    # One feature is found by its key whenever it was in force.
    if dated:
        said.append(str(layer.during))
    elif not keyed:
        said.append(layer.now)
    return " AND ".join(said)


@lru_cache(maxsize=64)
def table_statement(name: str, posts: frozenset[str] | None, *, within: bool = False) -> str:
    """All rows in force as a table for files: one column for each field and `geometry` as WKB."""
    layer = LAYERS[name]
    fields = [f for f in layer.fields_for(posts) if f.kind is not Kind.PLACE]
    columns = ", ".join(f"{f.sql} AS {f.name}" for f in fields)
    return f"""SELECT {columns}, ST_AsBinary({layer.geom}) AS geometry
  FROM {_source(layer, WORLD)}
 WHERE {_conditions(layer, False, False, within, False, False)} ORDER BY {layer.order}"""


@lru_cache(maxsize=64)
def stamp_statement(name: str, *, tile: bool) -> str:
    """The stamp alone: it changes when a stored row of the layer does, in a tile or anywhere."""
    layer = LAYERS[name]
    table = layer.source.split(" JOIN ")[0]
    box = f" AND {layer.geom} && tile_box({_TILE})" if tile else ""
    return (
        f"SELECT {_STAMP} AS stamp FROM (SELECT {layer.stamp}::text::bigint AS stamp FROM {table}"
        f" WHERE {layer.where} AND {layer.now}{box}) r"
    )
