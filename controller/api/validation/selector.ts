// Kubernetes' rules for labels and label selectors (rollout.md §1.3 rows 3 and 6).

import type { LabelSelector } from '../kubernetes-types.ts';
import { allInvalid, type FieldErrors, forbidden, invalid, required, tooLong } from './field-error.ts';
import { qualified, validLabelValue } from './names.ts';

export function* validateLabels(labels: unknown, path: string): FieldErrors {
  for (const [key, value] of entriesOf(labels)) {
    yield* allInvalid(path, key, qualified(key));
    yield* allInvalid(path, value, validLabelValue(String(value)));
  }
}

const maxAnnotationBytes = 262_144;

export function* validateAnnotations(annotations: unknown, path: string): FieldErrors {
  let size = 0;
  for (const [key, value] of entriesOf(annotations)) {
    yield* allInvalid(path, key, qualified(key.toLowerCase()));
    size += new TextEncoder().encode(key + String(value)).length;
  }
  if (size > maxAnnotationBytes) yield tooLong(path, maxAnnotationBytes);
}

export function* validateLabelSelector(selector: LabelSelector, path: string): FieldErrors {
  yield* validateLabels(selector.matchLabels, `${path}.matchLabels`);
  for (const [index, term] of (selector.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const count = term.values?.length ?? 0;
    if (term.operator === 'In' || term.operator === 'NotIn') {
      if (count === 0) yield required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (term.operator === 'Exists' || term.operator === 'DoesNotExist') {
      if (count > 0) {
        yield forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else yield invalid(`${at}.operator`, term.operator, 'not a valid selector operator');
    yield* allInvalid(`${at}.key`, term.key, qualified(term.key));
    for (const [position, value] of (term.values ?? []).entries()) {
      yield* allInvalid(`${at}.values[${position}]`, value, validLabelValue(value));
    }
  }
}

function entriesOf(map: unknown): [string, unknown][] {
  const entries = Object.entries((map ?? {}) as Readonly<Record<string, unknown>>);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
