/** Calls to the same origin. Errors are one class, so that a page can say what happened and what is safe. */
import { placeText } from './i18n.js';

const TIMEOUT_S = 20;
const UPLOAD_TIMEOUT_S = 120;
const BASE = '/api/v1';

export class ApiError extends Error {
  /** `status` 0 means no answer (code network, timeout or aborted). `current` is the server's version on 409. */
  constructor(status, code, detail, { errors = [], current = null, number = null } = {}) {
    super(detail || code);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.detail = detail ?? '';
    this.errors = errors;
    this.current = current;
    this.number = number;
  }

  /** True where sending the same again later can succeed (outbox): no answer, 408, 429 or 5xx. */
  get retryable() {
    return (this.status === 0 && this.code !== 'aborted') || [408, 429].includes(this.status) || this.status >= 500;
  }

  /** The sentence for one field (`errors` of problem JSON: {field, detail}), or null. */
  fieldError(field) {
    return this.errors.find((error) => error.field === field)?.detail ?? null;
  }
}

/** Places are told in Chinese; pages show them in their language. Names stay: some are written back. */
function readable(key, value) {
  return key === 'place' && typeof value === 'string' ? placeText(value) : value;
}

function csrfToken() {
  return globalThis.document?.querySelector('meta[name="csrf-token"]')?.content ?? '';
}

function address(path, params) {
  const url = path.startsWith('/') ? path : `${BASE}/${path}`;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    if (value !== null && value !== undefined && value !== '') query.append(name, value);
  }
  const text = query.toString();
  return text ? `${url}${url.includes('?') ? '&' : '?'}${text}` : url;
}

function bodyOf(body, headers) {
  if (body === undefined || body === null) return undefined;
  if (body instanceof Blob || body instanceof FormData || body instanceof ArrayBuffer) {
    if (body instanceof Blob && body.type) headers.set('Content-Type', body.type);
    return body;
  }
  headers.set('Content-Type', 'application/json');
  return JSON.stringify(body);
}

async function problem(response) {
  const data = await response.json().catch(() => ({}));
  return new ApiError(response.status, data.code ?? `http_${response.status}`, data.detail ?? data.title ?? '', {
    errors: data.errors ?? [],
    current: data.current ?? null,
    number: data.number ?? response.headers.get('X-Request-Id'),
  });
}

/**
 * The parsed answer (null for 204). `path` without a leading slash is under /api/v1.
 * Throws ApiError for problem JSON, no network, the timeout or an abort through `signal`.
 */
export async function request(method, path, { params, body, signal, timeout_s, headers: extra } = {}) {
  const headers = new Headers({ Accept: 'application/json', ...extra });
  if (!['GET', 'HEAD'].includes(method)) headers.set('X-CSRF-Token', csrfToken());
  const sent = bodyOf(body, headers);
  const limit_s = timeout_s ?? (body instanceof Blob ? UPLOAD_TIMEOUT_S : TIMEOUT_S);
  const controller = new AbortController();
  let late = false;
  const timer = setTimeout(() => { late = true; controller.abort(); }, limit_s * 1000);
  const abort = () => controller.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const response = await fetch(address(path, params), {
      method, headers, body: sent, credentials: 'same-origin', signal: controller.signal, cache: 'no-cache',
    });
    if (!response.ok) throw await problem(response);
    return response.status === 204 ? null : JSON.parse(await response.text(), readable);
  } catch (error) {
    if (error instanceof ApiError) {
      if (error.status === 401) globalThis.dispatchEvent?.(new Event('signed-out'));
      throw error;
    }
    throw new ApiError(0, late ? 'timeout' : controller.signal.aborted ? 'aborted' : 'network', '');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

export const api = {
  get: (path, params, options) => request('GET', path, { params, ...options }),
  post: (path, body, options) => request('POST', path, { body, ...options }),
  put: (path, body, options) => request('PUT', path, { body, ...options }),
  patch: (path, body, options) => request('PATCH', path, { body, ...options }),
  delete: (path, options) => request('DELETE', path, options),
};

/** All rows of a list that comes in pages, for what has to be whole: a choice of departments, one worker's duties. */
export async function everything(path, params) {
  const found = [];
  let after = null;
  do {
    const page = await api.get(path, { limit: 200, ...params, after });
    found.push(...page.items);
    after = page.next ?? null;
  } while (after !== null);
  return found;
}
