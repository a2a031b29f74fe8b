import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseYaml } from '../../../controller/lang/yaml.ts';
import { startTestServer } from '../test-server.ts';

const crds = new URL('../../../crds/', import.meta.url);
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}
interface Operation {
  readonly parameters: readonly { readonly name: string }[];
  readonly 'x-kubernetes-group-version-kind': object;
}

async function serverWithContract(): Promise<ReturnType<typeof startTestServer>> {
  const started = startTestServer();
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldValidation=Strict';
  for (const file of readdirSync(crds)) {
    if (!file.endsWith('.yaml') || file === 'kustomization.yaml') continue;
    await started.ok('POST', definitions, parseYaml(readFileSync(new URL(file, crds), 'utf8')));
  }
  return started;
}

test("the contract's CRDs are accepted and discovered in both forms", async () => {
  const { ok, ask } = await serverWithContract();
  const list = await ok<{ resources: { name: string }[] }>('GET', '/apis/argoproj.io/v1alpha1');
  const names = list.resources.map(({ name }) => name);
  for (const name of ['rollouts', 'rollouts/status', 'rollouts/scale', 'analysisruns', 'experiments']) {
    assert.ok(names.includes(name), name);
  }
  const response = await ask('GET', '/apis', undefined, { headers: { accept: `${aggregated},application/json` } });
  assert.equal(response.headers['content-type'], aggregated);
  const { items } = response.body as { items: { metadata: { name: string } }[] };
  assert.equal(items.at(-1)?.metadata.name, 'argoproj.io');
});

test('every document of the OpenAPI index is there, and every reference in it leads somewhere', async () => {
  const { ok } = await serverWithContract();
  const index = JSON.parse(await ok<string>('GET', '/openapi/v3')) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  assert.ok(Object.keys(index.paths).includes('apis/argoproj.io/v1alpha1'));
  for (const { serverRelativeURL } of Object.values(index.paths)) {
    const document = await ok<Document>('GET', serverRelativeURL);
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      assert.ok(document.components.schemas[reference!], `${serverRelativeURL}: ${reference}`);
    }
  }
});

test('a custom resource can be patched and explained by its document', async () => {
  const { ok } = await serverWithContract();
  const { paths, components } = await ok<Document>('GET', '/openapi/v3/apis/argoproj.io/v1alpha1');
  const patch = paths['/apis/argoproj.io/v1alpha1/namespaces/{namespace}/rollouts/{name}']?.patch;
  assert.ok(patch);
  const names = patch.parameters.map(({ name }) => name);
  assert.ok(names.includes('fieldValidation') && names.includes('dryRun'));
  const kind = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Rollout' };
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], kind);
  assert.deepEqual(components.schemas['io.argoproj.v1alpha1.Rollout']?.['x-kubernetes-group-version-kind'], [kind]);
});

test('what is not there is a plain 404: OpenAPI v2, unknown groups', async () => {
  const { ask } = startTestServer();
  for (const path of ['/openapi/v2', '/apis/none.example', '/apis/none.example/v1', '/nothing']) {
    const { status, body } = await ask('GET', path);
    assert.deepEqual([status, body], [404, '404 page not found\n'], path);
  }
});
