"""Figures of told stories: true, the same closed or live, with lists of the same length."""

from __future__ import annotations

from datetime import date

import pytest

from gridcenter.errors import InvalidInput, NotFound
from gridcenter.statistics.lists import indicator_list
from gridcenter.statistics.operations import close_day, close_open_days
from gridcenter.statistics.queries import indicators, trend
from gridcenter.statistics.wall import wall_figures
from tests.builders import STREET, ZONE
from tests.gridcenter.statistics.place import Place, at

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 13)
NOW = at("2026-11-13 14:32")
CASE_CODES = (
    *("reported", "filed", "closed", "closure_rate", "on_time_closure_rate"),
    *("handling_median", "handling_p90"),
)


def figures(place, who, area=STREET, first=FIRST, last=LAST, now=NOW):
    with place.acting(who) as tx:
        found = indicators(tx, place.actor(who), area, first, last, now, ZONE)
    return {row["code"]: row["figures"] for row in found["areas"]}


def triples(row):
    return {
        code: (row[code]["value"], row[code]["numerator"], row[code]["denominator"])
        for code in CASE_CODES
    }


@pytest.fixture
def nothing_closed(story: Place):
    def reopen():
        with story.owner.transaction() as tx:
            for table in ("case_fact", "day_sum", "closed_day"):
                tx.execute(f"DELETE FROM {table}")

    reopen()
    yield story
    reopen()


def test_figures_of_the_two_weeks(nothing_closed):
    street = triples(figures(nothing_closed, "S-01")[STREET])
    assert street["reported"] == (8, 8, None)
    # a, b, c (again), e, g, h: the first filing of c was taken back inside the period.
    assert street["filed"] == (6, 6, None)
    assert street["closed"] == (3, 3, None)
    # Due: a, b, g and those of c and e whose limit has passed; all limits are a working day or less.
    assert street["closure_rate"][1:] == (3, 5)
    assert street["on_time_closure_rate"][1:] == (2, 5)
    assert street["closure_rate"][0] == 60
    # Working time: a and g took 60 minutes, e 4 hours around noon, b 2 days of 8 hours: its first
    # handling was taken back by the failed check.
    assert street["handling_median"] == (3600, None, 4)
    assert street["handling_p90"] == (2 * 8 * 3600, None, 4)


def test_a_figure_is_the_same_closed_or_live(nothing_closed):
    yesterday = date(2026, 11, 12)

    def counted():
        return {
            **{who: figures(nothing_closed, who, last=yesterday) for who in ("S-01", "I-01")},
            "handler": figures(nothing_closed, "H-01", last=yesterday),
            "community": figures(nothing_closed, "S-01", f"{STREET}001", last=yesterday),
            "grid": figures(nothing_closed, "01-001", f"{STREET}001Z001", last=yesterday),
        }

    live = counted()
    with nothing_closed.owner.transaction() as tx:
        assert close_day(tx, date(2026, 11, 4), ZONE) > 0
    assert counted() == live, "one closed day among open ones"
    with nothing_closed.owner.transaction() as tx:
        days = close_open_days(tx, ZONE)
    assert days[0] == FIRST and date(2026, 11, 4) not in days
    assert counted() == live
    with nothing_closed.owner.transaction(read_only=True) as tx:
        assert tx.scalar("SELECT count(*) FROM case_fact WHERE day <= '2026-11-12'") > 20


def test_closing_twice_changes_nothing_and_today_cannot_be_closed(nothing_closed):
    def kept():
        with nothing_closed.owner.transaction() as tx:
            close_day(tx, date(2026, 11, 4), ZONE)
        with nothing_closed.owner.transaction(read_only=True) as tx:
            return tx.all(
                "SELECT fact, case_id, at, seconds, on_time, area_path::text FROM case_fact"
                " ORDER BY fact, case_id, at"
            ), tx.all(
                "SELECT area, reported, handled FROM (SELECT area, reported, times AS handled"
                " FROM day_sum) s ORDER BY area, reported"
            )

    first = kept()
    assert first[0] and kept() == first
    with nothing_closed.owner.transaction() as tx, pytest.raises(InvalidInput):
        close_day(tx, date(2099, 1, 1), ZONE)


def test_what_was_taken_back_later_stands_as_it_was_then(nothing_closed):
    def filed(last):
        return figures(nothing_closed, "S-01", last=last)[STREET]["filed"]["value"]

    assert filed(date(2026, 11, 3)) == 3
    assert filed(date(2026, 11, 5)) == 2
    assert filed(date(2026, 11, 6)) == 3


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("area", [STREET, f"{STREET}001", f"{STREET}001Z001", f"{STREET}001Z002"])
def test_each_list_is_as_long_as_its_figure(nothing_closed, area, closed):
    place = nothing_closed
    if closed:
        with place.owner.transaction() as tx:
            close_open_days(tx, ZONE)
    row = figures(place, "S-01", area, last=date(2026, 11, 12))[area]
    with place.acting("S-01") as tx:

        def length(code, part):
            args = (code, part, area, FIRST, date(2026, 11, 12), NOW, ZONE)
            found = indicator_list(tx, place.actor("S-01"), *args)
            assert len({item["id"] for item in found["items"]}) == len(found["items"])
            return len(found["items"])

        for code in ("reported", "filed", "closed"):
            assert length(code, "numerator") == row[code]["value"]
        for code in ("closure_rate", "on_time_closure_rate"):
            assert length(code, "numerator") == row[code]["numerator"]
            assert length(code, "denominator") == row[code]["denominator"]
            missing = row[code]["denominator"] - row[code]["numerator"]
            assert length(code, "missing") == missing
        assert length("handling_median", "denominator") == row["handling_median"]["denominator"]


def test_lists_page_by_cursor(nothing_closed):
    place = nothing_closed
    with place.acting("S-01") as tx:
        seen, after = [], None
        while True:
            page = indicator_list(
                tx,
                place.actor("S-01"),
                "reported",
                "numerator",
                STREET,
                FIRST,
                LAST,
                NOW,
                ZONE,
                after,
                3,
            )
            seen += [item["id"] for item in page["items"]]
            after = page["next"]
            if after is None:
                break
    assert len(seen) == len(set(seen)) == 8


def test_nothing_due_has_no_rate(nothing_closed):
    far = f"{STREET}002"
    row = figures(nothing_closed, "S-01", far, last=date(2026, 11, 12))[far]
    assert triples(row)["closure_rate"] == (None, 0, 0)
    assert row["closure_rate"]["below_target"] is False
    assert triples(row)["handling_median"] == (None, None, 0)


def test_a_department_sees_its_own_figures_only(nothing_closed):
    street = figures(nothing_closed, "H-01")[STREET]
    assert triples(street)["handling_median"] == (4 * 3600, None, 1)
    assert triples(street)["on_time_closure_rate"] == (0, 0, 1)
    assert street["staffing"]["value"] is None
    # The department's own day: what was dispatched to it on the day of its report counts as its own.
    assert street["reported"]["value"] == 1


def test_outside_the_scope_there_is_nothing(nothing_closed):
    place = nothing_closed
    mine = figures(place, "01-001", f"{STREET}001Z001")
    assert mine[f"{STREET}001Z001"]["reported"]["value"] == 4
    for area in (STREET, f"{STREET}001", f"{STREET}001Z002", "000000"):
        with place.acting("01-001") as tx:
            with pytest.raises(NotFound):
                indicators(tx, place.actor("01-001"), area, FIRST, LAST, NOW, ZONE)
            with pytest.raises(NotFound):
                indicator_list(
                    tx,
                    place.actor("01-001"),
                    "reported",
                    "numerator",
                    area,
                    FIRST,
                    LAST,
                    NOW,
                    ZONE,
                )
            with pytest.raises(NotFound):
                wall_figures(tx, place.actor("01-001"), area, NOW, ZONE)


def test_facts_and_sums_are_empty_without_a_scope_and_hide_other_grids(nothing_closed):
    place = nothing_closed
    with place.owner.transaction() as tx:
        close_open_days(tx, ZONE)
    live = "live_facts('2026-11-02', '2026-11-13', '2026-11-13 14:32+08', 'Asia/Shanghai')"
    for source in ("case_fact", "day_sum", live):
        with place.acting("01-001") as tx:
            paths = {r["p"] for r in tx.all(f"SELECT area_path::text AS p FROM {source}")}
            assert all(path.startswith(f"{STREET}.001.Z001") for path in paths)
            assert paths or source == live
        # The same pooled connection, next transaction, nobody's scope.
        with place.acting(None) as tx:
            assert tx.scalar(f"SELECT count(*) FROM {source}") == 0


def test_staffing_counts_grids_with_a_full_time_worker(nothing_closed):
    now = at("2036-01-01 12:00")
    day = date(2036, 1, 1)
    row = figures(nothing_closed, "S-01", STREET, day, day, now)[STREET]
    assert (row["staffing"]["numerator"], row["staffing"]["denominator"]) == (3, 4)
    with nothing_closed.acting("S-01") as tx:
        found = indicator_list(
            tx,
            nothing_closed.actor("S-01"),
            "staffing",
            "missing",
            STREET,
            day,
            day,
            now,
            ZONE,
            None,
            100,
        )
    assert [item["code"] for item in found["items"]] == [f"{STREET}002Z002"]


def test_coverage_in_square_metres(nothing_closed):
    row = figures(nothing_closed, "S-01")[STREET]["spatial_coverage"]
    assert row["value"] == 100 and row["gap_m2"] == 0 and row["overlap_m2"] == 0
    with nothing_closed.owner.transaction(read_only=True) as tx:
        geodesic = tx.scalar(
            "SELECT ST_Area(geom::geography) FROM area_version WHERE level = 'street'"
        )
    assert row["denominator"] == pytest.approx(geodesic, rel=1e-3)


def test_trend_by_week_adds_up(nothing_closed):
    place = nothing_closed
    with place.acting("S-01") as tx:
        weeks = trend(tx, place.actor("S-01"), STREET, "closed", "week", FIRST, LAST, NOW, ZONE)
        rates = trend(
            tx, place.actor("S-01"), STREET, "closure_rate", "month", FIRST, LAST, NOW, ZONE
        )
        with pytest.raises(InvalidInput):
            trend(tx, place.actor("S-01"), STREET, "staffing", "week", FIRST, LAST, NOW, ZONE)
    assert [(w["from"], w["value"], w["unfinished"]) for w in weeks] == [
        ("2026-11-02", 2, False),
        ("2026-11-09", 1, True),
    ]
    assert (rates[0]["numerator"], rates[0]["denominator"]) == (3, 5)


def test_wall_shows_now_today_and_the_month(nothing_closed):
    place = nothing_closed
    with place.acting("S-01") as tx:
        wall = wall_figures(tx, place.actor("S-01"), STREET, NOW, ZONE)
    # c and e are overdue, f waits at intake past its limit, h was filed this morning.
    assert wall["open"]["total"] == 4
    assert sum(wall["open"][k] for k in ("in_time", "soon", "overdue", "stopped")) == 4
    assert wall["today"] == {"reported": 1, "filed": 1, "closed": 0}
    assert (wall["month"]["rate"]["numerator"], wall["month"]["rate"]["denominator"]) == (2, 5)
    dues = [item["due_at"] for item in wall["overdue"]]
    assert dues == sorted(dues) and len(dues) == wall["open"]["overdue"]
    assert len(wall["feed"]) == 8 and len(wall["weeks"]) == 6
    assert sum(grid["open_count"] for grid in wall["grids"]) == 4 and len(wall["grids"]) == 4
    assert wall["month"]["matters"][0]["filed"] == 6


@pytest.mark.parametrize(("indicator", "parts"), [
    ("reported", "numerator"), ("handling_p90", "denominator"), ("spatial_coverage", "numerator"),
    ("closure_rate", "denominator、numerator、missing"),
])  # fmt: skip
def test_a_list_has_a_default_part_and_names_those_that_it_has(nothing_closed, indicator, parts):
    now, day = at("2036-01-01 12:00"), date(2036, 1, 1)

    def listed(part):
        with nothing_closed.acting("S-01") as tx:
            who = nothing_closed.actor("S-01")
            return indicator_list(tx, who, indicator, part, STREET, day, day, now, ZONE)["items"]

    assert listed(None) == listed(parts.split("、")[0])
    with pytest.raises(InvalidInput) as refused:
        listed("nominator")
    assert refused.value.errors[0].detail("zh") == f"这项指标没有这份名单，有的是 {parts}"
