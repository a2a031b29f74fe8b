// Makes sandbox/apiserver/schemas/builtin.json, the schemas of the built-in kinds, out of the OpenAPI v3 documents of a
// Kubernetes API server (`kubectl get --raw /openapi/v3/apis/apps/v1`, one file a group version, with or without prose)
// and of the declaration order of the pod's structs, which says what Go leaves out when it is empty.
//
//   node scripts/builtin-schemas.ts <folder of OpenAPI documents> <field-order.json>

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Raw = { [key: string]: unknown };
interface Field {
  readonly name: string;
  readonly type: string;
  readonly omitempty?: boolean;
}

const target = new URL('../sandbox/apiserver/schemas/builtin.json', import.meta.url);

/** Scalars that are pointers in kinds outside the pod: a zero that was written stays. */
const pointers: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.apps.v1.DeploymentSpec': ['replicas', 'revisionHistoryLimit', 'progressDeadlineSeconds'],
  'io.k8s.api.apps.v1.DeploymentStatus': ['collisionCount', 'terminatingReplicas'],
  'io.k8s.api.apps.v1.ReplicaSetSpec': ['replicas'],
  'io.k8s.api.apps.v1.ReplicaSetStatus': ['terminatingReplicas'],
  'io.k8s.api.apps.v1.StatefulSetSpec': ['replicas', 'revisionHistoryLimit'],
  'io.k8s.api.apps.v1.StatefulSetStatus': ['collisionCount'],
  'io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy': ['partition'],
  'io.k8s.api.apps.v1.DaemonSetSpec': ['revisionHistoryLimit'],
  'io.k8s.api.apps.v1.DaemonSetStatus': ['collisionCount'],
  'io.k8s.api.autoscaling.v2.CrossVersionObjectReference': [],
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec': ['minReplicas'],
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus': ['observedGeneration'],
  'io.k8s.api.autoscaling.v2.HPAScalingRules': ['stabilizationWindowSeconds', 'selectPolicy'],
  'io.k8s.api.autoscaling.v2.MetricTarget': ['averageUtilization'],
  'io.k8s.api.autoscaling.v2.MetricValueStatus': ['averageUtilization'],
  'io.k8s.api.batch.v1.CronJobSpec': [
    'timeZone',
    'startingDeadlineSeconds',
    'suspend',
    'successfulJobsHistoryLimit',
    'failedJobsHistoryLimit',
  ],
  'io.k8s.api.batch.v1.JobSpec': [
    'activeDeadlineSeconds',
    'backoffLimit',
    'backoffLimitPerIndex',
    'completionMode',
    'completions',
    'managedBy',
    'manualSelector',
    'maxFailedIndexes',
    'parallelism',
    'podReplacementPolicy',
    'suspend',
    'ttlSecondsAfterFinished',
  ],
  'io.k8s.api.batch.v1.JobStatus': ['failedIndexes', 'ready', 'terminating'],
  'io.k8s.api.coordination.v1.LeaseSpec': [
    'holderIdentity',
    'leaseDurationSeconds',
    'leaseTransitions',
    'preferredHolder',
    'strategy',
  ],
  'io.k8s.api.core.v1.ConfigMap': ['immutable'],
  'io.k8s.api.core.v1.Secret': ['immutable'],
  'io.k8s.api.core.v1.ServiceAccount': ['automountServiceAccountToken'],
  'io.k8s.api.core.v1.ServicePort': ['appProtocol'],
  'io.k8s.api.core.v1.EndpointPort': ['appProtocol'],
  'io.k8s.api.core.v1.EndpointAddress': ['nodeName'],
  'io.k8s.api.core.v1.ServiceSpec': [
    'allocateLoadBalancerNodePorts',
    'internalTrafficPolicy',
    'ipFamilyPolicy',
    'loadBalancerClass',
    'trafficDistribution',
  ],
  'io.k8s.api.core.v1.ClientIPConfig': ['timeoutSeconds'],
  'io.k8s.api.core.v1.LoadBalancerIngress': ['ipMode'],
  'io.k8s.api.core.v1.PortStatus': ['error'],
  'io.k8s.api.core.v1.ContainerStatus': ['started'],
  'io.k8s.api.core.v1.ReplicationControllerSpec': ['replicas'],
  'io.k8s.api.core.v1.PersistentVolumeSpec': ['storageClassName', 'volumeAttributesClassName', 'volumeMode'],
  'io.k8s.api.core.v1.PersistentVolumeClaimStatus': ['currentVolumeAttributesClassName'],
  'io.k8s.api.discovery.v1.Endpoint': ['hostname', 'nodeName', 'zone'],
  'io.k8s.api.discovery.v1.EndpointConditions': ['ready', 'serving', 'terminating'],
  'io.k8s.api.discovery.v1.EndpointPort': ['appProtocol', 'name', 'port', 'protocol'],
  'io.k8s.api.networking.v1.HTTPIngressPath': ['pathType'],
  'io.k8s.api.networking.v1.IngressSpec': ['ingressClassName'],
  'io.k8s.api.networking.v1.IngressClassParametersReference': ['apiGroup', 'namespace', 'scope'],
  'io.k8s.api.networking.v1.NetworkPolicyPort': ['endPort', 'protocol'],
  'io.k8s.api.networking.v1.IngressPortStatus': ['error'],
  'io.k8s.api.policy.v1.PodDisruptionBudgetSpec': ['unhealthyPodEvictionPolicy'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps': [
    'maxItems',
    'maxLength',
    'maxProperties',
    'maximum',
    'minItems',
    'minLength',
    'minProperties',
    'minimum',
    'multipleOf',
    'x-kubernetes-list-type',
    'x-kubernetes-map-type',
    'x-kubernetes-preserve-unknown-fields',
  ],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale': ['labelSelectorPath'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference': ['path', 'port'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig': ['url'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion': ['deprecationWarning'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule': ['optionalOldSelf', 'reason'],
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions': ['gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'],
  'io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions': ['resourceVersion', 'uid'],
};

function main(folder: string | undefined, fieldOrder: string | undefined): void {
  if (folder === undefined || fieldOrder === undefined) {
    process.stderr.write('usage: node scripts/builtin-schemas.ts <folder of OpenAPI documents> <field-order.json>\n');
    process.exitCode = 2;
    return;
  }
  const structs = JSON.parse(readFileSync(fieldOrder, 'utf8')) as Readonly<Record<string, readonly Field[] | null>>;
  const definitions: Record<string, Raw> = {};
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.json')) continue;
    const document = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      schemas?: Record<string, Raw>;
      components?: { schemas?: Record<string, Raw> };
    };
    Object.assign(definitions, document.schemas ?? document.components?.schemas ?? {});
  }
  const sorted: Record<string, Raw> = {};
  for (const name of Object.keys(definitions).sort()) {
    const definition = withoutProse(definitions[name] as Raw);
    const gvks = definition['x-kubernetes-group-version-kind'];
    // DeleteOptions and WatchEvent name every group there is; only those of one kind are of use.
    if (Array.isArray(gvks) && gvks.length > 1) delete definition['x-kubernetes-group-version-kind'];
    const kept = pointersOf(name, structs) ?? pointers[name];
    if (kept !== undefined && kept.length > 0) definition['x-pointers'] = kept;
    sorted[name] = definition;
  }
  writeFileSync(target, `${JSON.stringify(sorted).replaceAll('},"io.k8s', '},\n"io.k8s')}\n`);
}

/** Scalar pointers of a struct of the pod, from its declaration. */
function pointersOf(name: string, structs: Readonly<Record<string, readonly Field[] | null>>): string[] | undefined {
  const match = /^io\.k8s\.(?:api\.core\.v1|apimachinery\.pkg\.apis\.meta\.v1)\.(\w+)$/.exec(name);
  const fields = match?.[1] === undefined ? undefined : structs[match[1]];
  return fields?.filter((field) => /^\*[a-z]/.test(field.type)).map((field) => field.name);
}

function withoutProse(node: Raw): Raw {
  const copy: Raw = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'description' && typeof value === 'string') continue;
    copy[key] = key === 'properties' ? mapValues(value as Raw) : bare(value);
  }
  return copy;
}

function mapValues(properties: Raw): Raw {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, withoutProse(value as Raw)]));
}

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  return typeof value === 'object' && value !== null ? withoutProse(value as Raw) : value;
}

main(process.argv[2], process.argv[3]);
