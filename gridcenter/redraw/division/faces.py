"""The smallest pieces of ground: all lines, cut at each other once, enclose faces.

Lines are the rim, the outlines of buildings, the lines half way between buildings, and those given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridcenter.redraw.division.graph import Edges, Floats, Ints, shared_edges
from gridcenter.redraw.shapes import faces_of as noded_faces

_ON_LINE_M = 0.05
# Labels of faces: -1 nobody's yet, KEPT - k those of the k-th kept area, others by building.
NOBODY, KEPT = -1, -2

Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Faces:
    """The smallest pieces of ground.

    `building` is the group that stands on each (or a kept area, or nobody: the labels above),
    `nearest` the group whose ground it is by distance, `wall[e]` whether edge e lies on a given line.
    """

    shapes: Geometries
    building: Ints
    nearest: Ints
    edges: Edges
    wall: NDArray[np.bool_]


def faces_of(
    ground: BaseGeometry,
    inside: Geometries,
    group: Ints,
    lines: Sequence[BaseGeometry],
    kept: Sequence[BaseGeometry],
    step_m: float,
) -> Faces:
    sites, site_group = _sites(inside, group, step_m)
    drawn: list[BaseGeometry] = [shapely.boundary(ground)]
    drawn += [shapely.boundary(shape) for shape in inside if not shape.is_empty]
    drawn += [shapely.boundary(shape) for shape in kept]
    given = [shapely.intersection(line, ground) for line in lines]
    drawn += [line for line in given if not line.is_empty]
    if len(sites) > 1:
        drawn.append(_between(ground, sites, site_group))
    shapes = np.array(noded_faces(drawn), dtype=object)
    middle = shapely.point_on_surface(shapes)
    shapes, middle = shapes[keep := shapely.intersects(ground, middle)], middle[keep]
    building = np.full(len(shapes), -1, dtype=np.int64)
    stood = shapely.STRtree(inside).query(middle, predicate="intersects")
    building[stood[0]] = group[stood[1]]
    for number, shape in enumerate(kept):
        shapely.prepare(shape)
        building[shapely.intersects(shape, middle)] = KEPT - number
    nearest = np.full(len(shapes), -1, dtype=np.int64)
    if len(sites):
        nearest = site_group[shapely.STRtree(points(sites)).nearest(middle)]
    edges = shared_edges(shapes)
    return Faces(shapes, building, nearest, edges, near_lines(edges, given))


def _sites(inside: Geometries, group: Ints, step_m: float) -> tuple[Floats, Ints]:
    """Points along the outlines, each place once, and the group of each."""
    dense = shapely.segmentize(inside, step_m)
    places, owner = shapely.get_coordinates(dense, return_index=True)
    if not len(places):
        return places, owner
    # Touching buildings have corners in common: one of them has to own such a point.
    _, first = np.unique(np.round(places / 1e-3).astype(np.int64), axis=0, return_index=True)
    first = np.sort(first)
    return places[first], group[owner[first]]


def points(places: Floats) -> Geometries:
    return np.asarray(shapely.points(places), dtype=object).reshape(-1)


def _between(ground: BaseGeometry, sites: Floats, site_group: Ints) -> BaseGeometry:
    """The lines half way between sites of different groups."""
    around = shapely.box(*shapely.bounds(ground)).buffer(50.0)
    regions = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(sites), extend_to=around, ordered=True)
    )
    edges = shared_edges(regions)
    parting = site_group[edges.one] != site_group[edges.other]
    lines: BaseGeometry = shapely.multilinestrings(
        shapely.linestrings(edges.ends[parting].reshape(-1, 2, 2))
    )
    return lines


def near_lines(edges: Edges, given: Sequence[BaseGeometry]) -> NDArray[np.bool_]:
    if not given:
        return np.full(len(edges.one), False)
    tree = shapely.STRtree([part for line in given for part in shapely.get_parts(line)])
    middle = points(edges.middle)
    near: NDArray[np.bool_] = np.full(len(middle), False)
    near[tree.query(middle, predicate="dwithin", distance=_ON_LINE_M)[0]] = True
    return near
