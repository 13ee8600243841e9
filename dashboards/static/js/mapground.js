/** What a page was told about its maps: the line that stands on each, and an outside base map under them. */

const told = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? '';

/** Examples, or the approval number, and the datum; '' on pages that were told nothing. */
export function mapNotice() {
  return told('map-notice');
}

/** {source, layer} of MapLibre for the outside base map, null when none is set. Pale and nearly grey: our marks carry the colour. */
export function baseMap(dim) {
  const tiles = told('base-map');
  if (!tiles) return null;
  return {
    source: { type: 'raster', tiles: [tiles], tileSize: 256, maxzoom: 18 },
    layer: {
      id: 'base', type: 'raster', source: 'base',
      paint: { 'raster-saturation': -0.8, 'raster-opacity': dim ? 0.35 : 0.6, 'raster-brightness-max': dim ? 0.6 : 1 },
    },
  };
}
