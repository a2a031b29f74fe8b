// Services: defaults, cluster IPs and node ports from their ranges, and what must hold of ports and type.

import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import { cloneJson, equalJson, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, objectsAt, setDefault, setIfZero, textAt, textsAt } from './fields.ts';
import { validateLabels, validateMetadata } from './metadata-rules.ts';
import { label1035Name, labelName } from './name-rules.ts';
import { validatePortNumber, validatePortReference } from './port-rules.ts';
import { oneOf } from './selector-rules.ts';
import type { ApiObject, Cause, JsonObject, KindContext } from './types.ts';

/** Addresses are taken from 10.96.0.0/16 in order; the first is the API server's own by custom. */
const firstAddress = 2;
const lastAddress = 65_534;
const [firstNodePort, lastNodePort] = [30_000, 32_767];

export const service: KindDetails = {
  selectableFields: {
    'spec.clusterIP': (object) => textAt(object, 'spec', 'clusterIP'),
    'spec.type': (object) => textAt(object, 'spec', 'type'),
  },
  strategy: (base) => ({
    allowCreateOnUpdate: true,
    hasGeneration: false,
    applyDefaults: (object) => applyDefaults(ensureObject(object, 'spec')),
    prepareForCreate(object, context) {
      base.prepareForCreate(object, context);
      allocate(object, undefined, context);
    },
    prepareForUpdate(object, old, context) {
      base.prepareForUpdate(object, old, context);
      followAddress(object, old);
      dropOutgrown(object, old);
      keepAllocated(object, old);
      allocate(object, old, context);
    },
    validateCreate: (object, context) => [
      ...validateMetadata(object, true, label1035Name),
      ...orElse(validateService(object), () => validateAllocation(object, undefined, context)),
    ],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...orElse([...validateService(object), ...validateAddressChange(object, old)], () =>
        validateAllocation(object, old, context),
      ),
    ],
  }),
};

function applyDefaults(spec: JsonObject): void {
  setIfZero(spec, 'sessionAffinity', 'None');
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP') {
    setDefault(ensureObject(ensureObject(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', 10_800);
  }
  setIfZero(spec, 'type', 'ClusterIP');
  for (const port of objectsAt(spec, 'ports')) {
    setIfZero(port, 'protocol', 'TCP');
    setIfZero(port, 'targetPort', port.port ?? 0);
  }
  const isExposed = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (isExposed || textsAt(spec, 'externalIPs').length > 0) setIfZero(spec, 'externalTrafficPolicy', 'Cluster');
  if (isExposed || spec.type === 'ClusterIP') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
}

/** Whoever changes `clusterIP` alone means the first of `clusterIPs` too. */
function followAddress(object: ApiObject, old: ApiObject): void {
  const [spec, before] = [ensureObject(object, 'spec'), objectAt(old, 'spec') ?? {}];
  const address = text(spec.clusterIP);
  if (address === '' || address === before.clusterIP || !equalJson(spec.clusterIPs, before.clusterIPs)) return;
  spec.clusterIPs = [address];
}

/** What the type before had by default goes with it, unless the same update sets it anew. */
function dropOutgrown(object: ApiObject, old: ApiObject): void {
  const [spec, before] = [ensureObject(object, 'spec'), objectAt(old, 'spec') ?? {}];
  const isUnchanged = (key: string): boolean => equalJson(spec[key], before[key]);
  const hasPolicy = (one: JsonObject): boolean => usesNodePorts(one) || textsAt(one, 'externalIPs').length > 0;
  if (hasPolicy(before) && !hasPolicy(spec) && isUnchanged('externalTrafficPolicy')) delete spec.externalTrafficPolicy;
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    for (const key of ['allocateLoadBalancerNodePorts', 'loadBalancerClass']) if (isUnchanged(key)) delete spec[key];
  }
  if (before.type !== 'ExternalName' && spec.type === 'ExternalName' && isUnchanged('internalTrafficPolicy')) {
    delete spec.internalTrafficPolicy;
  }
  if (!usesNodePorts(before) || usesNodePorts(spec)) return;
  const known = new Map(objectsAt(before, 'ports').map((port) => [portKey(port), port.nodePort]));
  for (const port of objectsAt(spec, 'ports')) if (port.nodePort === known.get(portKey(port))) delete port.nodePort;
}

/** An update that leaves out what was allocated keeps it. */
function keepAllocated(object: ApiObject, old: ApiObject): void {
  const [spec, before] = [ensureObject(object, 'spec'), objectAt(old, 'spec') ?? {}];
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return;
  if (text(spec.clusterIP) === '' && before.clusterIP !== undefined) {
    spec.clusterIP = before.clusterIP;
    if (before.clusterIPs !== undefined) spec.clusterIPs = cloneJson(before.clusterIPs);
  }
  if (!usesNodePorts(spec) || !usesNodePorts(before)) return;
  const known = new Map(objectsAt(before, 'ports').map((port) => [portKey(port), port.nodePort]));
  for (const port of objectsAt(spec, 'ports')) {
    const nodePort = known.get(portKey(port));
    if (nodePort !== undefined) setIfZero(port, 'nodePort', nodePort);
  }
}

function portKey(port: JsonObject): string {
  return `${text(port.protocol)}/${numberAt(port, 'port')}`;
}

function usesNodePorts(spec: JsonObject): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function allocate(object: ApiObject, old: ApiObject | undefined, context: KindContext): void {
  const spec = ensureObject(object, 'spec');
  if (spec.type === 'ExternalName') {
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[key];
    return;
  }
  if (text(spec.clusterIP) === '') spec.clusterIP = textsAt(spec, 'clusterIPs')[0] ?? freeAddress(context);
  if (textsAt(spec, 'clusterIPs').length === 0) spec.clusterIPs = [spec.clusterIP ?? ''];
  setDefault(spec, 'ipFamilies', ['IPv4']);
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
  if (usesNodePorts(spec) && spec.allocateLoadBalancerNodePorts !== false) {
    const taken = takenNodePorts(context, old);
    for (const port of objectsAt(spec, 'ports')) {
      if ((numberAt(port, 'nodePort') ?? 0) === 0) port.nodePort = freeNodePort(taken);
      taken.add(numberAt(port, 'nodePort') ?? 0);
    }
  }
}

function freeAddress(context: KindContext): string {
  const taken = takenAddresses(context, undefined);
  for (let index = firstAddress; index <= lastAddress; index += 1) {
    const address = `10.96.${index >> 8}.${index & 255}`;
    if (!taken.has(address)) return address;
  }
  return '';
}

function takenAddresses(context: KindContext, except: ApiObject | undefined): Set<string> {
  const taken = new Set<string>();
  for (const other of context.list('', 'services')) {
    if (other.metadata.uid !== except?.metadata.uid) taken.add(textAt(other, 'spec', 'clusterIP'));
  }
  return taken;
}

function takenNodePorts(context: KindContext, except: ApiObject | undefined): Set<number> {
  const taken = new Set<number>();
  for (const other of context.list('', 'services')) {
    if (except !== undefined && other.metadata.uid === except.metadata.uid) continue;
    for (const port of objectsAt(other, 'spec', 'ports')) taken.add(numberAt(port, 'nodePort') ?? 0);
  }
  return taken;
}

function freeNodePort(taken: ReadonlySet<number>): number {
  for (let port = firstNodePort; port <= lastNodePort; port += 1) if (!taken.has(port)) return port;
  return 0;
}

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function validateService(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const ports = objectsAt(spec, 'ports');
  const causes: Cause[] = [];
  const isHeadless = spec.clusterIP === 'None';
  if (ports.length === 0 && !isHeadless && spec.type !== 'ExternalName') causes.push(required('spec.ports'));
  if (spec.type === 'ExternalName' && text(spec.externalName) === '') causes.push(required('spec.externalName'));
  if (isHeadless && usesNodePorts(spec)) {
    causes.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${text(spec.type)} services`));
  }
  causes.push(...validatePorts(spec, ports));
  causes.push(...validateLabels(spec.selector, 'spec.selector'));
  causes.push(...oneOf(spec.sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity'));
  if (!types.includes(text(spec.type))) causes.push(notSupported('spec.type', spec.type, types));
  return causes;
}

function validatePorts(spec: JsonObject, ports: readonly JsonObject[]): Cause[] {
  const names = new Set<string>();
  const keys = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const causes: Cause[] = [];
    const name = text(port.name);
    if (name === '' && ports.length > 1) causes.push(required(`${field}.name`));
    if (name !== '') {
      causes.push(...labelName(name).map((problem) => invalid(`${field}.name`, name, problem)));
      if (names.has(name))
        causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"`, field: `${field}.name` });
      names.add(name);
    }
    causes.push(...validatePortNumber(port.port, `${field}.port`));
    causes.push(...oneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], `${field}.protocol`));
    causes.push(...validatePortReference(port.targetPort, `${field}.targetPort`));
    const nodePort = numberAt(port, 'nodePort') ?? 0;
    if (nodePort !== 0 && !usesNodePorts(spec)) {
      causes.push(forbidden(`${field}.nodePort`, `may not be used when \`type\` is '${text(spec.type)}'`));
    } else if (nodePort !== 0 && (nodePort < firstNodePort || nodePort > lastNodePort)) {
      const detail = `provided port is not in the valid range. The range of valid ports is ${firstNodePort}-${lastNodePort}`;
      causes.push(invalid(`${field}.nodePort`, nodePort, detail));
    }
    const key = portKey(port);
    if (keys.has(key)) {
      const value = JSON.stringify({ protocol: port.protocol, port: port.port, targetPort: 0 });
      causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${value}`, field });
    }
    keys.add(key);
    return causes;
  });
}

function orElse(causes: Cause[], more: () => Cause[]): Cause[] {
  return causes.length > 0 ? causes : more();
}

/** Addresses and node ports that somebody asked for and another Service has. */
function validateAllocation(object: ApiObject, old: ApiObject | undefined, context: KindContext): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const detail = 'provided port is already allocated';
  const address = text(spec.clusterIP);
  const isNew = objectAt(old, 'spec')?.clusterIP !== address;
  if (isNew && address !== '' && address !== 'None') {
    const problem = addressProblem(address, takenAddresses(context, object));
    if (problem !== undefined) return [invalid('spec.clusterIPs', textsAt(spec, 'clusterIPs'), problem)];
  }
  if (!usesNodePorts(spec)) return [];
  const taken = takenNodePorts(context, object);
  return objectsAt(spec, 'ports').flatMap((port, index) => {
    const nodePort = numberAt(port, 'nodePort') ?? 0;
    return taken.has(nodePort) && nodePort !== 0 ? [invalid(`spec.ports[${index}].nodePort`, nodePort, detail)] : [];
  });
}

function addressProblem(address: string, taken: ReadonlySet<string>): string | undefined {
  const failed = (why: string): string => `failed to allocate IP ${address}: ${why}`;
  if (!/^10\.96\.\d{1,3}\.\d{1,3}$/.test(address)) {
    return failed('the provided network does not match the current range. The range of valid IPs is 10.96.0.0/16');
  }
  return taken.has(address) ? failed('provided IP is already allocated') : undefined;
}

function validateAddressChange(object: ApiObject, old: ApiObject): Cause[] {
  const [spec, before] = [objectAt(object, 'spec') ?? {}, objectAt(old, 'spec') ?? {}];
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return [];
  const [address, wasAddress] = [text(spec.clusterIP), text(before.clusterIP)];
  if (wasAddress === '' || address === wasAddress) return [];
  return [invalid('spec.clusterIPs[0]', textsAt(spec, 'clusterIPs'), 'may not change once set')];
}
