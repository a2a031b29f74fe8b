// The ClusterRoles and bindings that a cluster has from the start, as far as kinds are served here: what users bind
// (cluster-admin and the aggregated admin, edit and view), what everybody may (discovery, reviews of oneself), and what
// the sandbox's own parts need.

import type { PolicyRule } from './access.ts';
import { rbacGroup } from './rbac.ts';

const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const workloads: readonly (readonly [string, readonly string[]])[] = [
  [
    'apps',
    [
      'daemonsets',
      'deployments',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  ],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
];

const withStatus = (resources: readonly string[]): string[] =>
  resources.flatMap((one) => (one.includes('/') ? [one] : [one, `${one}/status`]));

const view: readonly PolicyRule[] = [
  rule('', ['configmaps', 'endpoints', 'persistentvolumeclaims', 'persistentvolumeclaims/status', 'pods'], read),
  rule(
    '',
    ['replicationcontrollers', 'replicationcontrollers/scale', 'serviceaccounts', 'services', 'services/status'],
    read,
  ),
  rule('', ['bindings', 'events', 'limitranges', 'namespaces/status', 'pods/log', 'pods/status'], read),
  rule('', ['replicationcontrollers/status', 'resourcequotas', 'resourcequotas/status', 'namespaces'], read),
  rule('apps', ['controllerrevisions'], read),
  rule('discovery.k8s.io', ['endpointslices'], read),
  ...workloads.map(([group, resources]) => rule(group, withStatus(resources), read)),
];

const edit: readonly PolicyRule[] = [
  rule('', ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'], read),
  rule('', ['serviceaccounts'], ['impersonate']),
  rule('', ['pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'], write),
  rule('', ['pods/eviction'], ['create']),
  rule(
    '',
    ['configmaps', 'events', 'persistentvolumeclaims', 'replicationcontrollers', 'replicationcontrollers/scale'],
    write,
  ),
  rule('', ['secrets', 'serviceaccounts', 'services', 'services/proxy'], write),
  rule('', ['serviceaccounts/token'], ['create']),
  ...workloads.map(([group, resources]) => rule(group, resources, write)),
  rule('coordination.k8s.io', ['leases'], [...read, ...write]),
];

const admin: readonly PolicyRule[] = [
  rule('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
  rule(rbacGroup, ['rolebindings', 'roles'], [...read, ...write]),
];

const everything: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const discoveryPaths = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', ...publicPaths];

const basicUser: readonly PolicyRule[] = [
  rule('authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
  rule('authentication.k8s.io', ['selfsubjectreviews'], ['create']),
];

function rule(group: string, resources: readonly string[], verbs: readonly string[]): PolicyRule {
  return { apiGroups: [group], resources, verbs };
}

export interface RightsObject {
  readonly plural: 'clusterroles' | 'clusterrolebindings';
  readonly body: object;
}

/** In the order of their creation. */
export const builtInRights: readonly RightsObject[] = [
  clusterRole('cluster-admin', everything),
  clusterRole('system:aggregate-to-view', view, { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }),
  clusterRole('system:aggregate-to-edit', edit, { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' }),
  clusterRole('system:aggregate-to-admin', admin, { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' }),
  // Each collects the one below it.
  aggregated('view', 'view', { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' }),
  aggregated('edit', 'edit', { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' }),
  aggregated('admin', 'admin', {}),
  clusterRole('system:basic-user', basicUser),
  clusterRole('system:discovery', [{ nonResourceURLs: discoveryPaths, verbs: ['get'] }]),
  clusterRole('system:public-info-viewer', [{ nonResourceURLs: publicPaths, verbs: ['get'] }]),
  // The parts of the sandbox work under names of their own, and are not what RBAC is tried on.
  clusterRole('system:kube-controller-manager', everything),
  clusterRole('system:kube-scheduler', everything),
  clusterRole('system:node', everything),
  clusterRole('system:node-proxier', [{ apiGroups: ['*'], resources: ['*'], verbs: read }]),
  binding('cluster-admin', 'cluster-admin', 'Group', 'system:masters'),
  binding('system:basic-user', 'system:basic-user', 'Group', 'system:authenticated'),
  binding('system:discovery', 'system:discovery', 'Group', 'system:authenticated'),
  binding(
    'system:public-info-viewer',
    'system:public-info-viewer',
    'Group',
    'system:authenticated',
    'system:unauthenticated',
  ),
  binding('system:kube-controller-manager', 'system:kube-controller-manager', 'User', 'system:kube-controller-manager'),
  binding('system:kube-scheduler', 'system:kube-scheduler', 'User', 'system:kube-scheduler'),
  binding('system:node', 'system:node', 'Group', 'system:nodes'),
  binding('system:node-proxier', 'system:node-proxier', 'User', 'system:kube-proxy'),
];

function clusterRole(name: string, rules: readonly PolicyRule[], labels: Record<string, string> = {}): RightsObject {
  return {
    plural: 'clusterroles',
    body: {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name, labels: { ...bootstrapping, ...labels } },
      rules,
    },
  };
}

function aggregated(name: string, collects: string, labels: Record<string, string>): RightsObject {
  const selector = { matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${collects}`]: 'true' } };
  const { plural, body } = clusterRole(name, [], labels);
  return { plural, body: { ...body, aggregationRule: { clusterRoleSelectors: [selector] } } };
}

function binding(name: string, role: string, kind: 'User' | 'Group', ...names: readonly string[]): RightsObject {
  return {
    plural: 'clusterrolebindings',
    body: {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels: bootstrapping },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
      subjects: names.map((one) => ({ kind, apiGroup: rbacGroup, name: one })),
    },
  };
}
