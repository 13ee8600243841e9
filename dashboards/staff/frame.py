"""What every staff page is given: who is logged in and which tabs the posts open."""

from __future__ import annotations

from typing import Any

from flask import render_template

from dashboards.maps import own_places
from dashboards.requests import actor, tx
from gridcenter.accounts.postings import ADMINISTRATORS
from gridcenter.errors import NotFound, Words
from gridcenter.journal.queries import head
from gridcenter.redraw.rules import APPROVERS, AUTHORS

PAGE = Words("页面", "page")
CASE_POSTS = frozenset({"intake", "dispatcher", "duty_officer", "handler", "official"})
TABS: tuple[tuple[str, frozenset[str]], ...] = (
    ("desk", CASE_POSTS),
    ("wall", CASE_POSTS | {"wall"}),
    ("statistics", CASE_POSTS),
    ("areas", CASE_POSTS | {"system_admin"}),
    ("redraw", AUTHORS | APPROVERS),
    ("registry", frozenset({"dispatcher", "duty_officer", "official", "grid_worker"})),
    ("imports", frozenset({"system_admin"})),
    ("admin", ADMINISTRATORS),
)


def open_tabs() -> list[str]:
    """The keys of the tabs that the actor's posts open, in order."""
    return [key for key, posts in TABS if actor().posts & posts]


def require_tab(key: str) -> None:
    """Raise NotFound when the actor's posts do not open this tab: the page does not exist then."""
    if key not in open_tabs():
        raise NotFound(PAGE)


def page(template: str, section: str, **given: Any) -> str:
    """The rendered staff page; `section` is the key of its tab.

    It begins at the reader's own places unless it is given others.
    """
    who = actor()
    return render_template(
        template,
        section=section,
        tabs=open_tabs(),
        account={"username": who.username, "label": who.display_name},
        journal_cursor=head(tx()),
        **{"places": own_places(), **given},
    )
