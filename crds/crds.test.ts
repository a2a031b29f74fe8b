// The CRDs hold exactly the contract of test/fixtures/crds: every field with its type, default and list type, the
// subresources and the printer columns. Nothing of Slipway's own stands in them (design law 1).

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseYaml } from '../controller/lang/yaml.ts';
import { generatedFiles } from '../scripts/generate.ts';

type Fields = Record<string, unknown>;

interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
}

const folder = new URL('.', import.meta.url);
const contracts = readdirSync(new URL('../test/fixtures/crds/', folder)).filter((name) => name.endsWith('.json'));

/** How the contract file names a keyword of the schema. */
const keywords: Readonly<Record<string, string>> = {
  type: 'type',
  format: 'format',
  default: 'default',
  enum: 'enum',
  pattern: 'pattern',
  'x-kubernetes-int-or-string': 'intOrString',
  'x-kubernetes-preserve-unknown-fields': 'preserveUnknownFields',
  'x-kubernetes-list-type': 'listType',
  'x-kubernetes-list-map-keys': 'listMapKeys',
  'x-kubernetes-map-type': 'mapType',
  'x-kubernetes-validations': 'validations',
};

/** Keywords that are followed or not part of the contract. */
const structural = ['description', 'properties', 'items', 'additionalProperties', 'required'];

function flatten(schema: Schema, path: string, required: boolean, into: Fields[]): void {
  if (path !== '') into.push(describeField(schema, path, required));
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    flatten(child, path === '' ? name : `${path}.${name}`, schema.required?.includes(name) ?? false, into);
  }
  if (schema.items) flatten(schema.items, `${path}[]`, false, into);
  if (schema.additionalProperties?.properties) flatten(schema.additionalProperties, `${path}{}`, false, into);
}

function describeField(schema: Schema, path: string, required: boolean): Fields {
  const field: Fields = { path };
  if (required) field.required = true;
  for (const [keyword, value] of Object.entries(schema)) {
    const name = keywords[keyword];
    if (name === 'validations') field[name] = (value as { rule: string }[]).map(({ rule }) => ({ rule }));
    else if (name) field[name] = value;
    else assert.ok(structural.includes(keyword), `${path}: unexpected keyword ${keyword}`);
  }
  const values = schema.additionalProperties;
  if (values) field.mapOf = values['x-kubernetes-int-or-string'] ? 'intOrString' : values.type;
  return field;
}

for (const file of contracts) {
  test(`${file.replace('.json', '.yaml')} holds the contract, field by field`, () => {
    const contract = JSON.parse(readFileSync(new URL(`../test/fixtures/crds/${file}`, folder), 'utf8'));
    const crd = parseYaml(readFileSync(new URL(file.replace('.json', '.yaml'), folder), 'utf8')) as {
      metadata: { name: string };
      spec: { group: string; names: unknown; scope: string; versions: Record<string, unknown>[] };
    };
    assert.equal(crd.metadata.name, `${contract.names.plural}.${contract.group}`);
    assert.deepEqual(
      { group: crd.spec.group, scope: crd.spec.scope, names: crd.spec.names },
      { group: contract.group, scope: contract.scope, names: contract.names },
    );
    assert.equal(crd.spec.versions.length, contract.versions.length);
    const version = crd.spec.versions[0] ?? {};
    const expected = contract.versions[0];
    const schema = (version.schema as { openAPIV3Schema: Schema }).openAPIV3Schema;
    assert.deepEqual(
      {
        name: version.name,
        served: version.served,
        storage: version.storage,
        subresources: version.subresources ?? {},
        printerColumns: version.additionalPrinterColumns,
        topRequired: schema.required,
      },
      {
        name: expected.name,
        served: expected.served,
        storage: expected.storage,
        subresources: expected.subresources,
        printerColumns: expected.printerColumns,
        topRequired: expected.topRequired,
      },
    );
    const fields: Fields[] = [];
    flatten(schema, '', false, fields);
    assert.deepEqual(new Map(fields.map((f) => [f.path, f])), new Map(expected.fields.map((f: Fields) => [f.path, f])));
    assert.equal(fields.length, expected.fields.length);
  });
}

test('the generated types are those of the CRDs', () => {
  for (const [file, text] of generatedFiles()) {
    assert.equal(readFileSync(new URL(`../${file}`, folder), 'utf8'), text, `${file}: run "npm run generate"`);
  }
});
