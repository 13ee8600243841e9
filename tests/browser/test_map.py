"""The map in Chromium: buildings by their height, clusters from the server, tiles by their TileJSON."""

from __future__ import annotations

import time

from tests.builders import STREET, make_buildings, report_json
from tests.builders import report as a_report

GRID = f"{STREET}001Z001"


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
