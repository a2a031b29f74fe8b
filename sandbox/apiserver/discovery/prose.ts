// What kubectl explain tells of a built-in field. The recorded schemas come without prose; the models of the installed
// client library are generated from the same OpenAPI documents and carry it as comments, which are read when they are
// first asked for. Without the library there is no prose.

import { readFileSync } from 'node:fs';
import type { JsonObject } from '../kinds/types.ts';

export interface Prose {
  readonly description: string;
  readonly fields: ReadonlyMap<string, string>;
}

const none: Prose = { description: '', fields: new Map() };
const read = new Map<string, Prose>();

/** A definition such as `io.k8s.api.core.v1.Pod` with descriptions, as a real server publishes it. */
export function withProse(definition: string, schema: JsonObject): JsonObject {
  const { description, fields } = proseOf(definition);
  const properties = schema.properties;
  const told: JsonObject = description === '' ? {} : { description };
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return { ...told, ...schema };
  const described = Object.entries(properties).map(([name, property]) => {
    const text = fields.get(name) ?? proseOf(referenceIn(property as JsonObject)).description;
    return [name, text === '' ? property : describe(property as JsonObject, text)];
  });
  return { ...told, ...schema, properties: Object.fromEntries(described) as JsonObject };
}

/** Beside a bare reference nothing may stand: it is wrapped, as a real server does. */
function describe(property: JsonObject, description: string): JsonObject {
  if (property.$ref === undefined) return { description, ...property };
  const { $ref, ...rest } = property;
  return { description, allOf: [{ $ref }], ...rest };
}

/** The library says nothing of a field that is a struct: what the struct is stands for it. */
function referenceIn({ $ref, allOf }: JsonObject): string {
  const reference = $ref ?? (Array.isArray(allOf) ? (allOf[0] as JsonObject | undefined)?.$ref : undefined);
  return typeof reference === 'string' ? (reference.split('/').at(-1) ?? '') : '';
}

export function proseOf(definition: string): Prose {
  let found = read.get(definition);
  if (found === undefined) {
    found =
      modelNames(definition)
        .map(readModel)
        .find((one) => one !== undefined) ?? none;
    read.set(definition, found);
  }
  return found;
}

/** `V1Pod`; where two groups have the name, `CoreV1Event`. */
function modelNames(definition: string): string[] {
  const [name = '', version = '', group = ''] = definition.split('.').reverse();
  const plain = capital(version) + name;
  return [capital(group) + plain, plain];
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function readModel(name: string): Prose | undefined {
  const folder = modelFolder();
  if (folder === undefined) return undefined;
  try {
    return parseModel(readFileSync(new URL(`${name}.d.ts`, folder), 'utf8'));
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw problem;
  }
}

function modelFolder(): URL | undefined {
  try {
    return new URL('gen/models/', import.meta.resolve('@kubernetes/client-node'));
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw problem;
  }
}

const comment = /\/\*\*\s*\n((?:\s*\*(?!\/).*\n)+)\s*\*\/\s*\n\s*(?:export declare class|'([^']+)'\??:)/g;

function parseModel(source: string): Prose {
  let description = '';
  const fields = new Map<string, string>();
  for (const [, lines = '', field] of source.matchAll(comment)) {
    const text = lines
      .replaceAll(/^\s*\* ?/gm, '')
      .replaceAll(/\\(["'])/g, '$1')
      .trim();
    if (field === undefined) description = text;
    else fields.set(fieldName(field), text);
  }
  return { description, fields };
}

/** Names that JavaScript or the generator cannot have were changed: `_continue`, `x_kubernetes_list_type`. */
function fieldName(name: string): string {
  return name.startsWith('x_kubernetes_') ? name.replaceAll('_', '-') : name.replace(/^_/, '');
}
