// Where the kinds that the sandbox's controllers and its node work on live in the API.

export interface ResourceName {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

function named(group: string, version: string, plural: string, kind: string, namespaced = true): ResourceName {
  return { group, version, plural, kind, namespaced };
}

export const resources = {
  pods: named('', 'v1', 'pods', 'Pod'),
  services: named('', 'v1', 'services', 'Service'),
  endpoints: named('', 'v1', 'endpoints', 'Endpoints'),
  events: named('', 'v1', 'events', 'Event'),
  serviceAccounts: named('', 'v1', 'serviceaccounts', 'ServiceAccount'),
  resourceQuotas: named('', 'v1', 'resourcequotas', 'ResourceQuota'),
  namespaces: named('', 'v1', 'namespaces', 'Namespace', false),
  nodes: named('', 'v1', 'nodes', 'Node', false),
  persistentVolumeClaims: named('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  daemonSets: named('apps', 'v1', 'daemonsets', 'DaemonSet'),
  statefulSets: named('apps', 'v1', 'statefulsets', 'StatefulSet'),
  controllerRevisions: named('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  replicaSets: named('apps', 'v1', 'replicasets', 'ReplicaSet'),
  deployments: named('apps', 'v1', 'deployments', 'Deployment'),
  autoscalers: named('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  cronJobs: named('batch', 'v1', 'cronjobs', 'CronJob'),
  jobs: named('batch', 'v1', 'jobs', 'Job'),
  endpointSlices: named('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  podDisruptionBudgets: named('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  ingresses: named('networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
  rollouts: named('argoproj.io', 'v1alpha1', 'rollouts', 'Rollout'),
  experiments: named('argoproj.io', 'v1alpha1', 'experiments', 'Experiment'),
  analysisRuns: named('argoproj.io', 'v1alpha1', 'analysisruns', 'AnalysisRun'),
  leases: named('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  customResourceDefinitions: named(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
    false,
  ),
} as const satisfies Record<string, ResourceName>;

export function apiVersionOf(resource: ResourceName): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The path of a collection; without a namespace that of all namespaces. */
export function collectionPath(resource: ResourceName, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(resource: ResourceName, namespace: string | undefined, name: string, sub?: string): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return sub === undefined ? path : `${path}/${sub}`;
}

/** `namespace/name`, or the name alone: the key of caches and queues. */
export function keyOf(object: { readonly metadata: { readonly namespace?: string; readonly name?: string } }): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? (name ?? '') : `${namespace}/${name}`;
}

export function splitKey(key: string): { readonly namespace: string | undefined; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
