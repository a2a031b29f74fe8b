import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCluster } from '../../test-cluster.ts';

const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

test('the v2 document names, in protobuf, every kind that takes a patch; other forms are not served', async () => {
  await withCluster(async ({ cluster }) => {
    const answer = await cluster.apiServer.handle({ method: 'GET', path: '/openapi/v2', headers: { accept } });
    assert.equal(answer.status, 200);
    // A media type may hold no `@`: Go's clients refuse to parse it.
    assert.ok(!answer.headers['content-type']?.includes('@'));
    const text = new TextDecoder('latin1').decode(answer.body as Uint8Array);
    assert.ok(text.startsWith('\n\u00032.0'), 'field 1 is the version');
    for (const path of [
      '/api/v1/namespaces/{name}',
      '/apis/argoproj.io/v1alpha1/namespaces/{namespace}/rollouts/{name}',
    ]) {
      assert.ok(text.includes(path), path);
    }
    assert.ok(text.includes('group: "argoproj.io"\nkind: Rollout\nversion: v1alpha1\n'));
    assert.equal((await cluster.apiServer.handle({ method: 'GET', path: '/openapi/v2' })).status, 404);
  });
});
