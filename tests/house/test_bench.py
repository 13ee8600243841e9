"""The benchmarks' own checks, on little data and for moments: figures mean nothing here, answers do."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from bench import create, lists, live, rights, tiles
from bench.clients import drive, fetch, request
from bench.figures import Bound, Figure, WrongAnswer, percentile, same
from bench.place import Size
from bench.site import DISPATCHER, Effort, Site, made
from gridcenter.errors import InvalidInput, Words
from gridcenter.settings import Settings

TINY = Size(copies=2, incidents=300)
BRIEF = Effort(rounds=1, seconds=1.0, repeats=3)


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[Site]:
    with made(settings, TINY, BRIEF, name=f"gridcenter_test_{os.getpid()}_bench") as found:
        yield found


def test_the_place_is_the_sample_side_by_side(site: Site) -> None:
    assert site.counts["grids"] == 2 * 69
    assert site.counts["microgrids"] == 2 * 408
    assert site.counts["buildings"] == 2 * 3030
    assert site.counts["incidents"] == 300


def test_every_report_is_there_once(site: Site) -> None:
    found = create.measure(site)[0]
    assert found.remarks["received_once_with_event"] > 0
    with site.owner.transaction(read_only=True) as tx:
        assert tx.scalar("SELECT count(*) AS n FROM case_file") == 300, "reports were not put back"


def test_a_lost_report_is_found(site: Site) -> None:
    with site.serving() as running:
        box = create._box(site)
        answers = create.reports(running, site.token(DISPATCHER), box, 2, 0.2)
    create.check(site, answers)
    create.put_back(site)
    with pytest.raises(WrongAnswer, match="reports stored"):
        create.check(site, answers)


@pytest.mark.parametrize("module", [lists, tiles, rights])
def test_both_sides_give_the_same_answer(site: Site, module: object) -> None:
    found = module.measure(site)  # type: ignore[attr-defined]
    assert all(len(figure.ours) == len(figure.peer) == 1 for figure in found)


def test_walls_hear_of_every_entry(site: Site) -> None:
    (figure,) = live.measure(site)
    assert figure.remarks["deliveries"] >= live.WALLS


def test_the_load_generator_tells_statuses_apart(site: Site) -> None:
    with site.serving() as running:
        assert fetch(running.port, request("GET", "/api/v1/incidents", None))[0] == 401
        todo = [request("GET", "/healthz", None)] * 3 + [request("GET", "/nowhere", None)]
        got = drive(running.port, 2, lambda: (todo.pop(), None) if todo else None, 10)
    assert sorted(got.statuses) == [200, 200, 200, 404]
    assert got.failures() == {404: 1}


def test_a_figure_keeps_or_breaks_its_promise() -> None:
    words = Words("甲", "a")
    ratios = Figure("a", words, "1/s", ours=[30, 10, 50], peer=[100, 100, 100], bound=Bound(0.25))
    assert ratios.figure == 0.3 and ratios.passed
    assert not Figure("b", words, "s", ours=[3.0], bound=Bound(most=2.9)).passed
    assert not Figure("c", words, "s", ours=[], bound=Bound(most=2.9)).passed


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile(list(range(1, 101)), 0.95) == 95
    assert percentile([7.0], 0.95) == 7.0


def test_different_answers_stop_a_benchmark() -> None:
    with pytest.raises(WrongAnswer, match="bytes"):
        same("bytes", b"one", b"other")


def test_an_unknown_benchmark_is_refused(settings: Settings) -> None:
    from bench.run import run

    with pytest.raises(InvalidInput):
        run(settings, "everything-else")
