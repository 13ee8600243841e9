/** The imports page: upload and earlier batches, or one batch through five steps. */
import { api } from '../api.js';
import { button, empty, loading, node, sentence } from '../areas/nodes.js';
import { banner, confirmDialog, whileBusy } from '../dialog.js';
import { moment, number } from '../format.js';
import { locale, t } from '../i18n.js';
import { icon } from '../icons.js';
import { cell, makeTable } from '../table.js';
import { differencePanels } from './difference.js';
import { findingsPanels, plain } from './findings.js';
import { Picture } from './picture.js';
import { readingPanel, recognitionPanel } from './recognition.js';
import { Upload } from './upload.js';
import { CHANGES, inLanguage, KINDS, STATE_CHIPS, STATES } from './words.js';

const when = (at) => moment(at, Date.now(), { locale: locale() });
const STEPS = () => [t('上传'), t('辨认'), t('看问题'), t('对比现有'), t('写入')];
const WRITING_S = 600;

class Imports {
  #root; #batch = null; #fields = {}; #step = 1; #picture = null;

  constructor(root) {
    this.#root = root;
    if (root.dataset.batch) this.#open(root.dataset.batch);
    else this.#start();
  }

  #part(name) { return this.#root.querySelector(`[data-${name}]`); }

  #tell(made) { this.#part('told').replaceChildren(...(made ? [made] : [])); }

  #steps(now) {
    this.#step = now;
    const open = this.#batch && ['staged', 'refused'].includes(this.#batch.state);
    const goes = {
      1: () => location.assign('/imports'), 2: open && this.#batch.kept ? () => this.#showReading() : null,
      3: this.#batch ? () => this.#showFindings() : null, 4: this.#batch?.state === 'staged' ? () => this.#showDifference() : null, 5: null,
    };
    this.#part('steps').replaceChildren(...STEPS().map((name, i) => {
      const number_ = i + 1;
      const past = number_ < now;
      const dot = node('span', { className: 'imports-dot', aria: { hidden: 'true' } }, past ? icon('check') : String(number_));
      const go = number_ === now ? null : goes[number_];
      const inner = node(go ? 'button' : 'span', { className: 'imports-step', ...(go ? { type: 'button', on: { click: go } } : {}) }, dot, name);
      const item = node('li', { className: past ? 'is-past' : number_ === now ? 'is-now' : '' }, inner);
      if (number_ === now) item.setAttribute('aria-current', 'step');
      return item;
    }));
  }

  async #start() {
    this.#steps(1);
    this.#part('about').textContent = t('先预演：看清楚再写入，写入是整批一次');
    const main = this.#part('main');
    loading(main, 4);
    try {
      const { items, limit_bytes, fields } = await api.get('imports');
      this.#fields = fields;
      main.replaceChildren(new Upload(limit_bytes, (id) => location.assign(`/imports/${id}`)).panel(), this.#batches(items));
      this.#part('side').replaceChildren(this.#help());
    } catch (error) {
      main.replaceChildren(empty('triangle', t('没有取到'), sentence(error), { kind: 'over' }));
    }
  }

  #help() {
    const line = (name, text) => [node('dt', {}, name), node('dd', {}, text)];
    return node(
      'section', { className: 'panel panel-body stack' }, node('h2', {}, t('导入什么，需要什么')),
      node('dl', { className: 'facts' },
        line(t('区域'), t('面；最好有编号和上级编号。层级要选。缺编号时自动编临时号')),
        line(t('建筑'), t('面；层数、高度、用途有就带。按代表点归入微网格')),
        line(t('网格员'), t('表格；编号、姓名、责任网格。责任网格可写多个，用顿号隔开')),
        line(t('历史案件'), t('系统管理员不看案件，所以不在这里；在服务器上用 gridcenter import incidents 导入'))),
      node('p', { className: 'note' }, t('上传的文件只在等您决定时留在本机，写入或放弃后就删。同一份文件再传一次不会重复。')),
    );
  }

  #batches(items) {
    const head = [t('文件'), t('类别'), t('状态'), t('读到'), t('拒收'), t('写入'), t('时间')]
      .map((name, i) => node('th', { scope: 'col', className: i > 2 && i < 6 ? 'num' : '' }, name));
    const element = node('table', { className: 'table table-dense', aria: { label: t('以前的导入') } }, node('thead', {}, node('tr', {}, head)), node('tbody'));
    const scroll = node('div', { className: 'table-scroll', tabIndex: -1 }, element);
    makeTable(element, {
      rows: items, onOpen: ({ id }) => location.assign(`/imports/${id}`),
      cells: (row) => [
        cell(row.file, { head: true }), cell(KINDS()[row.kind]), node('td', {}, node('span', { className: `chip chip-${STATE_CHIPS[row.state]}` }, STATES()[row.state])),
        cell(number(row.rows_read), { className: 'num' }), cell(number(row.rows_refused), { className: 'num' }),
        cell(row.rows_written === null ? '—' : number(row.rows_written), { className: 'num' }), cell(when(row.staged_at)),
      ],
    });
    return node(
      'section', { className: 'panel imports-batches' }, node('div', { className: 'imports-head' }, node('h2', {}, t('以前的导入'))),
      items.length ? scroll : empty('file', t('还没有导入过'), t('第一次建议先导区域，再导建筑，最后导网格员')),
    );
  }

  async #open(id) {
    loading(this.#part('main'), 6);
    try {
      const [batch, { fields }] = await Promise.all([api.get(`imports/${id}`), api.get('imports')]);
      this.#batch = batch;
      this.#fields = fields;
    } catch (error) {
      this.#steps(1);
      this.#part('main').replaceChildren(empty('search', t('没有这次导入'), sentence(error)));
      return;
    }
    const { kind, file, rows_read, staged_at } = this.#batch;
    this.#part('title').textContent = t('导入%(kind)s', { kind: KINDS()[kind] });
    this.#part('about').textContent = `${file}　${t('%(n)s 行', { n: number(rows_read) })}　${t('%(time)s 读完', { time: when(staged_at) })}`;
    this.#showFindings();
  }

  #side() {
    const waiting = ['staged', 'refused'].includes(this.#batch.state);
    this.#picture = new Picture(this.#batch);
    this.#part('side').replaceChildren(recognitionPanel(this.#batch, waiting && this.#batch.kept ? () => this.#showReading() : null), this.#picture.panel);
  }

  #figures() {
    const { difference, findings, rows_read, rows_refused, state } = this.#batch;
    const good = state === 'refused' ? 0 : rows_read - rows_refused;
    const look = findings.filter(({ severity, rows }) => severity === 'warn' && rows < rows_read).reduce((sum, { rows }) => sum + rows, 0);
    const figure = (name, n, kind) => node(
      'div', { className: 'kpi' }, node('span', { className: 'kpi-name' }, name),
      node('span', { className: `kpi-figure ${n ? (kind ? `is-${kind}` : '') : 'is-zero'}` }, number(n)),
    );
    return node(
      'section', { className: 'panel imports-figures', aria: { label: t('这次导入的数目') } },
      figure(t('可写入'), good, 'done'), figure(t('拒收'), state === 'refused' ? rows_read : rows_refused, 'over'), figure(t('要您看一眼'), look, 'soon'),
      figure(CHANGES().same, difference.same ?? 0), figure(CHANGES().new, difference.new ?? 0),
      figure(t('有变动'), (difference.moved ?? 0) + (difference.changed ?? 0)),
    );
  }

  #showFindings() {
    const batch = this.#batch;
    this.#steps(batch.state === 'applied' ? 5 : 3);
    this.#side();
    const panels = findingsPanels(batch, (row, index, rows, found, go) => {
      this.#picture.show(row, index, rows, plain(inLanguage(found)), found.severity, go);
    });
    this.#part('main').replaceChildren(this.#figures(), ...this.#state(), ...panels, this.#acts());
  }

  #showDifference() {
    this.#steps(4);
    this.#side();
    const panels = differencePanels(this.#batch, (row, index, rows, title, go) => this.#picture.show(row, index, rows, title, 'inform', go));
    this.#part('main').replaceChildren(this.#figures(), ...panels, this.#acts());
  }

  #showReading() {
    this.#steps(2);
    this.#part('side').replaceChildren(recognitionPanel(this.#batch, null));
    this.#part('main').replaceChildren(readingPanel(this.#batch, this.#fields, (id) => location.assign(`/imports/${id}`)));
    this.#part('main').querySelector('input, select')?.focus();
  }

  #state() {
    const { state, rows_written, finished_at } = this.#batch;
    if (state === 'applied') {
      return [banner({ kind: 'done', text: t('已写入 %(n)s 行，%(time)s', { n: number(rows_written ?? 0), time: when(finished_at) }), detail: t('没有变动的行不重复写') })];
    }
    if (state === 'discarded') return [banner({ text: t('已放弃，%(time)s。什么都没有写入', { time: when(finished_at) }) })];
    if (state === 'refused') {
      return [banner({ kind: 'over', text: t('这份文件现在不能写入，库里什么都没有改'), detail: this.#batch.kept ? t('看下面的原因：多半在“辨认”里指定一下就能读') : t('看下面的原因，改好再传') })];
    }
    return [];
  }

  #acts() {
    const { state, rows_read, rows_refused, kept } = this.#batch;
    const again = node('a', { className: 'button', href: '/imports' }, t('再导入一份'));
    if (state === 'applied' || state === 'discarded') return node('div', { className: 'imports-act' }, again);
    const drop = button(t('放弃这次导入'), { kind: 'text', on: () => this.#discard(drop) });
    if (state === 'refused') {
      const change = kept ? button(t('改辨认结果…'), { kind: 'primary', on: () => this.#showReading() }) : null;
      return node('div', { className: 'imports-act' }, change, again, drop);
    }
    const all = button(t('写入可用的 %(n)s 行', { n: number(rows_read - rows_refused) }), { kind: 'primary', on: () => this.#apply(all, null) });
    const some = button(t('只写选中的…'), { on: () => this.#choose(some) });
    return node('div', { className: 'imports-act' }, all, some, drop, node('p', { className: 'note' }, t('整批一次写入，中途出错就全不写；同一文件再传一次不会重复。')));
  }

  #counts(changes) {
    const { difference, rows_refused } = this.#batch;
    const lines = Object.entries(CHANGES()).filter(([key]) => !changes || changes.includes(key)).filter(([key]) => difference[key])
      .map(([key, name]) => (key === 'same' ? t('%(n)s 行与现有相同，不动', { n: number(difference[key]) }) : t('%(name)s %(n)s 行', { name, n: number(difference[key]) })));
    if (rows_refused) lines.push(t('拒收的 %(n)s 行不写入', { n: number(rows_refused) }));
    if (difference.vanished) lines.push(t('库里有、文件里没有的 %(n)s 处保持不动', { n: number(difference.vanished) }));
    return lines;
  }

  async #apply(control, changes) {
    const { rows_read, rows_refused, difference } = this.#batch;
    const n = changes ? changes.reduce((sum, key) => sum + (difference[key] ?? 0), 0) : rows_read - rows_refused;
    const sure = await confirmDialog({ title: t('写入 %(n)s 行', { n: number(n) }), body: this.#counts(changes), action: t('写入 %(n)s 行', { n: number(n) }) });
    if (!sure) return;
    try {
      await whileBusy(control, t('正在写入…'), () => api.post(`imports/${this.#batch.id}/apply`, { changes }, { timeout_s: WRITING_S }));
      this.#tell(null);
      await this.#open(this.#batch.id);
    } catch (error) {
      this.#tell(banner({ kind: 'over', text: t('没有写入，库里什么都没有改'), detail: sentence(error) }));
    }
  }

  async #choose(control) {
    const { difference } = this.#batch;
    const boxes = Object.entries(CHANGES()).filter(([key]) => key !== 'same' && difference[key]).map(([key, name]) => node(
      'label', { className: 'check' }, node('input', { type: 'checkbox', value: key, checked: true }), t('%(name)s %(n)s 行', { name, n: number(difference[key]) }),
    ));
    if (!boxes.length) {
      this.#tell(banner({ text: t('没有要写的：每一行都与现有相同') }));
      return;
    }
    const body = node('div', { className: 'imports-changes' }, boxes);
    if (!(await confirmDialog({ title: t('写哪些'), body, action: t('下一步') }))) return;
    const changes = [...body.querySelectorAll('input:checked')].map(({ value }) => value);
    if (changes.length) await this.#apply(control, changes);
  }

  async #discard(control) {
    const sure = await confirmDialog({ title: t('放弃这次导入'), body: [t('预演的行和上传的文件都删掉'), t('问题清单留作记录'), t('库里什么都不改')], action: t('放弃'), danger: true });
    if (!sure) return;
    try {
      await whileBusy(control, t('正在放弃…'), () => api.post(`imports/${this.#batch.id}/discard`));
      location.assign('/imports');
    } catch (error) {
      this.#tell(banner({ kind: 'over', text: t('没有放弃'), detail: sentence(error) }));
    }
  }
}

const root = document.querySelector('[data-imports]');
if (root) new Imports(root);
