// Kubernetes' rules for containers, in its order and words: name, image, ports, environment, mounts, resources, then
// the probes.

import { validateEnvironment } from './container-environment.ts';
import {
  allInvalid,
  duplicate,
  type FieldErrors,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from './field-error.ts';
import { type Fields, fieldsAt, listAt, numberAt, textAt } from './fields.ts';
import { dnsLabel, portName, portNumber } from './names.ts';
import { validateLifecycle, validateProbes } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateUsers } from './security-context.ts';

export function* validateContainers(
  containers: readonly Fields[],
  path: string,
  volumes: ReadonlySet<string>,
): FieldErrors {
  if (containers.length === 0) yield required(path);
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    yield* validateContainer(container, at, volumes);
    const name = textAt(container, 'name');
    if (names.has(name)) yield duplicate(`${at}.name`, name);
    names.add(name);
    yield* validateLifecycle(fieldsAt(container, 'lifecycle'), `${at}.lifecycle`);
    yield* validateProbes(container, at);
  }
  yield* validateHostPorts(containers, path);
}

export function* validateInitContainers(spec: Fields, path: string, volumes: ReadonlySet<string>): FieldErrors {
  const names = new Set(listAt(spec, 'containers').map((container) => textAt(container, 'name')));
  for (const [index, container] of listAt(spec, 'initContainers').entries()) {
    const at = `${path}.initContainers[${index}]`;
    yield* validateContainer(container, at, volumes);
    const name = textAt(container, 'name');
    if (names.has(name)) yield duplicate(`${at}.name`, name);
    names.add(name);
    const isSidecar = container.restartPolicy === 'Always';
    if (isSidecar) {
      yield* validateLifecycle(fieldsAt(container, 'lifecycle'), `${at}.lifecycle`);
      yield* validateProbes(container, at);
      continue;
    }
    const detail = 'may not be set for init containers without restartPolicy=Always';
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
      if (container[field]) yield forbidden(`${at}.${field}`, detail);
    }
  }
}

export function* validateEphemeralContainers(spec: Fields, path: string, volumes: ReadonlySet<string>): FieldErrors {
  const others = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')];
  const names = new Set(others.map((container) => textAt(container, 'name')));
  for (const [index, container] of listAt(spec, 'ephemeralContainers').entries()) {
    const at = `${path}.ephemeralContainers[${index}]`;
    yield* validateContainer(container, at, volumes);
    const name = textAt(container, 'name');
    if (names.has(name)) yield duplicate(`${at}.name`, name);
    names.add(name);
  }
}

function* validateContainer(container: Fields, path: string, volumes: ReadonlySet<string>): FieldErrors {
  const name = textAt(container, 'name');
  if (name === '') yield required(`${path}.name`);
  else yield* allInvalid(`${path}.name`, name, dnsLabel(name));
  if (textAt(container, 'image') === '') yield required(`${path}.image`);
  const messagePolicies = ['FallbackToLogsOnError', 'File'];
  const messagePolicy = textAt(container, 'terminationMessagePolicy') || 'File';
  if (!messagePolicies.includes(messagePolicy)) {
    yield notSupported(`${path}.terminationMessagePolicy`, messagePolicy, messagePolicies);
  }
  yield* validatePorts(listAt(container, 'ports'), `${path}.ports`);
  yield* validateEnvironment(container, path);
  yield* validateMounts(container, `${path}.volumeMounts`, volumes);
  const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
  const pullPolicy = textAt(container, 'imagePullPolicy') || 'Always';
  if (!pullPolicies.includes(pullPolicy)) yield notSupported(`${path}.imagePullPolicy`, pullPolicy, pullPolicies);
  yield* validateResources(fieldsAt(container, 'resources') ?? {}, `${path}.resources`);
  yield* validateUsers(fieldsAt(container, 'securityContext') ?? {}, `${path}.securityContext`);
}

function* validatePorts(ports: readonly Fields[], path: string): FieldErrors {
  const names = new Set<string>();
  const protocols = ['SCTP', 'TCP', 'UDP'];
  for (const [index, port] of ports.entries()) {
    const at = `${path}[${index}]`;
    const name = textAt(port, 'name');
    if (name && names.has(name)) yield duplicate(`${at}.name`, name);
    else if (name) yield* allInvalid(`${at}.name`, name, portName(name));
    names.add(name);
    const number = numberAt(port, 'containerPort') ?? 0;
    if (number === 0) yield required(`${at}.containerPort`);
    else yield* allInvalid(`${at}.containerPort`, number, portNumber(number));
    const hostPort = numberAt(port, 'hostPort') ?? 0;
    if (hostPort !== 0) yield* allInvalid(`${at}.hostPort`, hostPort, portNumber(hostPort));
    const protocol = textAt(port, 'protocol') || 'TCP';
    if (!protocols.includes(protocol)) yield notSupported(`${at}.protocol`, protocol, protocols);
  }
}

/** A port of the host can be taken once for each protocol and address. */
function* validateHostPorts(containers: readonly Fields[], path: string): FieldErrors {
  const taken = new Set<string>();
  for (const [index, container] of containers.entries()) {
    for (const [position, port] of listAt(container, 'ports').entries()) {
      const number = numberAt(port, 'hostPort') ?? 0;
      if (number === 0) continue;
      const key = `${textAt(port, 'protocol') || 'TCP'}/${textAt(port, 'hostIP')}/${number}`;
      if (taken.has(key)) yield duplicate(`${path}[${index}].ports[${position}].hostPort`, key);
      taken.add(key);
    }
  }
}

function* validateMounts(container: Fields, path: string, volumes: ReadonlySet<string>): FieldErrors {
  const paths = new Set<string>();
  for (const [index, mount] of listAt(container, 'volumeMounts').entries()) {
    const at = `${path}[${index}]`;
    const [name, mountPath] = [textAt(mount, 'name'), textAt(mount, 'mountPath')];
    if (name === '') yield required(`${at}.name`);
    if (!volumes.has(name)) yield notFound(`${at}.name`, name);
    if (mountPath === '') yield required(`${at}.mountPath`);
    if (paths.has(mountPath)) yield invalid(`${at}.mountPath`, mountPath, 'must be unique');
    paths.add(mountPath);
    for (const field of ['subPath', 'subPathExpr']) {
      const inside = textAt(mount, field);
      if (inside.startsWith('/')) yield invalid(`${at}.${field}`, inside, 'must be a relative path');
      if (inside.split('/').includes('..')) yield invalid(`${at}.${field}`, inside, "must not contain '..'");
    }
    if (mount.subPath && mount.subPathExpr) {
      yield invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive');
    }
  }
}
