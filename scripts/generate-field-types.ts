// How the CRDs become tables of fields: one line of text for each object of their schemas, in the notation of
// controller/lang/go-structs-*.ts. That of Rollouts decodes objects (controller/api/decode-fields.ts); with that of the
// other kinds the command line finds unknown fields.

import type { CrdSource, Schema } from './generate-types.ts';
import { typeNameAt } from './type-names.ts';

const header = (
  sources: string,
  reader: string,
  name: string,
) => `// Generated from ${sources} by "npm run generate". Do not edit.
// Object → its fields, \`name:type\`; \`?\` after the name: may be absent. Read by ${reader}.

export const ${name} = {
`;

/** Nil in the contract: what is absent is hashed as `null`, which is neither its empty value nor left out. */
const nilable = /\.(podTemplateHashValue|headerValue|experiment\.templates)$/;
/** Handed to plugins and hashed as it is, whatever it is. */
const rawFields: ReadonlySet<string> = new Set(['config']);

export function generateFieldTypes(crd: CrdSource): string {
  return table(structsOf(crd), header('crds/rollouts.yaml', 'decode-fields.ts', 'rolloutFields'));
}

/** What the table of Rollouts has not. */
export function generateAnalysisFieldTypes(rollouts: CrdSource, others: readonly CrdSource[]): string {
  const known = structsOf(rollouts);
  const structs = new Map<string, string>();
  for (const [name, fields] of others.flatMap((crd) => [...structsOf(crd)])) {
    const other = known.get(name) ?? structs.get(name) ?? fields;
    if (other !== fields) throw new Error(`${name} has other fields in another CRD: ${other}`);
    if (!known.has(name)) structs.set(name, fields);
  }
  return table(structs, header('crds/', 'unknown-field.ts', 'analysisFields'));
}

function structsOf(crd: CrdSource): Map<string, string> {
  const structs = new Map<string, string>();
  const schema = crd.spec.versions[0]?.schema.openAPIV3Schema;
  if (!schema) throw new Error(`${crd.spec.names.kind} has no schema`);
  addStruct(structs, crd.spec.names.kind, '', schema);
  return structs;
}

function table(structs: ReadonlyMap<string, string>, head: string): string {
  const lines = [...structs].map(([name, fields]) => `  ${name}: '${fields}',\n`);
  return `${head}${lines.join('')}} satisfies Readonly<Record<string, string>>;\n`;
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
