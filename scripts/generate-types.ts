// How a CRD's schema becomes TypeScript: one readonly interface for each object of the schema, named by the table in
// type-names.ts (equal shapes share a name), pod templates and selectors by their hand-written types.

import { typeNameAt } from './type-names.ts';

export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface CrdSource {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

const header = `// Generated from crds/ by "npm run generate". Do not edit.
// Fields of a status may be given as \`undefined\`, which means absent: whoever computes a status writes each field
// in one expression, and JSON and lang/merge-patch.ts leave such fields out.

import type { IntOrString, KubernetesObject, LabelSelector, PodTemplateSpec, StringMap } from './kubernetes-types.ts';
`;

export function generateTypes(crds: readonly CrdSource[]): string {
  const interfaces = new Map<string, string>();
  for (const crd of crds) {
    const kind = crd.spec.names.kind;
    const schema = crd.spec.versions[0]?.schema.openAPIV3Schema;
    if (!schema?.properties) throw new Error(`${kind} has no schema`);
    addKind(interfaces, kind, schema);
  }
  return `${header}\n${[...interfaces.values()].join('\n')}`;
}

function addKind(interfaces: Map<string, string>, kind: string, schema: Schema): void {
  interfaces.set(kind, ''); // keeps the kind before the types that it is made of
  const lines: string[] = [];
  for (const field of ['spec', 'status']) {
    const child = schema.properties?.[field];
    if (!child) continue;
    const optional = schema.required?.includes(field) ? '' : '?';
    lines.push(`  readonly ${field}${optional}: ${typeOf(interfaces, kind, field, child)};\n`);
  }
  interfaces.set(
    kind,
    `${comment('', schema)}export interface ${kind} extends KubernetesObject {\n${lines.join('')}}\n`,
  );
}

function typeOf(interfaces: Map<string, string>, kind: string, path: string, schema: Schema): string {
  if (schema['x-kubernetes-int-or-string']) return 'IntOrString';
  if (schema.items) return arrayOf(typeOf(interfaces, kind, `${path}[]`, schema.items));
  if (schema.type === undefined) return 'unknown';
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type !== 'object') return schema.type;
  if (schema.additionalProperties) {
    const value = typeOf(interfaces, kind, `${path}{}`, schema.additionalProperties);
    return value === 'string' ? 'StringMap' : `Readonly<Record<string, ${value}>>`;
  }
  const keys = Object.keys(schema.properties ?? {})
    .sort()
    .join();
  if (keys === '') return 'Readonly<Record<string, unknown>>';
  if (keys === 'matchExpressions,matchLabels') return 'LabelSelector';
  if (keys === 'metadata,spec' && path.endsWith('.template')) return 'PodTemplateSpec';
  return addInterface(interfaces, kind, path, schema);
}

function addInterface(interfaces: Map<string, string>, kind: string, path: string, schema: Schema): string {
  const name = typeNameAt(kind, path);
  const known = interfaces.get(name);
  if (known === undefined) interfaces.set(name, '');
  const orUndefined = path.startsWith('status') ? ' | undefined' : '';
  const fields = Object.entries(schema.properties ?? {}).map(([field, child]) => {
    const required = schema.required?.includes(field);
    const type = typeOf(interfaces, kind, `${path}.${field}`, child);
    return `${comment('  ', child)}  readonly ${field}${required ? '' : '?'}: ${type}${required ? '' : orUndefined};\n`;
  });
  const body = `export interface ${name} {\n${fields.join('')}}\n`;
  const text = comment('', schema) + body;
  if (!known) interfaces.set(name, text);
  else if (withoutComments(known) !== withoutComments(text)) {
    throw new Error(`${kind}: two shapes have the name ${name} (the second at ${path}): see scripts/type-names.ts`);
  } else if (known !== text) interfaces.set(name, known.slice(known.indexOf('export interface'))); // told at each field
  return name;
}

function arrayOf(item: string): string {
  return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
}

function comment(indent: string, schema: Schema): string {
  return schema.description ? `${indent}/** ${schema.description} */\n` : '';
}

function withoutComments(text: string): string {
  return text.replaceAll(/^ *\/\*\*.*\n/gm, '');
}
