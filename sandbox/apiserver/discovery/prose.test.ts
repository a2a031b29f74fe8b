import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBuiltinKinds } from '../kinds/builtin.ts';
import { startTestServer } from '../test-server.ts';
import { proseOf } from './prose.ts';

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described & { readonly allOf?: readonly object[] }>>;
}

test('kubectl explain has something to tell: every built-in kind and its fields are described', async () => {
  const { ok } = startTestServer();
  for (const kind of makeBuiltinKinds()) {
    const { definition = '' } = kind.schema();
    const path = kind.group === '' ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`;
    const { components } = await ok<{ components: { schemas: Record<string, Described> } }>(
      'GET',
      `/openapi/v3/${path}`,
    );
    const { description = '', properties = {} } = components.schemas[definition]!;
    assert.ok(description.length > 20, `${definition}: ${description}`);
    for (const [field, { description: text = '', allOf }] of Object.entries(properties)) {
      assert.ok(text.length > 5 || /Time"/.test(JSON.stringify(allOf)), `${definition}.${field}`);
    }
  }
});

test('names that the generator changed are found again', () => {
  const { fields } = proseOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
  assert.match(fields.get('x-kubernetes-list-type') ?? '', /list-type/);
  assert.match(proseOf('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta').fields.get('continue') ?? '', /limit/);
});

test('health tells its checks when asked', async () => {
  const { ask } = startTestServer();
  assert.equal((await ask('GET', '/readyz')).body, 'ok');
  assert.match(String((await ask('GET', '/livez?verbose')).body), /^\[\+\]ping ok\n[\s\S]*livez check passed\n$/);
  assert.equal((await ask('GET', '/readyz/ping')).body, 'ok');
  assert.equal((await ask('GET', '/readyz/etcd')).status, 404);
});
