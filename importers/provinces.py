"""Where each province lies, roughly: enough to tell projection zones apart by division codes.

First two digits of GB/T 2260; boxes (lon, lat) rounded outward to a tenth of a degree.
"""

from __future__ import annotations

import pandas as pd

Box = tuple[float, float, float, float]

BOXES: dict[str, Box] = {
    "11": (115.4, 39.4, 117.6, 41.1), "12": (116.7, 38.5, 118.1, 40.3),
    "13": (113.4, 36.0, 119.9, 42.7), "14": (110.2, 34.5, 114.6, 40.8),
    "15": (97.1, 37.4, 126.1, 53.4), "21": (118.8, 38.7, 125.8, 43.5),
    "22": (121.6, 40.8, 131.4, 46.4), "23": (121.1, 43.4, 135.2, 53.6),
    "31": (120.8, 30.6, 122.3, 31.9), "32": (116.3, 30.7, 122.0, 35.2),
    "33": (118.0, 27.0, 123.0, 31.2), "34": (114.8, 29.4, 119.7, 34.7),
    "35": (115.8, 23.5, 120.8, 28.4), "36": (113.5, 24.4, 118.5, 30.1),
    "37": (114.8, 34.3, 122.8, 38.5), "41": (110.3, 31.3, 116.7, 36.4),
    "42": (108.3, 29.0, 116.2, 33.3), "43": (108.7, 24.6, 114.3, 30.2),
    "44": (109.6, 20.1, 117.4, 25.6), "45": (104.4, 20.8, 112.1, 26.4),
    "46": (108.5, 3.4, 118.0, 20.3), "50": (105.2, 28.1, 110.2, 32.3),
    "51": (97.3, 26.0, 108.6, 34.4), "52": (103.6, 24.6, 109.6, 29.3),
    "53": (97.5, 21.1, 106.2, 29.3), "54": (78.3, 26.8, 99.2, 36.5),
    "61": (105.4, 31.7, 111.3, 39.6), "62": (92.3, 32.5, 108.8, 42.8),
    "63": (89.4, 31.6, 103.1, 39.3), "64": (104.2, 35.2, 107.7, 39.4),
    "65": (73.4, 34.3, 96.4, 49.2), "71": (119.3, 21.8, 122.1, 25.4),
    "81": (113.8, 22.1, 114.5, 22.6), "82": (113.5, 22.1, 113.6, 22.3),
}  # fmt: skip
_CODE = r"\d{6}(?:\d{3}|\d{6}(?:[ZS]\d{3}(?:\d{3})?)?)?"


def province_box(table: pd.DataFrame) -> tuple[str, Box] | None:
    """The two digits and box of the one province that a column of codes names, else None."""
    for name in table.columns:
        values = table[name].dropna()
        if values.empty:
            continue
        text = values.astype(str).str.removesuffix(".0")
        if not text.str.fullmatch(_CODE).all() or text.nunique() < 2:
            continue
        provinces = text.str[:2].unique()
        if len(provinces) == 1 and provinces[0] in BOXES:
            return provinces[0], BOXES[provinces[0]]
    return None
