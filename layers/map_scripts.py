"""What a saved map does by itself: it fits its window, names its areas, shows a metric scale (Leaflet 1.9)."""

from __future__ import annotations

import json
from typing import Any

from gridcenter.errors import Words

# Leaflet's fitBounds gives NaN for a map of no size (a frame that is not laid out yet) and for one
# smaller than its padding: it is called with what room there is, whenever that changes, until
# somebody moved the map.
FIT = """
{
  const [map, bounds, left] = [%s, %s, %d];
  let moved = false;
  const fit = () => {
    map.invalidateSize({ pan: false });
    const { x, y } = map.getSize();
    if (moved || !x || !y) return;
    const beside = x > left + 200 ? left : Math.min(24, x / 8);
    map.fitBounds(bounds, {
      animate: false, paddingTopLeft: [beside, Math.min(24, y / 8)],
      paddingBottomRight: [Math.min(24, x / 8), Math.min(40, y / 8)],
    });
  };
  for (const act of ['pointerdown', 'wheel', 'keydown']) {
    map.getContainer().addEventListener(act, () => { moved = true; }, { capture: true, passive: true });
  }
  new ResizeObserver(fit).observe(map.getContainer());
}
"""

# Names give way to one another: of two that would touch, the later one is hidden until there is room.
# Leaflet's scale speaks English units only; metres and kilometres are said in the reader's words.
_NAMES = """
{
  const [map, names, metres, kilometres] = [%s, %s, %s, %s];
  const icons = names.map(([at, text]) => L.marker(at, {
    interactive: false, keyboard: false,
    icon: L.divIcon({ className: 'gc-name', iconSize: [0, 0], html: `<span>${text}</span>` }),
  }).addTo(map).getElement());
  const settle = () => {
    const kept = [];
    for (const icon of icons) {
      const box = icon.firstChild.getBoundingClientRect();
      const met = kept.some((other) => box.left < other.right && box.right > other.left
        && box.top < other.bottom && box.bottom > other.top);
      icon.classList.toggle('is-hidden', met);
      if (!met) kept.push(box);
    }
  };
  map.on('moveend zoomend resize', settle);
  const scale = L.control.scale({ imperial: false, position: 'bottomright' });
  scale._updateMetric = function (most) {
    const length = this._getRoundNum(most);
    const words = length < 1000 ? `${length} ${metres}` : `${length / 1000} ${kilometres}`;
    this._updateScale(this._mScale, words, length / most);
  };
  scale.addTo(map);
}
"""


def names_and_scale(name: str, names: list[list[Any]], locale: str) -> str:
    """The script that writes `names`, [[lat, lon], HTML] each, and the scale bar on the map `name`."""
    units = (Words("米", "m"), Words("公里", "km"))
    # A script ends at "</" whatever stands around it.
    written = json.dumps(names).replace("</", "<\\/")
    return _NAMES % (name, written, *(json.dumps(unit.in_locale(locale)) for unit in units))
