// Which field of an object does the contract not know? As Go's JSON decoder asks it when told to be strict: the first one
// counts, the case of names does not, and only the name of the field is told.

import { podStructs } from '../lang/go-structs-pod.ts';
import { analysisFields } from './analysis-field-types.generated.ts';
import { rolloutFields } from './field-types.generated.ts';

const structs: Readonly<Record<string, string>> = {
  ...podStructs,
  ...rolloutFields,
  ...analysisFields,
};

/** Of every object; the tables of kinds leave it out. */
const typeMeta = 'apiVersion:string kind:string metadata:ObjectMeta';

/** The name of the first unknown field, in the order of the object; undefined: there is none. */
export function unknownFieldOf(kind: string, object: unknown): string | undefined {
  return unknownIn(new Map([...fieldsOf(typeMeta), ...fieldsOf(structs[kind] ?? '')]), object);
}

function unknownIn(fields: ReadonlyMap<string, string>, value: unknown): string | undefined {
  if (!isObject(value)) return undefined; // the server tells of a wrong type
  for (const [name, child] of Object.entries(value)) {
    const type = fields.get(name.toLowerCase());
    const unknown = type === undefined ? name : unknownInType(type, child);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

function unknownInType(type: string, value: unknown): string | undefined {
  if (type.startsWith('*')) return unknownInType(type.slice(1), value);
  const [, container, inner] = /^(\[\]|map\[string\])(.+)$/.exec(type) ?? [];
  if (inner !== undefined) {
    const isContainer = container === '[]' ? Array.isArray(value) : isObject(value);
    const items = isContainer ? Object.values(value as object) : [];
    return items.map((item) => unknownInType(inner, item)).find((found) => found !== undefined);
  }
  const text = structs[type];
  return text === undefined ? undefined : unknownIn(fieldsOf(text), value);
}

const tables = new Map<string, ReadonlyMap<string, string>>();

/** Lower-case name → type. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  let table = tables.get(text);
  if (table === undefined) {
    const entries = text.trim().split(/\s+/).filter(Boolean);
    table = new Map(
      entries.map((entry): [string, string] => {
        const [, name = '', type = ''] = /^([^?!:]+)[?!]*:(.+)$/.exec(entry) ?? [];
        return [name.toLowerCase(), type];
      }),
    );
    tables.set(text, table);
  }
  return table;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
