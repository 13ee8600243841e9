"""Who acts: the one value that operations, row rights and history speak about.

The scope travels into the database as transaction-local settings; row policies read them through
``(SELECT nullif(current_setting(…, true), ''))`` so that an absent scope means no rows
(docs/decisions/0004-row-rights.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from gridcenter.database import Transaction


class ActorKind(StrEnum):
    """What sort of party acts."""

    STAFF = "staff"
    RESIDENT = "resident"
    ORGANISATION = "organisation"
    CLIENT = "client"
    DEVICE = "device"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Posting:
    """One post that an account holds somewhere: the software right of a person."""

    id: int
    post: str
    area_path: str | None
    department_id: int | None
    clearance: int


@dataclass(frozen=True)
class Actor:
    """Who acts, with the postings in force now.

    `locale` is ``zh`` or ``en``. `session_id` is None for the system.
    """

    kind: ActorKind
    account_id: UUID | None = None
    username: str = ""
    display_name: str = ""
    locale: str = "zh"
    session_id: UUID | None = None
    postings: tuple[Posting, ...] = field(default=())

    @property
    def posts(self) -> frozenset[str]:
        """The codes of all posts held now."""
        return frozenset(posting.post for posting in self.postings)

    @property
    def clearance(self) -> int:
        """The highest confidentiality this actor may read."""
        return max((posting.clearance for posting in self.postings), default=0)

    def posting_for(self, posts: frozenset[str] | set[str]) -> Posting | None:
        """The first posting whose post is in `posts`, or None."""
        return next((held for held in self.postings if held.post in posts), None)


SYSTEM = Actor(kind=ActorKind.SYSTEM, username="system", display_name="系统")
ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS)

_SET_SCOPE = """
SELECT set_config('gridcenter.account', %(account)s, true),
       set_config('gridcenter.areas', %(areas)s, true),
       set_config('gridcenter.intake', %(intake)s, true),
       set_config('gridcenter.departments', %(departments)s, true),
       set_config('gridcenter.clearance', %(clearance)s, true),
       set_config('gridcenter.posts', %(posts)s, true)
"""

AREA_POSTS = frozenset({"grid_worker", "dispatcher", "duty_officer", "official", "wall"})
INTAKE_POSTS = frozenset({"intake", "duty_officer"})
DEPARTMENT_POSTS = frozenset({"handler"})


def act_as(tx: Transaction, actor: Actor) -> None:
    """Set the row-rights scope of `actor` for the rest of this transaction.

    Posts map to ways in: AREA_POSTS read cases by area, INTAKE_POSTS by where the report came in,
    DEPARTMENT_POSTS by the department in charge. Administrators get no case at all.
    """
    scope = scope_settings(actor)
    tx.one(_SET_SCOPE, scope)
    tx.scope = "|".join(scope.values())


def scope_settings(actor: Actor) -> dict[str, str]:
    """The six settings as text; an empty string means "none" and matches no row."""

    def paths(posts: frozenset[str]) -> str:
        found = {p.area_path for p in actor.postings if p.post in posts and p.area_path}
        return "{" + ",".join(sorted(found)) + "}" if found else ""

    departments = {
        str(p.department_id)
        for p in actor.postings
        if p.post in DEPARTMENT_POSTS and p.department_id is not None
    }
    return {
        "account": str(actor.account_id) if actor.account_id else "",
        "areas": paths(AREA_POSTS),
        "intake": paths(INTAKE_POSTS),
        "departments": "{" + ",".join(sorted(departments)) + "}" if departments else "",
        "clearance": str(actor.clearance) if actor.account_id else "",
        "posts": "{" + ",".join(sorted(actor.posts)) + "}" if actor.posts else "",
    }
