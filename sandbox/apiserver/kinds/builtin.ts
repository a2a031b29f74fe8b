// Makes the built-in kinds: a row of resources.ts, the schema, and what is particular to the kind.

import { customResourceDefinition } from '../crd/definition.ts';
import { builtinSchema, hasBuiltinDefinition } from '../schemas/builtin.ts';
import { builtinTables } from '../tables/builtin-tables.ts';
import { defaultTable } from '../tables/default-table.ts';
import { autoscalerV1 } from './autoscaling-v1.ts';
import { baseStrategy } from './base-strategy.ts';
import { configMap, namespace, node, secret } from './configuration.ts';
import { cronJob } from './cron-job.ts';
import type { KindDetails } from './details.ts';
import { coreEvent, newEvent } from './event.ts';
import { job } from './job.ts';
import { endpointSlice, endpoints, ingress, ingressClass, networkPolicy } from './networking.ts';
import { pod } from './pod.ts';
import {
  clusterRole,
  clusterRoleBinding,
  horizontalPodAutoscaler,
  lease,
  podDisruptionBudget,
  role,
  roleBinding,
} from './policy.ts';
import { priorityClass } from './priority-class.ts';
import { resourceQuota } from './resource-quota.ts';
import { type BuiltinResource, builtinResources } from './resources.ts';
import {
  localSubjectAccessReview,
  rulesReview,
  selfSubjectAccessReview,
  selfSubjectReview,
  subjectAccessReview,
  tokenReview,
} from './reviews.ts';
import { service } from './service.ts';
import { storageClass } from './storage-class.ts';
import type { ResourceKind, Schema } from './types.ts';
import { persistentVolume, persistentVolumeClaim } from './volumes.ts';
import { daemonSet, deployment, podTemplate, replicaSet, replicationController, statefulSet } from './workloads.ts';

/** By `group/version/kind`. */
const details: Readonly<Record<string, KindDetails>> = {
  '/v1/ComponentStatus': { deprecation: 'v1 ComponentStatus is deprecated in v1.19+' },
  '/v1/ConfigMap': configMap,
  '/v1/Endpoints': endpoints,
  '/v1/Event': coreEvent,
  '/v1/Namespace': namespace,
  '/v1/Node': node,
  '/v1/PersistentVolume': persistentVolume,
  '/v1/PersistentVolumeClaim': persistentVolumeClaim,
  '/v1/Pod': pod,
  '/v1/PodTemplate': podTemplate,
  '/v1/ReplicationController': replicationController,
  '/v1/ResourceQuota': resourceQuota,
  '/v1/Secret': secret,
  '/v1/Service': service,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': customResourceDefinition,
  'apps/v1/DaemonSet': daemonSet,
  'apps/v1/Deployment': deployment,
  'apps/v1/ReplicaSet': replicaSet,
  'apps/v1/StatefulSet': statefulSet,
  'authentication.k8s.io/v1/SelfSubjectReview': selfSubjectReview,
  'authentication.k8s.io/v1/TokenReview': tokenReview,
  'authorization.k8s.io/v1/LocalSubjectAccessReview': localSubjectAccessReview,
  'authorization.k8s.io/v1/SelfSubjectAccessReview': selfSubjectAccessReview,
  'authorization.k8s.io/v1/SelfSubjectRulesReview': rulesReview,
  'authorization.k8s.io/v1/SubjectAccessReview': subjectAccessReview,
  'autoscaling/v1/HorizontalPodAutoscaler': autoscalerV1,
  'autoscaling/v2/HorizontalPodAutoscaler': horizontalPodAutoscaler,
  'batch/v1/CronJob': cronJob,
  'batch/v1/Job': job,
  'coordination.k8s.io/v1/Lease': lease,
  'discovery.k8s.io/v1/EndpointSlice': endpointSlice,
  'events.k8s.io/v1/Event': newEvent,
  'networking.k8s.io/v1/Ingress': ingress,
  'networking.k8s.io/v1/IngressClass': ingressClass,
  'networking.k8s.io/v1/NetworkPolicy': networkPolicy,
  'policy/v1/PodDisruptionBudget': podDisruptionBudget,
  'rbac.authorization.k8s.io/v1/ClusterRole': clusterRole,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': clusterRoleBinding,
  'rbac.authorization.k8s.io/v1/Role': role,
  'rbac.authorization.k8s.io/v1/RoleBinding': roleBinding,
  'scheduling.k8s.io/v1/PriorityClass': priorityClass,
  'storage.k8s.io/v1/StorageClass': storageClass,
};

export function makeBuiltinKinds(): ResourceKind[] {
  return builtinResources.map((resource) =>
    makeKind(resource, details[`${resource.group}/${resource.version}/${resource.kind}`] ?? {}),
  );
}

function makeKind(resource: BuiltinResource, own: KindDetails): ResourceKind {
  const { group, version, kind, subresources } = resource;
  const schema = (): Schema => builtinSchema(definitionName(group, version, kind));
  const hasStatus = subresources.includes('status');
  const base = baseStrategy({ gvk: { group, version, kind }, namespaced: resource.namespaced, hasStatus, schema });
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural: resource.plural,
    singular: resource.singular,
    shortNames: resource.shortNames,
    categories: resource.categories,
    namespaced: resource.namespaced,
    verbs: resource.verbs,
    hasStatus,
    otherSubresources: subresources.filter((name) => name !== 'status' && name !== 'scale'),
    custom: false,
    schema,
    strategy: { ...base, ...own.strategy?.(base) },
    selectableFields: own.selectableFields ?? {},
    table: builtinTables[`${group}/${kind}`] ?? defaultTable,
    ...(own.deprecation === undefined ? {} : { deprecation: own.deprecation }),
    ...(own.scale === undefined ? {} : { scale: own.scale }),
    ...(own.storedAs === undefined ? {} : { storedAs: own.storedAs }),
    ...(own.toStored === undefined ? {} : { toStored: own.toStored }),
    ...(own.fromStored === undefined ? {} : { fromStored: own.fromStored }),
  };
}

/** `io.k8s.api.apps.v1.Deployment`. */
function definitionName(group: string, version: string, kind: string): string {
  const name = `io.k8s.api.${packageOf(group)}.${version}.${kind}`;
  return hasBuiltinDefinition(name) ? name : `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.${kind}`;
}

function packageOf(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}
