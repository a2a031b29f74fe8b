// Would this role allow that request? Rules as in a Role or ClusterRole, requests as a Transport takes them: so that a
// test can hold what the controller sends against the role that deploy/ ships.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KubeRequest } from '../../controller/kubernetes/transport.ts';
import { parseYamlDocuments } from '../../controller/lang/yaml.ts';

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface RoleObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly PolicyRule[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** All objects of a manifest of the project, by its path from the root. */
export function readManifest(path: string): readonly unknown[] {
  const documents = parseYamlDocuments(readFileSync(root + path, 'utf8'));
  return documents.map(({ value }) => value).filter((value) => value !== undefined && value !== null);
}

/** The rules of the role that a manifest has for the controller. */
export function controllerRole(
  path: 'deploy/cluster/rbac.yaml' | 'deploy/namespaced/rbac.yaml',
): readonly PolicyRule[] {
  const objects = readManifest(path) as readonly RoleObject[];
  const role = objects.find(({ kind, metadata }) => /Role$/.test(kind) && metadata.name === 'argo-rollouts');
  if (role === undefined) throw new Error(`${path} has no role of the name argo-rollouts`);
  return role.rules;
}

/** `isWatch`: sent through `Transport.watch`. Discovery is open to everybody who is authenticated. */
export function allows(rules: readonly PolicyRule[], request: KubeRequest, isWatch = false): boolean {
  const asked = attributesOf(request, isWatch);
  if (asked === undefined) return request.verb === 'GET';
  return rules.some(
    ({ apiGroups, resources, verbs }) =>
      apiGroups.includes(asked.group) && resources.includes(asked.resource) && verbs.includes(asked.verb),
  );
}

const writeVerbs = { POST: 'create', PUT: 'update', PATCH: 'patch' } as const;

/** undefined: no resource. */
export function attributesOf(
  { verb, path }: KubeRequest,
  isWatch: boolean,
): { group: string; resource: string; verb: string } | undefined {
  const pattern = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;
  const match = pattern.exec(path);
  if (match === null) return undefined;
  const [, group = '', plural = '', name, subresource] = match;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  if (isWatch) return { group, resource, verb: 'watch' };
  if (verb === 'GET') return { group, resource, verb: name === undefined ? 'list' : 'get' };
  if (verb === 'DELETE') return { group, resource, verb: name === undefined ? 'deletecollection' : 'delete' };
  return { group, resource, verb: writeVerbs[verb] };
}
