// Field numbers of the kinds that kubectl sends as protobuf (from the public generated.proto files of the API): what
// `kubectl create`, `autoscale`, `drain`, `debug` and `auth` send.

import type { JsonObject } from './kinds/types.ts';
import {
  bool,
  int,
  labelSelector,
  type Message,
  message,
  messages,
  metadata,
  read,
  string,
  strings,
} from './protobuf-messages.ts';
import { jobSpec, podSpec, podTemplate } from './protobuf-pods.ts';

const resourceAttributes: Message = {
  1: string('namespace'),
  2: string('verb'),
  3: string('group'),
  4: string('version'),
  5: string('resource'),
  6: string('subresource'),
  7: string('name'),
};

const nonResourceAttributes: Message = { 1: string('path'), 2: string('verb') };

const accessReview: Message = {
  1: message('resourceAttributes', resourceAttributes),
  2: message('nonResourceAttributes', nonResourceAttributes),
};

/** Of somebody else. */
const subjectAccessReview: Message = {
  1: metadata,
  2: message('spec', { ...accessReview, 3: string('user'), 4: strings('groups'), 6: string('uid') }),
};

const deleteOptions: Message = {
  1: int('gracePeriodSeconds'),
  2: message('preconditions', { 1: string('uid'), 2: string('resourceVersion') }),
  3: bool('orphanDependents'),
  4: string('propagationPolicy'),
  5: strings('dryRun'),
};

const servicePort: Message = {
  1: string('name'),
  2: string('protocol'),
  3: int('port'),
  4: { name: 'targetPort', as: 'intOrString' },
  5: int('nodePort'),
  6: string('appProtocol'),
};

const rule: Message = {
  1: strings('verbs'),
  2: strings('apiGroups'),
  3: strings('resources'),
  4: strings('resourceNames'),
  5: strings('nonResourceURLs'),
};

const roleBinding: Message = {
  1: metadata,
  2: messages('subjects', { 1: string('kind'), 2: string('apiGroup'), 3: string('name'), 4: string('namespace') }),
  3: message('roleRef', { 1: string('apiGroup'), 2: string('kind'), 3: string('name') }),
};

const ingressBackend: Message = {
  3: message('resource', { 1: string('apiGroup'), 2: string('kind'), 3: string('name') }),
  4: message('service', { 1: string('name'), 2: message('port', { 1: string('name'), 2: int('number') }) }),
};

const ingressPaths: Message = {
  1: messages('paths', { 1: string('path'), 2: message('backend', ingressBackend), 3: string('pathType') }),
};

const scaleTarget: Message = { 1: string('kind'), 2: string('name'), 3: string('apiVersion') };

const metricTarget: Message = {
  1: string('type'),
  2: { name: 'value', as: 'quantity' },
  3: { name: 'averageValue', as: 'quantity' },
  4: int('averageUtilization'),
};

const known: Readonly<Record<string, Message>> = {
  'v1/Namespace': { 1: metadata, 2: message('spec', { 1: strings('finalizers') }) },
  'v1/ConfigMap': {
    1: metadata,
    2: { name: 'data', as: 'stringMap' },
    3: { name: 'binaryData', as: 'bytesMap' },
    4: bool('immutable'),
  },
  'v1/Secret': {
    1: metadata,
    2: { name: 'data', as: 'bytesMap' },
    3: string('type'),
    4: { name: 'stringData', as: 'stringMap' },
    5: bool('immutable'),
  },
  'v1/Pod': { 1: metadata, 2: message('spec', podSpec) },
  'v1/ServiceAccount': {
    1: metadata,
    3: messages('imagePullSecrets', { 1: string('name') }),
    4: bool('automountServiceAccountToken'),
  },
  'v1/ResourceQuota': {
    1: metadata,
    2: message('spec', { 1: { name: 'hard', as: 'quantityMap' }, 2: strings('scopes') }),
  },
  'v1/Service': {
    1: metadata,
    2: message('spec', {
      1: messages('ports', servicePort),
      2: { name: 'selector', as: 'stringMap' },
      3: string('clusterIP'),
      4: string('type'),
      5: strings('externalIPs'),
      7: string('sessionAffinity'),
      8: string('loadBalancerIP'),
      10: string('externalName'),
      18: strings('clusterIPs'),
    }),
  },
  'apps/v1/Deployment': {
    1: metadata,
    2: message('spec', {
      1: int('replicas'),
      2: message('selector', labelSelector),
      3: message('template', podTemplate),
      4: message('strategy', {
        1: string('type'),
        2: message('rollingUpdate', {
          1: { name: 'maxUnavailable', as: 'intOrString' },
          2: { name: 'maxSurge', as: 'intOrString' },
        }),
      }),
      5: int('minReadySeconds'),
      6: int('revisionHistoryLimit'),
      7: bool('paused'),
      9: int('progressDeadlineSeconds'),
    }),
  },
  'batch/v1/Job': { 1: metadata, 2: message('spec', jobSpec) },
  'batch/v1/CronJob': {
    1: metadata,
    2: message('spec', {
      1: string('schedule'),
      2: int('startingDeadlineSeconds'),
      3: string('concurrencyPolicy'),
      4: bool('suspend'),
      5: message('jobTemplate', { 1: metadata, 2: message('spec', jobSpec) }),
      6: int('successfulJobsHistoryLimit'),
      7: int('failedJobsHistoryLimit'),
      8: string('timeZone'),
    }),
  },
  'networking.k8s.io/v1/Ingress': {
    1: metadata,
    2: message('spec', {
      1: message('defaultBackend', ingressBackend),
      2: messages('tls', { 1: strings('hosts'), 2: string('secretName') }),
      3: messages('rules', { 1: string('host'), 2: { as: 'inline', of: { 1: message('http', ingressPaths) } } }),
      4: string('ingressClassName'),
    }),
  },
  'autoscaling/v1/HorizontalPodAutoscaler': {
    1: metadata,
    2: message('spec', {
      1: message('scaleTargetRef', scaleTarget),
      2: int('minReplicas'),
      3: int('maxReplicas'),
      4: int('targetCPUUtilizationPercentage'),
    }),
  },
  'autoscaling/v2/HorizontalPodAutoscaler': {
    1: metadata,
    2: message('spec', {
      1: message('scaleTargetRef', scaleTarget),
      2: int('minReplicas'),
      3: int('maxReplicas'),
      4: messages('metrics', {
        1: string('type'),
        4: message('resource', { 1: string('name'), 2: message('target', metricTarget) }),
      }),
    }),
  },
  'policy/v1/Eviction': { 1: metadata, 2: message('deleteOptions', deleteOptions) },
  'policy/v1/PodDisruptionBudget': {
    1: metadata,
    2: message('spec', {
      1: { name: 'minAvailable', as: 'intOrString' },
      2: message('selector', labelSelector),
      3: { name: 'maxUnavailable', as: 'intOrString' },
    }),
  },
  'rbac.authorization.k8s.io/v1/Role': { 1: metadata, 2: messages('rules', rule) },
  'rbac.authorization.k8s.io/v1/ClusterRole': {
    1: metadata,
    2: messages('rules', rule),
    3: message('aggregationRule', { 1: messages('clusterRoleSelectors', labelSelector) }),
  },
  'rbac.authorization.k8s.io/v1/RoleBinding': roleBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': roleBinding,
  'scheduling.k8s.io/v1/PriorityClass': {
    1: metadata,
    2: int('value'),
    3: bool('globalDefault'),
    4: string('description'),
    5: string('preemptionPolicy'),
  },
  'v1/DeleteOptions': deleteOptions,
  'authorization.k8s.io/v1/SelfSubjectAccessReview': { 1: metadata, 2: message('spec', accessReview) },
  'authorization.k8s.io/v1/SubjectAccessReview': subjectAccessReview,
  'authorization.k8s.io/v1/LocalSubjectAccessReview': subjectAccessReview,
  'authorization.k8s.io/v1/SelfSubjectRulesReview': { 1: metadata, 2: message('spec', { 1: string('namespace') }) },
  'authentication.k8s.io/v1/SelfSubjectReview': { 1: metadata },
  'authentication.k8s.io/v1/TokenRequest': {
    1: metadata,
    2: message('spec', {
      1: strings('audiences'),
      3: message('boundObjectRef', { 1: string('kind'), 2: string('apiVersion'), 3: string('name'), 4: string('uid') }),
      4: int('expirationSeconds'),
    }),
  },
};

/** undefined: no message of this kind is known here. */
export function readMessage(apiVersion: string, kind: string, bytes: Uint8Array): JsonObject | undefined {
  const of = known[`${apiVersion}/${kind}`] ?? (kind === 'DeleteOptions' ? deleteOptions : undefined);
  return of === undefined ? undefined : read(of, bytes);
}
