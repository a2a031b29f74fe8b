// What the API server fills into a pod template when it stores it: a Rollout's own template has it not, its
// ReplicaSets' have, so both are compared with it (spec/rollout.md §2.3). The sandbox's API server uses the same code.

import type { PodTemplateSpec } from './kubernetes-types.ts';

type Draft = { [key: string]: unknown };

/** A copy with all defaults of a template; `template` is not changed. */
export function defaultPodTemplate(template: PodTemplateSpec): PodTemplateSpec {
  const copy = draftOf(template) as Draft;
  if (!isDraft(copy.metadata)) copy.metadata = {};
  if (!isDraft(copy.spec)) copy.spec = {};
  defaultPodSpec(copy.spec as Draft);
  return copy as unknown as PodTemplateSpec;
}

/** Lists and objects anew, so that defaults can be set in them. */
function draftOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(draftOf);
  if (!isDraft(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, draftOf(member)]));
}

/** In place: the defaults that templates and pods share. */
export function defaultPodSpec(spec: Draft): void {
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'schedulerName', 'default-scheduler');
  setDefault(spec, 'securityContext', {});
  // The deprecated twin is kept equal by the conversion to the internal version.
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (typeof account === 'string' && account !== '') {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  for (const volume of items(spec.volumes)) defaultVolume(volume);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of items(spec[list])) defaultContainer(container);
  }
  if (spec.hostNetwork === true) {
    for (const container of [...items(spec.initContainers), ...items(spec.containers)]) defaultHostPorts(container);
  }
}

function defaultContainer(container: Draft): void {
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', imagePullPolicy(container.image));
  if (!isDraft(container.resources)) container.resources = {};
  for (const port of items(container.ports)) setDefault(port, 'protocol', 'TCP');
  for (const variable of items(container.env)) {
    const fieldRef = inner(variable, 'valueFrom', 'fieldRef');
    if (fieldRef !== undefined) setDefault(fieldRef, 'apiVersion', 'v1');
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(inner(container, probe));
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(inner(container, 'lifecycle', hook, 'httpGet'));
}

function defaultProbe(probe: Draft | undefined): void {
  if (probe === undefined) return;
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  defaultHttpGet(inner(probe, 'httpGet'));
  const grpc = inner(probe, 'grpc');
  if (grpc !== undefined) grpc.service ??= '';
}

function defaultHttpGet(action: Draft | undefined): void {
  if (action === undefined) return;
  setDefault(action, 'path', '/');
  setDefault(action, 'scheme', 'HTTP');
}

function defaultHostPorts(container: Draft): void {
  for (const port of items(container.ports)) setDefault(port, 'hostPort', port.containerPort);
}

/** `Always` for the tag `latest`, also where it is only implied. */
export function imagePullPolicy(image: unknown): string {
  const text = typeof image === 'string' ? image : '';
  if (text.includes('@')) return /:latest@/.test(text) ? 'Always' : 'IfNotPresent';
  const name = text.slice(text.lastIndexOf('/') + 1);
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest';
  return tag === 'latest' && text !== '' ? 'Always' : 'IfNotPresent';
}

/** 0644, in decimal as JSON has it. */
const defaultMode = 420;

function defaultVolume(volume: Draft): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const draft = inner(volume, source);
    if (draft !== undefined) draft.defaultMode ??= defaultMode;
  }
  defaultDownwardItems(inner(volume, 'downwardAPI'));
  for (const projection of items(inner(volume, 'projected')?.sources)) {
    defaultDownwardItems(inner(projection, 'downwardAPI'));
    const token = inner(projection, 'serviceAccountToken');
    if (token !== undefined) token.expirationSeconds ??= 3600;
  }
  for (const [source, defaults] of Object.entries(volumeDefaults)) {
    const draft = inner(volume, source);
    if (draft !== undefined) for (const [key, value] of Object.entries(defaults)) draft[key] ??= value;
  }
  const claim = inner(volume, 'ephemeral', 'volumeClaimTemplate', 'spec');
  if (claim !== undefined) claim.volumeMode ??= 'Filesystem';
  const image = inner(volume, 'image');
  if (image !== undefined) setDefault(image, 'pullPolicy', imagePullPolicy(image.reference));
}

function defaultDownwardItems(source: Draft | undefined): void {
  for (const item of items(source?.items)) {
    const fieldRef = inner(item, 'fieldRef');
    if (fieldRef !== undefined) setDefault(fieldRef, 'apiVersion', 'v1');
  }
}

const volumeDefaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  hostPath: { type: '' },
  iscsi: { iscsiInterface: 'default' },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  azureDisk: { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
};

/** Sets what is absent or Go's zero. Numbers that are pointers in Go keep their 0. */
function setDefault(target: Draft, key: string, value: unknown): void {
  const present = target[key];
  const isZero = present === undefined || present === null || present === '' || (present === 0 && !pointers.has(key));
  if (isZero && value !== undefined && value !== 0) target[key] = value;
}

const pointers = new Set(['terminationGracePeriodSeconds']);

function items(value: unknown): Draft[] {
  return Array.isArray(value) ? value.filter(isDraft) : [];
}

function inner(value: Draft | undefined, ...path: readonly string[]): Draft | undefined {
  let current: unknown = value;
  for (const key of path) current = isDraft(current) ? current[key] : undefined;
  return isDraft(current) ? current : undefined;
}

function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
