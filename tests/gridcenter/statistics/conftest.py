"""The sample street in a database of its own, and two weeks told there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gridcenter import provision
from gridcenter.database import Database
from gridcenter.settings import Settings
from tests.gridcenter.statistics.place import Place, actor, at, build

NAME = "gc_stats_test"
GRID = "320508999.001.Z001"
MICROGRID = "320508999.001.Z001.001"
NEXT_GRID = "320508999.001.Z002"
NEXT_MICROGRID = "320508999.001.Z002.001"
FAR = "320508999.005.Z001.001"


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    settings = Settings.from_environment()
    build(settings, NAME)
    here = Place(
        Database(settings.url("owner", NAME)).open(), Database(settings.url("web", NAME)).open()
    )
    people(here)
    yield here
    here.owner.close()
    here.web.close()
    provision.drop_database(settings, NAME)


def people(here: Place) -> None:
    """Everybody who acts in the stories, by name."""
    with here.owner.transaction(read_only=True) as tx:
        department = tx.scalar("SELECT id FROM department WHERE code = 'hws'")
    here.join("worker", actor("grid_worker", GRID), "01-001")
    here.join("neighbour", actor("grid_worker", NEXT_GRID), "01-002")
    here.join("far", actor("grid_worker", "320508999.005.Z001"), "05-001")
    here.join("intake", actor("intake", "320508999"))
    here.join("dispatcher", actor("dispatcher", "320508999"))
    here.join("officer", actor("duty_officer", "320508999"))
    here.join("official", actor("official", "320508999"))
    here.join("handler", actor("handler", None, department))


@pytest.fixture(scope="session")
def story(place: Place) -> Place:
    """What happened from 2 to 13 November 2026; the days to 12 November are closed nowhere yet.

    a: filed, handled, closed in time. b: failed check, handled again, closed late. c: filed 3 Nov,
    returned to intake on 5 Nov, filed again on 6 Nov. d: rejected. e: handled by a department, open
    after its limit. f: reported only. g: in the next grid, closed in time. h: far away, filed on the
    last day.
    """
    a = place.report("worker", MICROGRID, at("2026-11-02 09:00"))
    through(place, a, "2026-11-02")
    b = place.report("worker", MICROGRID, at("2026-11-02 10:00"))
    place.do("intake", b, "file", at("2026-11-02 10:10"))
    place.do("dispatcher", b, "dispatch", at("2026-11-02 10:20"), to="01-001")
    place.do("worker", b, "accept", at("2026-11-02 10:30"))
    place.do("worker", b, "handle", at("2026-11-02 12:20"), note="done")
    place.do("worker", b, "feedback", at("2026-11-02 12:30"), note="done")
    place.do("intake", b, "check", at("2026-11-04 09:00"), passed=False, note="not clean")
    place.do("worker", b, "handle", at("2026-11-04 10:20"), note="again")
    place.do("worker", b, "feedback", at("2026-11-04 10:30"), note="again")
    place.do("intake", b, "check", at("2026-11-04 11:00"), passed=True)
    place.do("intake", b, "close", at("2026-11-04 11:30"))
    c = place.report("worker", MICROGRID, at("2026-11-03 09:00"))
    place.do("intake", c, "file", at("2026-11-03 09:10"))
    place.do("dispatcher", c, "return", at("2026-11-05 09:30"), reason="wrong matter")
    place.do("intake", c, "file", at("2026-11-06 09:10"))
    d = place.report("worker", MICROGRID, at("2026-11-03 10:00"))
    place.do("intake", d, "reject", at("2026-11-03 10:10"), reason="not ours")
    e = place.report("neighbour", NEXT_MICROGRID, at("2026-11-09 09:00"))
    place.do("intake", e, "file", at("2026-11-09 09:10"))
    place.do("dispatcher", e, "dispatch", at("2026-11-09 09:20"), to="hws")
    place.do("handler", e, "accept", at("2026-11-09 09:30"))
    place.do("handler", e, "handle", at("2026-11-09 15:20"), note="done")
    place.report("neighbour", NEXT_MICROGRID, at("2026-11-10 09:00"))
    g = place.report("neighbour", NEXT_MICROGRID, at("2026-11-11 08:30"))
    through(place, g, "2026-11-11", worker="neighbour", code="01-002")
    h = place.report("far", FAR, at("2026-11-13 08:30"))
    place.do("intake", h, "file", at("2026-11-13 08:40"))
    return place


def through(
    place: Place, case: object, day: str, worker: str = "worker", code: str = "01-001"
) -> None:
    """A case from filing at 09:05 to closing at 14:40 of one day; handled after 60 minutes."""
    place.do("intake", case, "file", at(f"{day} 09:05"))
    place.do("dispatcher", case, "dispatch", at(f"{day} 09:10"), to=code)
    place.do(worker, case, "accept", at(f"{day} 09:15"))
    place.do(worker, case, "handle", at(f"{day} 10:10"), note="done")
    place.do(worker, case, "feedback", at(f"{day} 10:20"), note="done")
    place.do("intake", case, "check", at(f"{day} 14:30"), passed=True)
    place.do("intake", case, "close", at(f"{day} 14:40"))
