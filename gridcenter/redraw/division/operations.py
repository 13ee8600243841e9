"""Writes: a proposal becomes a redraw plan, which is checked and approved like every other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from gridcenter.actor import Actor
from gridcenter.database import Transaction
from gridcenter.redraw.division.proposing import Planned, as_item
from gridcenter.redraw.operations import AddItem, CreatePlan, add_item, create_plan

NEW_PLAN_VERSION = 1


def plan_of_proposal(
    tx: Transaction, actor: Actor, done: Planned, number: int, title: str, now: datetime
) -> UUID:
    """The id of a new draft whose one step is the proposal `number` (from 0).

    Raises what `create_plan` and `add_item` raise.
    """
    plan = create_plan(tx, actor, CreatePlan(title, done.prepared.given.parent["code"]), now)
    add_item(tx, actor, AddItem(plan, NEW_PLAN_VERSION, "replace", as_item(done, number)))
    return plan
