/** Step 1: drag or choose files, say what they are, send them with progress. */
import { button, clearErrors, node, showErrors } from '../areas/nodes.js';
import { bytes } from '../format.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { optionFields } from './options.js';
import { sendFiles } from './pieces.js';

const ACCEPTED = '.zip,.shp,.shx,.dbf,.prj,.cpg,.gpkg,.fgb,.kml,.kmz,.gpx,.dxf,.geojson,.json,.csv,.tsv,.txt,.xlsx,.gz';
const MB = 1e6; // the setting counts in 10^6 bytes

export class Upload {
  #files = []; #limit; #done; #list; #drop; #form; #bar; #go;

  /** `limit` in bytes; `done(id)` when a batch stands. */
  constructor(limit, done) {
    this.#limit = limit;
    this.#done = done;
  }

  /** The panel. */
  panel() {
    const input = node('input', { type: 'file', multiple: true, accept: ACCEPTED, id: 'imports-file' });
    input.addEventListener('change', () => { this.#add(input.files); input.value = ''; });
    this.#drop = node(
      'label', { className: 'imports-drop', htmlFor: 'imports-file' }, icon('upload', { size: 40 }), node('b', {}, t('把文件拖到这里，或点这里选')),
      node('span', { className: 'second' }, t('zip、Shapefile（.shp .shx .dbf .prj 一起选）、GeoPackage、FlatGeobuf、GeoJSON、KML、GPX、DXF、CSV、Excel')),
      node('span', { className: 'note' }, t('合计不超过 %(size)s；只是预演，点“写入”之前什么都不改', { size: `${Math.floor(this.#limit / MB)}\u00a0MB` })), input,
    );
    for (const name of ['dragenter', 'dragover']) this.#drop.addEventListener(name, (event) => this.#over(event, true));
    for (const name of ['dragleave', 'drop']) this.#drop.addEventListener(name, (event) => this.#over(event, false));
    this.#drop.addEventListener('drop', (event) => this.#add(event.dataTransfer.files));
    this.#list = node('ul', { className: 'imports-files', aria: { label: t('选好的文件') } });
    this.#bar = node('div', { className: 'imports-progress', attributes: { role: 'status' } });
    this.#go = node('button', { type: 'submit', className: 'button button-primary' }, t('上传并辨认'));
    const fileField = node('div', { data: { field: 'file' } }, node('input', { type: 'hidden', id: 'imports-file-told' }));
    this.#form = node('form', { className: 'imports-form', noValidate: true }, fileField, optionFields(), this.#bar, node('div', { className: 'button-row' }, this.#go));
    this.#form.addEventListener('submit', (event) => this.#submit(event));
    return node('section', { className: 'panel' }, this.#drop, this.#list, this.#form);
  }

  #over(event, over) {
    event.preventDefault();
    this.#drop.classList.toggle('is-over', over);
  }

  #add(files) {
    const names = new Set([...files].map(({ name }) => name));
    this.#files = [...this.#files.filter(({ name }) => !names.has(name)), ...files];
    clearErrors(this.#form);
    this.#show();
  }

  #show() {
    this.#list.replaceChildren(...this.#files.map((file) => {
      const remove = button('', { small: true, className: 'button button-text button-small', aria: { label: t('去掉 %(name)s', { name: file.name }) }, on: () => {
        this.#files = this.#files.filter((other) => other !== file);
        this.#show();
      } });
      remove.append(icon('close'));
      return node('li', {}, icon('file'), node('span', { className: 'grow cut' }, file.name), node('span', { className: 'end nowrap' }, bytes(file.size)), remove);
    }));
  }

  #tell(detail) {
    showErrors(this.#form, { detail, errors: [{ field: 'file', detail }] });
  }

  async #submit(event) {
    event.preventDefault();
    clearErrors(this.#form);
    if (this.#go.getAttribute('aria-busy') === 'true') return;
    const size = this.#files.reduce((sum, file) => sum + file.size, 0);
    if (!this.#files.length) { this.#tell(t('还没有选文件')); return; }
    if (size > this.#limit) {
      this.#tell(t('合计 %(size)s，超过上限 %(limit)s。分几次传，或压成 zip', { size: bytes(size), limit: `${Math.floor(this.#limit / MB)}\u00a0MB` }));
      return;
    }
    await this.#send(Object.fromEntries([...new FormData(this.#form)].filter(([, value]) => value)), size);
  }

  async #send(options, size) {
    const bar = node('progress', { max: 1, value: 0, aria: { label: t('上传进度') } });
    const words = node('span', { className: 'note' }, t('正在上传'));
    this.#bar.replaceChildren(bar, words);
    this.#go.setAttribute('aria-busy', 'true');
    this.#go.textContent = t('正在上传…');
    try {
      const progress = (share, sent) => {
        bar.value = share;
        if (share < 1) words.textContent = t('已传 %(sent)s / %(size)s', { sent: bytes(sent), size: bytes(size) });
        else {
          bar.removeAttribute('value');
          words.textContent = t('已传完，正在辨认、检查、与现有对比');
          this.#go.textContent = t('正在辨认…');
        }
      };
      const waiting = (down) => { if (down) words.textContent = t('连接断了，恢复后从断的地方接着传，不用重选'); };
      const id = await sendFiles(this.#files, options, { progress, waiting });
      this.#done(id);
    } catch (error) {
      showErrors(this.#form, error);
    } finally {
      this.#bar.replaceChildren();
      this.#go.removeAttribute('aria-busy');
      this.#go.textContent = t('上传并辨认');
    }
  }
}
