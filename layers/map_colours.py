"""Values of the design tokens for a map that has no style sheet to ask (dashboards/static/css/tokens.css)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """The colours of one theme; each field is the token of that name, `ramp` from weak to strong."""

    ramp: tuple[str, str, str, str, str]
    map_ground: str
    map_community: str
    ink_1: str
    ink_2: str
    surface: str
    line_strong: str
    soon_fill: str


LIGHT = Palette(
    ramp=("#F0F4F7", "#CFE0EC", "#A0C2DB", "#6699C1", "#2F6A99"),
    map_ground="#EFF1F2",
    map_community="#2E3A45",
    ink_1="#18212A",
    ink_2="#44505B",
    surface="#FFFFFF",
    line_strong="#77838E",
    soon_fill="#C67100",
)
DARK = Palette(
    ramp=("#18222B", "#1F3546", "#294C66", "#376A8D", "#5590BA"),
    map_ground="#141B22",
    map_community="#8E9CA8",
    ink_1="#E9EEF2",
    ink_2="#B7C1CA",
    surface="#19212A",
    line_strong="#73818E",
    soon_fill="#F5B54D",
)


def palette_of(theme: str) -> Palette:
    """The colours of ``dark``; those of ``light`` for every other name."""
    return DARK if theme == "dark" else LIGHT


def map_style(colour: Palette) -> str:
    """The style sheet of a saved map: ground, blocks, names of areas, Leaflet's own controls."""
    return f"""
body, .folium-map {{ background: {colour.map_ground} !important; color: {colour.ink_1};
  font-family: 'Noto Sans SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC',
  'Microsoft YaHei', sans-serif; }}
.gc-block {{ position: absolute; z-index: 900; left: 16px; background: {colour.surface};
  padding: 12px 16px; border-radius: 6px; max-width: 340px; font-size: 13px; line-height: 1.5; }}
.gc-title {{ top: 16px; margin-left: 44px; }}
.gc-legend {{ bottom: 16px; }}
.gc-block h1 {{ font-size: 20px; margin: 0 0 4px; }}
.gc-block p {{ margin: 2px 0; color: {colour.ink_2}; }}
.gc-block table {{ border-collapse: collapse; }}
.gc-block td {{ padding: 1px 8px 1px 0; }}
.gc-block td:last-child {{ text-align: right; font-weight: 700; }}
.gc-swatch {{ width: 28px; height: 14px; display: block; }}
.gc-defs {{ position: absolute; width: 0; height: 0; }}
.gc-name {{ color: {colour.ink_1}; font-size: 12px; font-weight: 700; line-height: 1;
  white-space: nowrap; text-shadow: {_halo(colour.surface)}; }}
.gc-name span {{ position: absolute; transform: translate(-50%, -50%); }}
.gc-name.is-hidden {{ visibility: hidden; }}
.folium-map .leaflet-control-scale-line {{ background: transparent; border: 2px solid {colour.ink_1};
  border-top: 0; color: {colour.ink_1}; text-shadow: none; font-size: 12px; line-height: 1.2; }}
.folium-map .leaflet-bar a, .folium-map .leaflet-bar a.leaflet-disabled {{ background: {colour.surface};
  border-color: {colour.line_strong}; color: {colour.ink_1}; }}
.folium-map .leaflet-bar a:hover {{ background: {colour.map_ground}; color: {colour.ink_1}; }}
.folium-map .leaflet-tooltip, .folium-map .leaflet-popup-content-wrapper,
.folium-map .leaflet-popup-tip {{
  background: {colour.surface}; border-color: {colour.line_strong}; color: {colour.ink_1}; }}
"""


def _halo(colour: str) -> str:
    """Text shadows all round, 2 px: names stay readable on every class and on the hatch."""
    steps = [(x, y) for x in (-2, 0, 2) for y in (-2, 0, 2) if x or y]
    return ", ".join(f"{x}px {y}px 1px {colour}" for x, y in steps)
