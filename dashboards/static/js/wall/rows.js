/** Lists that run for days: nodes are kept by key and reused, so that nothing grows and nothing jumps. */

/**
 * Shows `items` in `list`, one node each: `make()` gives an empty node, `fill(node, item)` its words.
 * A key not shown before is marked as new, except in the first picture.
 */
export function showRows(list, items, { key, make, fill }) {
  const before = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const spare = [...before].filter(([k]) => !items.some((item) => String(key(item)) === k)).map(([, node]) => node);
  const first = list.dataset.filled === undefined;
  items.forEach((item, index) => {
    const k = String(key(item));
    let node = before.get(k);
    if (!node) {
      node = spare.pop() ?? make();
      node.dataset.key = k;
      node.classList.remove('is-new');
      if (!first) {
        void node.offsetWidth; // begins the fading tint anew on a reused node
        node.classList.add('is-new');
      }
    }
    fill(node, item);
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  for (const node of spare) node.remove();
  while (list.children.length > items.length) list.lastElementChild.remove();
  list.dataset.filled = '';
}

/** An element with class and children; text goes in as text. */
export function element(tag, className = '', ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Writes text only when it differs, so that a quiet board stays quiet. */
export function say(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}
