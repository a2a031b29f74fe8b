import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, configMaps, merge, startTestServer, type TestObject } from '../test-server.ts';

const apply = { headers: { 'content-type': 'application/apply-patch+yaml' } };

function applier() {
  const server = startTestServer();
  const by = (manager: string, data: Record<string, string>, more = ''): Promise<TestObject> =>
    server.ok('PATCH', `${configMaps}/a?fieldManager=${manager}${more}`, configMap('a', data), apply);
  return { ...server, by };
}

const owners = ({ metadata }: TestObject): unknown =>
  Object.fromEntries((metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]));

test('what a manager drops and nobody else owns goes', async () => {
  const { by } = applier();
  await by('one', { a: '1', b: '2' });
  assert.deepEqual((await by('one', { a: '1' })).data, { a: '1' });
});

test('equal values are owned together, and stay until the last owner drops them', async () => {
  const { by } = applier();
  await by('one', { a: '1', b: '2' });
  await by('two', { b: '2' });
  assert.deepEqual((await by('one', { a: '1' })).data, { a: '1', b: '2' });
  assert.deepEqual((await by('two', {})).data, { a: '1' });
});

test('another value of an owned field is a conflict that names owner and field, unless forced', async () => {
  const { by, refusal } = applier();
  await by('one', { a: '1' });
  const status = await refusal('PATCH', `${configMaps}/a?fieldManager=two`, configMap('a', { a: '2' }), apply);
  assert.deepEqual([status.code, status.message], [409, 'Apply failed with 1 conflict: conflict with "one": .data.a']);
  const forced = await by('two', { a: '2' }, '&force=true');
  assert.deepEqual([forced.data, Object.keys(owners(forced) as object)], [{ a: '2' }, ['two']]);
});

test('applying the same again writes nothing', async () => {
  const { by, clock } = applier();
  const first = await by('one', { a: '1' });
  await clock.runFor(5000);
  assert.deepEqual(await by('one', { a: '1' }), first);
});

test('an ordinary patch takes a field from its applier', async () => {
  const { by, ok, refusal } = applier();
  await by('one', { a: '1', b: '1' });
  const patched = await ok<TestObject>('PATCH', `${configMaps}/a?fieldManager=three`, { data: { a: '3' } }, merge);
  assert.deepEqual(owners(patched), { one: { 'f:data': { 'f:b': {} } }, three: { 'f:data': { 'f:a': {} } } });
  const status = await refusal('PATCH', `${configMaps}/a?fieldManager=one`, configMap('a', { a: '1' }), apply);
  assert.match(status.message ?? '', /conflict with "three" using v1: \.data\.a$/);
});

test('an object that was never tracked belongs to whoever wrote it before the first apply', async () => {
  const { by, ok } = applier();
  await ok('POST', configMaps, configMap('a', { a: '1' }));
  const cleared = { metadata: { managedFields: [{}] } };
  await ok('PATCH', `${configMaps}/a`, cleared, merge);
  const applied = await by('one', { b: '2' });
  assert.deepEqual(Object.keys(owners(applied) as object).toSorted(), ['before-first-apply', 'one']);
});

test('more than ten managers are kept together as ancient-changes', async () => {
  const { ok, clock } = applier();
  await ok('POST', configMaps, configMap('a'));
  for (let index = 0; index < 14; index++) {
    await clock.runFor(1000);
    await ok('PATCH', `${configMaps}/a?fieldManager=m${index}`, { data: { [`k${index}`]: 'v' } }, merge);
  }
  const { metadata } = await ok<TestObject>('GET', `${configMaps}/a`);
  const managers = metadata.managedFields?.map(({ manager }) => manager) ?? [];
  assert.equal(managers.length, 10);
  assert.ok(managers.includes('ancient-changes'));
});

test('YAML is a configuration too', async () => {
  const { ok } = applier();
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata:\n  a: "1"\n';
  const created = await ok<TestObject>('PATCH', `${configMaps}/from-yaml?fieldManager=one`, yaml, apply);
  assert.deepEqual(created.data, { a: '1' });
});

const deployments = '/apis/apps/v1/namespaces/default/deployments';

/** What server-side apply says of a Deployment with these members of its pod's spec. */
async function refusedPodSpec(podSpec: object, spec: object = {}): Promise<string> {
  const { refusal } = applier();
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: { selector: {}, template: { spec: podSpec }, ...spec },
  };
  const status = await refusal('PATCH', `${deployments}/d?fieldManager=one&fieldValidation=Ignore`, body, apply);
  assert.deepEqual([status.code, status.reason], [500, undefined]);
  const head = 'failed to create typed patch object (default/d; apps/v1, Kind=Deployment): ';
  assert.ok(status.message?.startsWith(head), status.message);
  return (status.message ?? '').slice(head.length);
}

const main = { name: 'main', image: 'nginx' };

test('a configuration that does not fit the schema is refused with the path, whatever fieldValidation says', async () => {
  for (const [podSpec, why] of [
    [{ containerz: [] }, '.spec.template.spec.containerz: field not declared in schema'],
    [
      { containers: [{ ...main, env: [{ name: 'A', value: 1 }] }] },
      '.spec.template.spec.containers[name="main"].env[name="A"].value: expected string, got &value.valueUnstructured{Value:1}',
    ],
    [
      { containers: [{ ...main, command: 'sleep' }] },
      '.spec.template.spec.containers[name="main"].command: expected list, got &{sleep}',
    ],
    [{ containers: { name: 'main' } }, '.spec.template.spec.containers: expected list, got &{map[name:main]}'],
    [{ nodeSelector: ['a'] }, '.spec.template.spec.nodeSelector: expected map, got &{[a]}'],
    [{ hostNetwork: 'yes' }, '.spec.template.spec.hostNetwork: expected boolean, got &{yes}'],
    [
      { terminationGracePeriodSeconds: '5' },
      '.spec.template.spec.terminationGracePeriodSeconds: expected numeric (int or float), got string',
    ],
    [
      { volumes: ['a'] },
      '.spec.template.spec.volumes: element 0: associative list with keys may not have non-map elements',
    ],
    [{ containers: [main, main] }, '.spec.template.spec.containers: duplicate entries for key [name="main"]'],
  ] as const) {
    assert.equal(await refusedPodSpec(podSpec), why);
  }
});

test('several faults of a configuration are told in one list', async () => {
  const told = await refusedPodSpec({ a: 1, b: 2 }, { replicas: 'x' });
  const [first, second] = [
    '.spec.template.spec.a: field not declared in schema',
    '.spec.replicas: expected numeric (int or float), got string',
  ];
  assert.equal(told, `errors:\n  ${first}\n  ${second}`);
});

test('quantities, ports and times are applied as numbers or texts', async () => {
  const { ok } = applier();
  const spec = {
    selector: { matchLabels: { a: 'b' } },
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '25%' } },
    template: {
      metadata: { labels: { a: 'b' }, creationTimestamp: null },
      spec: { containers: [{ ...main, resources: { limits: { cpu: 2, memory: '1Gi' } } }] },
    },
  };
  await ok(
    'PATCH',
    `${deployments}/d?fieldManager=one`,
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec },
    apply,
  );
});

test('stringData of an applied Secret is in its data, and applying it again writes nothing', async () => {
  const { ok, clock } = applier();
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { k: 'v' } };
  const path = '/api/v1/namespaces/default/secrets/s?fieldManager=one';
  const first = await ok<TestObject>('PATCH', path, secret, apply);
  assert.deepEqual(first.data, { k: 'dg==' });
  await clock.runFor(5000);
  assert.deepEqual(await ok('PATCH', path, secret, apply), first);
  const changed = await ok<TestObject>('PATCH', path, { ...secret, stringData: { k: 'w' } }, apply);
  assert.deepEqual(changed.data, { k: 'dw==' });
});
