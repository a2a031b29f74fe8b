// Which built-in resources the server serves, in the order of its discovery. What is particular to a kind is in
// builtin.ts and the files it lists.

export interface BuiltinResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const create = ['create'];

export const builtinResources: readonly BuiltinResource[] = [
  row('', 'v1', 'Binding', 'bindings', true, { verbs: create }),
  row('', 'v1', 'ComponentStatus', 'componentstatuses', false, { short: ['cs'], verbs: ['get', 'list'] }),
  row('', 'v1', 'ConfigMap', 'configmaps', true, { short: ['cm'] }),
  row('', 'v1', 'Endpoints', 'endpoints', true, { short: ['ep'], singular: 'endpoints' }),
  row('', 'v1', 'Event', 'events', true, { short: ['ev'] }),
  row('', 'v1', 'LimitRange', 'limitranges', true, { short: ['limits'] }),
  row('', 'v1', 'Namespace', 'namespaces', false, {
    short: ['ns'],
    verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
    sub: ['finalize', 'status'],
  }),
  row('', 'v1', 'Node', 'nodes', false, { short: ['no'], sub: ['proxy', 'status'] }),
  row('', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', true, { short: ['pvc'], sub: ['status'] }),
  row('', 'v1', 'PersistentVolume', 'persistentvolumes', false, { short: ['pv'], sub: ['status'] }),
  row('', 'v1', 'Pod', 'pods', true, {
    short: ['po'],
    categories: ['all'],
    sub: [
      'attach',
      'binding',
      'ephemeralcontainers',
      'eviction',
      'exec',
      'log',
      'portforward',
      'proxy',
      'resize',
      'status',
    ],
  }),
  row('', 'v1', 'PodTemplate', 'podtemplates', true, {}),
  row('', 'v1', 'ReplicationController', 'replicationcontrollers', true, {
    short: ['rc'],
    categories: ['all'],
    sub: ['scale', 'status'],
  }),
  row('', 'v1', 'ResourceQuota', 'resourcequotas', true, { short: ['quota'], sub: ['status'] }),
  row('', 'v1', 'Secret', 'secrets', true, {}),
  row('', 'v1', 'ServiceAccount', 'serviceaccounts', true, { short: ['sa'], sub: ['token'] }),
  row('', 'v1', 'Service', 'services', true, { short: ['svc'], categories: ['all'], sub: ['proxy', 'status'] }),
  row('apps', 'v1', 'ControllerRevision', 'controllerrevisions', true, {}),
  row('apps', 'v1', 'DaemonSet', 'daemonsets', true, { short: ['ds'], categories: ['all'], sub: ['status'] }),
  row('apps', 'v1', 'Deployment', 'deployments', true, {
    short: ['deploy'],
    categories: ['all'],
    sub: ['scale', 'status'],
  }),
  row('apps', 'v1', 'ReplicaSet', 'replicasets', true, {
    short: ['rs'],
    categories: ['all'],
    sub: ['scale', 'status'],
  }),
  row('apps', 'v1', 'StatefulSet', 'statefulsets', true, {
    short: ['sts'],
    categories: ['all'],
    sub: ['scale', 'status'],
  }),
  row('events.k8s.io', 'v1', 'Event', 'events', true, { short: ['ev'] }),
  row('authentication.k8s.io', 'v1', 'SelfSubjectReview', 'selfsubjectreviews', false, { verbs: create }),
  row('authentication.k8s.io', 'v1', 'TokenReview', 'tokenreviews', false, { verbs: create }),
  row('authorization.k8s.io', 'v1', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', true, { verbs: create }),
  row('authorization.k8s.io', 'v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', false, { verbs: create }),
  row('authorization.k8s.io', 'v1', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', false, { verbs: create }),
  row('authorization.k8s.io', 'v1', 'SubjectAccessReview', 'subjectaccessreviews', false, { verbs: create }),
  row('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true, {
    short: ['hpa'],
    categories: ['all'],
    sub: ['status'],
  }),
  row('autoscaling', 'v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', true, {
    short: ['hpa'],
    categories: ['all'],
    sub: ['status'],
  }),
  row('batch', 'v1', 'CronJob', 'cronjobs', true, { short: ['cj'], categories: ['all'], sub: ['status'] }),
  row('batch', 'v1', 'Job', 'jobs', true, { categories: ['all'], sub: ['status'] }),
  row('networking.k8s.io', 'v1', 'IngressClass', 'ingressclasses', false, { singular: 'ingressclass' }),
  row('networking.k8s.io', 'v1', 'Ingress', 'ingresses', true, {
    short: ['ing'],
    singular: 'ingress',
    sub: ['status'],
  }),
  row('networking.k8s.io', 'v1', 'IPAddress', 'ipaddresses', false, { short: ['ip'], singular: 'ipaddress' }),
  row('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies', true, { short: ['netpol'] }),
  row('networking.k8s.io', 'v1', 'ServiceCIDR', 'servicecidrs', false, { sub: ['status'] }),
  row('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', true, { short: ['pdb'], sub: ['status'] }),
  row('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', false, {}),
  row('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false, {}),
  row('rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings', true, {}),
  row('rbac.authorization.k8s.io', 'v1', 'Role', 'roles', true, {}),
  row('storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', false, { short: ['sc'] }),
  row('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', false, {
    short: ['crd', 'crds'],
    categories: ['api-extensions'],
    sub: ['status'],
  }),
  row('scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses', false, { short: ['pc'] }),
  row('coordination.k8s.io', 'v1', 'Lease', 'leases', true, {}),
  row('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', true, {}),
];

interface Details {
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  readonly sub?: readonly string[];
  readonly singular?: string;
}

function row(group: string, version: string, kind: string, plural: string, namespaced: boolean, details: Details) {
  return {
    group,
    version,
    kind,
    plural,
    singular: details.singular ?? kind.toLowerCase(),
    namespaced,
    shortNames: details.short ?? [],
    categories: details.categories ?? [],
    verbs: details.verbs ?? allVerbs,
    subresources: details.sub ?? [],
  };
}
