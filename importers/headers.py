"""Column headers as people write them, brought to one plain form."""

from __future__ import annotations

import re
import unicodedata

_NOISE = re.compile(r"[\s_\-./\\()\[\]{}:：,，、*#]+")

# Headers of columns that say where a row lies, in plain form.
LON = ("lon", "lng", "long", "longitude", "经度", "x", "x坐标", "横坐标", "东坐标", "坐标x")
LAT = ("lat", "latitude", "纬度", "y", "y坐标", "纵坐标", "北坐标", "纬度坐标", "坐标y")
WKT = ("wkt", "geom", "geometry", "thegeom", "几何", "图形", "空间范围", "边界")


def plain_header(name: str) -> str:
    """`name` in half width and lower case, without blanks, underscores, brackets and the like."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", name)).lower()
