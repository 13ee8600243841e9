"""Dispatching: from a name on the screen to the account or department that must answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from gridcenter.actor import Actor
from gridcenter.database import Transaction
from gridcenter.dispatch.queries import candidates
from gridcenter.errors import InvalidInput

_TARGET = """
SELECT 'worker' AS kind, w.id AS worker_id, w.account_id, NULL::bigint AS department_id,
       worker_account_disabled(w.account_id) AS disabled, w.valid @> CURRENT_DATE AS active,
       w.code, w.display_name AS name
  FROM grid_worker w WHERE lower(w.code) = lower(%(to)s)
UNION ALL
SELECT 'department', NULL, NULL, d.id, false, true, d.code, d.name
  FROM department d WHERE lower(d.code) = lower(%(to)s)
"""


@dataclass(frozen=True)
class Target:
    """Who gets the case: a worker's account, or a department."""

    to: str
    name: str
    account_id: UUID | None
    worker_id: UUID | None
    department_id: int | None


def dispatch_case(tx: Transaction, actor: Actor, case_id: UUID, to: str, now: datetime) -> Target:
    """The target for `to` (code of a worker or a department), after keeping proposal and choice.

    Raises InvalidInput when there is no such worker in the actor's area and no such department, or
    the worker cannot receive tasks.
    """
    row = tx.one(_TARGET, {"to": to})
    if row is None or not row["active"]:
        raise InvalidInput.of(
            "to",
            "unknown_target",
            f"没有可派的网格员或部门 {to}；从候选里选一个",
            f"There is no worker or department {to}; choose one of the candidates",
        )
    if row["kind"] == "worker" and (row["account_id"] is None or row["disabled"]):
        raise InvalidInput.of(
            "to",
            "target_cannot_receive",
            f"{row['code']} 没有可用账号，收不到任务；选另一位",
            f"{row['code']} has no working account and cannot receive tasks; choose another",
        )
    _keep_choice(tx, actor, case_id, row["code"], now)
    return Target(
        row["code"], row["name"], row["account_id"], row["worker_id"], row["department_id"]
    )


def _keep_choice(tx: Transaction, actor: Actor, case_id: UUID, chosen: str, now: datetime) -> None:
    shown = candidates(tx, case_id, now, "zh")
    posting = actor.posting_for({"dispatcher", "duty_officer"})
    tx.execute(
        "INSERT INTO dispatch_choice (case_id, at, proposed, chosen, candidates, account_id,"
        " posting_id) VALUES (%(case)s, %(now)s, %(proposed)s, %(chosen)s, %(shown)s,"
        " %(account)s, %(posting)s)",
        {
            "case": case_id,
            "now": now,
            "proposed": shown["proposed"],
            "chosen": chosen,
            "shown": Jsonb(shown["workers"]),
            "account": actor.account_id,
            "posting": posting.id if posting else None,
        },
    )
