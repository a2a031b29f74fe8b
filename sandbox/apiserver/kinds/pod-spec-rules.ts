// What must hold of a pod's spec, in pods and templates: its containers, volumes, ports of the node, names and times.

import { duplicate, forbidden, invalid, required } from '../field-errors.ts';
import { isObject, text } from '../json.ts';
import { validateContainer, validateIdentity } from './container-rules.ts';
import { numberAt, objectAt, objectsAt, textAt } from './fields.ts';
import { labelName, subdomainName } from './name-rules.ts';
import { validatePlacement } from './placement-rules.ts';
import { oneOf } from './selector-rules.ts';
import type { Cause, JsonObject } from './types.ts';

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
      if (list === initContainers) causes.push(...validateInitContainer(container, at));
      const name = text(container.name);
      if (name !== '' && names.has(name)) causes.push(duplicate(`${at}.name`, name));
      names.add(name);
    });
  }
  causes.push(
    ...validateHostPorts(containers, `${field}.containers`),
    ...oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${field}.restartPolicy`),
    ...oneOf(spec.dnsPolicy, ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], `${field}.dnsPolicy`),
    ...validateIdentity(objectAt(spec, 'securityContext'), `${field}.securityContext`),
    ...validatePlacement(spec, field),
  );
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0) {
    causes.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  }
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    const detail = 'must be between 1 and 2147483647, inclusive';
    causes.push(invalid(`${field}.activeDeadlineSeconds`, deadline, detail));
  }
  for (const key of ['serviceAccountName', 'nodeName', 'priorityClassName']) {
    const name = textAt(spec, key);
    if (name !== '') causes.push(...subdomainName(name).map((problem) => invalid(`${field}.${key}`, name, problem)));
  }
  return causes;
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
    for (const [source, key] of Object.entries(neededOfSources)) {
      const draft = objectAt(volume, source);
      if (draft !== undefined && text(draft[key]) === '') causes.push(required(`${at}.${source}.${key}`));
    }
    return causes;
  });
}

const neededOfSources: Readonly<Record<string, string>> = {
  configMap: 'name',
  secret: 'secretName',
  persistentVolumeClaim: 'claimName',
  hostPath: 'path',
};

/** Ports of the node can be had once. */
function validateHostPorts(containers: readonly JsonObject[], field: string): Cause[] {
  const taken = new Set<string>();
  return containers.flatMap((container, index) =>
    objectsAt(container, 'ports').flatMap((port, at) => {
      if ((numberAt(port, 'hostPort') ?? 0) === 0) return [];
      const key = `${text(port.protocol)}/${text(port.hostIP)}/${port.hostPort}`;
      if (taken.has(key)) return [duplicate(`${field}[${index}].ports[${at}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

/** An init container that goes on beside the others is the only one that may be asked how it is. */
function validateInitContainer(container: JsonObject, field: string): Cause[] {
  if (container.restartPolicy === 'Always') return [];
  return ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
    .filter((key) => isObject(container[key]))
    .map((key) => forbidden(`${field}.${key}`, 'may not be set for init containers without restartPolicy=Always'));
}
