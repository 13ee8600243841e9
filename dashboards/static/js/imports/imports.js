/** The imports page: upload and earlier batches, or one batch through five steps. */
import { api } from '../api.js';
import { button, empty, loading, node, sentence } from '../areas/nodes.js';
import { banner, confirmDialog, whileBusy } from '../dialog.js';
import { moment, number } from '../format.js';
import { locale, t } from '../i18n.js';
import { icon } from '../icons.js';
import { cell, makeTable } from '../table.js';
import { differencePanels } from './difference.js';
import { findingsPanels } from './findings.js';
import { Picture } from './picture.js';
import { readingPanel, recognitionPanel } from './recognition.js';
import { Upload } from './upload.js';
import { CHANGES, KINDS, mappingWords, STATE_CHIPS, STATES } from './words.js';

const when = (at) => moment(at, Date.now(), { locale: locale() });
const STEPS = () => [t('上传'), t('辨认'), t('看问题'), t('对比现有'), t('写入')];
const WRITING_S = 600;
/** The changes that are written; rows that are the same stay as they are. */
const WRITTEN = ['new', 'changed', 'moved'];
const MENDED_BY_OPTIONS = /^(layer|datum|encoding|column|field|parent|reference)\./;

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
      const [{ items, limit_bytes, fields }, saved] = await Promise.all([api.get('imports'), api.get('imports/mappings')]);
      this.#fields = fields;
      main.replaceChildren(new Upload(limit_bytes, (id) => location.assign(`/imports/${id}`)).panel(), this.#batches(items));
      this.#part('side').replaceChildren(this.#help(), ...this.#mappings(saved.items));
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
        line(t('楼栋'), t('面；层数、高度、用途有就带。按代表点归入微网格')),
        line(t('参考图层'), t('道路、水系、围墙、地点：线、面或点；给地图和划分方案用')),
        line(t('网格员'), t('表格；编号、姓名、责任网格。责任网格可写多个，用顿号隔开')),
        line(t('历史事件'), t('系统管理员不看案件，所以不在这里；在服务器上用 gridcenter import incidents 导入'))),
      node('p', { className: 'note' }, t('上传的文件只在等您决定时留在本机，写入或放弃后就删。同一份文件再传一次不会重复。')),
    );
  }

  /** Saved mappings, each with what it maps and a way to drop it. */
  #mappings(items) {
    if (!items.length) return [];
    const list = items.map(({ name, kind, options }) => {
      const columns = Object.fromEntries(Object.entries(options.columns ?? {}).filter(([, column]) => column));
      const drop = button(t('去掉'), { kind: 'text', small: true, aria: { label: t('去掉 %(name)s', { name }) }, on: () => this.#dropMapping(drop, name) });
      return node('div', {}, node('dt', {}, name), node('dd', {}, node('b', {}, KINDS()[kind]), node('small', {}, mappingWords(columns))), node('dd', { className: 'imports-sure' }, drop));
    });
    return [node('section', { className: 'panel' }, node('div', { className: 'imports-head' }, node('h2', {}, t('存下的对应'))), node('dl', { className: 'imports-evidence' }, list))];
  }

  async #dropMapping(control, name) {
    try {
      await whileBusy(control, t('正在去掉…'), () => api.delete(`imports/mappings/${encodeURIComponent(name)}`));
      await this.#start();
    } catch (error) {
      this.#tell(banner({ kind: 'over', text: t('没有去掉'), detail: sentence(error) }));
    }
  }

  #batches(items) {
    const head = [t('文件'), t('类别'), t('状态'), t('读到'), t('不能写入'), t('已写入'), t('时间')]
      .map((name, i) => node('th', { scope: 'col', className: i > 2 && i < 6 ? 'num' : '' }, name));
    const element = node('table', { className: 'table table-dense', aria: { label: t('以前的导入') } }, node('thead', {}, node('tr', {}, head)), node('tbody'));
    const scroll = node('div', { className: 'table-scroll', tabIndex: -1 }, element);
    makeTable(element, {
      rows: items, onOpen: ({ id }) => location.assign(`/imports/${id}`),
      cells: (row) => [
        cell(row.file, { head: true }), cell(KINDS()[row.kind]), node('td', {}, node('span', { className: `chip chip-${STATE_CHIPS[row.state]}` }, STATES()[row.state])),
        cell(row.rows_read ? number(row.rows_read) : '—', { className: 'num' }), cell(row.rows_read ? number(row.rows_refused) : '—', { className: 'num' }),
        cell(row.rows_written === null ? '—' : number(row.rows_written), { className: 'num' }), cell(when(row.staged_at)),
      ],
    });
    return node(
      'section', { className: 'panel imports-batches' }, node('div', { className: 'imports-head' }, node('h2', {}, t('以前的导入'))),
      items.length ? scroll : empty('file', t('还没有导入过'), t('第一次建议先导区域，再导楼栋，最后导网格员')),
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
    this.#part('about').textContent = `${file}　${rows_read ? `${t('%(n)s 行', { n: number(rows_read) })}　` : ''}${t('%(time)s 读完', { time: when(staged_at) })}`;
    this.#showFindings();
  }

  #side() {
    const waiting = ['staged', 'refused'].includes(this.#batch.state);
    this.#picture = new Picture(this.#batch);
    this.#part('side').replaceChildren(recognitionPanel(this.#batch, waiting && this.#batch.kept ? () => this.#showReading() : null), this.#picture.panel);
  }

  /** Rows that would be written: new ones, and changed or moved ones. */
  #written() {
    const { difference, state } = this.#batch;
    if (state === 'refused') return { fresh: 0, altered: 0, total: 0 };
    const fresh = difference.new ?? 0;
    const altered = (difference.changed ?? 0) + (difference.moved ?? 0);
    return { fresh, altered, total: fresh + altered };
  }

  /** All rows read, then the parts that add up to them; nothing when no row was read. */
  #figures() {
    const { difference, rows_read, rows_refused, rows_warned, state } = this.#batch;
    if (!rows_read) return [];
    const { fresh, altered } = this.#written();
    const figure = (name, n, kind) => node(
      'div', { className: 'kpi' }, node('span', { className: 'kpi-name' }, name),
      node('span', { className: `kpi-figure ${n ? (kind ? `is-${kind}` : '') : 'is-zero'}` }, number(n)),
    );
    return [node(
      'section', { className: 'panel imports-figures', aria: { label: t('这次导入的数目') } },
      figure(t('读到的行'), rows_read), figure(CHANGES().new, fresh, 'done'), figure(t('变更'), altered, 'done'), figure(CHANGES().same, difference.same ?? 0),
      figure(t('不能写入'), state === 'refused' ? rows_read : rows_refused, 'over'), figure(t('要逐行看的'), rows_warned, 'soon'),
    )];
  }

  #showFindings() {
    const batch = this.#batch;
    this.#steps(batch.state === 'applied' ? 5 : 3);
    this.#side();
    const panels = findingsPanels(batch, {
      onRow: (row, index, rows, found, title, go) => this.#picture.show(row, index, rows, title, found.severity, go),
      readLayer: batch.state === 'refused' && batch.kept ? (layer, control) => this.#readLayer(layer, control) : null,
      idle: batch.state === 'staged' && !this.#written().total,
    });
    this.#part('main').replaceChildren(...this.#figures(), ...this.#state(), ...panels, this.#acts());
  }

  #showDifference() {
    this.#steps(4);
    this.#side();
    const panels = differencePanels(this.#batch, (row, index, rows, title, go) => this.#picture.show(row, index, rows, title, 'inform', go));
    this.#part('main').replaceChildren(...this.#figures(), ...this.#state(), ...panels, this.#acts());
  }

  #showReading() {
    this.#steps(2);
    this.#part('side').replaceChildren(recognitionPanel(this.#batch, null));
    this.#part('main').replaceChildren(readingPanel(this.#batch, this.#fields, (id) => location.assign(`/imports/${id}`)));
    this.#part('main').querySelector('input, select')?.focus();
  }

  /** Whether what refuses the file may be mended by saying how to read it. */
  #mendable() {
    return this.#batch.kept && this.#batch.findings.some(({ severity, code }) => severity === 'refuse' && MENDED_BY_OPTIONS.test(code));
  }

  async #readLayer(layer, control) {
    const { id, kind, level, given } = this.#batch;
    const said = Object.fromEntries(['parent', 'datum', 'encoding', 'source', 'into', 'columns'].filter((name) => given[name]).map((name) => [name, given[name]]));
    try {
      const fresh = await whileBusy(control, t('正在读…'), () => api.post(`imports/${id}/reading`, { kind, level, layer, ...said }, { timeout_s: WRITING_S }));
      location.assign(`/imports/${fresh.id}`);
    } catch (error) {
      this.#tell(banner({ kind: 'over', text: t('没有读成'), detail: sentence(error) }));
    }
  }

  #state() {
    const { state, rows_written, finished_at } = this.#batch;
    if (state === 'applied') {
      return [banner({ kind: 'done', text: t('已写入 %(n)s 行，%(time)s', { n: number(rows_written ?? 0), time: when(finished_at) }), detail: t('没有变动的行不重复写') })];
    }
    if (state === 'undone') return [banner({ text: t('已撤销，%(time)s。都恢复到导入以前', { time: when(this.#batch.undone_at) }) })];
    if (state === 'discarded') return [banner({ text: t('已放弃，%(time)s。什么都没有写入', { time: when(finished_at) }) })];
    if (state === 'refused') {
      const detail = this.#mendable() ? t('看下面的原因：多半在“辨认”里指定一下就能读') : t('看下面的原因，改好再传');
      return [banner({ kind: 'over', text: t('这份文件现在不能写入，库里什么都没有改'), detail })];
    }
    if (this.#written().total) return [];
    const { rows_read, rows_refused } = this.#batch;
    const text = rows_refused
      ? t('%(same)s 行与现有数据一致，%(n)s 行不能写入：没有要写的', { same: number(rows_read - rows_refused), n: number(rows_refused) })
      : t('共 %(n)s 行，与现有数据一致', { n: number(rows_read) });
    return [banner({ kind: 'done', text, detail: t('没有要写入的，关闭就行') })];
  }

  #acts() {
    const { state, difference, kept, kind, rows_read } = this.#batch;
    const again = node('a', { className: 'button', href: '/imports' }, t('再导入一份'));
    const save = rows_read ? button(t('存下这份对应…'), { on: () => this.#saveMapping(save) }) : null;
    if (state === 'applied') {
      const undo = kind === 'incidents' ? null : button(t('撤销这次导入…'), { kind: 'text', on: () => this.#undo(undo) });
      return node('div', { className: 'imports-act' }, again, save, undo);
    }
    if (state === 'discarded' || state === 'undone') return node('div', { className: 'imports-act' }, again);
    const drop = button(t('放弃这次导入'), { kind: 'text', on: () => this.#discard(drop) });
    if (state === 'refused') {
      const change = kept ? button(t('改辨认结果…'), { kind: this.#mendable() ? 'primary' : undefined, on: () => this.#showReading() }) : null;
      return node('div', { className: 'imports-act' }, ...(this.#mendable() ? [change, again] : [again, change]), drop);
    }
    const { fresh, altered, total } = this.#written();
    if (!total) return node('div', { className: 'imports-act' }, node('a', { className: 'button', href: '/imports' }, t('关闭')), drop);
    const words = t('写入 %(n)s 行（新增 %(fresh)s、变更 %(altered)s）', { n: number(total), fresh: number(fresh), altered: number(altered) });
    const all = button(words, { kind: 'primary', on: () => this.#apply(all, WRITTEN.filter((key) => difference[key])) });
    const several = WRITTEN.filter((key) => difference[key]).length > 1;
    const some = several ? button(t('只写选中的…'), { on: () => this.#choose(some) }) : null;
    return node('div', { className: 'imports-act' }, all, some, save, drop, node('p', { className: 'note' }, t('整批一次写入，中途出错就全不写；同一文件再传一次不会重复。')));
  }

  #counts(changes) {
    const { difference, rows_refused } = this.#batch;
    const lines = changes.map((key) => t('%(name)s %(n)s 行', { name: CHANGES()[key], n: number(difference[key]) }));
    if (difference.same) lines.push(t('%(n)s 行与现有相同，不动', { n: number(difference.same) }));
    if (rows_refused) lines.push(t('%(n)s 行不能写入，跳过', { n: number(rows_refused) }));
    if (difference.vanished) lines.push(t('库里有、文件里没有的 %(n)s 处保持不动', { n: number(difference.vanished) }));
    return lines;
  }

  async #apply(control, changes) {
    const n = changes.reduce((sum, key) => sum + this.#batch.difference[key], 0);
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
    const boxes = WRITTEN.filter((key) => difference[key]).map((key) => node(
      'label', { className: 'check' }, node('input', { type: 'checkbox', value: key, checked: true }), t('%(name)s %(n)s 行', { name: CHANGES()[key], n: number(difference[key]) }),
    ));
    const body = node('div', { className: 'imports-changes' }, boxes);
    if (!(await confirmDialog({ title: t('写哪些'), body, action: t('下一步') }))) return;
    const changes = [...body.querySelectorAll('input:checked')].map(({ value }) => value);
    if (changes.length) await this.#apply(control, changes);
  }

  async #undo(control) {
    const body = [t('这一批新增的去掉，更改的恢复原样'), t('之后已有东西建在其上的，不能撤销，会告诉您是什么')];
    if (!(await confirmDialog({ title: t('撤销这次导入'), body, action: t('撤销'), danger: true }))) return;
    try {
      await whileBusy(control, t('正在撤销…'), () => api.post(`imports/${this.#batch.id}/undo`, undefined, { timeout_s: WRITING_S }));
      this.#tell(null);
      await this.#open(this.#batch.id);
    } catch (error) {
      this.#tell(banner({ kind: 'over', text: t('没有撤销，什么都没有改'), detail: sentence(error) }));
    }
  }

  async #saveMapping(control) {
    const name = node('input', { value: this.#batch.file.replace(/\.[^.]*$/, ''), maxLength: 60, autocomplete: 'off', aria: { label: t('名称') } });
    const note = node('p', { className: 'note' }, t('列名相同的文件以后自动这样对应；命令行用 --mapping'));
    if (!(await confirmDialog({ title: t('存下这份对应'), body: node('div', { className: 'stack' }, name, note), action: t('存下') }))) return;
    try {
      await whileBusy(control, t('正在存…'), () => api.post(`imports/${this.#batch.id}/mapping`, { name: name.value }));
      this.#tell(banner({ kind: 'done', text: t('存下了：%(name)s', { name: name.value }) }));
    } catch (error) {
      this.#tell(banner({ kind: 'over', text: t('没有存下'), detail: sentence(error) }));
    }
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
