"""A large layer in batches, as GDAL hands out Arrow: only the columns that are fields, and WKB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nanoarrow as na  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.raw

from importers.bulk.packed import Packed
from importers.findings import Findings
from importers.raw import Evidence
from importers.unpacking import find_source
from importers.vector_files import (
    gdal_name,
    has_curves,
    is_geopackage,
    layer_names,
    shapefile_source,
    warnings_kept,
)

BATCH = 16_384
_SAMPLE = 10_000


@dataclass
class Source:
    """A large vector file that GDAL reads as it stands, and what was found about it so far."""

    path: Path
    layer: str
    encoding: str | None
    count: int
    crs: str | None
    layers: tuple[str, ...] = ()
    curved: bool = False
    findings: list[Any] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


@dataclass
class Batch:
    """The mapped columns (text packed, numbers as numpy's with NaN where missing), data-row numbers
    from 1, GDAL's feature ids, and WKB."""

    columns: dict[str, Packed | np.ndarray[Any, Any]]
    rows: np.ndarray[Any, np.dtype[np.int64]]
    fids: np.ndarray[Any, np.dtype[np.int64]]
    wkb: Packed

    def chosen(self, places: Any) -> Batch:
        """The batch of these rows alone (positions, a mask or a slice)."""
        columns = {
            name: column.chosen(places) if isinstance(column, Packed) else column[places]
            for name, column in self.columns.items()
        }
        return Batch(columns, self.rows[places], self.fids[places], self.wkb.chosen(places))

    def table(self) -> pd.DataFrame:
        """The columns as a frame: dear, for a few rows."""
        return pd.DataFrame(
            {
                name: pd.Series(column.text() if isinstance(column, Packed) else column)
                for name, column in self.columns.items()
            },
            index=range(len(self.rows)),
        )


def large_source(
    path: Path, scratch: Path, layer: str | None, encoding: str | None, least: int
) -> Source | None:
    """The layer at `path` if it has `least` features or more and nothing speaks against batches.

    None sends the file the way of frames, which says what is wrong with it.
    """
    findings, evidence = Findings(path.name), list[Evidence]()
    found = find_source(path, scratch, findings, layer)
    if found is None or findings.file_refused:
        return None
    suffix = found.suffix.lower()
    if suffix == ".shp":
        shapes = shapefile_source(found, scratch, encoding, findings, evidence)
        if shapes is None or shapes.surfaces:
            return None
        source = Source(shapes.path, found.stem, shapes.encoding, 0, None)
    elif suffix == ".gpkg" and is_geopackage(found):
        names = layer_names(found)
        if not names or (layer is None and len(names) > 1) or (layer and layer not in names):
            return None
        source = Source(found, layer or names[0], None, 0, None, names)
        source.curved = has_curves(found, source.layer)
    elif suffix == ".fgb":
        source = Source(found, found.stem, None, 0, None)
    else:
        return None
    return _counted(source, findings, evidence, least)


def _counted(
    source: Source, findings: Findings, evidence: list[Evidence], least: int
) -> Source | None:
    named = source.layer if source.layers else None
    try:
        with warnings_kept():
            info = pyogrio.read_info(
                gdal_name(source.path), layer=named, encoding=source.encoding,
                force_feature_count=True,
            )  # fmt: skip
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError):
        return None
    source.count, source.crs = int(info["features"]), info["crs"]
    declared = source.path.with_suffix(".prj").exists()
    unread = source.crs is None and source.path.suffix.lower() == ".shp" and declared
    if source.count < least or info["geometry_type"] is None or unread or findings.file_refused:
        return None
    source.findings, source.evidence = list(findings), evidence
    return source


def sample_of(source: Source) -> pd.DataFrame:
    """The first rows with all columns, to recognise columns by."""
    with warnings_kept():
        meta, _, _, values = pyogrio.raw.read(
            gdal_name(source.path), layer=source.layer if source.layers else None,
            encoding=source.encoding, max_features=_SAMPLE, read_geometry=False,
        )  # fmt: skip
    names = [str(name) for name in meta["fields"]]
    return pd.DataFrame(dict(zip(names, values, strict=True)))


def originals(source: Source, fids: np.ndarray[Any, Any]) -> pd.DataFrame:
    """The file's own columns of these features, in the order of their ids."""
    with warnings_kept():
        meta, _, _, values = pyogrio.raw.read(
            gdal_name(source.path), layer=source.layer if source.layers else None,
            encoding=source.encoding, fids=fids, read_geometry=False,
        )  # fmt: skip
    names = [str(name) for name in meta["fields"]]
    return pd.DataFrame(dict(zip(names, values, strict=True)))


def batches(source: Source, columns: list[str]) -> Iterator[Batch]:
    """The layer, `BATCH` rows at a time."""
    before = 0
    # GDAL 3.12's own stream of FlatGeobuf loses its place after a row without geometry.
    pyogrio.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"})
    with (
        warnings_kept(),
        pyogrio.open_arrow(
            gdal_name(source.path), layer=source.layer if source.layers else None,
            encoding=source.encoding, columns=columns, batch_size=BATCH, return_fids=True,
            use_pyarrow=False,
        ) as (meta, stream),
    ):  # fmt: skip
        shape_name = meta["geometry_name"] or "wkb_geometry"
        for chunk in na.ArrayStream(stream).iter_chunks():
            children = dict(
                zip((f.name for f in chunk.schema.fields), chunk.iter_children(), strict=True)
            )
            count = len(chunk)
            fid_name = meta["fid_column"] or "OGC_FID"
            wkb = _packed(children[shape_name])
            # FlatGeobuf hands over no bytes where there is no shape.
            wkb.length[wkb.length == 0] = -1
            yield Batch(
                {name: values_of(children[name]) for name in columns},
                np.arange(before + 1, before + count + 1, dtype=np.int64),
                np.asarray(values_of(children[fid_name]), dtype=np.int64),
                wkb,
            )
            before += count


def values_of(array: Any) -> Packed | np.ndarray[Any, Any]:
    """An Arrow array: text packed, numbers as they are, NaN where missing, others as objects."""
    kind = array.schema.type
    if kind in (na.Type.STRING, na.Type.LARGE_STRING):
        return _packed(array)
    plain = _NUMBERS.get(kind)
    if plain is None:
        result = np.empty(len(array), dtype=object)
        result[:] = array.to_pylist()
        return result
    view, offset, count = array.buffers, array.offset, len(array)
    numbers = np.frombuffer(view[1], dtype=plain)[offset : offset + count].copy()
    missing = _missing(view[0], offset, count)
    if missing.any():
        numbers = numbers.astype(np.float64)
        numbers[missing] = np.nan
    return numbers


_NUMBERS = {
    na.Type.INT16: np.int16,
    na.Type.INT32: np.int32,
    na.Type.INT64: np.int64,
    na.Type.FLOAT: np.float32,
    na.Type.DOUBLE: np.float64,
}


def _missing(bitmap: Any, offset: int, count: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    packed = np.frombuffer(bitmap, dtype=np.uint8) if bitmap is not None else np.empty(0, np.uint8)
    if not len(packed):
        return np.zeros(count, dtype=bool)
    bits = np.unpackbits(packed, bitorder="little")[offset : offset + count]
    return np.asarray(bits == 0)


def _packed(array: Any) -> Packed:
    """The values of a binary or text array; the bytes are copied, Arrow's own are soon gone."""
    large = array.schema.type in (na.Type.LARGE_STRING, na.Type.LARGE_BINARY)
    view, offset, count = array.buffers, array.offset, len(array)
    if not count:
        return Packed.of([])
    ends = np.frombuffer(view[1], dtype=np.int64 if large else np.int32)
    ends = ends[offset : offset + count + 1].astype(np.int64)
    data = np.frombuffer(view[2], dtype=np.uint8)[ends[0] : ends[-1]].copy()
    length = np.diff(ends)
    length[_missing(view[0], offset, count)] = -1
    return Packed(data, ends[:-1] - ends[0], length)
