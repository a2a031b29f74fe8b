// What deploy/ ships is what the specification asks for (operations.md §§3-4), and no right more.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { controllerNodeFlags } from '../scripts/build.ts';
import { installManifests } from '../scripts/manifests.ts';
import { allows, controllerRole, type PolicyRule, readManifest } from './builders/rbac.ts';

const fixture = JSON.parse(readFileSync(new URL('fixtures/rbac/controller-role.json', import.meta.url), 'utf8')) as {
  reference: PolicyRule[];
  added: PolicyRule[];
};

/** Every single right, `group resource verb`, sorted. */
function rights(rules: readonly PolicyRule[]): string[] {
  const all = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${group} ${resource} ${verb}`))),
  );
  return [...new Set(all)].sort();
}

for (const path of ['deploy/cluster/rbac.yaml', 'deploy/namespaced/rbac.yaml'] as const) {
  test(`${path} grants the rights of the table and no other`, () => {
    const wanted = rights([...fixture.reference, ...fixture.added]);
    assert.equal(wanted.length, 183);
    assert.deepEqual(rights(controllerRole(path)), wanted);
  });
}

test('a role allows what it says: verbs from method and path, subresources, groups', () => {
  const role = controllerRole('deploy/cluster/rbac.yaml');
  const rows: readonly (readonly [string, string, boolean, boolean?])[] = [
    ['GET', '/apis/argoproj.io/v1alpha1/rollouts', true],
    ['GET', '/apis/argoproj.io/v1alpha1/rollouts', true, true],
    ['PATCH', '/apis/argoproj.io/v1alpha1/namespaces/a/rollouts/b/status', true],
    ['PATCH', '/apis/argoproj.io/v1alpha1/namespaces/a/rollouts/b/scale', false],
    ['POST', '/apis/argoproj.io/v1alpha1/namespaces/a/rollouts', false],
    ['DELETE', '/apis/apps/v1/namespaces/a/replicasets/b', true],
    ['DELETE', '/apis/apps/v1/namespaces/a/replicasets', false],
    ['PUT', '/apis/apps/v1/namespaces/a/deployments/b', true],
    ['PATCH', '/apis/apps/v1/namespaces/a/deployments/b', false],
    ['PUT', '/api/v1/namespaces/a/services/b', false],
    ['PATCH', '/api/v1/namespaces/a/services/b', true],
    ['POST', '/api/v1/namespaces/a/pods/b/eviction', true],
    ['PATCH', '/api/v1/namespaces/a/pods/b', false],
    ['GET', '/api/v1/namespaces/a/pods/b', true],
    ['DELETE', '/apis/networking.k8s.io/v1/namespaces/a/ingresses/b', false],
    ['GET', '/apis/argoproj.io/v1alpha1', true],
    ['GET', '/apis/coordination.k8s.io/v1/namespaces/a/leases', false],
  ];
  for (const [verb, path, expected, isWatch] of rows) {
    assert.equal(allows(role, { verb: verb as 'GET', path }, isWatch), expected, `${verb} ${path}`);
  }
});

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const names = (path: string): string[] =>
  (readManifest(path) as Named[]).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

const common = [
  'ConfigMap argo-rollouts-config',
  'Deployment argo-rollouts',
  'Secret argo-rollouts-notification-secret',
  'Service argo-rollouts-metrics',
  'ServiceAccount argo-rollouts',
];

test('install.yaml has the objects that tools and users refer to, by name', () => {
  const crds = ['analysisruns', 'analysistemplates', 'clusteranalysistemplates', 'experiments', 'rollouts'];
  assert.deepEqual(
    names('deploy/install.yaml').sort(),
    [
      ...common,
      'ClusterRole argo-rollouts',
      'ClusterRole argo-rollouts-aggregate-to-admin',
      'ClusterRole argo-rollouts-aggregate-to-edit',
      'ClusterRole argo-rollouts-aggregate-to-view',
      'ClusterRoleBinding argo-rollouts',
      ...crds.map((plural) => `CustomResourceDefinition ${plural}.argoproj.io`),
    ].sort(),
  );
});

test('namespace-install.yaml has neither CRDs nor anything of the cluster, and the controller watches one namespace', () => {
  assert.deepEqual(
    names('deploy/namespace-install.yaml').sort(),
    [...common, 'Role argo-rollouts', 'RoleBinding argo-rollouts'].sort(),
  );
  const args = (path: string) => podOf(path).containers[0]?.args;
  assert.deepEqual(args('deploy/namespace-install.yaml'), ['--namespaced']);
  assert.equal(args('deploy/install.yaml'), undefined);
});

interface PodSpec {
  readonly securityContext: object;
  readonly containers: readonly Readonly<Record<string, unknown>>[];
}

function podOf(path: string): PodSpec {
  const deployment = (readManifest(path) as Named[]).find(({ kind }) => kind === 'Deployment');
  return (deployment as unknown as { spec: { template: { spec: PodSpec } } }).spec.template.spec;
}

test('the pod is as locked up as it can be, and says when it is alive and ready', () => {
  const pod = podOf('deploy/install.yaml');
  const [container] = pod.containers;
  assert.deepEqual(pod.securityContext, {
    runAsNonRoot: true,
    runAsUser: 999,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  assert.deepEqual(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
  });
  assert.deepEqual(container?.livenessProbe, {
    httpGet: { path: '/healthz', port: 'healthz' },
    initialDelaySeconds: 30,
    periodSeconds: 20,
    timeoutSeconds: 10,
    failureThreshold: 3,
    successThreshold: 1,
  });
  assert.deepEqual(container?.ports, [
    { containerPort: 8090, name: 'metrics' },
    { containerPort: 8080, name: 'healthz' },
  ]);
});

test('the joined manifests are those of their parts', () => {
  for (const [path, text] of installManifests()) {
    const onDisk = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
    assert.ok(onDisk === text, `${path} does not match its parts: run "npm run generate"`);
  }
});

test('the image starts the controller with the flags of the published program', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  const flags = controllerNodeFlags.join(' ');
  const quoted = controllerNodeFlags.map((flag) => `"${flag}"`).join(', ');
  assert.ok(dockerfile.includes(`#!/nodejs/bin/node ${flags}\\n`));
  assert.ok(dockerfile.includes(`ENTRYPOINT ["/nodejs/bin/node", ${quoted}, `));
});

test('what is written besides temporary files, executables of plugins, has a volume below the working directory', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  const workingFolder = /^WORKDIR (\/home\S+)$/m.exec(dockerfile)?.[1];
  for (const path of ['deploy/install.yaml', 'deploy/namespace-install.yaml']) {
    const pod = podOf(path) as PodSpec & { readonly volumes: readonly { readonly name: string }[] };
    assert.deepEqual(pod.containers[0]?.volumeMounts, [
      { name: 'plugin-bin', mountPath: `${workingFolder}/plugin-bin` },
      { name: 'tmp', mountPath: '/tmp' },
    ]);
    assert.deepEqual(pod.volumes, [
      { name: 'plugin-bin', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
    ]);
  }
});
