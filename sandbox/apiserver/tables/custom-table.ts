// Tables of custom resources: the name, and the printer columns of their CRD.

import { firstAtPath } from '../../../controller/lang/json-path.ts';
import { isObject, text } from '../json.ts';
import type { ApiObject, JsonObject, JsonValue, TableStrategy } from '../kinds/types.ts';
import { age, column, nameColumn } from './columns.ts';

const ageColumnOfCrd: JsonObject = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

export function customTable(version: JsonObject): TableStrategy {
  const declared = version.additionalPrinterColumns;
  const columns = Array.isArray(declared) && declared.length > 0 ? declared.filter(isObject) : [ageColumnOfCrd];
  return {
    columns: [
      nameColumn,
      ...columns.map((one) => ({
        ...column(text(one.name), { type: text(one.type), format: text(one.format) }),
        priority: typeof one.priority === 'number' ? one.priority : 0,
      })),
    ],
    cells: (object, now) => [text(object.metadata.name), ...columns.map((one) => cell(one, object, now))],
  };
}

function cell(one: JsonObject, object: ApiObject, now: number): JsonValue {
  const value = firstAtPath(text(one.jsonPath), object) as JsonValue | undefined;
  if (value === undefined || value === null) return null;
  switch (one.type) {
    case 'date':
      return age(value, now);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
}
