"""What a plan would do, to be looked at: the map before and after, what moves, and what is wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from gridcenter.database import Row, Transaction
from gridcenter.redraw.duties import Held, passed_on
from gridcenter.redraw.outcome import Outcome, outcome_of
from gridcenter.redraw.picture import Unit
from gridcenter.redraw.reading import Trial, plan_row

# Open incidents by the shapes they lie in: numbers alone, also for those who see no case.
_OPEN = "SELECT redraw_open_incidents(%(shapes)s::bytea[]) AS counts"
_DUTIES = """
SELECT d.id, d.worker_id, w.code AS worker, a.code AS area, d.kind, d.rank
  FROM duty d JOIN area a ON a.id = d.area_id JOIN grid_worker w ON w.id = d.worker_id
 WHERE a.code = ANY (%(codes)s) AND (upper_inf(d.valid) OR upper(d.valid) > CURRENT_DATE)
 ORDER BY a.code, d.rank, d.kind
"""


def findings_of(tx: Transaction, plan_id: UUID) -> list[dict[str, Any]]:
    """The findings of a plan on the ground of now, refusing ones first; see `outcome`."""
    return outcome_of(tx, plan_row(tx, plan_id)).findings


def preview(tx: Transaction, plan_id: UUID, trial: Trial | None = None) -> dict[str, Any]:
    """``{plan, version, before, after, moved, areas, duties, totals, findings}`` of a plan.

    `before`, `after` and `moved` are FeatureCollections (lon/lat, CGCS2000): areas that change as they
    are and as they become, and the ground that changes hands (`from`, `to`, m², buildings, households,
    open incidents). `areas` lists each area with what happens to it; codes of new areas are those they
    would get now. With a `trial` its step comes after the plan's own. Raises NotFound.
    """
    plan = plan_row(tx, plan_id)
    outcome = outcome_of(tx, plan, trial)
    change, picture = outcome.difference, outcome.picture
    moved = [piece for piece in outcome.pieces if outcome.code_of(piece.target) != piece.source]
    shown = (*change.redrawn, *change.new, *change.back)
    geoms = [picture.units[k].geom for k in shown] + [piece.geom for piece in moved]
    counts = _open_incidents(tx, outcome, geoms)
    incidents = dict(zip(shown, counts[: len(shown)], strict=True))
    rows = [_area_row(outcome, key, incidents) for key in (*shown, *change.retired)]
    features = [
        _feature(
            outcome,
            piece.geom,
            {
                "from": piece.source,
                "to": outcome.code_of(piece.target),
                "level": piece.level,
                "share_area": round(piece.share_area, 4),
                "area_m2": round(piece.geom.area, 1),
                "buildings": piece.buildings,
                "households": piece.households,
                "open_incidents": count,
            },
        )
        for piece, count in zip(moved, counts[len(shown) :], strict=True)
    ]
    duties = duties_after(tx, outcome)
    return {
        "plan": plan["id"],
        "state": plan["state"],
        "version": plan["version"],
        "before": _collection(
            _unit_feature(outcome, picture.before[k], k, "before")
            for k in (*change.redrawn, *change.retired)
        ),
        "after": _collection(_unit_feature(outcome, picture.units[k], k, "after") for k in shown),
        "moved": _collection(features),
        "areas": rows,
        "duties": duties,
        "totals": _totals(outcome, features, duties),
        "findings": outcome.findings,
    }


def _open_incidents(tx: Transaction, outcome: Outcome, geoms: list[BaseGeometry]) -> list[int]:
    if not geoms:
        return []
    wkb = [shapely.to_wkb(outcome.ground.degrees(geom)) for geom in geoms]
    return list(tx.scalar(_OPEN, {"shapes": wkb}) or [])


def duties_after(tx: Transaction, outcome: Outcome) -> list[dict[str, Any]]:
    """Duties that end or begin: ``{worker, area, kind, rank, change}``, change ends or begins."""
    ended, begun = passed_on(outcome, held_duties(tx, outcome))
    rows = [
        {"worker": h.worker, "area": h.area, "kind": h.kind, "rank": h.rank, "change": "ends"}
        for h in ended
    ]
    return rows + [
        {
            "worker": h.worker,
            "area": outcome.code_of(h.area),
            "kind": h.kind,
            "rank": h.rank,
            "change": "begins",
        }
        for h in begun
    ]


def held_duties(tx: Transaction, outcome: Outcome) -> list[Held]:
    """Duties in force or to come of areas that end or take over others' ground, by area."""
    change = outcome.difference
    codes = [*change.retired, *{p.target for p in outcome.pieces if p.target not in outcome.named}]
    return [_held(row) for row in tx.all(_DUTIES, {"codes": codes})]


def _held(row: Row) -> Held:
    return Held(row["id"], row["worker_id"], row["worker"], row["area"], row["kind"], row["rank"])


def _area_row(outcome: Outcome, key: str, incidents: dict[str, int]) -> dict[str, Any]:
    was, unit = outcome.picture.before.get(key), outcome.picture.units.get(key)
    shown = unit or was
    assert shown is not None
    return {
        "key": key,
        "code": outcome.code_of(key),
        "level": shown.level,
        "name": outcome.name_of(key) if unit else shown.name,
        "parent": None if shown.parent is None else outcome.code_of(shown.parent),
        "change": _change(outcome, key),
        "was_name": was.name if was else None,
        "area_m2": {"before": _m2(was), "after": _m2(unit)},
        "households": {
            "before": was.households if was else None,
            "after": outcome.households.get(key, unit.households) if unit else None,
        },
        "open_incidents": incidents.get(key),
    }


def _change(outcome: Outcome, key: str) -> str:
    change = outcome.difference
    if key in change.retired:
        return "retired"
    if key in change.back:
        return "back"
    return "new" if key in change.new else "changed"


def _m2(unit: Unit | None) -> float | None:
    return None if unit is None else round(unit.geom.area, 1)


def _totals(
    outcome: Outcome, moved: list[dict[str, Any]], duties: list[dict[str, Any]]
) -> dict[str, int]:
    """Sums over the deepest level that moves, so that nothing is counted once per level."""
    levels = [feature["properties"]["level"] for feature in moved]
    deepest = "microgrid" if "microgrid" in levels else (levels[-1] if levels else None)
    leaves = [f["properties"] for f in moved if f["properties"]["level"] == deepest]
    change = outcome.difference
    return {
        "new": len(change.new),
        "changed": len(change.redrawn),
        "retired": len(change.retired),
        "back": len(change.back),
        "buildings": sum(leaf["buildings"] for leaf in leaves),
        "households": sum(leaf["households"] or 0 for leaf in leaves),
        "open_incidents": sum(leaf["open_incidents"] for leaf in leaves),
        "duties": len(duties),
    }


def _unit_feature(outcome: Outcome, unit: Unit, key: str, when: str) -> dict[str, Any]:
    code = str(unit.code) if when == "before" else outcome.code_of(key)
    return _feature(
        outcome,
        unit.geom,
        {
            "key": key,
            "code": code,
            "name": unit.name if when == "before" else outcome.name_of(key),
            "level": unit.level,
            "kind": unit.kind,
            "change": _change(outcome, key),
        },
    )


def _feature(outcome: Outcome, geom: BaseGeometry, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = dict(shapely.geometry.mapping(outcome.ground.degrees(geom)))
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}
