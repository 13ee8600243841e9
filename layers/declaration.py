"""What a layer says about itself: its source, its fields and who may have them, its legend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of value a field holds; PLACE is a label's [lon, lat] and stays out of tables."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    PLACE = "place"


@dataclass(frozen=True)
class Field:
    """An attribute of a layer.

    `sql` is its expression over the layer's source, `tile_sql` another one for tiles where that is
    cheaper. Without `posts` everybody who may ask for the layer gets it, else those posts alone. It
    is in tiles from `from_zoom` on, and not at all if that is None.
    """

    name: str
    sql: str
    title: str
    title_en: str
    kind: Kind = Kind.TEXT
    posts: frozenset[str] | None = None
    from_zoom: int | None = 0
    tile_sql: str | None = None

    def open_to(self, posts: frozenset[str]) -> bool:
        """Whether somebody who holds `posts` may have this attribute."""
        return self.posts is None or bool(self.posts & posts)


@dataclass(frozen=True)
class Clusters:
    """How points are drawn together below a zoom.

    Rows for which `apart` holds (over the fields' names) stay by themselves; of the others each cell
    gives one feature with `count` and the `sums`: name → aggregate over all rows of the cell.
    """

    below_zoom: int
    apart: str
    sums: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that only clusters have."""
        own = tuple(name for name, _ in self.sums)
        return ("count", *own)


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

    `source` is the FROM clause ({box} in it becomes the asked box), `geom` the stored geometry
    (EPSG:4490), `thin` the same thinned for zooms below 14, `id` the stable key that people use,
    `path` the ltree of the area that a row belongs to. `where` chooses the layer's rows, `now` those
    in force, `during` those in force at some time in %(since)s … %(until)s. `key` finds the rows of
    one id by an index. `posts` may ask for it; what they get in it is decided by row rights. `moves`
    says that incidents and not only imports change it, `common` that every account sees the same rows.
    `exported` names the posts that may take it out as a file. `stamp` is the xmin of its rows.
    """

    name: str
    title: str
    title_en: str
    geometry: str
    source: str
    geom: str
    id: str
    where: str
    now: str
    order: str
    fields: tuple[Field, ...]
    min_zoom: int
    max_zoom: int
    posts: frozenset[str]
    style: dict[str, Any]
    legend: tuple[Legend, ...]
    thin: str | None = None
    path: str | None = None
    key: str | None = None
    during: str | None = None
    tile_with: str = ""
    tile_join: str = ""
    clusters: Clusters | None = None
    stamp: str | None = None
    moves: bool = False
    common: bool = False
    exported: frozenset[str] = frozenset()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of all that ever leaves, for whomever."""
        extra = self.clusters.names if self.clusters else ()
        return tuple(field.name for field in self.fields) + extra

    @property
    def dated(self) -> bool:
        """Whether it can be drawn as it was: what is stored has its term, points of cases have not."""
        return self.during is not None and self.clusters is None

    def fields_for(self, posts: frozenset[str] | None) -> tuple[Field, ...]:
        """The attributes that somebody with `posts` may have; all of them for None (the house)."""
        return tuple(f for f in self.fields if posts is None or f.open_to(posts))
