// What a path asks for: group, version, resource, namespace, name and subresource, or something that is no resource
// (discovery, health). Follows kube-apiserver's request info.

import { badRequest } from './refusals.ts';

export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** undefined: no resource path (`/apis`, `/api/v1`, `/version`, ...). */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  let rest: string[];
  let group = '';
  let version: string;
  if (parts[0] === 'api' && parts.length >= 3) {
    version = parts[1]!;
    rest = parts.slice(2);
  } else if (parts[0] === 'apis' && parts.length >= 4) {
    group = parts[1]!;
    version = parts[2]!;
    rest = parts.slice(3);
  } else {
    return undefined;
  }
  rest = rest.map(decode);
  if (rest[0] === 'namespaces' && rest.length > 2 && !isNamespaceSubresource(rest)) {
    const [, namespace, plural, name, ...sub] = rest;
    return { group, version, namespace, plural: plural!, name, subresource: joined(sub) };
  }
  const [plural, name, ...sub] = rest;
  return { group, version, namespace: undefined, plural: plural!, name, subresource: joined(sub) };
}

/** `/api/v1/namespaces/x/status` and `/finalize` are of the namespace itself. */
function isNamespaceSubresource(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize');
}

function joined(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join('/');
}

function decode(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch (problem) {
    if (problem instanceof URIError) return part;
    throw problem;
  }
}

/** Decoded query; of a repeated name the first counts. */
export class Query {
  readonly #values: ReadonlyMap<string, string>;

  constructor(query: string | Readonly<Record<string, string | number | boolean | undefined>> | undefined) {
    const values = new Map<string, string>();
    if (typeof query === 'string') {
      for (const [key, value] of new URLSearchParams(query)) if (!values.has(key)) values.set(key, value);
    } else if (query !== undefined) {
      for (const key of Object.keys(query)) {
        const value = query[key];
        if (value !== undefined) values.set(key, String(value));
      }
    }
    this.#values = values;
  }

  get(name: string): string {
    return this.#values.get(name) ?? '';
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Go's reading of a bool parameter: present and not `false` or `0`. */
  flag(name: string): boolean {
    const value = this.#values.get(name);
    return value !== undefined && value.toLowerCase() !== 'false' && value !== '0';
  }

  /** Refuses what is there and no number. */
  integer(name: string): number | undefined {
    const value = this.get(name);
    if (value === '') return undefined;
    if (!/^[+-]?\d+$/.test(value))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    return Number(value);
  }
}
