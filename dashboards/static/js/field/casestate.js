/**
 * A case as this phone knows it: the server's copy with the own unsent operations laid over it.
 * What may be done is the server's word (`allowed_operations`); only what the own unsent step leads to is foreseen,
 * and the server judges it again when it arrives.
 */

export const WORKING = Object.freeze(['dispatched', 'accepted', 'handling', 'rework', 'handled']);
const FORESEEN = { accepted: ['handle', 'return'], handling: ['handle', 'return'], handled: ['feedback'] };

/** The move an operation means, of those the server listed; several are told apart by `when`. Null where none fits. */
export function moveOf(allowed, given) {
  const fits = (when) => Object.entries(when ?? {}).every(([name, value]) => given[name] === value);
  const moves = [...(allowed?.moves ?? [])].filter(({ when }) => fits(when));
  moves.sort((a, b) => Object.keys(b.when ?? {}).length - Object.keys(a.when ?? {}).length);
  return moves[0] ?? null;
}

/** Unsent operations of a case, oldest first. */
export function unsentOf(items, case_id) {
  return items.filter((item) => item.kind === 'operation' && item.case_id === case_id && ['waiting', 'sending', 'needs'].includes(item.state));
}

/** The case after its unsent operations: `unsent` counts them; version and allowed_operations are what comes next. */
export function laidOver(item, items) {
  const unsent = unsentOf(items, item.id).filter(({ body }) => body.version >= item.version);
  if (!unsent.length) return { ...item, unsent: 0 };
  const last = unsent[unsent.length - 1];
  const next = FORESEEN[last.to_state] ?? [];
  const blocked = unsent.some(({ state }) => state === 'needs');
  return {
    ...item,
    state: last.to_state ?? item.state,
    version: last.body.version + 1,
    unsent: unsent.length,
    blocked,
    allowed_operations: item.allowed_operations?.map((each) => (
      { ...each, allowed: !blocked && next.includes(each.operation), reasons: next.includes(each.operation) ? [] : each.reasons })),
  };
}

/** The operation of that name, or null. */
export function operationOf(item, name) {
  return item.allowed_operations?.find(({ operation }) => operation === name) ?? null;
}

/** The clock that runs for the present stage. */
export function runningTimer(item) {
  return item.timers?.find(({ stage, stopped_at }) => stage === item.stage && !stopped_at) ?? null;
}
