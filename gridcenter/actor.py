"""Who acts: the one value that operations, row rights and history speak about.

The scope travels into the database as transaction-local settings; row policies read them through
``(SELECT nullif(current_setting(…, true), ''))`` so that an absent scope means no rows
(docs/decisions/0004-row-rights.md).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
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

AREA_POSTS = frozenset({"grid_worker", "dispatcher", "duty_officer", "official", "wall"})
INTAKE_POSTS = frozenset({"intake", "duty_officer"})
DEPARTMENT_POSTS = frozenset({"handler"})


# The same for the database, a constant of statements.
WAYS = json.dumps(
    {
        "areas": sorted(AREA_POSTS),
        "intake": sorted(INTAKE_POSTS),
        "departments": sorted(DEPARTMENT_POSTS),
    }
)
_SET_SCOPE = f"SELECT set_scope(%(account)s, %(postings)s::jsonb, '{WAYS}')"


def act_as(tx: Transaction, actor: Actor) -> None:
    """Set the row-rights scope of `actor` for the rest of this transaction (accounts/sql/00_rights_tools.sql).

    Posts map to ways in: AREA_POSTS read cases by area, INTAKE_POSTS by where the report came in,
    DEPARTMENT_POSTS by the department in charge. Administrators get no case at all.
    """
    postings = json.dumps([asdict(posting) for posting in actor.postings])
    tx.scope = tx.scalar(_SET_SCOPE, {"account": actor.account_id, "postings": postings})
