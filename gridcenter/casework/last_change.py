"""Who changed a case last, what and when, in words for somebody who came too late."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from gridcenter.actor import Actor
from gridcenter.casework.procedures import ProcedureRules
from gridcenter.database import Row, Transaction
from gridcenter.errors import Words

# Events that carry the version they found and make no new one (docs/decisions/0012).
MARKS = ("overdue", "rehome", "photo", "promise")

POSTS = {
    "grid_worker": Words("网格员", "grid worker"),
    "intake": Words("受理员", "intake"),
    "dispatcher": Words("派遣员", "dispatcher"),
    "duty_officer": Words("值班长", "duty officer"),
    "handler": Words("承办部门", "department"),
    "official": Words("街道", "street"),
}
# The id at the end of a name ("受理员 I-01"), which the desk shows behind the post.
_ID = re.compile(r"(?:^|\s)([\w-]*\d[\w-]*)$")

_LAST = """
SELECT e.operation, e.from_state, e.to_state, e.at, e.post, e.account_id,
       event_actor(e.account_id) AS who
  FROM case_event e
 WHERE e.case_id = %(id)s AND e.operation <> ALL(%(marks)s)
 ORDER BY e.id DESC LIMIT 1
"""


def wrong_version(
    tx: Transaction, actor: Actor, case: Row, rules: ProcedureRules, version: int, now: datetime
) -> Words:
    """Why `version` is not the version of the case: there is none, or who has made a newer one.

    `now` is in the time zone in which clock times are said.
    """
    number = case["number"]
    last = tx.one(_LAST, {"id": case["id"], "marks": list(MARKS)})
    if version > case["version"] or last is None:
        return Words(
            f"案件 {number} 现在是第 {case['version']} 版，没有第 {version} 版",
            f"case {number} is at version {case['version']}; there is no version {version}",
        )
    what, when = _what(rules, last), _when(last["at"].astimezone(now.tzinfo), now)
    if _is(actor.account_id, last):
        return Words(
            f"案件 {number} 您自己在 {when.zh} 已改动（{what.zh}）",
            f"you changed case {number} yourself, {when.en} ({what.en})",
        )
    who = who_words(last["post"], last["who"])
    return Words(
        f"案件 {number} 已由{who.zh} 在 {when.zh} 改动（{what.zh}）",
        f"case {number} was changed by {who.en}, {when.en} ({what.en})",
    )


def who_words(post: str | None, who: str | None) -> Words:
    """A person as post and id, as the desk shows them; a name without an id stays as it is."""
    role, name = POSTS.get(post or ""), who or ""
    found = _ID.search(name)
    if role is None:
        return Words(name or "系统", name or "the system")
    said = found[1] if found else name
    return Words(f"{role.zh} {said}".strip(), f"{role.en} {said}".strip())


def _is(account_id: UUID | None, event: Row) -> bool:
    return account_id is not None and event["account_id"] == account_id


def _what(rules: ProcedureRules, event: Row) -> Words:
    """The name of the move that an event was, as the procedure calls it; of a report its own."""
    moves = [move for move in rules.moves if move.operation == event["operation"]]
    ends = ("from_state", "to_state")
    same = [m for m in moves if all(getattr(m, end) == event[end] for end in ends)]
    named = [move.words for move in same or moves]
    return next(iter(named), Words("上报", "Report"))


def _when(at: datetime, now: datetime) -> Words:
    """The clock time, with its day unless it is today's."""
    clock = f"{at:%H:%M}"
    if at.date() == now.date():
        return Words(clock, clock)
    if at.year == now.year:
        return Words(f"{at.month}月{at.day}日 {clock}", f"{at:%d %b} {clock}")
    return Words(f"{at:%Y-%m-%d} {clock}", f"{at:%Y-%m-%d} {clock}")
