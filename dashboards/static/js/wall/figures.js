/** The wall's figures: fetched anew after each change and each half minute, because time alone moves cases to overdue. */
import { api } from '../api.js';

const EVERY_MS = 30000;
const SETTLE_MS = 200; // changes come in bursts: one report is several journal rows
const RETRY_MS = 5000;
const ANSWER_KEPT_MS = 1200; // the server may answer all walls with figures up to a second old

export class Figures {
  #area; #show; #timer = null; #busy = false; #again = false; #after = null; #due = Infinity; #failing = false; #ok_at = Date.now();
  refused = false; // the log-in has ended
  absent = false; // these figures are not for this account

  constructor(area, show) {
    this.#area = area;
    this.#show = show;
  }

  /** Age in seconds of the figures shown while new ones cannot be fetched; 0 while they can. */
  behind_s() {
    return this.#failing ? (Date.now() - this.#ok_at) / 1000 : 0;
  }

  /** Something changed: fetches soon, and once more when an answer kept from before the change has expired. */
  changed() {
    this.refresh();
    clearTimeout(this.#after);
    this.#after = setTimeout(() => this.refresh(0), ANSWER_KEPT_MS);
  }

  /** Fetches soon; calls that come meanwhile are answered by one more round. */
  refresh(wait_ms = SETTLE_MS) {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    const due = Date.now() + wait_ms;
    if (this.#timer !== null && this.#due <= due) return; // a steady stream of changes must not put it off
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#fetch(), wait_ms);
  }

  async #fetch() {
    this.#busy = true;
    this.#timer = null;
    this.#again = false;
    let wait_ms = EVERY_MS;
    try {
      this.#show(await api.get('statistics/wall', { area: this.#area }));
      this.#failing = false;
      this.#ok_at = Date.now();
      this.refused = this.absent = false;
    } catch (error) {
      if (error.name !== 'ApiError') console.error(error);
      this.#failing = true;
      this.refused = error.status === 401;
      this.absent = error.status === 404;
      wait_ms = RETRY_MS;
    } finally {
      this.#busy = false;
      this.refresh(this.#again ? SETTLE_MS : wait_ms);
    }
  }
}
