// What must hold of a container: name, image, ports, environment, mounts, hooks, probes, resources.

import { areEqualQuantities, compareQuantities, parseQuantity } from '../../../controller/lang/quantity.ts';
import { duplicate, forbidden, invalid, notFound, required } from '../field-errors.ts';
import { isObject, text } from '../json.ts';
import { numberAt, objectAt, objectsAt, textAt } from './fields.ts';
import { labelName, portName, qualified } from './name-rules.ts';
import { validatePortNumber, validatePortReference } from './port-rules.ts';
import { oneOf } from './selector-rules.ts';
import type { Cause, JsonObject } from './types.ts';

export function validateContainer(container: JsonObject, field: string, volumes: ReadonlySet<string>): Cause[] {
  const causes: Cause[] = [];
  const name = text(container.name);
  if (name === '') causes.push(required(`${field}.name`));
  else causes.push(...labelName(name).map((problem) => invalid(`${field}.name`, name, problem)));
  const image = text(container.image);
  if (image === '') causes.push(required(`${field}.image`));
  else if (image.trim() !== image) {
    causes.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'));
  }
  causes.push(
    ...validatePorts(objectsAt(container, 'ports'), `${field}.ports`),
    ...validateEnvironment(objectsAt(container, 'env'), `${field}.env`),
    ...validateEnvFrom(objectsAt(container, 'envFrom'), `${field}.envFrom`),
    ...validateMounts(objectsAt(container, 'volumeMounts'), `${field}.volumeMounts`, volumes),
    ...validateResources(objectAt(container, 'resources') ?? {}, `${field}.resources`),
    ...oneOf(container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], `${field}.imagePullPolicy`),
    ...oneOf(
      container.terminationMessagePolicy,
      ['FallbackToLogsOnError', 'File'],
      `${field}.terminationMessagePolicy`,
    ),
  );
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const draft = objectAt(container, probe);
    if (draft !== undefined) causes.push(...validateProbe(draft, `${field}.${probe}`, probe));
  }
  for (const hook of ['postStart', 'preStop']) {
    const handler = objectAt(container, 'lifecycle', hook);
    if (handler === undefined || Object.keys(handler).length > 0) continue;
    causes.push(required(`${field}.lifecycle.${hook}`, 'must specify a handler type'));
  }
  causes.push(...validateIdentity(objectAt(container, 'securityContext'), `${field}.securityContext`));
  return causes;
}

function validatePorts(ports: readonly JsonObject[], field: string): Cause[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const causes: Cause[] = [];
    const name = text(port.name);
    if (name !== '') {
      const problems = portName(name);
      causes.push(...problems.map((problem) => invalid(`${at}.name`, name, problem)));
      if (problems.length === 0 && names.has(name)) causes.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if ((numberAt(port, 'containerPort') ?? 0) === 0) causes.push(required(`${at}.containerPort`));
    else causes.push(...validatePortNumber(port.containerPort, `${at}.containerPort`));
    if (port.hostPort !== undefined) causes.push(...validatePortNumber(port.hostPort, `${at}.hostPort`));
    return [...causes, ...oneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`)];
  });
}

function validateEnvironment(variables: readonly JsonObject[], field: string): Cause[] {
  return variables.flatMap((variable, index) => {
    const at = `${field}[${index}]`;
    const name = text(variable.name);
    if (name === '') return [required(`${at}.name`)];
    if (!/^[ -<>-~]+$/.test(name)) return [invalid(`${at}.name`, name, printable)];
    const from = objectAt(variable, 'valueFrom');
    if (from === undefined) return [];
    if (text(variable.value) !== '') {
      return [invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty')];
    }
    const sources = Object.values(from).filter(isObject).length;
    const kinds =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    if (sources === 0) return [invalid(`${at}.valueFrom`, '', kinds)];
    return sources > 1 ? [invalid(`${at}.valueFrom`, '', 'may not have more than one field specified at a time')] : [];
  });
}

const printable = "a valid environment variable name must consist only of printable ASCII characters other than '='";

/** QUIRK: what is wrong with one is told of the whole list. */
function validateEnvFrom(sources: readonly JsonObject[], field: string): Cause[] {
  return sources.flatMap((source, index) => {
    const given = ['configMapRef', 'secretRef'].filter((key) => isObject(source[key]));
    if (given.length === 0) return [invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`')];
    const causes = given
      .filter((key) => textAt(source, key, 'name') === '')
      .map((key) => required(`${field}[${index}].${key}.name`));
    if (given.length > 1) causes.push(invalid(field, '', 'may not have more than one field specified at a time'));
    return causes;
  });
}

/** Of a container and of a whole pod. */
export function validateIdentity(context: JsonObject | undefined, field: string): Cause[] {
  return ['runAsUser', 'runAsGroup', 'fsGroup'].flatMap((key) => {
    const id = numberAt(context, key) ?? 0;
    if (id >= 0 && id <= 2_147_483_647) return [];
    return [invalid(`${field}.${key}`, id, 'must be between 0 and 2147483647, inclusive')];
  });
}

function validateMounts(mounts: readonly JsonObject[], field: string, volumes: ReadonlySet<string>): Cause[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const causes: Cause[] = [];
    const [name, path] = [text(mount.name), text(mount.mountPath)];
    if (name === '') causes.push(required(`${at}.name`));
    else if (!volumes.has(name)) causes.push(notFound(`${at}.name`, name));
    if (path === '') causes.push(required(`${at}.mountPath`));
    else if (paths.has(path)) causes.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
    return causes;
  });
}

function validateProbe(probe: JsonObject, field: string, name: string): Cause[] {
  const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((key) => isObject(probe[key]));
  const causes: Cause[] = [];
  if (handlers.length === 0) causes.push(required(field, 'must specify a handler type'));
  for (const extra of handlers.slice(1)) {
    causes.push(forbidden(`${field}.${extra}`, 'may not specify more than 1 handler type'));
  }
  const http = objectAt(probe, 'httpGet');
  if (http !== undefined) {
    causes.push(...oneOf(http.scheme, ['HTTP', 'HTTPS'], `${field}.httpGet.scheme`));
    if (text(http.path) === '') causes.push(required(`${field}.httpGet.path`));
  }
  for (const key of ['httpGet', 'tcpSocket']) {
    const action = objectAt(probe, key);
    if (action !== undefined) causes.push(...validatePortReference(action.port, `${field}.${key}.port`));
  }
  for (const key of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    const value = numberAt(probe, key) ?? 0;
    if (value < 0) causes.push(invalid(`${field}.${key}`, value, 'must be greater than or equal to 0'));
  }
  const successes = numberAt(probe, 'successThreshold') ?? 1;
  if (name !== 'readinessProbe' && successes !== 1)
    causes.push(invalid(`${field}.successThreshold`, successes, 'must be 1'));
  return causes;
}

const standardResources = ['cpu', 'memory', 'ephemeral-storage'];

function validateResources(resources: JsonObject, field: string): Cause[] {
  const limits = objectAt(resources, 'limits') ?? {};
  const requests = objectAt(resources, 'requests') ?? {};
  const causes = [...validateAmounts(limits, `${field}.limits`), ...validateAmounts(requests, `${field}.requests`)];
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    const [asked, most] = [parseQuantity(request), parseQuantity(limit)];
    if (limit === undefined || asked === undefined || most === undefined) continue;
    if (compareQuantities(asked, most) > 0) {
      const detail = `must be less than or equal to ${name} limit of ${text(limit)}`;
      causes.push(invalid(`${field}.requests`, request, detail));
    } else if (!isOvercommittable(name) && !areEqualQuantities(request, limit)) {
      causes.push(invalid(`${field}.requests`, request, `must be equal to ${name} limit of ${text(limit)}`));
    }
  }
  return causes;
}

function isOvercommittable(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

function validateAmounts(amounts: JsonObject, field: string): Cause[] {
  return Object.entries(amounts).flatMap(([name, amount]) => {
    const at = `${field}[${name}]`;
    const causes = qualified(name).map((problem) => invalid(at, name, problem));
    if (!name.includes('/') && !standardResources.includes(name) && !name.startsWith('hugepages-')) {
      causes.push(invalid(at, name, 'must be a standard resource type or fully qualified'));
      causes.push(invalid(at, name, 'must be a standard resource for containers'));
    }
    const quantity = parseQuantity(amount);
    if (quantity !== undefined && compareQuantities(quantity, zero) < 0) {
      causes.push(invalid(at, amount, 'must be greater than or equal to 0'));
    }
    return causes;
  });
}

const zero = parseQuantity('0')!;
