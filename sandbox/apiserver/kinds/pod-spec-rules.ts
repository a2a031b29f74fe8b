// What must hold of a pod's spec, in pods and templates: names, images, ports, probes, volumes and their mounts,
// resources.

import { areEqualQuantities, compareQuantities, parseQuantity } from '../../../controller/lang/quantity.ts';
import { duplicate, forbidden, invalid, notFound, required } from '../field-errors.ts';
import { isObject, text } from '../json.ts';
import { numberAt, objectAt, objectsAt, textAt } from './fields.ts';
import { labelName, portName, qualified, subdomainName } from './name-rules.ts';
import { oneOf } from './selector-rules.ts';
import type { Cause, JsonObject, JsonValue } from './types.ts';

export function validatePodSpec(spec: JsonObject, field: string): Cause[] {
  const volumes = objectsAt(spec, 'volumes');
  const volumeNames = new Set(volumes.map((volume) => text(volume.name)));
  const containers = objectsAt(spec, 'containers');
  const initContainers = objectsAt(spec, 'initContainers');
  const causes = validateVolumes(volumes, `${field}.volumes`);
  if (containers.length === 0) causes.push(required(`${field}.containers`));
  const names = new Set<string>();
  for (const [list, key] of [
    [containers, 'containers'],
    [initContainers, 'initContainers'],
  ] as const) {
    list.forEach((container, index) => {
      const at = `${field}.${key}[${index}]`;
      causes.push(...validateContainer(container, at, volumeNames));
      const name = text(container.name);
      if (name !== '' && names.has(name)) causes.push(duplicate(`${at}.name`, name));
      names.add(name);
    });
  }
  causes.push(
    ...oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${field}.restartPolicy`),
    ...oneOf(spec.dnsPolicy, ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], `${field}.dnsPolicy`),
  );
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0) {
    causes.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  }
  for (const key of ['serviceAccountName', 'nodeName', 'priorityClassName']) {
    const name = textAt(spec, key);
    if (name !== '') causes.push(...subdomainName(name).map((problem) => invalid(`${field}.${key}`, name, problem)));
  }
  return causes;
}

function validateContainer(container: JsonObject, field: string, volumes: ReadonlySet<string>): Cause[] {
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
  return causes;
}

export function validatePortNumber(port: JsonValue | undefined, field: string): Cause[] {
  const isValid = typeof port === 'number' && port >= 1 && port <= 65535;
  return isValid ? [] : [invalid(field, port ?? 0, 'must be between 1 and 65535, inclusive')];
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

function validateVolumes(volumes: readonly JsonObject[], field: string): Cause[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const name = text(volume.name);
    const causes: Cause[] = [];
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    if (sources.length > 1) {
      causes.push(forbidden(`${at}.${sources[1]}`, 'may not specify more than 1 volume type'));
    }
    if (name === '') causes.push(required(`${at}.name`));
    else causes.push(...labelName(name).map((problem) => invalid(`${at}.name`, name, problem)));
    if (names.has(name)) causes.push(duplicate(`${at}.name`, name));
    names.add(name);
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

/** A port by number or by name. */
export function validatePortReference(port: JsonValue | undefined, field: string): Cause[] {
  if (typeof port !== 'string') return validatePortNumber(port, field);
  return portName(port).map((problem) => invalid(field, port, problem));
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
