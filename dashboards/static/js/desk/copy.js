/** A button that copies words, and says whether it did. */
import { t } from '../i18n.js';
import { button } from './dom.js';

/** `words()` gives the text when it is pressed. Without the right to copy it says so; the words stay to be selected. */
export function copyButton(label, words) {
  const node = button(label, { run: async () => {
    try {
      await navigator.clipboard.writeText(words());
      node.textContent = t('已复制');
    } catch { // no https, or the reader said no
      node.textContent = t('没能复制，请选中后按 Ctrl+C');
    }
  } });
  node.setAttribute('aria-live', 'polite');
  return node;
}
