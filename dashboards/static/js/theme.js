/** Themes, and the tokens of the stylesheet as values for canvases, maps and charts. */

export const THEMES = Object.freeze(['light', 'dark', 'auto', 'wall']);

/** Resolves tokens at `element` (its theme may differ from the page's): colours('act') → '#1B5A8E'. Throws on an unknown name. */
export function colours(element = document.documentElement) {
  const style = getComputedStyle(element);
  const known = new Map();
  return (name) => {
    if (!known.has(name)) {
      const value = style.getPropertyValue(`--${name}`).trim();
      if (!value) throw new RangeError(`unknown token: ${name}`);
      known.set(name, value);
    }
    return known.get(name);
  };
}

export function currentTheme() {
  const theme = document.documentElement.dataset.theme ?? 'light';
  if (theme !== 'auto') return theme;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Sets the page's theme and tells listeners (`theme-changed` on window). The account keeps it, not the browser. */
export function setTheme(theme) {
  if (!THEMES.includes(theme)) throw new RangeError(`unknown theme: ${theme}`);
  document.documentElement.dataset.theme = theme;
  window.dispatchEvent(new CustomEvent('theme-changed', { detail: currentTheme() }));
}

/** `callback(theme)` when the page's or, in auto, the system's theme changes. Returns the function that ends it. */
export function watchTheme(callback) {
  const media = matchMedia('(prefers-color-scheme: dark)');
  const changed = () => callback(currentTheme());
  window.addEventListener('theme-changed', changed);
  media.addEventListener('change', changed);
  return () => {
    window.removeEventListener('theme-changed', changed);
    media.removeEventListener('change', changed);
  };
}

export function reducedMotion() {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** ECharts theme `gridcenter` from the tokens: no gradient, shadow or entry animation. */
export function chartTheme(element = document.documentElement) {
  const colour = colours(element);
  const size = Number.parseFloat(getComputedStyle(document.body).getPropertyValue('--text-small')) || 12;
  const axis = {
    axisLine: { lineStyle: { color: colour('line-strong') } },
    axisTick: { show: false },
    axisLabel: { color: colour('ink-2'), fontSize: size },
    splitLine: { lineStyle: { color: colour('line') } },
  };
  return {
    color: ['act', 'ink-2', 'done', 'soon-fill', 'prop', 'ramp-4'].map(colour),
    backgroundColor: 'transparent',
    textStyle: { color: colour('ink-1'), fontSize: size, fontFamily: getComputedStyle(document.body).fontFamily },
    animation: false,
    animationDurationUpdate: 200,
    aria: { enabled: true, decal: { show: true } },
    line: { smooth: false, symbol: 'circle', symbolSize: 6 },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: axis,
    timeAxis: axis,
  };
}
