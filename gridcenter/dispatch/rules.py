"""The arithmetic of a proposal: what a candidate gets for duty, distance and load, in words too."""

from __future__ import annotations

from dataclasses import dataclass

from gridcenter.database import Row
from gridcenter.errors import Words

DUTY_MOST, DISTANCE_MOST, LOAD_MOST = 50, 30, 20
# From here on a way is as long as any other on foot within a street.
FAR_M = 600.0

_DUTY = {
    ("microgrid", "responsible"): (50, Words("本微网格责任人", "responsible, micro-grid")),
    ("microgrid", "deputy"): (42, Words("本微网格代理人", "deputy, micro-grid")),
    ("grid", "responsible"): (36, Words("本网格责任人", "responsible, grid")),
    ("grid", "deputy"): (30, Words("同网格代理人", "deputy, grid")),
    ("grid", "grid_leader"): (24, Words("网格长", "grid leader")),
}
_SAME_GRID = (28, Words("同网格", "same grid"))
_NEIGHBOUR = (12, Words("邻近网格", "neighbouring grid"))


@dataclass(frozen=True)
class Term:
    """One addend of a candidate's sum: what was got of how much, and the fact behind it."""

    term: str
    name: Words
    got: int
    most: int
    fact: Words


def duty_term(row: Row) -> Term:
    """Up to 50 for answering for the place; a deputy's rank takes 3 off for each step."""
    key = (row["duty_level"], row["duty_kind"])
    if key in _DUTY:
        points, words = _DUTY[key]
        points -= 3 * max(0, (row["duty_rank"] or 0) - 1)
    else:
        points, words = _SAME_GRID if row["same_grid"] else _NEIGHBOUR
    return Term("duty", Words("责任", "Duty"), max(points, 0), DUTY_MOST, words)


def distance_term(row: Row) -> Term:
    """Up to 30 for being near, falling evenly to 0 at 600 m; measured from a fresh position or,
    without one, from the middle of the duty's area."""
    metres = float(row["distance_m"])
    got = round(DISTANCE_MOST * max(0.0, 1 - metres / FAR_M))
    return Term(
        "distance",
        Words("距离", "Distance"),
        got,
        DISTANCE_MOST,
        Words(f"{metres:,.0f} 米", f"{metres:,.0f} m"),
    )


def load_term(row: Row) -> Term:
    """Up to 20 for having little in hand, falling evenly to 0 at the worker's capacity."""
    load, capacity = int(row["load"]), int(row["capacity"])
    got = round(LOAD_MOST * max(0.0, 1 - load / capacity)) if capacity else 0
    return Term(
        "load",
        Words("负荷", "Load"),
        got,
        LOAD_MOST,
        Words(f"在办 {load}/{capacity}", f"{load} of {capacity} in hand"),
    )


def exclusion(row: Row) -> Words | None:
    """Why a worker is not proposed, or None."""
    if row["account_id"] is None:
        return Words("没有账号，收不到任务", "has no account and cannot receive tasks")
    if row["disabled"]:
        return Words("账号已停用", "the account is disabled")
    if int(row["load"]) >= int(row["capacity"]):
        return Words(
            f"在办 {row['load']}/{row['capacity']}，已满",
            f"{row['load']} of {row['capacity']} in hand, full",
        )
    return None
