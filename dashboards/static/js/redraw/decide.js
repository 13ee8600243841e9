/** What is asked before a plan is approved, withdrawn or reversed. */
import { node, button, field, clearErrors, showErrors, sentence } from '../areas/nodes.js';
import { whileBusy } from '../dialog.js';
import { t } from '../i18n.js';
import { localMinute, momentOf } from '../localtime.js';

/** Opens a dialog with a form; `run(values)` does the act, its refusals stand in the form. */
function ask({ title, lines, fields, action, busy, run, danger = false }) {
  const send = node('button', { className: `button ${danger ? 'button-danger-solid' : 'button-primary'}` }, action);
  const dialog = node('dialog', { className: 'dialog', aria: { labelledby: 'decide-title' } });
  const form = node('form', { noValidate: true }, node('h2', { className: 'dialog-title', id: 'decide-title' }, title),
    node('div', { className: 'dialog-body redraw-form' }, lines.map((line) => node('p', {}, line)), fields),
    node('div', { className: 'dialog-buttons button-row' }, button(t('返回'), { on: () => dialog.close() }), send));
  dialog.append(form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    whileBusy(send, busy, async () => {
      clearErrors(form);
      try {
        await run(Object.fromEntries(new FormData(form)));
        dialog.close();
      } catch (error) {
        showErrors(form, error.errors?.length ? error : Object.assign(error, { detail: sentence(error) }));
      }
    });
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export function askApprove(plan, totals, run) {
  const start = plan.effective_at ? Date.parse(plan.effective_at) : 0;
  const hour = node('input', { name: 'effective_at', type: 'datetime-local', required: true, value: localMinute(Math.max(start, Date.now())) });
  const lines = totals ? [t('到时 %(a)s 个新区域生效、%(b)s 个停用；%(c)s 户、%(d)s 件在办案件移交。', {
    a: totals.new, b: totals.retired, c: totals.households, d: totals.open_incidents,
  }), t('生效前可以撤回，生效后可以还原。')] : [];
  ask({
    title: t('批准方案'), lines, fields: [field(t('生效时间'), hour)], action: t('批准'), busy: t('正在批准'),
    run: ({ effective_at: at }) => run(at ? { effective_at: new Date(momentOf(at)).toISOString() } : {}),
  });
}

export function askWithdraw(run) {
  ask({
    title: t('撤回方案'), lines: [t('撤回后方案到此为止，什么都不会改动。')], danger: true, action: t('撤回方案'), busy: t('正在撤回'),
    fields: [field(t('缘由'), node('input', { name: 'reason', maxLength: 500, autocomplete: 'off' }), { note: t('可不填') })],
    run: ({ reason }) => run({ reason: reason || null }),
  });
}
