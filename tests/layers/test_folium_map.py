"""The saved map: nothing foreign, nonces, classes, hatch, escaped words."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import pytest
import shapely

from gridcenter.clock import now
from gridcenter.errors import InvalidInput
from gridcenter.statistics.queries import indicator_definitions, indicators
from layers.folium_map import MapRequest, choropleth, class_breaks, class_of
from layers.map_colours import DARK, LIGHT
from layers.queries import geojson
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
    light, dark = tokens.split('[data-theme="dark"]', 1)
    for text, palette in ((light, LIGHT), (dark.split("}")[0], DARK)):
        told = asdict(palette)
        told |= {f"ramp-{n}": colour for n, colour in enumerate(told.pop("ramp"), 1)}
        for name, colour in told.items():
            assert f"--{name.replace('_', '-')}: {colour};" in text


def test_a_dark_page_gets_a_dark_map(place, wanted):
    with place.acting("S-01") as tx:
        page = choropleth(tx, replace(wanted, theme="dark"))
    assert DARK.surface in page and DARK.map_ground in page
    for colour in (LIGHT.surface, LIGHT.map_ground, LIGHT.ink_1, *LIGHT.ramp):
        assert colour not in page


def test_areas_are_named_inside_themselves_and_the_scale_is_metric_only(place, wanted):
    with place.acting("S-01") as tx:
        page = choropleth(tx, wanted)
        shapes = json.loads(geojson(tx, "grid", None, 100))["features"]
    names = json.loads(
        re.search(r"\[map, names, metres, kilometres\] = \[\w+, (\[\[.*?\]\]),", page)[1]
    )
    inside = {name: shapely.Point(lon, lat) for (lat, lon), name in names}
    assert len(names) == 4
    for shape in shapes:
        ground = shapely.from_geojson(json.dumps(shape["geometry"]))
        assert ground.contains(inside[shape["properties"]["short"]])
    assert (
        page.count("L.control.scale(") == 1
        and "imperial: false" in page
        and json.dumps("米") in page
    )


def test_importing_the_module_does_not_import_folium():
    import subprocess
    import sys

    code = "import sys, layers.folium_map; sys.exit('folium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
