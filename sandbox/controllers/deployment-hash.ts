// The `pod-template-hash` of a Deployment's ReplicaSet. Kubernetes hashes (FNV-1a) the dump of its Go structs: every
// field in the order of declaration with its Go type, absent ones as nil. The tables below are those of release 1.36
// for the fields that ordinary templates use; recorded names hold them. A template with other fields gets a hash of its
// JSON: as stable, but not upstream's.

import type { PodTemplateSpec } from '../../controller/api/kubernetes-types.ts';
import { encodeSafely, fnv1a32 } from '../../controller/lang/fnv.ts';

/** `collisionCount`: how often the name that came of it was somebody else's. */
export function deploymentTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  const dump = dumpStruct('PodTemplateSpec', template as unknown as Fields);
  return encodeSafely(fnv1a32(dump ?? `json ${JSON.stringify(template)}`, collisionCount));
}

type Fields = Readonly<Record<string, unknown>>;

/** Go name, Go type, and the name in JSON where it is not the Go name with a small first letter. */
type Row = readonly [go: string, type: string, json?: string];

function rows(text: string): Row[] {
  return text
    .trim()
    .split(/\s+/)
    .map((entry) => entry.split(':') as unknown as Row);
}

const structs: Readonly<Record<string, readonly Row[]>> = {
  PodTemplateSpec: [
    ['ObjectMeta', 'v1.ObjectMeta', 'metadata'],
    ['Spec', 'v1.PodSpec'],
  ],
  ObjectMeta: rows(`Name:string GenerateName:string Namespace:string SelfLink:string UID:types.UID:uid
    ResourceVersion:string Generation:int64 CreationTimestamp:v1.Time DeletionTimestamp:*v1.Time
    DeletionGracePeriodSeconds:*int64 Labels:map[string]string Annotations:map[string]string
    OwnerReferences:[]v1.OwnerReference Finalizers:[]string ManagedFields:[]v1.ManagedFieldsEntry`),
  PodSpec: rows(`Volumes:[]v1.Volume InitContainers:[]v1.Container Containers:[]v1.Container
    EphemeralContainers:[]v1.EphemeralContainer RestartPolicy:v1.RestartPolicy TerminationGracePeriodSeconds:*int64
    ActiveDeadlineSeconds:*int64 DNSPolicy:v1.DNSPolicy:dnsPolicy NodeSelector:map[string]string
    ServiceAccountName:string DeprecatedServiceAccount:string:serviceAccount AutomountServiceAccountToken:*bool
    NodeName:string HostNetwork:bool HostPID:bool HostIPC:bool ShareProcessNamespace:*bool
    SecurityContext:*v1.PodSecurityContext ImagePullSecrets:[]v1.LocalObjectReference Hostname:string Subdomain:string
    Affinity:*v1.Affinity SchedulerName:string Tolerations:[]v1.Toleration HostAliases:[]v1.HostAlias
    PriorityClassName:string Priority:*int32 DNSConfig:*v1.PodDNSConfig:dnsConfig ReadinessGates:[]v1.PodReadinessGate
    RuntimeClassName:*string EnableServiceLinks:*bool PreemptionPolicy:*v1.PreemptionPolicy Overhead:v1.ResourceList
    TopologySpreadConstraints:[]v1.TopologySpreadConstraint SetHostnameAsFQDN:*bool OS:*v1.PodOS:os HostUsers:*bool
    SchedulingGates:[]v1.PodSchedulingGate ResourceClaims:[]v1.PodResourceClaim Resources:*v1.ResourceRequirements
    HostnameOverride:*string SchedulingGroup:*v1.PodSchedulingGroup`),
  PodSecurityContext: rows(`SELinuxOptions:*v1.SELinuxOptions:seLinuxOptions
    WindowsOptions:*v1.WindowsSecurityContextOptions RunAsUser:*int64 RunAsGroup:*int64 RunAsNonRoot:*bool
    SupplementalGroups:[]int64 SupplementalGroupsPolicy:*v1.SupplementalGroupsPolicy FSGroup:*int64:fsGroup
    Sysctls:[]v1.Sysctl FSGroupChangePolicy:*v1.PodFSGroupChangePolicy:fsGroupChangePolicy
    SeccompProfile:*v1.SeccompProfile AppArmorProfile:*v1.AppArmorProfile
    SELinuxChangePolicy:*v1.PodSELinuxChangePolicy:seLinuxChangePolicy`),
  Container: rows(`Name:string Image:string Command:[]string Args:[]string WorkingDir:string Ports:[]v1.ContainerPort
    EnvFrom:[]v1.EnvFromSource Env:[]v1.EnvVar Resources:v1.ResourceRequirements
    ResizePolicy:[]v1.ContainerResizePolicy RestartPolicy:*v1.ContainerRestartPolicy
    RestartPolicyRules:[]v1.ContainerRestartRule VolumeMounts:[]v1.VolumeMount VolumeDevices:[]v1.VolumeDevice
    LivenessProbe:*v1.Probe ReadinessProbe:*v1.Probe StartupProbe:*v1.Probe Lifecycle:*v1.Lifecycle
    TerminationMessagePath:string TerminationMessagePolicy:v1.TerminationMessagePolicy ImagePullPolicy:v1.PullPolicy
    SecurityContext:*v1.SecurityContext Stdin:bool StdinOnce:bool TTY:bool:tty`),
  ContainerPort: rows('Name:string HostPort:int32 ContainerPort:int32 Protocol:v1.Protocol HostIP:string'),
  EnvVar: rows('Name:string Value:string ValueFrom:*v1.EnvVarSource'),
  ResourceRequirements: rows('Limits:v1.ResourceList Requests:v1.ResourceList Claims:[]v1.ResourceClaim'),
};

const numbers = new Set(['int32', 'int64']);
/** Named string types of the API; any other named type that is not in `structs` is not known here. */
const strings = new Set([
  'string',
  'types.UID',
  'v1.RestartPolicy',
  'v1.DNSPolicy',
  'v1.TerminationMessagePolicy',
  'v1.PullPolicy',
  'v1.Protocol',
  'v1.PreemptionPolicy',
]);
const zeroTime = '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';

/** Undefined when the object has a field that the tables do not know. */
function dumpStruct(name: string, object: Fields): string | undefined {
  const fields = structs[name] ?? [];
  const known = new Set<string>();
  const parts: string[] = [];
  for (const [go, type, json = go[0]!.toLowerCase() + go.slice(1)] of fields) {
    known.add(json);
    const value = dumpTyped(type, object[json]);
    if (value === undefined) return undefined;
    parts.push(`${go}:${value}`);
  }
  const unknown = Object.keys(object).some((key) => !known.has(key) && object[key] !== null);
  const body = `{${parts.join(' ')}}`;
  if (unknown) return undefined;
  return name === 'PodTemplateSpec' ? `(v1.${name})${body}` : body;
}

function dumpTyped(type: string, value: unknown): string | undefined {
  const isNil = value === undefined || value === null;
  const isNilable = /^(?:\*|\[\]|map\[)/.test(type) || type === 'v1.ResourceList';
  if (isNil && isNilable) return `(${type})<nil>`;
  const dump = dumpBare(type.startsWith('*') ? type.slice(1) : type, value);
  return dump === undefined ? undefined : `(${type})${dump}`;
}

function dumpBare(type: string, value: unknown): string | undefined {
  if (strings.has(type)) return (value as string | undefined) ?? '';
  if (numbers.has(type)) return String(value ?? 0);
  if (type === 'bool') return String(value ?? false);
  if (type === 'v1.Time') return value === undefined || value === null ? zeroTime : undefined;
  if (type === 'map[string]string') {
    const entries = Object.entries(value as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, text]) => `${key}:${text}`).join(' ')}]`;
  }
  if (type.startsWith('[]')) {
    const items = (value as readonly unknown[]).map((item) => dumpBare(type.slice(2), item));
    return items.includes(undefined) ? undefined : `[${items.join(' ')}]`;
  }
  const struct = type.replace(/^v1\./, '');
  return structs[struct] === undefined ? undefined : dumpStruct(struct, (value ?? {}) as Fields);
}
