/** Drawing by hand with terra-draw: a line that splits, a new outline, a border to be dragged. One tool at a time. */
import { TerraDraw, TerraDrawLineStringMode, TerraDrawModeUndoRedo, TerraDrawPolygonMode, TerraDrawSelectMode } from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import { colours } from '../theme.js';
import { rounded, snapper } from './snap.js';

const KEYS = { cancel: null, finish: 'Enter' };
const PRECISION = 9;

export class Drawing {
  #map; #draw = null; #features; #onChange; #onFinish; #edited = null; #past = []; #ahead = [];

  /** `features()` are what corners snap to; `onChange(geometry)` while drawing, `onFinish(geometry)` when it is done. */
  constructor(map, { features, onChange, onFinish }) {
    this.#map = map;
    this.#features = features;
    this.#onChange = onChange;
    this.#onFinish = onFinish;
  }

  get busy() { return this.#draw !== null; }
  get bordering() { return this.#edited !== null; }

  #modes() {
    const colour = colours(this.#map.getContainer());
    const [prop, surface, act] = ['prop', 'surface', 'act'].map(colour);
    const snapping = { toCustom: snapper(this.#map, this.#features) };
    const dots = {
      closingPointColor: prop, closingPointOutlineColor: surface, closingPointWidth: 5, closingPointOutlineWidth: 2,
      snappingPointColor: act, snappingPointOutlineColor: surface, snappingPointWidth: 6, snappingPointOutlineWidth: 2,
      coordinatePointColor: prop, coordinatePointOutlineColor: surface, coordinatePointWidth: 5, coordinatePointOutlineWidth: 2,
    };
    return [
      new TerraDrawLineStringMode({ snapping, keyEvents: KEYS, showCoordinatePoints: true, styles: { lineStringColor: prop, lineStringWidth: 3, ...dots } }),
      new TerraDrawPolygonMode({
        snapping, keyEvents: KEYS, showCoordinatePoints: true,
        styles: { fillColor: prop, fillOpacity: 0.16, outlineColor: prop, outlineWidth: 3, ...dots },
      }),
      new TerraDrawSelectMode({
        keyEvents: null, allowManualDeselection: false,
        flags: { polygon: { feature: { draggable: false, coordinates: { midpoints: true, draggable: true, deletable: true, snappable: snapping } } } },
        styles: {
          selectedPolygonColor: prop, selectedPolygonFillOpacity: 0.1, selectedPolygonOutlineColor: prop, selectedPolygonOutlineWidth: 3,
          selectionPointColor: surface, selectionPointOutlineColor: prop, selectionPointWidth: 5, selectionPointOutlineWidth: 2,
          midPointColor: prop, midPointOutlineColor: surface, midPointWidth: 3, midPointOutlineWidth: 1,
        },
      }),
    ];
  }

  #begin() {
    this.end();
    const adapter = new TerraDrawMapLibreGLAdapter({ map: this.#map, coordinatePrecision: PRECISION, prefixId: 'drawing' });
    this.#draw = new TerraDraw({ adapter, modes: this.#modes(), undoRedo: { modeLevel: new TerraDrawModeUndoRedo() } });
    this.#draw.start();
    this.#draw.on('change', () => { const drawn = this.drawn(); if (drawn) this.#onChange(drawn); });
    this.#draw.on('finish', (id, { action } = {}) => {
      if (action !== 'draw') {
        if (this.#edited !== null) this.#moved();
        return;
      }
      const { geometry } = this.#draw.getSnapshotFeature(id);
      queueMicrotask(() => this.#onFinish(geometry)); // the library is still in its own hands
    });
    this.#map.getCanvas().focus();
  }

  line() { this.#begin(); this.#draw.setMode('linestring'); }

  outline() { this.#begin(); this.#draw.setMode('polygon'); }

  /** Lets the corners of one area be dragged; `done` gives its outline then. False when it cannot be. */
  border({ geometry }) {
    this.#begin();
    const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates[0];
    if (geometry.type === 'MultiPolygon' && geometry.coordinates.length > 1) {
      this.end();
      return false;
    }
    const id = this.#draw.getFeatureId();
    const outline = { type: 'Polygon', coordinates: rings.map((ring) => ring.map(rounded)) };
    const [told] = this.#draw.addFeatures([{ id, type: 'Feature', geometry: outline, properties: { mode: 'polygon' } }]);
    if (told && !told.valid) {
      this.end();
      return false;
    }
    this.#draw.setMode('select');
    this.#draw.selectFeature(id);
    this.#edited = id;
    this.#past = [outline];
    this.#ahead = [];
    return true;
  }

  /** A corner was dragged, made or taken out. */
  #moved() {
    this.#past.push(this.drawn());
    this.#ahead = [];
  }

  #reshape() {
    const outline = this.#past.at(-1);
    this.#draw.deselectFeature(this.#edited);
    this.#draw.updateFeatureGeometry(this.#edited, outline);
    this.#draw.selectFeature(this.#edited);
    this.#onChange(outline);
    return true;
  }

  /** What stands so far: the dragged outline, a line of at least two places that were clicked, or an outline of three. */
  drawn() {
    if (!this.#draw) return null;
    if (this.#edited !== null) return this.#draw.getSnapshotFeature(this.#edited)?.geometry ?? null;
    const shape = this.#draw.getSnapshot().find(({ geometry }) => geometry.type !== 'Point')?.geometry;
    if (shape?.type === 'Polygon') {
      const placed = shape.coordinates[0].slice(0, -2); // the last two are the pointer and the way back
      return placed.length >= 3 ? { type: 'Polygon', coordinates: [[...placed, placed[0]]] } : null;
    }
    const placed = (shape?.coordinates.length ?? 0) - 1; // the last one follows the pointer
    return placed >= 2 ? { type: 'LineString', coordinates: shape.coordinates.slice(0, placed) } : null;
  }

  /** Takes the last click or drag back; false when there is nothing to take back. */
  back() {
    if (this.#edited !== null) {
      if (this.#past.length < 2) return false;
      this.#ahead.push(this.#past.pop());
      return this.#reshape();
    }
    if (!this.#draw?.canUndo()) return false;
    this.#draw.undo();
    return true;
  }

  /** Does again what was taken back; false when there is nothing. */
  forth() {
    if (this.#edited !== null) {
      if (!this.#ahead.length) return false;
      this.#past.push(this.#ahead.pop());
      return this.#reshape();
    }
    if (!this.#draw?.canRedo()) return false;
    this.#draw.redo();
    return true;
  }

  end() {
    this.#edited = null;
    this.#draw?.stop();
    this.#draw = null;
  }
}
