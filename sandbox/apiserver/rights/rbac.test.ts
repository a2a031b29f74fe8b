import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, configMaps, startTestServer } from '../test-server.ts';
import type { ApiUser } from '../types.ts';
import { userNamed } from './access.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const roles = `${rbac}/namespaces/default/roles`;
const bindings = `${rbac}/namespaces/default/rolebindings`;
const reviews = '/apis/authorization.k8s.io/v1';
const jane: ApiUser = { name: 'jane', groups: ['devs', 'system:authenticated'] };

function role(name: string, ...rules: object[]): object {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name }, rules };
}

function binding(name: string, roleRef: object, ...subjects: object[]): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
    subjects,
  };
}

const toJane = { kind: 'User', name: 'jane' };

async function serverWith(...rules: object[]) {
  const started = startTestServer({ rbac: true });
  await started.ok('POST', roles, role('r', ...rules));
  await started.ok('POST', bindings, binding('b', { kind: 'Role', name: 'r' }, toJane));
  return started;
}

test('without a rule nothing is allowed, and the refusal says who, what, which and where', async () => {
  const { refusal } = startTestServer({ rbac: true });
  const rows: readonly (readonly [string, string, string])[] = [
    [
      'GET',
      `${configMaps}/a`,
      'configmaps "a" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      '/apis/apps/v1/deployments',
      'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
    ],
    [
      'GET',
      '/api/v1/pods?watch=true',
      'pods is forbidden: User "jane" cannot watch resource "pods" in API group "" at the cluster scope',
    ],
    [
      'POST',
      '/api/v1/namespaces/default/pods/p/eviction',
      'pods "p" is forbidden: User "jane" cannot create resource "pods/eviction" in API group "" in the namespace "default"',
    ],
    [
      'PATCH',
      '/apis/argoproj.io/v1alpha1/namespaces/a/rollouts/r/status',
      'rollouts.argoproj.io "r" is forbidden: User "jane" cannot patch resource "rollouts/status" in API group "argoproj.io" in the namespace "a"',
    ],
    [
      'DELETE',
      configMaps,
      'configmaps is forbidden: User "jane" cannot deletecollection resource "configmaps" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      '/api/v1/namespaces/default',
      'namespaces "default" is forbidden: User "jane" cannot get resource "namespaces" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      `${configMaps}?fieldSelector=metadata.name%3Da`,
      'configmaps "a" is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    ],
    ['GET', '/metrics', 'forbidden: User "jane" cannot get path "/metrics"'],
  ];
  for (const [method, path, message] of rows) {
    const status = await refusal(method, path, undefined, { user: jane });
    assert.deepEqual([status.code, status.reason, status.message], [403, 'Forbidden', message]);
  }
});

test('a rule allows its verbs on its resources, in its namespace, and counts at once', async () => {
  const { ask, ok } = await serverWith({
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['create', 'get', 'list'],
  });
  const status = async (method: string, path: string, body?: object) =>
    (await ask(method, path, body, { user: jane })).status;
  assert.equal(await status('POST', configMaps, configMap('a')), 201);
  assert.equal(await status('GET', `${configMaps}/a`), 200);
  assert.equal(await status('GET', configMaps), 200);
  assert.equal(await status('GET', `${configMaps}?watch=true`), 403);
  assert.equal(await status('DELETE', `${configMaps}/a`), 403);
  assert.equal(await status('GET', '/api/v1/configmaps'), 403);
  assert.equal(await status('GET', '/api/v1/namespaces/kube-system/configmaps'), 403);
  await ok('DELETE', `${bindings}/b`);
  assert.equal(await status('GET', `${configMaps}/a`), 403);
});

test('resourceNames, subresources and wildcards are read as RBAC reads them', async () => {
  const { ask } = await serverWith(
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['get', 'list'] },
    { apiGroups: ['apps'], resources: ['*/scale'], verbs: ['*'] },
    { apiGroups: ['batch'], resources: ['*'], verbs: ['get'] },
  );
  const allowed = async (verb: string, group: string, resource: string, subresource = '', name = '') => {
    const spec = { resourceAttributes: { namespace: 'default', verb, group, resource, subresource, name } };
    const { body } = await ask('POST', `${reviews}/selfsubjectaccessreviews`, { spec }, { user: jane });
    return (body as { status: { allowed: boolean } }).status.allowed;
  };
  assert.equal(await allowed('get', '', 'configmaps', '', 'mine'), true);
  assert.equal(await allowed('get', '', 'configmaps', '', 'other'), false);
  assert.equal(await allowed('list', '', 'configmaps'), false);
  assert.equal(await allowed('patch', 'apps', 'deployments', 'scale'), true);
  assert.equal(await allowed('patch', 'apps', 'deployments'), false);
  assert.equal(await allowed('get', 'batch', 'jobs', 'status'), true);
  assert.equal(await allowed('get', 'apps', 'jobs'), false);
  assert.equal(
    (await ask('GET', `${configMaps}?fieldSelector=metadata.name=mine`, undefined, { user: jane })).status,
    200,
  );
});

test('reviews say why: which binding allows, which role is missing', async () => {
  const { ok, refusal } = await serverWith({ apiGroups: [''], resources: ['pods'], verbs: ['get'] });
  const review = (verb: string) => ({
    spec: { user: 'jane', resourceAttributes: { namespace: 'default', verb, resource: 'pods' } },
  });
  type Review = { status: object };
  const yes = await ok<Review>('POST', `${reviews}/subjectaccessreviews`, review('get'));
  assert.deepEqual(yes.status, {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/default" of Role "r" to User "jane"',
  });
  await ok('POST', bindings, binding('c', { kind: 'ClusterRole', name: 'nobody-made-it' }, toJane));
  const no = await ok<Review>('POST', `${reviews}/subjectaccessreviews`, review('delete'));
  assert.deepEqual(no.status, {
    allowed: false,
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "nobody-made-it" not found',
  });
  const rules = await ok<Review>(
    'POST',
    `${reviews}/selfsubjectrulesreviews`,
    { spec: { namespace: 'default' } },
    { user: jane },
  );
  assert.deepEqual(
    (rules.status as { resourceRules: object[] }).resourceRules.filter(
      (rule) => !JSON.stringify(rule).includes('self'),
    ),
    [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
  );
  const empty = await refusal('POST', `${reviews}/subjectaccessreviews`, { spec: { user: 'jane' } });
  assert.match(empty.message ?? '', /exactly one of nonResourceAttributes or resourceAttributes must be specified/);
});

test('ClusterRoles collect the rules of those that they select, and forget them again', async () => {
  const { ok, clock } = startTestServer({ rbac: true });
  await clock.settle();
  type ClusterRole = { rules: { apiGroups: string[]; resources: string[] }[] };
  const resourcesOf = async (name: string) => {
    const { rules } = await ok<ClusterRole>('GET', `${rbac}/clusterroles/${name}`);
    return rules.flatMap(({ apiGroups, resources }) => resources.map((one) => `${apiGroups[0]}/${one}`));
  };
  const label = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
  await ok('POST', `${rbac}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'more', labels: label },
    rules: [{ apiGroups: ['argoproj.io'], resources: ['rollouts'], verbs: ['get'] }],
  });
  await clock.settle();
  for (const name of ['view', 'edit', 'admin'])
    assert.ok((await resourcesOf(name)).includes('argoproj.io/rollouts'), name);
  assert.ok(!(await resourcesOf('view')).includes('/secrets'));
  assert.ok((await resourcesOf('edit')).includes('/secrets'));
  await ok('DELETE', `${rbac}/clusterroles/more`);
  await clock.settle();
  assert.ok(!(await resourcesOf('admin')).includes('argoproj.io/rollouts'));
});

test('nobody grants what they do not have, unless they may escalate or bind', async () => {
  const { ok, refusal, ask } = await serverWith(
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
  );
  const asJane = { user: jane };
  await ok('POST', roles, role('small', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }), asJane);
  const large = role('large', { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get'] });
  const status = await refusal('POST', roles, large, asJane);
  assert.equal(
    status.message,
    'roles.rbac.authorization.k8s.io "large" is forbidden: user "jane" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods", "secrets"], Verbs:["get"]}',
  );
  const toAdmin = binding('up', { kind: 'ClusterRole', name: 'cluster-admin' }, toJane);
  assert.equal((await ask('POST', bindings, toAdmin, asJane)).status, 403);
  await ok(
    'POST',
    roles,
    role('binder', { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind'] }),
  );
  await ok('POST', bindings, binding('may-bind', { kind: 'Role', name: 'binder' }, toJane));
  assert.equal((await ask('POST', bindings, toAdmin, asJane)).status, 201);
});

test('where owners are guarded, who makes one wait must be allowed to hold it, and who changes one to delete', async () => {
  const started = startTestServer({ rbac: true, guardOwnerReferences: true });
  const rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'update'] };
  await started.ok('POST', roles, role('r', rule));
  await started.ok('POST', bindings, binding('b', { kind: 'Role', name: 'r' }, toJane));
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u' };
  const owned = (name: string, more: object = {}) => configMap(name, {}, { ownerReferences: [{ ...owner, ...more }] });
  await started.ok('POST', configMaps, owned('a'), { user: jane });
  const blocking = await started.refusal('POST', configMaps, owned('b', { blockOwnerDeletion: true }), { user: jane });
  assert.equal(
    blocking.message,
    'configmaps "b" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
  );
  const changed = await started.refusal('PUT', `${configMaps}/a`, configMap('a'), { user: jane });
  assert.match(changed.message ?? '', /cannot set an ownerRef on a resource you can't delete/);
  await started.ok('PUT', `${configMaps}/a`, { ...owned('a'), data: { k: 'v' } }, { user: jane });
  const more = [
    { apiGroups: ['apps'], resources: ['replicasets/finalizers'], verbs: ['update'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['delete'] },
  ];
  const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
  await started.ok('PATCH', `${roles}/r`, { rules: [rule, ...more] }, merge);
  await started.ok('POST', configMaps, owned('b', { blockOwnerDeletion: true }), { user: jane });
  await started.ok('PUT', `${configMaps}/a`, configMap('a'), { user: jane });
});

test('applying or putting what is not there is a creation, too', async () => {
  const { ask } = await serverWith({
    apiGroups: ['', 'coordination.k8s.io'],
    resources: ['configmaps', 'leases'],
    verbs: ['patch', 'update'],
  });
  const apply = { headers: { 'content-type': 'application/apply-patch+yaml' }, user: jane };
  const applied = await ask('PATCH', `${configMaps}/new?fieldManager=j`, configMap('new'), apply);
  assert.equal(applied.status, 403);
  assert.match((applied.body as { message: string }).message, /cannot create resource "configmaps"/);
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' } };
  const put = await ask('PUT', '/apis/coordination.k8s.io/v1/namespaces/default/leases/l', lease, { user: jane });
  assert.equal(put.status, 403);
});

test('who impersonates must be allowed to; the request then counts as the other', async () => {
  for (const rbacMode of [true, false]) {
    const { ok, ask } = startTestServer({ rbac: rbacMode });
    const headers = { 'impersonate-user': 'sue', 'impersonate-group': 'a, b', 'impersonate-extra-scopes': 'x' };
    type Who = { status: { userInfo: object } };
    const who = await ok<Who>('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers });
    assert.deepEqual(who.status.userInfo, {
      username: 'sue',
      groups: ['a', 'b', 'system:authenticated'],
      extra: { scopes: ['x'] },
    });
    assert.equal((await ask('GET', configMaps, undefined, { headers })).status, rbacMode ? 403 : 200);
    const byJane = await ask('GET', configMaps, undefined, { headers, user: jane });
    assert.equal(byJane.status, rbacMode ? 403 : 200);
    if (rbacMode) {
      const message =
        'users "sue" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope';
      assert.equal((byJane.body as { message: string }).message, message);
    }
    const anonymous: ApiUser = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    assert.equal((await ask('GET', configMaps, undefined, { headers, user: anonymous })).status, 403);
  }
});

test('a service account is impersonated by its own resource, and has its groups', async () => {
  const { ok, ask } = await serverWith({ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] });
  const as = (namespace: string) => ({
    headers: { 'impersonate-user': `system:serviceaccount:${namespace}:robot` },
    user: jane,
  });
  type Who = { status: { userInfo: { groups: string[] } } };
  const who = await ok<Who>('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, as('default'));
  assert.deepEqual(who.status.userInfo.groups, userNamed('system:serviceaccount:default:robot').groups);
  assert.equal((await ask('GET', configMaps, undefined, as('kube-system'))).status, 403);
});
