// How the CRD of Rollouts becomes the table by which objects are decoded (controller/api/decode-fields.ts): one line of
// text for each object of its schema, in the notation of controller/lang/go-structs-*.ts.

import type { CrdSource, Schema } from './generate-types.ts';
import { typeNameAt } from './type-names.ts';

const header = `// Generated from crds/rollouts.yaml by "npm run generate". Do not edit.
// Object → its fields, \`name:type\`; \`?\` after the name: may be absent. Read by decode-fields.ts.

export const rolloutFields = {
`;

/** Nil in the contract: what is absent is hashed as `null`, which is neither its empty value nor left out. */
const nilable = /\.(podTemplateHashValue|headerValue|experiment\.templates)$/;
/** Handed to plugins and hashed as it is, whatever it is. */
const rawFields: ReadonlySet<string> = new Set(['config']);

export function generateFieldTypes(crd: CrdSource): string {
  const structs = new Map<string, string>();
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema;
  if (!schema) throw new Error(`${crd.spec.names.kind} has no schema`);
  addStruct(structs, crd.spec.names.kind, '', schema);
  const lines = [...structs].map(([name, fields]) => `  ${name}: '${fields}',\n`);
  return `${header}${lines.join('')}} satisfies Readonly<Record<string, string>>;\n`;
}

function addStruct(structs: Map<string, string>, kind: string, path: string, schema: Schema): string {
  const name = nameAt(kind, path);
  structs.set(name, structs.get(name) ?? ''); // keeps an object before those that it is made of
  const fields = Object.entries(schema.properties ?? {})
    .filter(([field]) => path !== '' || field === 'spec' || field === 'status')
    .map(([field, child]) => {
      const type = rawFields.has(field)
        ? 'any'
        : typeOf(structs, kind, path === '' ? field : `${path}.${field}`, child);
      const optional = schema.required?.includes(field) ? '' : '?';
      return `${field}${optional}:${nilable.test(`${path}.${field}`) ? '*' : ''}${type}`;
    });
  structs.set(name, fields.join(' '));
  return name;
}

function typeOf(structs: Map<string, string>, kind: string, path: string, schema: Schema): string {
  if (schema['x-kubernetes-int-or-string']) return 'IntOrString';
  if (schema.items) return `[]${typeOf(structs, kind, `${path}[]`, schema.items)}`;
  if (schema.type === 'boolean') return 'bool';
  if (schema.type === 'integer') return schema.format ?? 'int64';
  if (schema.type === 'string') return schema.format === 'date-time' ? 'Time' : 'string';
  if (schema.type !== 'object') return 'any';
  if (schema.additionalProperties)
    return `map[string]${typeOf(structs, kind, `${path}{}`, schema.additionalProperties)}`;
  if (!schema.properties) return 'object';
  return path.endsWith('.template') ? 'PodTemplateSpec' : addStruct(structs, kind, path, schema);
}

function nameAt(kind: string, path: string): string {
  if (path === '') return kind;
  if (path.endsWith('.matchExpressions[]')) return 'LabelSelectorRequirement';
  return path.endsWith('elector') ? 'LabelSelector' : typeNameAt(kind, path);
}
