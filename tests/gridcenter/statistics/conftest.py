"""A copy of the small place in which two weeks are told."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.builders import STREET
from tests.conftest import Copy
from tests.gridcenter.statistics.place import Place, at

MICROGRID = f"{STREET}001Z001001"
NEXT_MICROGRID = f"{STREET}001Z002001"
FAR = f"{STREET}002Z001001"
NO_PHOTOS = "the story is told without pictures"


@pytest.fixture(scope="module")
def place(shared_copy: Copy) -> Place:
    """The small place; nobody answers for the last of its four grids."""
    return Place.of(shared_copy, "01-004")


@pytest.fixture(scope="module")
def story(place: Place) -> Place:
    """What happened from 2 to 13 November 2026; the days to 12 November are closed nowhere yet.

    a: filed, handled, closed in time. b: failed check, handled again, closed late. c: filed 3 Nov,
    returned to intake on 5 Nov, filed again on 6 Nov. d: rejected. e: handled by a department, open
    after its limit. f: reported only. g: in the next grid, closed in time. h: far away, filed on the
    last day.
    """
    a = place.report("01-001", MICROGRID, at("2026-11-02 09:00"))
    through(place, a, "2026-11-02")
    b = place.report("01-001", MICROGRID, at("2026-11-02 10:00"))
    place.do("I-01", b, "file", at("2026-11-02 10:10"))
    place.do("D-01", b, "dispatch", at("2026-11-02 10:20"), to="01-001")
    place.do("01-001", b, "accept", at("2026-11-02 10:30"))
    place.do("01-001", b, "handle", at("2026-11-02 12:20"), note="done")
    place.do("01-001", b, "feedback", at("2026-11-02 12:30"), note="done")
    place.do("I-01", b, "check", at("2026-11-04 09:00"), passed=False, note="not clean")
    place.do("01-001", b, "handle", at("2026-11-04 10:20"), note="again")
    place.do("01-001", b, "feedback", at("2026-11-04 10:30"), note="again")
    place.do("I-01", b, "check", at("2026-11-04 11:00"), passed=True, without_evidence=NO_PHOTOS)
    place.do("I-01", b, "close", at("2026-11-04 11:30"))
    c = place.report("01-001", MICROGRID, at("2026-11-03 09:00"))
    place.do("I-01", c, "file", at("2026-11-03 09:10"))
    place.do("D-01", c, "return", at("2026-11-05 09:30"), reason="wrong matter")
    place.do("I-01", c, "file", at("2026-11-06 09:10"))
    d = place.report("01-001", MICROGRID, at("2026-11-03 10:00"))
    place.do("I-01", d, "reject", at("2026-11-03 10:10"), reason="not ours")
    e = place.report("01-002", NEXT_MICROGRID, at("2026-11-09 09:00"))
    place.do("I-01", e, "file", at("2026-11-09 09:10"))
    place.do("D-01", e, "dispatch", at("2026-11-09 09:20"), to="zhzf")
    place.do("H-01", e, "accept", at("2026-11-09 09:30"))
    place.do("H-01", e, "handle", at("2026-11-09 15:20"), note="done")
    place.report("01-002", NEXT_MICROGRID, at("2026-11-10 09:00"))
    g = place.report("01-002", NEXT_MICROGRID, at("2026-11-11 08:30"))
    through(place, g, "2026-11-11", worker="01-002")
    h = place.report("01-003", FAR, at("2026-11-13 08:30"))
    place.do("I-01", h, "file", at("2026-11-13 08:40"))
    return place


def through(place: Place, case: UUID, day: str, worker: str = "01-001") -> None:
    """A case from filing at 09:05 to closing at 14:40 of one day; handled after 60 minutes."""
    place.do("I-01", case, "file", at(f"{day} 09:05"))
    place.do("D-01", case, "dispatch", at(f"{day} 09:10"), to=worker)
    place.do(worker, case, "accept", at(f"{day} 09:15"))
    place.do(worker, case, "handle", at(f"{day} 10:10"), note="done")
    place.do(worker, case, "feedback", at(f"{day} 10:20"), note="done")
    place.do("I-01", case, "check", at(f"{day} 14:30"), passed=True, without_evidence=NO_PHOTOS)
    place.do("I-01", case, "close", at(f"{day} 14:40"))
