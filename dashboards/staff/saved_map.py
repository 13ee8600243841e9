"""The choropleth of one figure, drawn by folium: in a frame beside the table, or as a file that needs no network."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import quote

from apiflask import APIBlueprint
from flask import Response, make_response
from pydantic import Field

from dashboards.api.schemas import Text
from dashboards.api.statistics import PeriodQuery, asked
from dashboards.assets import STATIC, manifest
from dashboards.language import locale
from dashboards.maps import map_notice, own_places
from dashboards.requests import actor, house, tx
from dashboards.security import nonce
from dashboards.staff.frame import require_tab
from gridcenter.errors import NotFound, Words
from gridcenter.statistics.queries import indicators
from layers.folium_map import MapRequest, choropleth
from layers.queries import layer_version

bp = APIBlueprint("saved_map", __name__, enable_openapi=False)

INDICATOR = Words("指标", "indicator")
NOTHING = Words(
    "没有下一级区域，地图无可画", "There are no areas below, so there is nothing to draw"
)
ASSETS = {"leaflet.js": "leaflet.js", "leaflet.css": "leaflet.css", "jquery.js": "jquery.min.js"}
# Beside the table the panel's head says title and period, and the table the definition: the legend
# stands left of the map instead of over it.
_BESIDE = """
.gc-title { display: none; }
.gc-legend { left: 0; top: 0; bottom: 0; width: WIDTH; box-sizing: border-box; border-radius: 0; padding: 14px; }
.gc-legend td { white-space: nowrap; }
.folium-map { left: WIDTH !important; width: calc(100% - WIDTH) !important; }
"""


_UNSAID = dict.fromkeys(("numerator", "numerator_en", "denominator", "denominator_en"), "")


class MapQuery(PeriodQuery):
    """Which figure of which area and period; `save` asks for a file instead of a page."""

    indicator: Annotated[Text, Field(min_length=1, max_length=60)] = "on_time_closure_rate"
    save: bool = False
    theme: Literal["light", "dark", "wall"] = "light"


@bp.get("/statistics/map")
@bp.input(MapQuery, location="query", arg_name="query")
def saved_map(query: MapQuery) -> Response:
    """The map as a page for the frame, or as a download with everything inside."""
    require_tab("statistics")
    area, first, last, now = asked(query)
    zone = house().settings.timezone
    found = indicators(tx(), actor(), area, first, last, now, zone)
    shown = {
        row["code"]: row["figures"][query.indicator]
        for row in found["areas"]
        if not row["asked"] and query.indicator in row["figures"]
    }
    if not shown:
        return _headed(make_response(_said(NOTHING.in_locale(locale()))))
    page = choropleth(tx(), _wanted(found, shown, query, now.astimezone(zone)))
    if query.save:
        return _attached(page, f"{area}_{query.indicator}_{first}_{last}.html")
    width = "248px" if query.indicator.startswith("handling_") else "164px"  # times need more words
    style = f'<style nonce="{nonce()}">{_BESIDE.replace("WIDTH", width)}</style></head>'
    return _headed(make_response(page.replace("</head>", style, 1)))


def _wanted(
    found: dict[str, Any], shown: dict[str, Any], query: MapQuery, made_at: datetime
) -> MapRequest:
    definition = next((d for d in found["definitions"] if d["code"] == query.indicator), None)
    if definition is None:
        raise NotFound(INDICATOR)
    level = next(row["level"] for row in found["areas"] if not row["asked"])
    english = locale() == "en"
    return MapRequest(
        level=level,
        figures=shown,
        definition=definition if query.save else {**definition, **_UNSAID},
        place=(english and found["area"]["name_en"]) or found["area"]["name"],
        period=f"{found['from']} – {found['to']}",
        made_at=made_at.strftime("%Y-%m-%d %H:%M"),
        map_version=layer_version(tx(), level)[:8],
        assets=_addresses(),
        contents=_contents() if query.save else None,
        nonce="" if query.save else nonce(),
        locale=locale(),
        notice=map_notice(own_places()),
        room_left_px=380 if query.save else 24,
        theme="light" if query.save else query.theme,
    )


@lru_cache(maxsize=1)
def _addresses() -> dict[str, str]:
    files = [file["path"] for row in manifest()["libraries"] for file in row["files"]]
    return {
        name: "/static/" + next(path for path in files if path.endswith(f"/{wanted}"))
        for name, wanted in ASSETS.items()
    }


@lru_cache(maxsize=1)
def _contents() -> dict[str, str]:
    return {
        name: (STATIC / address.removeprefix("/static/")).read_text("utf-8")
        for name, address in _addresses().items()
    }


def _said(text: str) -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{text}</title>'
        f'<style nonce="{nonce()}">body {{ font: 14px sans-serif; color: #44505B;'
        f" text-align: center; padding: 80px 16px; }}</style></head><body><p>{text}</p></body></html>"
    )


def _headed(response: Response) -> Response:
    """A policy of its own: no requests by script, no forms, framed by our own pages only."""
    allowed = f"'self' 'nonce-{nonce()}'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {allowed}; style-src {allowed}; img-src 'self' data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
    )
    return response


def _attached(page: str, name: str) -> Response:
    response = make_response(page)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
