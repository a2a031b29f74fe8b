// GET of one object and of a list: selectors, pages with a consistent snapshot, resourceVersion semantics
// (spec/sandbox.md §3, list).

import type { Call } from '../call.ts';
import { labelsOf, nameOf, namespaceOf, readOrRefuse, resourceOf, served } from '../call.ts';
import { text } from '../json.ts';
import type { ApiObject, ResourceKind } from '../kinds/types.ts';
import { type ListMeta, presentList, presentOne, readForm } from '../present.ts';
import { badRequest, expired, invalidNamed, Refusal } from '../refusals.ts';
import type { Query } from '../request-path.ts';
import { matchesLabels, parseFieldSelector, parseLabelSelector } from '../selectors.ts';
import type { ApiResponse } from '../types.ts';

export function getOne(call: Call, name: string): ApiResponse {
  const form = readForm(call);
  const object = readOrRefuse(call, name);
  return answer(presentOne(call.kind, form, object, call.machinery.clock.now()));
}

export function answer(body: unknown, status = 200): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body };
}

export function listObjects(call: Call): ApiResponse {
  const form = readForm(call);
  const matches = readSelectors(call.kind, call.query);
  const page = readPage(call);
  const { storage } = call.machinery;
  const stored = storage.listAt(resourceOf(call.kind), page.revision, call.namespace);
  if (stored === undefined) throw tooOldPage(page, storage.compactedRevision);
  const found: ApiObject[] = [];
  let index = page.after === undefined ? 0 : stored.findIndex((object) => keyWithin(call, object) > page.after!);
  if (index < 0) index = stored.length;
  for (; index < stored.length && (page.limit === 0 || found.length < page.limit); index++) {
    const object = served(call.kind, stored[index]!);
    if (matches(object)) found.push(object);
  }
  const isSelected = call.query.get('labelSelector') !== '' || call.query.get('fieldSelector') !== '';
  const remaining = stored.length - index;
  const metadata: ListMeta = {
    resourceVersion: String(page.revision),
    ...(remaining > 0
      ? {
          continue: encodeToken({ v: 'meta.k8s.io/v1', rv: page.revision, start: keyWithin(call, stored[index - 1]!) }),
        }
      : {}),
    ...(remaining > 0 && !isSelected ? { remainingItemCount: remaining } : {}),
  };
  return answer(presentList(call.kind, form, found, metadata, call.machinery.clock.now()));
}

/** Key below the listed prefix: the name within a namespace, else `namespace/name`. */
function keyWithin(call: Call, object: ApiObject): string {
  const namespace = namespaceOf(object);
  return call.namespace !== undefined || namespace === undefined ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

interface Page {
  readonly revision: number;
  readonly limit: number;
  /** Key after which the page begins. */
  readonly after: string | undefined;
  readonly isContinued: boolean;
}

function readPage(call: Call): Page {
  const { query } = call;
  const { storage } = call.machinery;
  const limit = Math.max(0, query.integer('limit') ?? 0);
  const asked = query.get('resourceVersion');
  const match = query.get('resourceVersionMatch');
  checkVersionMatch(query);
  const token = query.get('continue');
  if (token !== '') {
    const { rv, start } = decodeToken(token);
    if (asked !== '' && asked !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    return { revision: rv < 0 ? storage.revision : rv, limit, after: start, isContinued: true };
  }
  let revision = storage.revision;
  if (asked !== '') {
    const version = parseVersion(asked, 'list');
    if (version > storage.revision) throw tooLargeVersion(version, storage.revision);
    if (match === 'Exact' && version !== 0) revision = version;
    else if (match === '' && version !== 0 && limit > 0) revision = version;
  }
  return { revision, limit, after: undefined, isContinued: false };
}

function checkVersionMatch(query: Query): void {
  const match = query.get('resourceVersionMatch');
  if (match === '') return;
  if (query.get('resourceVersion') === '') {
    throw listOptionsForbidden('resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (query.get('continue') !== '')
    throw listOptionsForbidden('resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw listOptions([
      {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
        field: 'resourceVersionMatch',
      },
    ]);
  }
  if (match === 'Exact' && query.get('resourceVersion') === '0') {
    throw listOptionsForbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
}

export function listOptionsForbidden(why: string): Refusal {
  return listOptions([{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field: 'resourceVersionMatch' }]);
}

function listOptions(causes: { reason: string; message: string; field: string }[]): Refusal {
  return invalidNamed('ListOptions.meta.k8s.io', 'meta.k8s.io', 'ListOptions', '', causes);
}

/** A list words a bad version as 400, a watch as 500. */
export function parseVersion(version: string, verb: 'list' | 'watch'): number {
  if (/^\d+$/.test(version)) return Number(version);
  const why = `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`;
  if (verb === 'list') throw badRequest(`invalid resource version: ${why}`);
  throw new Refusal(500, undefined, why);
}

export function tooLargeVersion(asked: number, current: number): Refusal {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  return new Refusal(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

/** A page that comes too late may still go on from its key, at the present moment. */
function tooOldPage({ isContinued, revision, after }: Page, compacted: number): Refusal {
  if (!isContinued) {
    return expired(`The resourceVersion for the provided list is too old (${revision}, oldest ${compacted}).`);
  }
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    encodeToken({ v: 'meta.k8s.io/v1', rv: anyRevision, start: after ?? '' }),
  );
}

/** In a token: the present, whenever that is. */
const anyRevision = -1;

interface PageToken {
  readonly v: string;
  readonly rv: number;
  readonly start: string;
}

function encodeToken(token: PageToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeToken(token: string): PageToken {
  const invalidToken = (why: string): Refusal => badRequest(`invalid continue token: ${why}`);
  if (!/^[A-Za-z0-9_-]*$/.test(token))
    throw invalidToken('continue key is not valid: illegal base64 data at input byte 0');
  const bytes = Buffer.from(token, 'base64url');
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
    throw invalidToken(
      `continue key is not valid: invalid character ${quoteByte(bytes[0])} looking for beginning of value`,
    );
  }
  const { v, rv, start } = (parsed ?? {}) as Partial<PageToken>;
  if (v !== 'meta.k8s.io/v1') throw invalidToken('server does not recognize this encoded version');
  if (typeof rv !== 'number' || rv === 0)
    throw invalidToken('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  return { v, rv, start: text(start) };
}

/** Go's %q of one byte read as a Latin-1 rune. */
function quoteByte(byte: number | undefined): string {
  const code = byte ?? 0;
  if (code >= 0x20 && code < 0x7f) return `'${String.fromCharCode(code)}'`;
  return code >= 0x80 && code < 0xa0
    ? `'\\u${code.toString(16).padStart(4, '0')}'`
    : code < 0x20 || code === 0x7f
      ? `'\\x${code.toString(16).padStart(2, '0')}'`
      : `'${String.fromCharCode(code)}'`;
}

export type Matcher = (object: ApiObject) => boolean;

/** Label and field selector of a query as one question. Refuses what does not parse or is not supported. */
export function readSelectors(kind: ResourceKind, query: Query): Matcher {
  const labelSelector = query.get('labelSelector');
  const fieldSelector = query.get('fieldSelector');
  if (labelSelector === '' && fieldSelector === '') return () => true;
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector).map(({ field, equal, value }) => {
    const read = fieldReader(kind, field);
    return (object: ApiObject) => (read(object) === value) === equal;
  });
  return (object) => matchesLabels(labels, labelsOf(object)) && fields.every((holds) => holds(object));
}

function fieldReader(kind: ResourceKind, field: string): (object: ApiObject) => string {
  if (field === 'metadata.name') return nameOf;
  if (field === 'metadata.namespace' && kind.namespaced) return (object) => namespaceOf(object) ?? '';
  const read = kind.selectableFields[field];
  if (read !== undefined) return read;
  if (kind.custom) throw badRequest(`field label not supported: ${field}`);
  const known = Object.keys(kind.selectableFields);
  const others = known.length > 0;
  throw badRequest(
    others
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
