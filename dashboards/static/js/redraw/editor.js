/** The editor of one plan: panels, map and drawing are one state; every change goes through the plan's store. */
import { api } from '../api.js';
import { banner, whileBusy } from '../dialog.js';
import { boundsOf, labelPoint, polygonsOf } from '../mapgeometry.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { isTyping, leaveFor } from '../page.js';
import { empty, levelName, loading, node, select, sentence } from '../areas/nodes.js';
import { planBar } from './bar.js';
import { PlanCanvas } from './canvas.js';
import { chosenCard } from './chosen.js';
import { askApprove, askWithdraw } from './decide.js';
import { Divide } from './divide.js';
import { Drawing } from './drawing.js';
import { areasIn, Ground } from './ground.js';
import { balanceList, dutyList, faultList, handOver, record, stepList } from './panels.js';
import { PlanStore } from './store.js';
import { LEVELS, sayCommunity } from './words.js';

const LIVE_MS = 350;
const OPEN = ['draft', 'checked', 'approved'];
const SIZES = ['too_small', 'too_large', 'empty_area'];
const WORLD = [-180, -90, 180, 90];

export class Editor {
  #place; #store; #ground = null; #firm = null; #upper = []; #canvas = null; #drawing = null; #root = null; #level = 'grid';
  #preview = null; #old = []; #tool = null; #chosen = []; #locked = new Set(); #fault = -1; #busy = false; #live = null; #asked = 0; #parts = {}; #divide = null; #stamp = '';

  constructor(place, id) {
    this.#place = place;
    this.#store = new PlanStore(id);
    loading(place, 8);
    this.#start();
  }

  async #start() {
    try {
      await this.#store.load();
      const { plan } = this.#store;
      this.#root = await api.get(`areas/${plan.area.code}`);
      this.#locked = new Set(await this.#store.kept('locked') ?? []);
      this.#level = this.#levels().includes('grid') ? 'grid' : this.#levels()[0];
      sayCommunity(LEVELS.indexOf(this.#root.level) < 0);
      this.#frame();
      await this.#readGround();
      this.#store.addEventListener('change', () => this.#changed());
      this.#store.addEventListener('refused', ({ detail }) => this.#say('over', sentence(detail)));
      document.addEventListener('keydown', (event) => this.#key(event));
      await this.#look();
      if (this.#preview?.areas.length) this.#compare(true);
      await this.#offerSketch();
    } catch (error) {
      this.#place.replaceChildren(empty('search', t('没有打开方案'), error.status === 404 ? t('没有这个方案，或不在您的辖区') : sentence(error), { kind: 'soon' }));
    }
  }

  get #mayEdit() { return this.#store.may('edit'); }

  #levels() {
    const at = LEVELS.indexOf(this.#root.level);
    return at >= 0 ? LEVELS.slice(at + 1) : LEVELS;
  }

  #frame() {
    const part = (name, tag, className, words) => { this.#parts[name] = node(tag, { className, aria: words ? { label: words } : {} }); return this.#parts[name]; };
    this.#place.replaceChildren(node(
      'div', { className: 'redraw' }, part('bar', 'header', 'redraw-bar'),
      part('left', 'aside', 'redraw-left', t('方案')),
      node('div', { className: 'redraw-middle' }, part('say', 'div', 'redraw-say'), part('map', 'div', 'redraw-map'), part('tools', 'div', 'redraw-tools'), part('foot', 'footer', 'redraw-foot')),
      part('right', 'aside', 'redraw-right', t('问题和均衡')),
    ));
    this.#parts.say.setAttribute('aria-live', 'polite');
    this.#parts.left.tabIndex = this.#parts.right.tabIndex = 0; // they scroll, also for those who may only look
    this.#canvas = new PlanCanvas(this.#parts.map, this.#root.bbox, this.#root.name, (point) => this.#pickAt(point));
    this.#drawing = new Drawing(this.#canvas.map, {
      features: () => this.#firm.after, onChange: (geometry) => this.#drawn(geometry), onFinish: (geometry) => this.#finish(geometry),
    });
  }

  // --- reading -----------------------------------------------------------------------------------

  async #readGround() {
    const [features, upper, faults] = await Promise.all([
      areasIn(this.#root, this.#level), this.#level === 'community' || this.#levels()[0] === this.#level ? [] : areasIn(this.#root, LEVELS[LEVELS.indexOf(this.#level) - 1]),
      api.get(`areas/${this.#root.code}/faults`).catch(() => ({ items: [] })),
    ]);
    this.#ground = new Ground(features); // as shown, with what is being drawn
    this.#firm = new Ground(features); // with the plan's own steps alone: what a new step speaks of
    this.#upper = upper;
    this.#old = faults.items;
    for (const ground of [this.#ground, this.#firm]) ground.lay(this.#preview, this.#level);
  }

  /** Asks what the plan would do, with what is being drawn as one more step; only the newest answer counts. */
  async #look(trial = null) {
    const { plan } = this.#store;
    if (!OPEN.includes(plan.state)) {
      this.#preview = null;
      for (const ground of [this.#ground, this.#firm]) ground.lay(null, this.#level);
      this.#draw();
      return;
    }
    const asked = ++this.#asked;
    this.#busy = true;
    this.#drawRight();
    try {
      const found = await this.#store.preview(trial);
      if (asked !== this.#asked) return;
      this.#preview = found;
      this.#ground.lay(found, this.#level);
      if (!trial) this.#firm.lay(found, this.#level);
    } catch (error) {
      if (asked === this.#asked && error.code !== 'aborted' && (!trial || this.#divide)) this.#say('soon', t('没有算出预览'), sentence(error));
    } finally {
      if (asked === this.#asked) this.#busy = false;
    }
    if (asked === this.#asked) this.#draw();
  }

  #changed() {
    const { plan, conflict } = this.#store;
    if (conflict) this.#sayConflict();
    const stamp = `${plan.version}/${plan.state}`;
    this.#draw();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#look();
  }

  #findings() {
    const told = this.#preview?.findings.filter(({ code }) => code !== 'nothing' || this.#store.plan.items.length);
    const found = told ?? (OPEN.includes(this.#store.plan.state) ? [] : this.#store.plan.findings ?? []);
    const touched = (this.#preview?.areas ?? []).filter(({ key }) => this.#locked.has(key)).map(({ key, code }) => ({
      kind: 'locked', severity: 'refuse', areas: [key], zh: lockedWords(code), en: lockedWords(code),
    }));
    return [...touched, ...found];
  }

  // --- drawing the page --------------------------------------------------------------------------

  #draw() {
    this.#drawBar();
    this.#drawLeft();
    this.#drawRight();
    this.#drawTools();
    this.#drawFoot();
    this.#chosen = this.#chosen.filter((key) => this.#firm.feature(key));
    // What goes to a new area is shown by the new area itself.
    const fresh = new Set((this.#preview?.areas ?? []).filter(({ change }) => change === 'new').map(({ code }) => code));
    this.#canvas.show(this.#ground, (this.#preview?.moved.features ?? []).filter(({ properties }) => properties.level === this.#level && !fresh.has(properties.to)));
    this.#canvas.choose(this.#tool === 'border' ? [] : this.#chosen.map((key) => this.#firm.feature(key)));
    this.#canvas.faults(this.#marks());
  }

  #marks() {
    return this.#findings().map((finding, i) => {
      const point = pointOn(finding.geometry);
      return point && { number: i + 1, lon: point[0], lat: point[1], error: finding.severity === 'refuse' };
    }).filter(Boolean);
  }

  #drawBar() {
    const { plan, waiting } = this.#store;
    const refused = this.#findings().filter(({ severity }) => severity === 'refuse').length;
    const state = { store: this.#store, refused, comparing: this.#canvas.comparing, mayEdit: this.#mayEdit, canRedo: this.#drawing.busy || this.#store.mayRedo, canUndo: this.#drawing.busy || waiting.length > 0 || plan.items.length > 0 };
    this.#parts.bar.replaceChildren(planBar(state, {
      undo: () => this.#undo(), redo: () => this.#redo(), compare: () => this.#compare(!this.#canvas.comparing),
      check: () => this.#try(() => this.#store.act('check')),
      approve: () => askApprove(plan, this.#preview?.totals, (given) => this.#store.act('approve', given)),
      withdraw: () => askWithdraw((given) => this.#store.act('withdraw', given)),
      reverse: () => this.#try(async () => { const made = await this.#store.act('reverse'); await leaveFor(`/redraw/${made.id}`); }),
    }));
  }

  #find = (key) => this.#ground?.area(key) ?? this.#upper.find(({ properties }) => properties.code === key)?.properties ?? (this.#root.code === key ? this.#root : null)
    ?? (this.#preview?.areas ?? []).find((row) => row.key === key) ?? null;

  #drawLeft() {
    const { plan, waiting } = this.#store;
    const open = [...this.#parts.left.querySelectorAll('details[open] summary')].map(({ textContent }) => textContent);
    const focused = this.#parts.left.contains(document.activeElement) && isTyping({ target: document.activeElement });
    if (focused) return; // nobody's words are taken away while they write
    const summary = plan.summary ? { new: plan.summary.new.length, retired: plan.summary.retired.length, ...plan.summary.totals } : null;
    const parts = [
      this.#chosenPart(), stepList({ plan, waiting, find: this.#find, mayEdit: this.#mayEdit, onRemove: (item) => this.#try(() => this.#store.remove(item)) }),
      handOver(this.#preview?.totals ?? summary), dutyList(this.#preview?.duties), plan.reason ? node('p', { className: 'redraw-reason' }, t('缘由：%(why)s', { why: plan.reason })) : null, this.#keysPart(),
    ].filter(Boolean);
    // The planner stays where it is: what was typed or has the focus is not put in anew.
    for (const child of [...this.#parts.left.children]) if (child !== this.#divide?.node) child.remove();
    if (this.#divide && !this.#divide.node.isConnected) this.#parts.left.append(this.#divide.node);
    this.#parts.left.append(...parts);
    for (const fold of this.#parts.left.querySelectorAll('details')) fold.open = open.includes(fold.querySelector('summary').textContent);
  }

  #chosenPart() {
    if (this.#chosen.length !== 1 || this.#tool) return null;
    const [key] = this.#chosen;
    const feature = this.#firm.feature(key);
    if (!feature) return null;
    const beside = this.#firm.after.map(({ properties }) => properties).filter((other) => other.key !== key && other.parent === feature.properties.parent && other.parent);
    const above = this.#upper.map(({ properties }) => properties).filter(({ code }) => code !== feature.properties.parent);
    return chosenCard({
      feature, beside, above, locked: this.#locked.has(key), mayEdit: this.#mayEdit,
      onStep: (operation, given) => this.#add(operation, given), onLock: () => this.#lock(), onClose: () => this.#pick(null),
    });
  }

  #keysPart() {
    const keys = [['S', t('拆分')], ['M', t('合并')], ['B', t('移界')], ['N', t('新建')], ['L', t('锁定')], ['D', t('自动划分')], ['Z', t('撤销')], ['F', t('下一处')], ['← →', t('比对')]];
    return node('section', { className: 'redraw-section' }, node('header', { className: 'redraw-section-head' }, node('h2', {}, t('快捷键'))),
      node('dl', { className: 'redraw-keys' }, keys.map(([key, words]) => node('div', {}, node('dt', {}, node('kbd', { className: 'key' }, key)), node('dd', {}, words)))));
  }

  #drawRight() {
    const findings = this.#findings();
    const { plan } = this.#store;
    const flagged = new Set(findings.filter(({ kind }) => SIZES.includes(kind)).flatMap(({ areas }) => areas));
    const focus = document.activeElement?.closest?.('[data-key]')?.dataset.key;
    this.#parts.right.replaceChildren(
      faultList({ findings, at: this.#fault, busy: this.#busy, old: this.#old, onGo: (i) => this.#goFault(i) }),
      balanceList({ rows: this.#ground.balance(), chosen: this.#chosen, locked: this.#locked, flagged, onPick: (key) => this.#pick(key, true) }),
      record(plan, this.#find),
    );
    if (focus) this.#parts.right.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }

  #drawTools() {
    const tools = [['split', 'split', t('拆分'), 'S'], ['merge', 'merge', t('合并'), 'M'], ['border', 'border', t('移界'), 'B'], ['create', 'plus', t('新建'), 'N'], ['lock', 'lock', t('锁定'), 'L'], ['divide', 'map', t('划分'), 'D']];
    const level = select('level', this.#levels().map((key) => [key, levelName(key)]), this.#level);
    level.className = 'input redraw-level';
    level.setAttribute('aria-label', t('层级'));
    level.addEventListener('change', () => this.#setLevel(level.value));
    this.#parts.tools.replaceChildren(...(this.#mayEdit ? tools.map(([name, iconName, words, key]) => node(
      'button', { type: 'button', className: 'redraw-tool', title: key, data: { tool: name }, aria: { pressed: String(this.#tool === name) }, on: { click: () => this.#use(name) } },
      icon(iconName), node('span', {}, words),
    )) : []), ...(this.#levels().length > 1 ? [level] : []));
  }

  #drawFoot() {
    const key = (text) => node('kbd', { className: 'key' }, text);
    const hint = {
      split: [t('拆分：从边界外点到边界外，可多点；'), key('Enter'), t('完成'), key('Esc'), t('放弃')],
      merge: [t('合并：点相邻的区域，已选 %(n)s 个；', { n: this.#chosen.length }), key('Enter'), t('完成'), key('Esc'), t('放弃')],
      border: this.#drawing.bordering ? [t('移界：拖动边界上的点，邻区跟着变；'), key('Enter'), t('完成'), key('Esc'), t('放弃')] : [t('移界：点要改边界的区域')],
      create: [t('新建：画出范围，占到的邻区会让出；'), key('Enter'), t('完成'), key('Esc'), t('放弃')],
      divide: [t('自动划分：选一个方案看，采用后成为方案的一步；'), key('Esc'), t('放弃')],
    }[this.#tool] ?? [this.#mayEdit ? t('点一个区域看它的数字和可做的事') : t('只看：这一步您不能改方案')];
    this.#parts.foot.replaceChildren(node('span', { className: 'grow redraw-hint' }, hint), node('span', {}, t('吸附邻界、建筑')));
  }

  // --- words in place ----------------------------------------------------------------------------

  #say(kind, text, detail = '', action = null) {
    this.#parts.say.replaceChildren(banner({ kind, text, detail, action }));
    if (kind === 'done' || kind === 'over') setTimeout(() => { if (!action) this.#parts.say.replaceChildren(); }, 9000);
  }

  #sayConflict() {
    const told = banner({ kind: 'over', text: t('方案已被别人改过，已取到最新一版'), detail: t('您刚画的一步还在本机，没有存上') });
    const act = (text, keep) => node('button', { type: 'button', className: 'button button-small', on: { click: () => { this.#parts.say.replaceChildren(); this.#try(() => this.#store.resolve(keep)); } } }, text);
    told.append(act(t('放弃这一步'), false), act(t('加到最新一版'), true));
    this.#parts.say.replaceChildren(told);
  }

  async #try(work) {
    try {
      await work();
    } catch (error) {
      this.#say('over', sentence(error), error.status === 409 ? t('已取到最新一版，看过再办') : '');
      this.#draw();
    }
  }

  // --- steps -------------------------------------------------------------------------------------

  async #add(operation, given) {
    this.#cancel();
    try {
      await this.#store.add(operation, given);
      if (this.#store.waiting.length && !this.#store.conflict) this.#say('soon', t('没有连上，这一步存在本机，连上后自动送出'));
    } catch (error) {
      this.#say('over', sentence(error));
      this.#look();
      throw error;
    }
  }

  #undo() {
    if (this.#drawing.back()) return;
    if (this.#tool) this.#cancel();
    else this.#try(() => this.#store.undo());
  }

  #redo() {
    if (!this.#drawing.forth()) this.#try(() => this.#store.redo());
  }

  #use(name) {
    if (!this.#mayEdit) return;
    if (name === 'lock') {
      this.#lock();
      return;
    }
    const again = this.#tool === name;
    const kept = this.#chosen;
    this.#cancel();
    if (again) return;
    this.#tool = name;
    this.#compare(false);
    if (name === 'split') this.#drawing.line();
    if (name === 'create') this.#drawing.outline();
    if (name === 'border' && kept.length === 1) this.#border(kept[0]);
    if (name === 'divide') this.#openDivide(kept[0]);
    this.#chosen = name === 'create' ? [] : kept;
    this.#draw();
    this.#divide?.focus();
  }

  /** The planner: what it proposes is looked at like a step that is being drawn. */
  #openDivide(chosen) {
    this.#divide = new Divide(this.#root, this.#levels(), chosen, {
      show: (given, level) => this.#showProposal(given, level), take: (given) => this.#add('replace', given).catch(() => {}),
      fit: ({ geometry }) => this.#canvas.fit(boundsOf(polygonsOf(geometry).flatMap((rings) => rings[0]))),
      locked: () => [...this.#locked], close: () => { this.#cancel(); this.#draw(); },
    });
  }

  async #showProposal(given, level) {
    if (given && level !== this.#level) {
      this.#level = level;
      await this.#try(() => this.#readGround());
    }
    await this.#look(given && { operation: 'replace', given });
  }

  /** Puts the tool away; what was drawn and not finished goes. */
  #cancel() {
    clearTimeout(this.#live);
    const drew = this.#tool !== null;
    this.#drawing.end();
    this.#divide?.stop();
    this.#divide = null;
    this.#tool = null;
    this.#store.keep('sketch', null);
    if (drew) {
      this.#chosen = [];
      this.#look();
    }
  }

  #border(key) {
    const feature = this.#firm.feature(key);
    if (this.#locked.has(key)) this.#say('soon', t('这个区域已锁定，先解锁'));
    else if (!feature || !this.#drawing.border(feature)) this.#say('soon', t('这个区域不连成一片，不能拖边界'));
    else this.#chosen = [key];
  }

  /** What a drawn shape means as a step; null while it means nothing. */
  #step(geometry) {
    if (this.#tool === 'split') {
      const area = this.#chosen[0] ?? this.#firm.under(geometry.coordinates)?.properties.key;
      return area ? ['split', { area, line: geometry }] : null;
    }
    if (this.#tool === 'border') return this.#chosen[0] ? ['move_border', { area: this.#chosen[0], geometry }] : null;
    if (this.#tool !== 'create') return null;
    const inner = labelPoint(polygonsOf(geometry), WORLD);
    const parent = inner && (this.#firm.at(inner)?.properties.parent ?? this.#root.code);
    return parent ? ['create', { parent, geometry }] : null;
  }

  /** While a shape is drawn: kept against loss, and asked about after a short rest. */
  #drawn(geometry) {
    clearTimeout(this.#live);
    this.#live = setTimeout(() => {
      const step = this.#tool && this.#step(geometry);
      if (!step) return;
      this.#store.keep('sketch', { operation: step[0], given: step[1] });
      this.#look({ operation: step[0], given: step[1] });
    }, LIVE_MS);
  }

  #finish(geometry) {
    const step = this.#step(geometry);
    if (step) this.#add(...step).catch(() => {});
    else {
      this.#cancel();
      this.#say('soon', t('这条线没有经过任何区域'));
    }
  }

  async #offerSketch() {
    const sketch = await this.#store.kept('sketch');
    if (!sketch || !this.#mayEdit) return;
    this.#say('soon', t('上次有一笔没画完，还在本机'), '', { label: t('接着存这一步'), run: () => { this.#parts.say.replaceChildren(); this.#add(sketch.operation, sketch.given).catch(() => {}); } });
    this.#look(sketch);
  }

  #enter() {
    if (this.#tool === 'merge' && this.#chosen.length > 1) this.#add('merge', { areas: [...this.#chosen] }).catch(() => {});
    else if (this.#tool === 'border' && this.#drawing.bordering) this.#finish(this.#drawing.drawn());
    else return false;
    return true;
  }

  #lock() {
    if (this.#chosen.length !== 1) {
      this.#say('soon', t('先选一个区域，再锁定'));
      return;
    }
    const [key] = this.#chosen;
    if (!this.#locked.delete(key)) this.#locked.add(key);
    this.#store.keep('locked', [...this.#locked]);
    this.#draw();
  }

  // --- choosing ----------------------------------------------------------------------------------

  #pickAt(point) {
    if (this.#drawing.busy) return;
    this.#pick(this.#firm.at(point)?.properties.key ?? null);
  }

  #pick(key, far = false) {
    if (this.#tool === 'merge') {
      if (key && !this.#firm.feature(key)) return;
      if (key) this.#chosen = this.#chosen.includes(key) ? this.#chosen.filter((other) => other !== key) : [...this.#chosen, key];
      if (this.#chosen.length > 1) this.#look({ operation: 'merge', given: { areas: [...this.#chosen] } });
    } else if (this.#tool === 'border' && !this.#drawing.bordering && key) this.#border(key);
    else if (!this.#tool) this.#chosen = key && !this.#chosen.includes(key) ? [key] : [];
    if (far && key && this.#firm.feature(key) && !this.#drawing.bordering) this.#canvas.fit(this.#firm.feature(key).box);
    this.#draw();
  }

  async #setLevel(level) {
    this.#cancel();
    this.#level = level;
    this.#chosen = [];
    await this.#try(() => this.#readGround());
    this.#draw();
    this.#parts.tools.querySelector('.redraw-level')?.focus();
  }

  #compare(on) {
    this.#canvas.compare(on);
    this.#drawBar();
  }

  #goFault(i) {
    this.#fault = i;
    const point = pointOn(this.#findings()[i]?.geometry);
    if (point) this.#canvas.fit([point[0] - 0.0006, point[1] - 0.0006, point[0] + 0.0006, point[1] + 0.0006]);
    this.#drawRight();
    this.#parts.right.querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  #nextFault() {
    const placed = this.#findings().map((finding, i) => (finding.geometry ? i : -1)).filter((i) => i >= 0);
    if (placed.length) this.#goFault(placed.find((i) => i > this.#fault) ?? placed[0]);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || document.querySelector('dialog[open]')) return;
    const onButton = event.target.closest?.('button, a, summary');
    const acts = {
      S: () => this.#use('split'), M: () => this.#use('merge'), B: () => this.#use('border'), N: () => this.#use('create'), L: () => this.#use('lock'), D: () => this.#use('divide'),
      Z: () => (event.shiftKey ? this.#redo() : this.#undo()), F: () => this.#nextFault(),
      Enter: () => (onButton && !onButton.dataset.tool && this.#tool !== 'merge' ? false : this.#enter()),
      Escape: () => { if (this.#tool) { this.#cancel(); this.#draw(); } else this.#pick(null); },
      ArrowLeft: () => this.#arrow(event, -1), ArrowRight: () => this.#arrow(event, 1),
    };
    const act = acts[event.key.length === 1 ? event.key.toUpperCase() : event.key];
    if (act && act() !== false) event.preventDefault();
  }

  /** The arrows move the comparison, except on the map, where they pan. */
  #arrow(event, direction) {
    if (!this.#canvas.comparing || event.target.closest?.('canvas')) return false;
    this.#canvas.nudge(direction);
    return true;
  }
}

/** A place to mark on a geometry of any kind; null without one. */
function pointOn(geometry) {
  if (!geometry) return null;
  if (geometry.type === 'GeometryCollection') return pointOn(geometry.geometries[0]);
  const polygons = polygonsOf(geometry);
  if (polygons.length) return labelPoint(polygons, WORLD) ?? polygons[0][0][0];
  let found = geometry.coordinates;
  while (found && typeof found[0] !== 'number') found = found[Math.floor(found.length / 2)];
  return found ?? null;
}

const lockedWords = (code) => t('%(code)s 已锁定，方案却改动它', { code });
