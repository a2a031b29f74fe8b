// Where a kind lives in the API: the paths of its collection, its objects and their subresources.

export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower-case plural as in paths. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Whether `/status` exists; where it does, status is written only through it. */
  readonly statusSubresource: boolean;
}

export const replicaSets: Resource = builtIn('apps', 'v1', 'replicasets', 'ReplicaSet', true);
export const deployments: Resource = builtIn('apps', 'v1', 'deployments', 'Deployment', true);
export const jobs: Resource = builtIn('batch', 'v1', 'jobs', 'Job', true);
export const services: Resource = builtIn('', 'v1', 'services', 'Service', true);
export const pods: Resource = builtIn('', 'v1', 'pods', 'Pod', true);
export const podTemplates: Resource = builtIn('', 'v1', 'podtemplates', 'PodTemplate', false);
export const events: Resource = builtIn('', 'v1', 'events', 'Event', false);
export const podDisruptionBudgets: Resource = builtIn(
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
  true,
);
export const leases: Resource = builtIn('coordination.k8s.io', 'v1', 'leases', 'Lease', false);
export const endpoints: Resource = builtIn('', 'v1', 'endpoints', 'Endpoints', false);
export const endpointSlices: Resource = builtIn('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', false);
export const ingresses: Resource = builtIn('networking.k8s.io', 'v1', 'ingresses', 'Ingress', true);

function builtIn(group: string, version: string, plural: string, kind: string, statusSubresource: boolean): Resource {
  return { group, version, plural, kind, namespaced: true, statusSubresource };
}

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The path of all objects of a kind, in one namespace or (undefined) in all. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(
  resource: Resource,
  namespace: string | undefined,
  name: string,
  subresource?: string,
): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `namespace/name`, or the name alone for cluster-scoped objects: the key of stores and queues. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export function splitKey(key: string): { readonly namespace: string | undefined; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
