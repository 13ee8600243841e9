"""The saved map: nothing foreign, nonces, classes, hatch, escaped words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gridcenter.clock import now
from gridcenter.errors import InvalidInput
from gridcenter.statistics.queries import indicator_definitions, indicators
from layers import folium_map
from layers.folium_map import MapRequest, choropleth, class_breaks, class_of
from tests.builders import STREET, ZONE

ASSETS = {
    "leaflet.js": "/static/vendor/leaflet.js",
    "leaflet.css": "/static/vendor/leaflet.css",
    "jquery.js": "/static/vendor/jquery.js",
}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def wanted(place):
    today = now().astimezone(ZONE).date()
    with place.acting("S-01") as tx:
        found = indicators(
            tx, place.actor("S-01"), STREET, date(today.year, 1, 1), today, now(), ZONE, "grid"
        )
        definition = next(d for d in indicator_definitions(tx) if d["code"] == "staffing")
    figures = {row["code"]: row["figures"]["staffing"] for row in found["areas"][1:]}
    return MapRequest(
        "grid", figures, definition, "姑苏示例街道 <b>", "11月", "2026-11-20", "v1", ASSETS, None,
        "n0nce", notice="示例边界",
    )  # fmt: skip


def test_the_map_names_no_foreign_host_and_carries_the_nonce(place, wanted):
    with place.acting("S-01") as tx:
        page = choropleth(tx, wanted)
    foreign = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", page)) - {"http://www.w3.org"}
    assert not foreign
    assert re.findall(r'src="([^"]+)"', page) == [ASSETS["leaflet.js"], ASSETS["jquery.js"]]
    tags = re.findall(r"<(?:script|style)\b[^>]*>", page)
    assert len(tags) >= 4 and all('nonce="n0nce"' in tag for tag in tags)
    assert " style=" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert "姑苏示例街道 &lt;b&gt;" in page and "<b>" not in page
    assert "url(#below-target)" in page and "示例边界" in page


def test_every_grid_is_on_the_map_and_counted_in_the_legend(place, wanted):
    assert len(wanted.figures) == 4
    with place.acting("S-01") as tx:
        page = choropleth(tx, wanted)
    rows = re.findall(r"<tr>.*?</tr>", page)
    assert sum(int(re.search(r"<td>(\d+)</td></tr>", row)[1]) for row in rows) == 4
    assert "2" in rows[4] and len(rows) == 5


def test_a_saved_map_holds_its_scripts(place, wanted):
    texts = {"leaflet.js": "var L='a</script>b<style>';", "leaflet.css": "a{background:url(x.png)}",
             "jquery.js": "var $;"}  # fmt: skip
    with place.acting("S-01") as tx:
        page = choropleth(tx, replace(wanted, contents=texts, nonce="", locale="en"))
    assert not re.findall(r'src="', page) and "<link" not in page
    assert "a<\\/script>b<style>" in page and "x.png" not in page
    assert '<html lang="en">' in page and "Staffing" in page


def test_texts_put_in_keep_their_own_tags_and_get_the_nonce(place, wanted):
    texts = {
        "leaflet.js": "var L='<style>';",
        "leaflet.css": "a{}",
        "jquery.js": "var $='<script>';",
    }
    with place.acting("S-01") as tx:
        page = choropleth(tx, replace(wanted, contents=texts))
    assert "<script nonce=\"n0nce\">var L='<style>';</script>" in page
    assert "var $='<script>';" in page and '<style nonce="n0nce">a{}</style>' in page


def test_names_from_files_are_text_and_not_markup(place, wanted):
    with place.owner.transaction() as tx:
        tx.execute("UPDATE area_version SET name = '</script><img src=x>' WHERE path = %(p)s",
                   {"p": f"{STREET}.001.Z001"})  # fmt: skip
    try:
        with place.acting("S-01") as tx:
            page = choropleth(tx, wanted)
    finally:
        with place.owner.transaction() as tx:
            tx.execute("UPDATE area_version SET name = '第1网格' WHERE path = %(p)s",
                       {"p": f"{STREET}.001.Z001"})  # fmt: skip
    assert "<img src=x" not in page and "&lt;img src=x" in page.replace("\\u0026", "&")


def test_assets_must_be_given(place, wanted):
    with place.acting("S-01") as tx, pytest.raises(InvalidInput):
        choropleth(tx, replace(wanted, assets={}))


def test_classes_of_rates_follow_the_target_and_others_their_fifths():
    def request(unit, target, values):
        figures = {str(n): {"value": v} for n, v in enumerate(values)}
        return MapRequest("grid", figures, {"unit": unit, "target": target}, "", "", "", "", {})

    assert class_breaks(request("percent", 95.0, [1])) == [70, 80, 90, 95]
    assert class_breaks(request("cases", None, range(10))) == [2, 4, 6, 8]
    assert class_breaks(request("cases", None, [3, 3, 3])) == []
    assert class_breaks(request("cases", None, [None])) == []
    assert [class_of(v, [70, 80, 90, 95]) for v in (69.9, 70, 94.99, 95, 100, None)] == [
        0, 1, 3, 4, 4, None,
    ]  # fmt: skip


def test_colours_are_those_of_the_tokens():
    tokens = (ROOT / "dashboards/static/css/tokens.css").read_text()
    light = tokens.split('[data-theme="dark"]')[0]
    for number, colour in enumerate(folium_map.RAMP, 1):
        assert f"--ramp-{number}: {colour};" in light
    assert f"--map-ground: {folium_map.GROUND};" in light


def test_importing_the_module_does_not_import_folium():
    import subprocess
    import sys

    code = "import sys, layers.folium_map; sys.exit('folium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
