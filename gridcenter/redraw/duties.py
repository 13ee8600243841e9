"""Who answers for areas that a plan makes: duties pass to the areas that follow; pure.

The worker of an ended area answers for what follows it. Where two come together, who held more of the
ground stays responsible (or leader), the other becomes the next deputy: nobody is lost, an official
decides afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from gridcenter.redraw.outcome import Outcome

# Of an ended area's ground: less than this makes no successor for duties and posts.
LEAST_PART = 0.05


@dataclass(frozen=True)
class Held:
    """A duty: its row, the worker (id and code), the area's key, kind and rank."""

    id: int | None
    worker_id: UUID
    worker: str
    area: str
    kind: str
    rank: int


def successors(outcome: Outcome) -> dict[str, list[str]]:
    """The areas (keys) that follow each ended area, the largest part first."""
    found: dict[str, list[tuple[float, str]]] = {key: [] for key in outcome.difference.retired}
    for piece in outcome.pieces:
        if piece.source in found:
            found[piece.source].append((piece.share_area, piece.target))
    kept: dict[str, list[str]] = {}
    for key, parts in found.items():
        parts.sort(key=lambda part: (-part[0], part[1]))
        kept[key] = [t for i, (share, t) in enumerate(parts) if i == 0 or share >= LEAST_PART]
    return kept


def passed_on(outcome: Outcome, held: list[Held]) -> tuple[list[Held], list[Held]]:
    """(duties that end, duties that begin) when the plan comes into effect."""
    follow = successors(outcome)
    weight = {(p.source, p.target): p.geom.area for p in outcome.pieces}
    ended = [duty for duty in held if duty.area in follow]
    places: dict[str, list[Held]] = {}
    for duty in held:
        if duty.area not in follow:
            places.setdefault(duty.area, []).append(duty)
    begun: list[Held] = []
    wanted = [
        (-weight.get((duty.area, target), 0.0), duty.kind == "deputy", duty.rank, target, duty)
        for duty in ended
        for target in follow[duty.area]
    ]
    for _, _, _, target, duty in sorted(wanted, key=lambda w: (*w[:4], w[4].worker)):
        here = places.setdefault(target, [])
        new = _placed(duty, target, here)
        if new is not None:
            here.append(new)
            begun.append(new)
    return ended, begun


def _placed(duty: Held, target: str, here: list[Held]) -> Held | None:
    """The duty as it stands in the target among those already there; None where it adds nothing."""
    own = {held.kind for held in here if held.worker_id == duty.worker_id}
    kind = duty.kind
    if kind in own:
        return None
    if kind != "deputy" and any(held.kind == kind for held in here):
        kind = "deputy"
    if kind == "deputy":
        if own:
            return None
        rank = max((held.rank for held in here if held.kind == "deputy"), default=0) + 1
        return replace(duty, id=None, area=target, kind=kind, rank=rank)
    return replace(duty, id=None, area=target)
