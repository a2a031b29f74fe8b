// What a request carries, as plain JSON: JSON or YAML text, protobuf of the few kinds that kubectl sends so, or an object
// of a caller in this process, which is copied.

import { parseYaml } from '../../controller/lang/yaml.ts';
import { apiVersionOf, type Call } from './call.ts';
import { cloneJson, isObject, text } from './json.ts';
import type { JsonObject, ResourceKind } from './kinds/types.ts';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';
import { badRequest, type Refusal, unsupportedMediaType } from './refusals.ts';
import { duplicateFields } from './schemas/duplicate-fields.ts';
import type { ApiRequest } from './types.ts';

const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** Text of the body; undefined when it is an object of this process already. */
export function bodyText(request: ApiRequest): string | undefined {
  const { body } = request;
  if (body === undefined || body === null) return '';
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  return undefined;
}

/** The body of a create or update, checked to be of this kind; kind and apiVersion may be missing in custom resources' bodies only. */
export function readObjectBody(call: Call): JsonObject {
  const value = readAnyObject(call, call.kind.kind);
  checkType(call.kind, value);
  return value;
}

/** Members that the body has twice, for `fieldValidation`. Only JSON text can have them. */
export function duplicatesIn(call: Call): readonly string[] {
  const { request, contentType, fieldValidation } = call;
  if (fieldValidation === 'Ignore' || contentType !== 'application/json') return [];
  if (request.body instanceof Uint8Array && isProtobuf(request.body)) return [];
  const written = bodyText(request);
  return written === undefined ? [] : duplicateFields(written);
}

export function readAnyObject(call: Call, kindName: string): JsonObject {
  const { request, contentType } = call;
  if (request.body instanceof Uint8Array && isProtobuf(request.body)) return decodeProtobuf(request.body);
  const written = bodyText(request);
  if (written === undefined) return asObject(cloneJson(request.body), kindName);
  if (contentType === 'application/yaml') return asObject(fromYaml(written), kindName);
  if (contentType !== '' && contentType !== 'application/json') throw unsupportedMediaType(objectTypes);
  const unrecognized = (why: string): Refusal =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kindName}): couldn't get version/kind; json parse error: ${why} (${shorten(written)})`,
    );
  if (written.trim() === '') throw unrecognized('unexpected end of JSON input');
  try {
    return asObject(JSON.parse(written), kindName);
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
    throw unrecognized(goJsonProblem(written, problem));
  }
}

function asObject(value: unknown, kindName: string): JsonObject {
  if (isObject(value)) return value;
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kindName}): couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct`,
  );
}

/** Go shows the bytes when they are few, in hex when they are no text. */
function shorten(written: string): string {
  return written.length > 1024 ? `${written.slice(0, 1024)} ...` : written;
}

/** Go's words for the first thing that is no JSON. */
export function goJsonProblem(written: string, problem: SyntaxError): string {
  const at = faultAt(written, problem);
  if (at >= written.length) return 'unexpected end of JSON input';
  const letter = JSON.stringify(written[at]).slice(1, -1).replace("'", "\\'").replace('\\"', '"');
  const before = written.slice(0, at).trimEnd();
  const previous = before.at(-1);
  const where =
    previous === '{'
      ? 'looking for beginning of object key string'
      : previous === undefined || previous === '[' || previous === ':' || (previous === ',' && !isInObject(before))
        ? 'looking for beginning of value'
        : previous === ','
          ? 'looking for beginning of object key string'
          : isInObject(before)
            ? before.endsWith('"') && isKeyAtEnd(before)
              ? 'after object key'
              : 'after object key:value pair'
            : before.includes('[')
              ? 'after array element'
              : 'after top-level value';
  return `invalid character '${letter}' ${where}`;
}

/** Where the fault is; some of the engine's messages name only the letter. */
function faultAt(written: string, problem: SyntaxError): number {
  const position = /at position (\d+)/.exec(problem.message);
  if (position !== null) return Number(position[1]);
  const letter = /^Unexpected token '(.)'/su.exec(problem.message)?.[1];
  if (letter === undefined) return written.length;
  for (let at = written.indexOf(letter); at >= 0; at = written.indexOf(letter, at + 1)) {
    if (!isBeginning(written.slice(0, at + 1))) return at;
  }
  return written.length;
}

/** Whether something could follow that makes JSON of it. */
function isBeginning(written: string): boolean {
  try {
    JSON.parse(written);
    return true;
  } catch (problem) {
    return problem instanceof SyntaxError && /end of JSON|Unterminated/.test(problem.message);
  }
}

function isInObject(before: string): boolean {
  let depth = 0;
  for (let index = before.length - 1; index >= 0; index--) {
    const letter = before[index];
    if (letter === '}' || letter === ']') depth++;
    if (letter !== '{' && letter !== '[') continue;
    if (depth === 0) return letter === '{';
    depth--;
  }
  return false;
}

function isKeyAtEnd(before: string): boolean {
  return /[{,]\s*"(?:[^"\\]|\\.)*"$/.test(before);
}

export function fromYaml(written: string): unknown {
  try {
    return parseYaml(written);
  } catch (problem) {
    if (!(problem instanceof Error)) throw problem;
    const [first] = problem.message.split('\n');
    throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${goYamlProblem(first ?? '')}`);
  }
}

/** js-yaml's reasons in go-yaml's words, where they are known. */
function goYamlProblem(message: string): string {
  if (/bad indentation of a mapping entry|implicit (map )?key|nested mapping/i.test(message)) {
    return 'mapping values are not allowed in this context';
  }
  return message;
}

/** Refuses an object of another kind or version, in Go's words. */
function checkType(kind: ResourceKind, value: JsonObject): void {
  const apiVersion = text(value.apiVersion);
  const name = text(value.kind);
  const expected = apiVersionOf(kind);
  if (apiVersion === '' && name === '') {
    value.apiVersion = expected;
    value.kind = kind.kind;
    return;
  }
  if (apiVersion === expected && name === kind.kind) return;
  const version = apiVersion.includes('/') ? apiVersion.slice(apiVersion.indexOf('/') + 1) : apiVersion;
  if (kind.custom) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  const head = `${name} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}`;
  if (apiVersion === expected) {
    const packageName = kind.group === '' ? 'core' : kind.group.split('.')[0];
    throw badRequest(
      `${head}: converting (${kind.version}.${name}) to (${packageName}.${kind.kind}): unknown conversion`,
    );
  }
  throw badRequest(
    `${head}: no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(apiVersion)} in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`,
  );
}
