"""What filing (立案) an incident settles: its filing condition with the limit, and who takes it on."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from gridcenter.actor import INTAKE_POSTS, Actor
from gridcenter.casework.operations import Changes
from gridcenter.casework.procedures import Limit
from gridcenter.database import Row, Transaction
from gridcenter.errors import InvalidInput
from gridcenter.moves import Move


def filing(tx: Transaction, case: Row, wanted: str | None) -> Changes:
    """Limit and severity of the condition that was named, else of the report's own, else of the matter's
    usual one; the incident keeps it. Raises InvalidInput for a code that the matter does not have.
    """
    row = tx.one(
        "SELECT f.id, f.code, f.limit_amount, f.limit_unit, f.severity"
        "  FROM filing_condition f LEFT JOIN incident n ON n.case_id = %(case)s"
        " WHERE f.item_id = %(item)s AND (%(code)s::text IS NULL OR f.code = %(code)s)"
        " ORDER BY f.id = n.filing_condition_id DESC NULLS LAST, f.is_default DESC, f.code LIMIT 1",
        {"case": case["id"], "item": case["item_id"], "code": wanted},
    )
    if row is None:
        raise InvalidInput.of(
            "filing_condition",
            "unknown_filing_condition",
            f"这个事项没有立案条件 {wanted}",
            f"This matter has no filing condition {wanted}",
        )
    tx.execute(
        "UPDATE incident SET filing_condition_id = %(condition)s WHERE case_id = %(case)s",
        {"condition": row["id"], "case": case["id"]},
    )
    return Changes(
        limits={"handle": Limit(row["limit_amount"], row["limit_unit"])},
        severity=row["severity"],
        event_data={"filing_condition": row["code"]},
    )


def taken_on(
    tx: Transaction, actor: Actor, case: Row, wanted: str | None, filed: Changes, move: Move
) -> Changes:
    """The filing with the area that takes on a case which lies in none (docs/decisions/0015); after
    a return to intake it may be another.

    Raises InvalidInput naming `area`: missing, not an area of the desk's own, or not wanted.
    """
    if wanted is None and (
        case["area_path"] is not None or "area" not in move.requires.get("properties", ())
    ):
        return filed  # inside, named before, or by a procedure of old, which knew no area
    if not tx.scalar("SELECT outside FROM incident WHERE case_id = %(id)s", {"id": case["id"]}):
        raise InvalidInput.of(
            "area",
            "area_known",
            "地点在网格内，承办区域由地点定，不用填",
            "The place lies in an area, which is the one that takes the case on; leave this out",
        )
    if wanted is None:
        raise InvalidInput.of(
            "area",
            "required",
            "地点在辖区外，请写明由哪个街道、社区或网格承办（编码）",
            "The place lies outside every area: say which street, community or grid takes it on (code)",
        )
    path = tx.scalar(_OWN_AREA, {"code": wanted, "own": _intake_areas(actor)})
    if path is None:
        raise InvalidInput.of(
            "area",
            "unknown_area",
            f"辖区内没有这个街道、社区或网格：{wanted}",
            f"There is no such street, community or grid of your own: {wanted}",
        )
    data = {**filed.event_data, "area": wanted, "area_by_hand": True}
    return replace(filed, area_path=str(path), event_data=data)


_OWN_AREA = """
SELECT path::text FROM area_now
 WHERE code = %(code)s AND level IN ('street', 'community', 'grid', 'microgrid')
   AND path <@ %(own)s::ltree[]
"""


def _intake_areas(actor: Actor) -> list[str]:
    return [p.area_path for p in actor.postings if p.post in INTAKE_POSTS and p.area_path]


def handle_limit(tx: Transaction, case_id: UUID) -> Limit:
    """The handling limit of the condition that a case was filed under: a rework gets it once more."""
    row = tx.one(
        "SELECT f.limit_amount, f.limit_unit FROM incident n"
        " JOIN filing_condition f ON f.id = n.filing_condition_id WHERE n.case_id = %(id)s",
        {"id": case_id},
    )
    assert row is not None
    return Limit(row["limit_amount"], row["limit_unit"])
