"""The map in Chromium: buildings by their height, clusters from the server, tiles by their TileJSON."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gridcenter.journal.operations import tell_maps
from tests.builders import STREET, make_buildings, report_json
from tests.builders import report as a_report

GRID = f"{STREET}001Z001"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def soon(page, script, wanted=True, seconds=20):
    """Wait until the page's script gives what is wanted; the policy forbids wait_for_function."""
    until = time.monotonic() + seconds
    while (found := page.evaluate(script)) != wanted:
        assert time.monotonic() < until, f"{script}: {found}"
        time.sleep(0.2)


def test_the_desk_shows_buildings_by_height_and_counts_them(live, open_page):
    with live.database.transaction() as tx:
        make_buildings(tx, f"{GRID}001", f"{GRID}002")
        tx.execute("UPDATE building SET floors = 9, height_m = 27 WHERE code LIKE %(c)s",
                   {"c": f"{GRID}002%"})  # fmt: skip
    page = open_page("D-01", "/desk", width=1440, height=900).page
    switch = page.locator(".map-three-switch")
    switch.wait_for()
    assert switch.get_attribute("aria-pressed") == "false"
    assert not page.locator(".map-three-legend").is_visible()
    switch.click()
    assert switch.get_attribute("aria-pressed") == "true"
    counts = "[...document.querySelectorAll('.map-three-legend .figure')].map((n) => n.textContent).join()"
    soon(page, counts, "1,0,1")
    switch.click()
    assert switch.get_attribute("aria-pressed") == "false"


def test_the_wall_has_the_switch_and_an_address_for_screens_without_touch(live, open_page):
    page = open_page("B-01", "/wall?three=1", width=1920, height=1080).page
    switch = page.locator(".map-three-switch")
    switch.wait_for()
    soon(page, "document.querySelector('.map-three-switch').getAttribute('aria-pressed')", "true")


def test_maplibre_draws_tiles_by_their_tilejson_and_clusters(live, open_page):
    for who, code in (("01-001", "001"), ("01-001", "002"), ("01-002", "001")):
        grid = GRID if who == "01-001" else f"{STREET}001Z002"
        answer = live.house.client(who).post(
            "/api/v1/incidents", report_json(a_report(f"{grid}{code}"))
        )
        assert answer.status_code == 201, answer.text
    page = open_page("D-01", "/desk", width=1440, height=900).page
    page.locator(".map-three-switch").wait_for()
    page.evaluate(
        """async () => {
          const { Map } = await import('maplibre-gl');
          const box = document.createElement('div');
          box.id = 'proof';
          document.body.append(box);
          box.style.cssText = 'position:fixed;inset:0;width:600px;height:600px';
          const told = async (layer) => (await fetch(`/api/v1/layers/${layer}/tiles.json`)).json();
          const layer = (id, type) => ({ id, type, source: id, 'source-layer': id });
          const sources = {};
          for (const id of ['microgrid', 'incident']) sources[id] = { type: 'vector', ...(await told(id)) };
          const [w, s, e, n] = sources.microgrid.bounds;
          window.proof = new Map({
            container: box, center: [(w + e) / 2, (s + n) / 2], zoom: 11,
            style: { version: 8, sources, layers: [layer('microgrid', 'line'), layer('incident', 'circle')] },
          });
        }"""
    )
    shown = "(id) => window.proof?.loaded() ? window.proof.queryRenderedFeatures({ layers: [id] })"
    codes = f"new Set(({shown} : [])('microgrid').map((f) => f.properties.code)).size"
    soon(page, codes, 8)
    total = f"({shown} : [])('incident').reduce((n, f) => n + (f.properties.count ?? 1), 0)"
    soon(page, total, 3)


@pytest.fixture
def real_borders(live):
    """The place as a district has it after importing its own boundaries."""
    with live.database.transaction() as tx:
        tx.execute("UPDATE area_version SET is_example = false")
    yield
    with live.database.transaction() as tx:
        tx.execute("UPDATE area_version SET is_example = true")


def notice(page):
    page.locator(".map-attribution").wait_for()
    return page.inner_text(".map-attribution")


def test_examples_say_on_the_map_and_at_the_door_that_they_are(open_page):
    assert notice(open_page("D-01", "/desk").page) == "示例边界，非行政区划 · CGCS2000"
    open_page(None, "/login").page.locator("[data-example]").wait_for()


def test_real_borders_are_not_called_examples(open_page, real_borders):
    assert notice(open_page("D-01", "/desk").page) == "未填审图号，仅供内部使用 · CGCS2000"


def test_an_outside_base_map_lies_under_ours_and_is_named(live, open_page, real_borders):
    asked = []

    class Tiles(SimpleHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(PIXEL)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = live.house.app
    before = app.extensions["house"]
    app.extensions["house"] = replace(
        before,
        settings=replace(
            before.settings,
            base_map=f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png?tk=key",
            base_map_notice="底图：试验 GS(2026)1号",
            map_approval="苏S(2026)001号",
        ),
    )
    try:
        watched = open_page("D-01", "/desk")
        page = watched.page
        assert notice(page) == "苏S(2026)001号 · 底图：试验 GS(2026)1号 · CGCS2000"
        until = time.monotonic() + 20
        while not asked and time.monotonic() < until:
            page.wait_for_timeout(100)
        assert asked and all(path.endswith(".png?tk=key") for path in asked)
        page.wait_for_timeout(300)
        assert watched.faults == []
    finally:
        app.extensions["house"] = before
        server.shutdown()
        server.server_close()


def test_a_border_that_changed_comes_by_itself_and_only_its_tiles_are_drawn_anew(
    live, open_page, monkeypatch
):
    page = open_page("D-01", "/desk").page
    page.locator(".map-three-switch").wait_for()
    page.wait_for_timeout(2500)
    answered = []
    within = live.server.app

    def noted(environ, start):
        def begin(status, *rest):
            answered.append((environ["PATH_INFO"], status[:3]))
            return start(status, *rest)

        return within(environ, begin)

    monkeypatch.setattr(live.server, "app", noted)
    with live.database.transaction() as tx:
        # The name is in the tiles: a change of the row is a change of the picture.
        tx.execute(
            "UPDATE area_version v SET name = '改过的社区' FROM area a"
            " WHERE a.id = v.area_id AND a.code = %(code)s",
            {"code": f"{STREET}001"},
        )
        tell_maps(tx)

    def statuses(layer):
        return {status for path, status in answered if path.startswith(f"/tiles/{layer}/")}

    until = time.monotonic() + 10
    while not (statuses("community") and statuses("building")) and time.monotonic() < until:
        page.wait_for_timeout(50)
    page.wait_for_timeout(1500)
    assert "200" in statuses("community")
    for untouched in ("street", "microgrid", "building"):
        assert statuses(untouched) == {"304"}
