/** The bar of what can be done: one primary button, forms only where something must be said, reasons in words for the rest. */
import { isEnglish, t } from '../i18n.js';
import { icon } from '../icons.js';
import { whileBusy } from '../dialog.js';
import { button, el } from './dom.js';
import { operationForm } from './forms.js';
import { bracketed, semicolons } from './words.js';

const KEYS = { dispatch: 'D', return: 'R', file: 'F', accept: 'A', feedback: 'B', close: 'F', evaluate: 'E' };
const BACKWARD = new Set(['return', 'reject', 'rework']);
const LAST = { return: 1, reject: 2 };

/** '正在派遣…' while it runs. */
export const busyWord = (name) => t('正在%(what)s…', { what: name });

/**
 * One entry for each thing the server would allow now: {key, operation, name, given, schema, asks, kind}.
 * An operation with several ends (核查通过 / 不通过) gives one for each.
 */
export function choices(item, proposal) {
  const found = [];
  for (const each of item.allowed_operations.filter(({ allowed }) => allowed)) {
    for (const move of each.moves) {
      const schema = move.requires ?? each.requires ?? {};
      const given = move.when ?? {};
      // Where photos are owed there is room for a reason: the form says which, and can be sent without one.
      const asks = 'without_evidence' in (schema.properties ?? {}) || (schema.required ?? []).some((field) => !(field in given));
      const back = BACKWARD.has(each.operation) || move.to_state === 'rework';
      found.push({ operation: each.operation, name: move.name, to_state: move.to_state, given, schema, asks, back });
    }
  }
  found.sort((a, b) => (LAST[a.operation] ?? (a.back ? 1 : 0)) - (LAST[b.operation] ?? (b.back ? 1 : 0)));
  for (const each of found) each.key = keyOf(each);
  const dispatch = found.find(({ operation }) => operation === 'dispatch');
  if (dispatch && proposal) Object.assign(dispatch, { name: t('派遣给 %(who)s', { who: `${proposal.letter} ${proposal.to}` }), given: { to: proposal.to }, asks: false });
  return found;
}

function keyOf({ operation, to_state }) {
  if (operation === 'check') return to_state === 'rework' ? 'R' : 'C';
  if (operation === 'handle') return to_state === 'handling' ? 'G' : 'F';
  return KEYS[operation] ?? null;
}

export class OperationBar {
  #place; #act; #toDepartments; #item = null; #choices = []; #open = null; #written = null; #form; #row; #reasons; #message; #proposal = null;

  /** `act(operation, given, words)` resolves to an error with `errors` to show, or null. */
  constructor(place, { act, toDepartments }) {
    this.#place = place;
    this.#act = act;
    this.#toDepartments = toDepartments;
    this.#message = el('div', { class: 'case-message' });
    this.#form = el('div', { class: 'case-form' });
    this.#row = el('div', { class: 'button-row case-buttons' });
    this.#reasons = el('p', { class: 'reason case-reasons' });
    place.replaceChildren(this.#message, this.#form, this.#row, this.#reasons);
  }

  get message() { return this.#message; }
  /** The choice whose form is open, or null. */
  get writing() { return this.#open; }
  /** Whether what is being written can no longer be sent. */
  get lapsed() { return this.#written !== null && !this.#written.allowed; }
  get primary() { return this.#choices[0] ?? null; }

  /** Draws the bar of `item`; an open form stays with what was typed, and says when it can no longer be sent. */
  show(item, proposal = null) {
    const same = this.#item?.id === item.id;
    this.#item = item;
    this.#proposal = proposal;
    this.#choices = choices(item, proposal);
    if (!same) this.#message.replaceChildren();
    if (!same) this.close();
    else {
      this.#written?.owe(item.photos_owed);
      this.#allow(this.#choices.some((each) => this.#open && this.#same(each, this.#open)));
    }
    this.#drawRow();
    this.#drawReasons();
    this.#place.hidden = false;
  }

  #allow(allowed) {
    if (!this.#open) return;
    if (allowed || this.#written.something) this.#written.allow(allowed);
    else this.close();
  }

  /** The case is gone, what was written stays to be copied. Returns whether there is something. */
  lapse() {
    this.#choices = [];
    this.#reasons.hidden = true;
    this.#allow(false);
    return this.#open !== null;
  }

  hide() {
    this.close();
    this.#item = null;
    this.#choices = [];
    this.#place.hidden = true;
  }

  #same(a, b) {
    return a.operation === b.operation && a.to_state === b.to_state;
  }

  #drawRow() {
    this.#row.hidden = this.#open !== null;
    this.#row.replaceChildren(...this.#choices.map((each, i) => this.#button(each, i === 0)));
    const dispatch = this.#choices.find(({ operation }) => operation === 'dispatch');
    if (dispatch) this.#row.children[0].after(button(t('转部门…'), { run: () => this.#toDepartments() }));
    const file = this.#choices.find(({ operation }) => operation === 'file');
    if (file) this.#row.children[0].after(button(t('换立案条件…'), { run: () => this.openForm(file, ['filing_condition', 'note']) }));
    if (!this.#choices.length) this.#row.hidden = true;
  }

  #button(choice, first) {
    const asks = choice.asks;
    const kind = first && !choice.back ? 'primary' : choice.operation === 'reject' ? 'danger' : '';
    const node = button(asks ? t('%(verb)s…', { verb: choice.name }) : choice.name, { kind, key: choice.key });
    node.dataset.operation = choice.operation;
    node.dataset.to = choice.to_state;
    // The second click of a double click may fall on the button that came after the first.
    node.addEventListener('click', ({ detail }) => detail < 2 && this.#press(choice, node));
    if (choice.operation === 'reject') node.classList.add('end');
    return node;
  }

  #drawReasons() {
    const not = this.#item.allowed_operations.filter(({ allowed }) => !allowed);
    this.#reasons.hidden = not.length === 0;
    this.#reasons.replaceChildren(not.length ? t('现在不能：') + (isEnglish() ? ' ' : '') : '', ...not.flatMap(({ moves, name, reasons }, i) => [
      i ? (isEnglish() ? ', ' : '、') : '', el('b', {}, moves[0]?.name ?? name), bracketed(semicolons(reasons)),
    ]));
  }

  async #press(choice, node) {
    if (choice.asks && choice.operation === 'dispatch') {
      this.#toDepartments();
      return;
    }
    if (choice.asks) {
      this.openForm(choice);
      return;
    }
    await whileBusy(node, busyWord(choice.operation === 'dispatch' ? t('派遣') : choice.name), () => this.#act(choice.operation, choice.given, choice.name));
  }

  /** By keyboard: the operation of this letter, as if its button had been pressed. Returns whether there is one. */
  press(key) {
    const choice = this.#choices.find((each) => each.key === key);
    if (!choice || this.#open) return false;
    const node = [...this.#row.querySelectorAll('[data-operation]')].find(({ dataset }) => dataset.operation === choice.operation && dataset.to === choice.to_state);
    node?.click();
    return Boolean(node);
  }

  /** Opens the form of an operation with `words` written in; what the reader is writing already stays. */
  write(operation, words) {
    const choice = this.#choices.find((each) => each.operation === operation);
    if (choice && !this.#written?.something) this.openForm(choice, null, words);
    else this.#written?.node.querySelector('textarea, input, select')?.focus();
  }

  openForm(choice, wanted = null, words = {}) {
    this.#open = choice;
    this.#row.hidden = true;
    this.#written = operationForm({
      choice, wanted, words, item: this.#item,
      send: (given, node) => whileBusy(node, busyWord(choice.name), async () => {
        const error = await this.#act(choice.operation, { ...choice.given, ...given }, choice.name);
        if (!error) this.close();
        return error;
      }),
      back: () => this.close(true),
    });
    this.#form.replaceChildren(this.#written.node);
    this.#written.node.querySelector('textarea, input, select')?.focus();
  }

  /** Closes the form; returns whether one was open. */
  close(focus = false) {
    if (!this.#open) return false;
    this.#open = null;
    this.#written = null;
    this.#form.replaceChildren();
    this.#drawRow();
    if (focus) this.#row.querySelector('button')?.focus();
    return true;
  }

  /** A line above the buttons: what happened, what is safe, what to do. */
  say(kind, text, detail = '') {
    const name = { over: 'triangle', soon: 'clock', done: 'check' }[kind] ?? 'info';
    this.#message.replaceChildren(el('div', { class: `banner banner-${kind}`, role: kind === 'over' ? 'alert' : 'status' },
      icon(name), el('span', { class: 'grow' }, text, detail && el('small', {}, detail))));
  }
}
