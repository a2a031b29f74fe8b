// Kubernetes' rules for probes and lifecycle hooks of a container, in its order and words.

import { allInvalid, type FieldErrors, forbidden, invalid, notSupported, required } from './field-error.ts';
import { type Fields, fieldsAt, isFields, listAt, numberAt, textAt } from './fields.ts';
import { portName, portNumber } from './names.ts';

export function* validateProbes(container: Fields, path: string): FieldErrors {
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = fieldsAt(container, kind);
    if (!probe) continue;
    const at = `${path}.${kind}`;
    yield* validateHandler(probe, at);
    for (const field of [
      'initialDelaySeconds',
      'timeoutSeconds',
      'periodSeconds',
      'successThreshold',
      'failureThreshold',
    ]) {
      const value = numberAt(probe, field) ?? 0;
      if (value < 0) yield invalid(`${at}.${field}`, value, 'must be greater than or equal to 0');
    }
    const grace = numberAt(probe, 'terminationGracePeriodSeconds');
    if (grace !== undefined && grace <= 0) {
      yield invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0');
    }
    if (kind === 'readinessProbe') {
      const detail = 'must not be set for readinessProbes';
      if (grace !== undefined) yield invalid(`${at}.terminationGracePeriodSeconds`, grace, detail);
      continue;
    }
    const successes = numberAt(probe, 'successThreshold') || 1; // 0 is defaulted to 1
    if (successes !== 1) yield invalid(`${at}.successThreshold`, successes, 'must be 1');
  }
}

export function* validateLifecycle(lifecycle: Fields | undefined, path: string): FieldErrors {
  for (const hook of ['postStart', 'preStop']) {
    const handler = lifecycle && fieldsAt(lifecycle, hook);
    if (handler) yield* validateHandler(handler, `${path}.${hook}`);
  }
}

const handlers: readonly (readonly [string, (handler: Fields, path: string) => FieldErrors])[] = [
  ['exec', validateExec],
  ['httpGet', validateHttpGet],
  ['tcpSocket', (handler, path) => validatePort(handler.port, `${path}.port`)],
  ['grpc', (handler, path) => allInvalid(`${path}.port`, handler.port, portNumber(Number(handler.port)))],
  ['sleep', validateSleep],
];

function* validateHandler(handler: Fields, path: string): FieldErrors {
  let count = 0;
  for (const [kind, validate] of handlers) {
    const value = handler[kind];
    if (!isFields(value)) continue;
    if (count++ > 0) yield forbidden(`${path}.${kind}`, 'may not specify more than 1 handler type');
    else yield* validate(value, `${path}.${kind}`);
  }
  if (count === 0) yield required(path, 'must specify a handler type');
}

function* validateExec(handler: Fields, path: string): FieldErrors {
  if (!Array.isArray(handler.command) || handler.command.length === 0) yield required(`${path}.command`);
}

function* validateHttpGet(handler: Fields, path: string): FieldErrors {
  yield* validatePort(handler.port, `${path}.port`);
  const scheme = textAt(handler, 'scheme') || 'HTTP';
  if (scheme !== 'HTTP' && scheme !== 'HTTPS') yield notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS']);
  for (const [index, header] of listAt(handler, 'httpHeaders').entries()) {
    const name = textAt(header, 'name');
    if (/^[-A-Za-z0-9]+$/.test(name)) continue;
    const detail =
      "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    yield invalid(`${path}.httpHeaders[${index}]`, name, detail);
  }
}

function* validatePort(port: unknown, path: string): FieldErrors {
  if (typeof port === 'string') yield* allInvalid(path, port, portName(port));
  else yield* allInvalid(path, port ?? 0, portNumber(Number(port ?? 0)));
}

function* validateSleep(handler: Fields, path: string): FieldErrors {
  const seconds = numberAt(handler, 'seconds') ?? 0;
  if (seconds < 0) yield invalid(`${path}`, seconds, 'must be non-negative');
}
