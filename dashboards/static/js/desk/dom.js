/** Elements in one line: text is always text, never markup. */

/**
 * el('button', {class, type, dataset: {}, on: {click}, hidden, aria-…}, 'words', node, null, [more])
 * null, undefined and false children are left out; `false` and null attributes too, `true` gives an empty one.
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') for (const [type, act] of Object.entries(value)) node.addEventListener(type, act);
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else if (name === 'value' || name === 'checked') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

/** A button of the house; `key` shows the keyboard hint. */
export function button(words, { kind = '', size = '', key = null, run = null, ...attributes } = {}) {
  const name = ['button', kind && `button-${kind}`, size && `button-${size}`].filter(Boolean).join(' ');
  return el('button', { type: 'button', class: name, on: run ? { click: run } : {}, ...attributes },
    words, key && el('kbd', { class: 'key', 'aria-hidden': 'true' }, key));
}

/** Replaces children only where they differ, so that hover, focus and scroll stay where they were. */
export function arrange(parent, wanted) {
  let at = parent.firstChild;
  for (const node of wanted) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Runs `act` once after the last of several calls within `wait_ms`. */
export function calmly(act, wait_ms) {
  let timer = null;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait_ms);
  };
}

/**
 * Runs `act` soon after a call, and again for calls that came meanwhile, one run at a time and at least `gap_ms`
 * apart: unlike `calmly` it never starves while calls keep coming.
 */
export function paced(act, gap_ms) {
  let timer = null;
  let running = false;
  let again = false;
  let last = 0;
  const run = async () => {
    timer = null;
    running = true;
    again = false;
    try {
      await act();
    } finally {
      running = false;
      last = Date.now();
      if (again) start();
    }
  };
  function start() {
    if (running) again = true;
    else timer ??= setTimeout(run, Math.max(40, gap_ms - (Date.now() - last)));
  }
  return start;
}
