// Kubernetes' rules for the requests and limits of a container, in its order and words. Entries that are no quantities
// are skipped: they count as absent (rollout.md §1.1).

import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../lang/quantity.ts';
import { allInvalid, type FieldErrors, invalid, required } from './field-error.ts';
import { type Fields, fieldsAt } from './fields.ts';
import { qualified } from './names.ts';

const standard: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

export function* validateResources(resources: Fields, path: string): FieldErrors {
  const limits = quantitiesAt(resources, 'limits');
  for (const [name, limit] of limits) yield* validateQuantity(name, limit, `${path}.limits`);
  for (const [name, request] of quantitiesAt(resources, 'requests')) {
    yield* validateQuantity(name, request, `${path}.requests`);
    yield* validateAgainstLimit(name, request, limits.get(name), path);
  }
}

function quantitiesAt(resources: Fields, field: string): ReadonlyMap<string, Quantity> {
  const entries = Object.entries(fieldsAt(resources, field) ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(
    entries.flatMap(([name, value]) => {
      const quantity = parseQuantity(value);
      return quantity ? [[name, quantity]] : [];
    }),
  );
}

/** Somebody else's: whole numbers, of which nobody may ask for less than the limit. `kubernetes.io/…` is Kubernetes' own. */
function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/');
}

/** Amounts that containers may share: they may ask for less than their limit. */
function mayOvercommit(name: string): boolean {
  return !isExtended(name) && !name.startsWith('hugepages-');
}

function* validateQuantity(name: string, quantity: Quantity, path: string): FieldErrors {
  yield* allInvalid(path, name, qualified(name));
  const isKnown = name.includes('/') || standard.has(name) || name.startsWith('hugepages-');
  if (!isKnown) yield invalid(path, name, 'must be a standard resource for containers');
  const at = `${path}[${name}]`;
  if (quantity.nanos < 0n) yield invalid(at, formatQuantity(quantity), 'must be greater than or equal to 0');
  if (isExtended(name) && quantity.nanos % 1_000_000_000n !== 0n) {
    yield invalid(at, formatQuantity(quantity), 'must be an integer');
  }
}

function* validateAgainstLimit(
  name: string,
  request: Quantity,
  limit: Quantity | undefined,
  path: string,
): FieldErrors {
  const shown = formatQuantity(request);
  if (!limit) {
    if (!mayOvercommit(name)) yield required(`${path}.limits`, 'Limit must be set for non overcommitable resources');
    return;
  }
  const order = compareQuantities(request, limit);
  const limitText = `${name} limit of ${formatQuantity(limit)}`;
  if (order !== 0 && !mayOvercommit(name)) yield invalid(`${path}.requests`, shown, `must be equal to ${limitText}`);
  else if (order > 0) yield invalid(`${path}.requests`, shown, `must be less than or equal to ${limitText}`);
}
