"""Pure rules of the registry: the words of occupancy, and when a dwelling is no longer fresh."""

from __future__ import annotations

from gridcenter.errors import Words

DWELLING = Words("户室", "dwelling")

# After half a year without confirmation a dwelling is shown as stale (two visits a year are usual
# to an ordinary household).
STALE_AFTER_DAYS = 180
LARGEST_HOUSEHOLD = 30

OCCUPANCIES: dict[str, Words] = {
    "owner": Words("自住", "owner-occupied"),
    "let": Words("出租", "let"),
    "empty": Words("空置", "empty"),
    "unknown": Words("未核实", "not confirmed"),
}


def occupancy_words(occupancy: str) -> Words:
    """The name of an occupancy. Raises KeyError for an unknown one."""
    return OCCUPANCIES[occupancy]


def lives_there(occupancy: str) -> bool:
    """Whether a household belongs to a dwelling of this occupancy."""
    return occupancy in ("owner", "let")
