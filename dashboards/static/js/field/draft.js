/** The report being written: kept on the phone with every change, so that a call or a killed page loses nothing. */
import { takenPicture } from './picture.js';
import { newId } from './store.js';

export const DRAFT = 'report';
const SAVE_MS = 250;

export class Draft extends EventTarget {
  #db; #timer = null; #now; #fields = null;

  constructor(db, now = () => Date.now()) {
    super();
    this.#db = db;
    this.#now = now;
  }

  /** {id, matter, condition, position, place, photos [{id, stage, blob, taken_at}], description, address, saved_at}. */
  get fields() { return this.#fields; }

  async open() {
    this.#fields ??= (await this.#db.get('draft', DRAFT)) ?? this.#fresh();
    return this.#fields;
  }

  #fresh() {
    return {
      id: newId(), matter: null, condition: null, position: null, place: null, photos: [], description: '', address: '', saved_at: null,
    };
  }

  /** True where something is in it that a person would miss. */
  get begun() {
    const { matter, photos, description } = this.#fields ?? {};
    return Boolean(matter || photos?.length || description);
  }

  set(change) {
    Object.assign(this.#fields, change);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), SAVE_MS);
    this.dispatchEvent(new Event('change'));
  }

  async #save() {
    const fields = this.#fields;
    fields.saved_at = this.#now();
    await this.#db.put('draft', fields, DRAFT);
    if (fields === this.#fields) this.dispatchEvent(new Event('saved'));
  }

  /** Adds a photo; what is no picture is refused and stays owed. */
  async addPhoto(file, stage) {
    await this.open();
    const blob = await takenPicture(file);
    if (blob) this.set({ photos: [...this.#fields.photos, { id: newId(), stage, blob, taken_at: new Date(this.#now()).toISOString() }] });
  }

  removePhoto(id) {
    this.set({ photos: this.#fields.photos.filter((photo) => photo.id !== id) });
  }

  /** Forgets it here; `stored` false also deletes the stored copy (the outbox deletes it in its own transaction). */
  async clear({ stored = false } = {}) {
    clearTimeout(this.#timer);
    if (!stored) await this.#db.delete('draft', DRAFT);
    this.#fields = this.#fresh();
  }
}

/** The records of a report: itself and its photos, sent one after the other. */
export function recordsOf(fields, { channel, matter, now }) {
  const { position } = fields;
  const condition = matter.filing_conditions?.find(({ code }) => code === fields.condition) ?? matter.filing_conditions?.[0];
  const chosen = [matter.name, condition?.name].filter(Boolean).join('：'); // who writes nothing has still said what it is
  const body = {
    id: fields.id, matter: fields.matter, filing_condition: fields.condition, lon: position.lon, lat: position.lat, datum: position.datum,
    accuracy_m: position.accuracy_m, address: fields.address.trim() || null, description: fields.description.trim() || chosen, channel,
    reported_at: new Date(now).toISOString(),
  };
  const title = { name: matter.name, name_en: matter.name_en };
  return [
    { id: fields.id, kind: 'report', case_id: fields.id, group: fields.id, title, place: fields.place?.place ?? null, body },
    ...photoRecords(fields.photos, { case_id: fields.id, group: fields.id, title }),
  ];
}

export function photoRecords(photos, common) {
  return photos.map(({ id, stage, blob, taken_at }) => ({ id, kind: 'photo', stage, blob, size: blob.size, taken_at, ...common }));
}
