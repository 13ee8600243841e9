"""A checked file against what is in force: parents, codes, places, and what would change."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridcenter.codes import Level, path_label
from importers.findings import Findings, Severity
from importers.live import Codes
from importers.measures import common_zone, in_zone
from importers.provisional import area_codes_for, building_codes_for
from importers.raw import Geometries
from importers.suspicion import check_datum, check_outlines

SAME_M = 0.02  # below, a geometry written by another program is still the same
FAR_M = 100.0
_SAME_SHARE = 0.8  # two outlines that share this much are one and the same thing
_CUT_SHARE = 0.01

Floats = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


def levels_above(level: Level) -> list[Level]:
    """The levels that an area of `level` may hang under, largest first."""
    last = Level.COMMUNITY.order + 1 if level is Level.UNIT_GRID else level.order
    return [upper for upper in Level if upper.order < last]


def compare_areas(
    rows: gpd.GeoDataFrame,
    level: Level,
    live: gpd.GeoDataFrame,
    codes: Codes,
    given_parent: str | None,
    stem: str,
    findings: Findings,
) -> gpd.GeoDataFrame:
    """`rows` with ``parent_code``, ``target`` (parent id), ``label``, ``change``, ``moved_m``.

    Rows without code take over the code of the area that lies there, else a provisional one.
    `live` are areas in force of this level and all above.
    """
    rows = rows.copy()
    above = live[live["level"] != level.value].reset_index(drop=True)
    beside = live[live["level"] == level.value].reset_index(drop=True)
    if check_datum(rows, beside, findings):
        return rows
    settle_shared(rows, beside, findings)
    _parents(rows, above, level, given_parent, findings)
    known_places(rows, beside)
    _new_codes(rows, level, codes, stem, findings)
    _refuse_used_codes(rows, level, codes, findings)
    rows["label"] = [
        path_label(code, parent) if code else None
        for code, parent in zip(rows["code"], rows["parent_code"], strict=True)
    ]
    _outside_parent(rows, above, findings)
    _overlap_live(rows, beside, findings)
    differences(rows, beside, ("name", "households", "parent_code"), findings)
    return rows


def compare_buildings(
    rows: gpd.GeoDataFrame, microgrids: gpd.GeoDataFrame, live: gpd.GeoDataFrame, findings: Findings
) -> gpd.GeoDataFrame:
    """`rows` with ``target`` (micro-grid id), ``code``, ``change``, ``moved_m``.

    Each building belongs to the first of `microgrids` (`live.live_homes`) that its representative
    point lies in.
    """
    rows = rows.copy()
    if check_datum(rows, live, findings) or check_outlines(rows, live, findings):
        return rows
    settle_shared(rows, live, findings)
    assign_microgrids(rows, microgrids, findings)
    known_places(rows, live)
    usable = usable_rows(rows, findings) & rows["code"].isna().to_numpy()
    if usable.any():
        taken = set(live["code"]) | set(rows["code"].dropna())
        made = building_codes_for(
            list(rows["microgrid_code"][usable]), rows.geometry.to_numpy()[usable], taken
        )
        rows.loc[usable, "code"] = pd.Series(made, index=rows.index[usable], dtype=object)
    differences(rows, live, ("name", "floors", "height", "usage", "households", "target"), findings)
    return rows


def vanished(rows: gpd.GeoDataFrame, live: gpd.GeoDataFrame) -> list[str]:
    """Codes in force under the parents that the file speaks of, but not in the file."""
    parents = set(rows["parent_code"])
    # Another city's districts have no parent either; they did not vanish from this file.
    spoken = live[live["parent_code"].isin(parents) & live["parent_code"].notna()]
    return sorted(set(spoken["code"]) - set(rows["code"].dropna()))


def usable_rows(rows: gpd.GeoDataFrame, findings: Findings) -> Mask:
    refused = rows["row"].isin(findings.refused_rows).to_numpy()
    return np.asarray(~refused & ~shapely.is_missing(rows.geometry.to_numpy()))


# --- parents -----------------------------------------------------------------------------------


def _parents(
    rows: gpd.GeoDataFrame,
    above: gpd.GeoDataFrame,
    level: Level,
    given: str | None,
    findings: Findings,
) -> None:
    """Set ``parent_code`` and ``target``: as given, by code, by name, else by place."""
    found: list[int | None] = [None] * len(rows)
    by_code = {code: place for place, code in enumerate(above["code"])}
    if given is not None:
        if given not in by_code:
            findings.add("reference.unknown", value=given, count=len(rows))
        else:
            found = [by_code[given]] * len(rows)
    else:
        unplaced = _by_column(rows, above, by_code, found, findings)
        if len(above) and unplaced:
            _by_place(rows, above, found, unplaced, findings)
    rows["written_parent"] = rows["parent"]
    codes = [None if f is None else above["code"].iloc[f] for f in found]
    rows["parent_code"] = pd.Series(codes, dtype=object, index=rows.index)
    ids = [None if f is None else int(above["id"].iloc[f]) for f in found]
    rows["target"] = pd.Series(ids, dtype=object, index=rows.index)


def _by_column(
    rows: gpd.GeoDataFrame,
    above: gpd.GeoDataFrame,
    by_code: dict[str, int],
    found: list[int | None],
    findings: Findings,
) -> list[int]:
    """Fill `found` from the parent column; the positions that name no parent."""
    names: dict[str, list[int]] = {}
    for place, name in enumerate(above["name"]):
        names.setdefault(name, []).append(place)
    unnamed, unknown = [], []
    for position, value in enumerate(rows["parent"]):
        if value is None:
            unnamed.append(position)
        elif value in by_code:
            found[position] = by_code[value]
        elif len(names.get(value, ())) == 1:
            found[position] = names[value][0]
        elif value in names:
            findings.add("parent.ambiguous", row=int(rows["row"].iloc[position]), value=value)
        else:
            unknown.append(position)
    code = "parent.missing" if len(above) else "parent.none"
    told = rows["row"].to_numpy()[unknown]
    values = [rows["parent"].iloc[position] for position in unknown]
    findings.add_rows(code, told, values, field="parent", of=len(rows))
    return unnamed


def _by_place(
    rows: gpd.GeoDataFrame,
    above: gpd.GeoDataFrame,
    found: list[int | None],
    positions: list[int],
    findings: Findings,
) -> None:
    """The deepest area above that holds the representative point; the smaller code on a border."""
    chosen = np.array(positions)
    depth = above["level"].map({level.value: level.order for level in Level}).to_numpy(dtype=int)
    point, holder = _holders(rows.geometry.to_numpy()[chosen], above.geometry.to_numpy())
    best = np.lexsort((holder, -depth[holder], point))
    _, first = np.unique(point[best], return_index=True)
    for p, h in zip(point[best][first], holder[best][first], strict=True):
        found[int(chosen[p])] = int(h)
    located = [position for position in positions if found[position] is not None]
    lost = [position for position in positions if found[position] is None]
    number = rows["row"].to_numpy()
    findings.add_rows("parent.located", number[located], of=len(rows))
    findings.add_rows("parent.missing", number[lost], ["?"] * len(lost), field="parent")


def _holders(shapes: Geometries, areas: Geometries) -> tuple[Any, Any]:
    """Pairs (shape, area) where the shape's representative point lies in or on the area."""
    points = np.full(len(shapes), None, dtype=object)
    filled = ~shapely.is_missing(shapes)
    points[filled] = shapely.point_on_surface(shapes[filled])
    tree = shapely.STRtree(areas)
    point, holder = tree.query(points, predicate="intersects")
    return point, holder


def _outside_parent(rows: gpd.GeoDataFrame, above: gpd.GeoDataFrame, findings: Findings) -> None:
    place = {code: position for position, code in enumerate(above["code"])}
    checked = np.flatnonzero(usable_rows(rows, findings) & rows["target"].notna().to_numpy())
    if not len(checked):
        return
    shapes = rows.geometry.to_numpy()[checked]
    parents = above.geometry.to_numpy()[[place[code] for code in rows["parent_code"].iloc[checked]]]
    loose = ~shapely.covered_by(shapes, parents)
    checked, shapes, parents = checked[loose], shapes[loose], parents[loose]
    zone = common_zone(shapes)
    if not zone:
        return
    metric = in_zone(shapes, zone)
    unique, back = np.unique([p.wkb for p in parents], return_inverse=True)
    around = in_zone(shapely.from_wkb(unique), zone)[back]
    outside = shapely.area(shapely.difference(metric, around))
    own = shapely.area(metric)
    number = rows["row"].to_numpy()[checked]
    for row, m2, whole in zip(number, outside, own, strict=True):
        if m2 > 1.0:
            mostly = Severity.REFUSE if m2 > whole / 2 else None
            findings.add("parent.outside", row=int(row), value=f"{m2:.1f}", severity=mostly)


def _overlap_live(rows: gpd.GeoDataFrame, beside: gpd.GeoDataFrame, findings: Findings) -> None:
    """Tell of overlaps with areas of the level that the file does not replace."""
    others = beside[~beside["code"].isin(set(rows["code"].dropna()))]
    usable = np.flatnonzero(usable_rows(rows, findings))
    if others.empty or not len(usable):
        return
    shapes = rows.geometry.to_numpy()[usable]
    kept = others.geometry.to_numpy()
    one, two = shapely.STRtree(kept).query(shapes, predicate="intersects")
    if not len(one):
        return
    zone = common_zone(shapes)
    shared = shapely.area(
        shapely.intersection(in_zone(shapes[one], zone), in_zone(kept[two], zone))
    )
    names = others["name"].to_numpy()
    for p, o, m2 in zip(one, two, shared, strict=True):
        if m2 > 1.0:
            row = int(rows["row"].iloc[usable[p]])
            findings.add("overlap", row=row, value=f"{m2:.1f}", other=names[o])


# --- codes -------------------------------------------------------------------------------------


def known_places(rows: gpd.GeoDataFrame, live: gpd.GeoDataFrame) -> None:
    """Give rows without code the code of the live outline that is the same place."""
    bare = np.flatnonzero(
        rows["code"].isna().to_numpy() & ~shapely.is_missing(rows.geometry.to_numpy())
    )
    if not len(bare) or live.empty:
        return
    shapes, known = rows.geometry.to_numpy()[bare], live.geometry.to_numpy()
    one, two = shapely.STRtree(known).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[one], known[two]))
    larger = np.maximum(shapely.area(shapes[one]), shapely.area(known[two]))
    same = shared >= _SAME_SHARE * larger
    used = set(rows["code"].dropna())
    column = rows.columns.get_loc("code")
    for position, other in zip(bare[one[same]], two[same], strict=True):
        code = live["code"].iloc[other]
        if code not in used and rows.iat[position, column] is None:
            rows.iat[position, column] = code
            used.add(code)


def settle_shared(rows: gpd.GeoDataFrame, live: gpd.GeoDataFrame, findings: Findings) -> None:
    """Of rows that share a code, the one that lies where the code lies now keeps it."""
    place = {code: position for position, code in enumerate(live["code"])}
    column = rows.columns.get_loc("code")
    for position in np.flatnonzero(rows["shared_code"].notna().to_numpy()):
        code = rows["shared_code"].iloc[position]
        holders = np.flatnonzero((rows["code"] == code).to_numpy())
        if code not in place or not len(holders):
            continue
        known = live.geometry.iloc[place[code]]
        shapes = rows.geometry.iloc[[position, holders[0]]].to_numpy()
        mine, theirs = shapely.area(shapely.intersection(shapes, known))
        if mine > theirs:
            rows.iat[holders[0], column] = None
            rows.iat[position, column] = code


def _new_codes(
    rows: gpd.GeoDataFrame, level: Level, codes: Codes, stem: str, findings: Findings
) -> None:
    bare = np.flatnonzero(usable_rows(rows, findings) & rows["code"].isna().to_numpy())
    if not len(bare):
        return
    parents = [
        rows["parent_code"].iloc[i] or rows["written_parent"].iloc[i] for i in bare
    ]  # the written one also where the parent is not stored yet
    taken = set(codes.level) | set(rows["code"].dropna())
    made = area_codes_for(level, parents, rows.geometry.to_numpy()[bare], taken, stem)
    for position, (code, ruled) in zip(bare, made, strict=True):
        label = rows.index[position]
        rows.at[label, "code"] = code
        if not ruled:
            rows.at[label, "code_scheme"] = "external"
        if rows.at[label, "name"] is None:
            rows.at[label, "name"] = code


def _refuse_used_codes(
    rows: gpd.GeoDataFrame, level: Level, codes: Codes, findings: Findings
) -> None:
    known = rows["code"].map(lambda code: codes.level.get(code) if code else None)
    other = (known.notna() & (known != level.value)).to_numpy()
    gone = rows["code"].isin(codes.retired).to_numpy() & ~other
    number, code = rows["row"].to_numpy(), rows["code"].to_numpy()
    findings.add_rows("key.level", number[other], code[other], field="code")
    findings.add_rows("key.retired", number[gone], code[gone], field="code")


# --- buildings ---------------------------------------------------------------------------------


def assign_microgrids(
    rows: gpd.GeoDataFrame, microgrids: gpd.GeoDataFrame, findings: Findings
) -> None:
    rows["target"] = pd.Series([None] * len(rows), dtype=object, index=rows.index)
    rows["microgrid_code"] = rows["target"]
    shapes, areas = rows.geometry.to_numpy(), microgrids.geometry.to_numpy()
    point, holder = _holders(shapes, areas)
    best = np.lexsort((holder, point))  # of the homes that hold it the first one
    places, first = np.unique(point[best], return_index=True)
    homes = holder[best][first]
    target, code = microgrids["id"].to_numpy(), microgrids["code"].to_numpy()
    rows.iloc[places, rows.columns.get_loc("target")] = target[homes]
    rows.iloc[places, rows.columns.get_loc("microgrid_code")] = code[homes]
    lost = rows["target"].isna().to_numpy() & usable_rows(rows, findings)
    findings.add_rows("place.outside", rows["row"].to_numpy()[lost])
    cut = ~shapely.covered_by(shapes[places], areas[homes])
    places, homes = places[cut], homes[cut]
    most, share = cut_shares(shapes[places], areas[homes])
    told = most & ~rows["row"].iloc[places].isin(findings.refused_rows).to_numpy()
    values = [f"{100 * part:.0f}" for part in share[told]]
    findings.add_rows("building.cut", rows["row"].to_numpy()[places[told]], values)


def cut_shares(shapes: Geometries, areas: Geometries) -> tuple[Mask, Floats]:
    """Mask of outlines that reach out of their area by more than a slip of the pen; shares outside."""
    inner = shapely.area(shapely.intersection(shapes, areas))
    share = 1 - inner / shapely.area(shapes)
    return np.asarray(share > _CUT_SHARE), np.asarray(share)


# --- differences -------------------------------------------------------------------------------


def differences(
    rows: gpd.GeoDataFrame,
    live: gpd.GeoDataFrame,
    fields: Collection[str],
    findings: Findings,
    said: Collection[str] | None = None,
) -> None:
    """Set ``change`` (new, changed, moved, same) and ``moved_m`` by code.

    A field that the file does not have says nothing about it; `said` are those that it has, where
    `rows` are not all of its rows.
    """
    change = np.full(len(rows), "new", dtype=object)
    moved = np.zeros(len(rows))
    place = {code: position for position, code in enumerate(live["code"])}
    pairs = [(i, place[c]) for i, c in enumerate(rows["code"]) if c is not None and c in place]
    mine = np.array([i for i, _ in pairs], dtype=int)
    theirs = np.array([j for _, j in pairs], dtype=int)
    if len(mine):
        moved[mine] = _moved(rows.geometry.to_numpy()[mine], live.geometry.to_numpy()[theirs])
        differs = np.zeros(len(mine), dtype=bool)
        for field in fields:
            ours, stored = rows[field].to_numpy()[mine], live[field].to_numpy()[theirs]
            silent = pd.isna(rows[field]).all() if said is None else field not in said
            if silent and field != "parent_code":
                continue
            differs |= _unlike(ours, stored)
        change[mine] = np.where(differs, "changed", np.where(moved[mine] > SAME_M, "moved", "same"))
    rows["change"] = change
    rows["moved_m"] = np.where(change == "new", np.nan, np.round(moved, 3))
    far = (moved > FAR_M) & usable_rows(rows, findings)
    findings.add_rows("moved.far", rows["row"].to_numpy()[far], (f"{m:.0f}" for m in moved[far]))


def _unlike(ours: Any, stored: Any) -> Mask:
    """Mask of pairs that differ; missing on both sides is the same."""
    mine, theirs = pd.isna(ours), pd.isna(stored)
    return np.asarray((mine != theirs) | (~mine & ~theirs & (ours != stored).astype(bool)))


def _moved(shapes: Geometries, known: Geometries) -> Floats:
    """Hausdorff distance in metres between pairs; 0 where they are equal to a millimetre."""
    result = np.zeros(len(shapes))
    there = ~shapely.is_missing(shapes)
    equal = np.asarray(shapely.equals_identical(shapes, known))
    unlike = np.flatnonzero(~equal)
    equal[unlike] = shapely.equals_exact(
        shapely.normalize(shapes[unlike]), shapely.normalize(known[unlike]), 1e-8
    )
    other = np.flatnonzero(there & ~equal)
    zone = common_zone(known)
    if len(other) and zone:
        metric = in_zone(shapes[other], zone), in_zone(known[other], zone)
        result[other] = shapely.hausdorff_distance(*metric)
    return result
