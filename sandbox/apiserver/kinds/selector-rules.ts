// Label selectors in objects: what they match, how they print, what must hold of them.

import type { LabelSelector, StringMap } from '../../../controller/api/kubernetes-types.ts';
import { formatTerms, matchesLabelSelector, selectorTerms } from '../../../controller/lang/label-selector.ts';
import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import { text } from '../json.ts';
import { objectAt, objectsAt, textsAt } from './fields.ts';
import { labelValueRule, qualified } from './name-rules.ts';
import type { Cause, JsonObject } from './types.ts';

export function isEmptySelector(selector: JsonObject): boolean {
  const labels = objectAt(selector, 'matchLabels');
  return (
    (labels === undefined || Object.keys(labels).length === 0) && objectsAt(selector, 'matchExpressions').length === 0
  );
}

export function matchesSelector(selector: JsonObject, labels: JsonObject): boolean {
  return matchesLabelSelector(selector as unknown as LabelSelector, labels as StringMap);
}

/** As a query spells it; '' for one that selects everything or is not there. */
export function selectorText(selector: JsonObject | undefined): string {
  return formatTerms(selectorTerms(selector as unknown as LabelSelector | undefined) ?? []);
}

export function validateSelector(selector: JsonObject, field: string): Cause[] {
  const labels = Object.entries(objectAt(selector, 'matchLabels') ?? {}).flatMap(([key, value]) => [
    ...qualified(key).map((problem) => invalid(`${field}.matchLabels`, key, problem)),
    ...labelValueRule(text(value)).map((problem) => invalid(`${field}.matchLabels`, value, problem)),
  ]);
  const expressions = objectsAt(selector, 'matchExpressions').flatMap((expression, index) =>
    validateExpression(expression, `${field}.matchExpressions[${index}]`),
  );
  return [...labels, ...expressions];
}

function validateExpression(expression: JsonObject, field: string): Cause[] {
  const values = textsAt(expression, 'values');
  const causes: Cause[] = [];
  switch (expression.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        causes.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        causes.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
      break;
    default:
      causes.push(invalid(`${field}.operator`, expression.operator, 'not a valid selector operator'));
  }
  const key = text(expression.key);
  causes.push(...qualified(key).map((problem) => invalid(`${field}.key`, key, problem)));
  values.forEach((value, index) => {
    causes.push(...labelValueRule(value).map((problem) => invalid(`${field}.values[${index}]`, value, problem)));
  });
  return causes;
}

/** Used where only some values are allowed. */
export function oneOf(value: unknown, supported: readonly string[], field: string): Cause[] {
  return supported.includes(text(value)) ? [] : [notSupported(field, text(value), supported)];
}
