"""What stands on and under every map of a page: where its boundaries come from, and an outside base map if one is set.

Maps that others may see name their approval (审图号); boundaries of the sample say that they are examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from dashboards.requests import actor, house, tx
from gridcenter.areas.queries import areas_at, top_areas

DATUM = "CGCS2000"


def own_places() -> list[dict[str, Any]]:
    """The areas in which the reader holds posts, in their order; without any, the top areas.

    As `areas.queries.top_areas` gives them. Pages begin here: a place that was imported beside the own
    one is somebody else's.
    """
    paths = dict.fromkeys(held.area_path for held in actor().postings if held.area_path)
    return (areas_at(tx(), list(paths)) if paths else []) or top_areas(tx())


def map_notice(places: Iterable[Mapping[str, Any]]) -> str:
    """The line on every map of these places (`own_places`), in the reader's language.

    Examples are said to be examples; else the approval number of the setting; else that none is set.
    """
    settings = house().settings
    if any(place["is_example"] for place in places):
        own = _("示例边界，非行政区划")
    else:
        own = settings.map_approval or _("未填审图号，仅供内部使用")
    return " · ".join(filter(None, (own, settings.base_map_notice, DATUM)))


def install(app: Flask) -> None:
    """Let templates write the notice and the base map where scripts find them."""
    app.context_processor(lambda: {"map_notice": map_notice, "base_map": house().settings.base_map})
