"""The map that is saved, mailed and printed: a choropleth of one indicator, by folium.

No ground tiles, no foreign address: shapes come from the layer's own declaration, scripts from the
caller's addresses or, for a file that opens without a network, from their texts. folium is imported
when a map is made and not before: it takes half a second.
"""

from __future__ import annotations

import html
import json
import math
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import shapely

from gridcenter.database import Transaction
from gridcenter.errors import InvalidInput, Words
from layers.map_colours import Palette, map_style, palette_of
from layers.map_scripts import FIT, names_and_scale
from layers.queries import MAX_FEATURES, geojson

# How far below the target the classes of a rate begin, in percentage points.
_BELOW_TARGET = (25, 15, 5, 0)
_ASSETS = ("leaflet.js", "leaflet.css", "jquery.js")
_NONE = Words("无数据（分母为 0）", "No value (nothing to divide by)")
_BELOW = Words("斜线 = 低于目标 {target}", "Hatched = below the target of {target}")


@dataclass(frozen=True)
class MapRequest:
    """What a saved map says. `figures` is code of area → {value, numerator, denominator,
    below_target} as `statistics.queries.indicators` gives them; `definition` the indicator's words.
    `assets` maps leaflet.js, leaflet.css, jquery.js to addresses; `contents` to their texts, which
    are then put into the page instead. `nonce` goes on every script and style; empty for a file.
    `room_left_px` is kept free beside the shapes: title and legend stand there, 340 px wide.
    `theme` is light or dark.
    """

    level: str
    figures: Mapping[str, Mapping[str, Any]]
    definition: Mapping[str, Any]
    place: str
    period: str
    made_at: str
    map_version: str
    assets: Mapping[str, str]
    contents: Mapping[str, str] | None = None
    nonce: str = ""
    locale: str = "zh"
    notice: str = ""
    room_left_px: int = 380
    theme: str = "light"


def choropleth(tx: Transaction, wanted: MapRequest) -> str:
    """HTML of the map, complete with title, legend, counts and definition.

    Shows the areas of `wanted.figures` that the reader may see. Raises NotFound for an unknown level,
    InvalidInput when there is no area to show or an asset is missing.
    """
    missing = [name for name in _ASSETS if name not in (wanted.contents or wanted.assets)]
    if missing:
        raise InvalidInput.of("assets", "missing", f"缺少 {missing}", f"{missing} is missing")
    collection = json.loads(geojson(tx, wanted.level, None, MAX_FEATURES))
    features = [f for f in collection["features"] if f["id"] in wanted.figures]
    if not features:
        raise InvalidInput.of("level", "empty_map", "没有可画的区域", "There is no area to draw")
    breaks = class_breaks(wanted)
    for feature in features:
        feature["properties"] = _properties(feature, wanted, breaks)
    return _finished(_drawn(features, wanted, breaks), wanted)


def class_breaks(wanted: MapRequest) -> list[float]:
    """Up to four ascending limits between five classes; a value on a limit is in the upper class.

    Rates with a target: 25, 15 and 5 points below it, and the target. Others: fifths of the values,
    fewer where values repeat.
    """
    target = wanted.definition.get("target")
    if wanted.definition["unit"] == "percent" and target is not None:
        return [float(target) - below for below in _BELOW_TARGET]
    values = sorted(f["value"] for f in wanted.figures.values() if f["value"] is not None)
    fifths = [values[len(values) * n // 5] for n in range(1, 5)] if values else []
    return sorted({float(value) for value in fifths if value > values[0]})


def class_of(value: float | None, breaks: list[float]) -> int | None:
    """The class 0…4 of a value, None for none."""
    return None if value is None else bisect_right(breaks, value)


def _properties(feature: dict[str, Any], wanted: MapRequest, breaks: list[float]) -> dict[str, Any]:
    figure = wanted.figures[feature["id"]]
    share = (
        f"{_number(figure['numerator'])} / {_number(figure['denominator'])}"
        if figure["numerator"] is not None and figure["denominator"] is not None
        else "—"
    )
    return {
        # Tooltips are written as HTML inside a script: an area's name comes from a file.
        "full": html.escape(_area_name(feature["properties"])),
        "value": shown(figure["value"], wanted.definition["unit"], wanted.locale),
        "share": share,
        "class": class_of(figure["value"], breaks),
        "below": bool(figure["below_target"]),
        "label": html.escape(_label(feature["properties"], wanted)),
        "at": _inner_point(feature["geometry"]),
    }


def _label(properties: dict[str, Any], wanted: MapRequest) -> str:
    """What stands on the map: the short name of a grid (03-02), the name of a larger area."""
    if wanted.level in ("grid", "microgrid") and properties.get("short"):
        return str(properties["short"])
    english = properties.get("name_en") if wanted.locale.startswith("en") else None
    return str(english or properties["name"])


def _inner_point(geometry: dict[str, Any]) -> list[float]:
    """[lat, lon] of a point inside the largest part of the shape where a name has most room.

    The middle of the largest ellipse inside, twice as wide as high, as words are.
    """
    shape = shapely.from_geojson(json.dumps(geometry))
    largest = max(getattr(shape, "geoms", [shape]), key=lambda part: part.area)
    narrow = 0.5 * math.cos(math.radians(largest.centroid.y))
    squeezed = shapely.transform(largest, lambda at: at * (narrow, 1))
    lon, lat = shapely.maximum_inscribed_circle(squeezed, squeezed.length / 500).coords[0]
    return [lat, lon / narrow]


def _area_name(properties: dict[str, Any]) -> str:
    short = properties.get("short")
    return f"{properties['name']} {short}" if short else str(properties["name"])


def shown(value: float | None, unit: str, locale: str) -> str:
    """A value as read: 93.3%, 118, 1 h 05 min; — for none."""
    if value is None:
        return "—"
    if unit == "percent":
        return f"{value:g}%"
    if unit == "seconds":
        hours, minutes = divmod(int(value) // 60, 60)
        return Words(f"{hours} 小时 {minutes:02} 分", f"{hours} h {minutes:02} min").in_locale(
            locale
        )
    return _number(value)


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _drawn(features: list[dict[str, Any]], wanted: MapRequest, breaks: list[float]) -> str:
    import folium
    from branca.element import Element, MacroElement
    from jinja2 import Template

    drawing = folium.Map(tiles=None, zoom_snap=0.25, attribution_control=False)
    # Instance attributes stand before folium's own list, which names foreign hosts. bootstrap, icon
    # fonts and awesome markers are not used.
    drawing.default_js = [(name, f"asset:{name}") for name in ("leaflet.js", "jquery.js")]
    drawing.default_css = [("leaflet.css", "asset:leaflet.css")]
    area = Words("区域", "Area").in_locale(wanted.locale)
    share = Words("分子 / 分母", "Counted / of").in_locale(wanted.locale)
    shapes = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name="figures",
        style_function=partial(_style, palette_of(wanted.theme)),
        tooltip=folium.GeoJsonTooltip(
            fields=["full", "value", "share"],
            aliases=[area, html.escape(_name(wanted)), share],
            sticky=True,
        ),
        popup=folium.GeoJsonPopup(fields=["full", "value", "share"], labels=False),
    )
    shapes.add_to(drawing)
    below = [feature for feature in features if feature["properties"]["below"]]
    if below:
        folium.GeoJson(
            {"type": "FeatureCollection", "features": below},
            style_function=_hatched,
            interactive=False,
        ).add_to(drawing)
    untyped: Any = MacroElement
    fitting = untyped()  # after the shapes: scripts stand in the order of the elements
    fitting._template = Template("{% macro script(this, kwargs) %}{{ this.said }}{% endmacro %}")
    fitting.said = FIT % (drawing.get_name(), json.dumps(shapes.get_bounds()), wanted.room_left_px)
    fitting.said += names_and_scale(drawing.get_name(), _names(features), wanted.locale)
    drawing.add_child(fitting)
    root: Any = drawing.get_root()
    root.title = html.escape(f"{_name(wanted)} · {wanted.place}")
    root.header.add_child(
        Element(f"<style>{map_style(palette_of(wanted.theme))}</style>"), name="gridcenter"
    )
    root.html.add_child(Element(_frame(features, wanted, breaks)), name="frame")
    return str(root.render())


def _names(features: list[dict[str, Any]]) -> list[list[Any]]:
    return [[each["properties"]["at"], each["properties"]["label"]] for each in features]


def _style(colour: Palette, feature: dict[str, Any]) -> dict[str, Any]:
    number = feature["properties"]["class"]
    return {
        "color": colour.map_community,
        "weight": 1,
        "fillColor": colour.surface if number is None else colour.ramp[number],
        "fillOpacity": 1,
    }


def _hatched(feature: dict[str, Any]) -> dict[str, Any]:
    del feature
    return {"stroke": False, "fillColor": "url(#below-target)", "fillOpacity": 1}


def _frame(features: list[dict[str, Any]], wanted: MapRequest, breaks: list[float]) -> str:
    """Title block and legend. Everything that comes from outside is escaped."""
    say = html.escape
    colour = palette_of(wanted.theme)
    rows = "".join(
        f'<tr><td><svg class="gc-swatch" aria-hidden="true"><rect width="28" height="14"'
        f' fill="{fill}" stroke="{colour.map_community}"/></svg></td><td>{say(words)}</td>'
        f"<td>{count}</td></tr>"
        for fill, words, count in legend_rows(features, wanted, breaks)
    )
    definition = wanted.definition
    suffix = "_en" if wanted.locale.startswith("en") else ""
    target = definition.get("target")
    hatch = _BELOW.in_locale(wanted.locale).format(target=shown(target, "percent", wanted.locale))
    lines = [definition[f"numerator{suffix}"], definition.get(f"denominator{suffix}")]
    notes = "".join(f"<p>{say(line)}</p>" for line in (*lines, wanted.notice) if line)
    return f"""
<svg class="gc-defs" aria-hidden="true"><defs><pattern id="below-target" width="8" height="8"
  patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="8"
  stroke="{colour.soon_fill}" stroke-width="3"/></pattern></defs></svg>
<section class="gc-block gc-title"><h1>{say(_name(wanted))}</h1>
<p>{say(wanted.place)} · {say(wanted.period)}</p>
<p>{say(wanted.made_at)} · {say(wanted.map_version)}</p></section>
<section class="gc-block gc-legend"><table>{rows}</table>
{f"<p>{say(hatch)}</p>" if target is not None else ""}{notes}</section>"""


def legend_rows(
    features: list[dict[str, Any]], wanted: MapRequest, breaks: list[float]
) -> list[tuple[str, str, int]]:
    """(colour, words, number of areas) of each class, lowest first; areas without a value last."""
    colour = palette_of(wanted.theme)
    classes = [feature["properties"]["class"] for feature in features]
    rows = [
        (colour.ramp[number], _range(number, breaks, wanted), classes.count(number))
        for number in range(len(breaks) + 1)
    ]
    without = classes.count(None)
    return [*rows, (colour.surface, _NONE.in_locale(wanted.locale), without)] if without else rows


def _range(number: int, breaks: list[float], wanted: MapRequest) -> str:
    limits = [shown(limit, wanted.definition["unit"], wanted.locale) for limit in breaks]
    if not limits:
        return Words("全部", "all").in_locale(wanted.locale)
    if number == 0:
        return Words(f"{limits[0]} 以下", f"below {limits[0]}").in_locale(wanted.locale)
    if number == len(limits):
        return Words(f"{limits[-1]} 起", f"{limits[-1]} and above").in_locale(wanted.locale)
    return f"{limits[number - 1]} – {limits[number]}"


def _name(wanted: MapRequest) -> str:
    english = wanted.locale.startswith("en")
    return str(wanted.definition["name_en" if english else "name"])


def _finished(page: str, wanted: MapRequest) -> str:
    """The page with its assets in place and the nonce on every script and style."""
    language = "en" if wanted.locale.startswith("en") else "zh-CN"
    page = page.replace("<html>", f'<html lang="{language}">', 1)
    # Before texts are put in: scripts hold tags in their strings.
    if wanted.nonce:
        page = re.sub(r"<(script|style)(?=[\s>])", rf"<\1{_nonce(wanted)}", page)
    for name in _ASSETS:
        page = page.replace(f"asset:{name}", html.escape(wanted.assets.get(name, name), quote=True))
        if wanted.contents is not None:
            page = _inlined(page, name, wanted)
    return page


def _nonce(wanted: MapRequest) -> str:
    return f' nonce="{html.escape(wanted.nonce, quote=True)}"' if wanted.nonce else ""


def _inlined(page: str, name: str, wanted: MapRequest) -> str:
    assert wanted.contents is not None
    address = re.escape(html.escape(wanted.assets.get(name, name), quote=True))
    text, mark = wanted.contents[name], _nonce(wanted)
    if name.endswith(".css"):
        # Images of the style sheet (markers, layer button) are not used in this map.
        plain = re.sub(r"url\((?!['\"]?data:)[^)]*\)", "none", text)
        return re.sub(
            rf'<link[^>]*href="{address}"[^>]*>', lambda _: f"<style{mark}>{plain}</style>", page
        )
    text = text.replace("</script", "<\\/script")
    return re.sub(
        rf'<script[^>]*src="{address}"[^>]*></script>',
        lambda _: f"<script{mark}>{text}</script>",
        page,
    )
