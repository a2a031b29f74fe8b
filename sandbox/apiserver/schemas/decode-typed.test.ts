import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createKindRegistry } from '../kinds/registry.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { builtinSchema } from './builtin.ts';
import { decodeTyped } from './decode-typed.ts';

const recordings = new URL('../../../test/fixtures/apiserver/', import.meta.url);

interface Recorded extends ApiObject {
  apiVersion: string;
  kind: string;
}

/** Every object of a built-in or custom kind that a real server answered with. */
function recordedObjects(): Recorded[] {
  return readdirSync(recordings)
    .filter((file) => !file.startsWith('_'))
    .flatMap((file) => {
      const written = readFileSync(new URL(file, recordings), 'utf8')
        .replaceAll('"<time>"', '"2026-01-01T00:00:00Z"')
        .replaceAll('"<microtime>"', '"2026-01-01T00:00:00.000000Z"');
      const { exchanges } = JSON.parse(written) as { exchanges: readonly { response: { body?: unknown } }[] };
      return exchanges.map(({ response }) => response.body as Recorded);
    })
    .filter((body) => typeof body === 'object' && body !== null && typeof body.apiVersion === 'string');
}

test('reads what a real server wrote and writes it again as it was', () => {
  const registry = createKindRegistry();
  let count = 0;
  for (const object of recordedObjects()) {
    const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
    const kind = registry.byKind(group ?? '', version ?? '', object.kind);
    if (kind === undefined) continue;
    const decoded = kind.strategy.decode(structuredClone(object));
    assert.equal(decoded.failure, undefined);
    assert.deepEqual(decoded.strictProblems, []);
    assert.deepEqual(decoded.object, object);
    count += 1;
  }
  assert.ok(count > 60, `${count} objects`);
});

const pod = builtinSchema('io.k8s.api.core.v1.Pod');

function podWith(container: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } };
}

test('refuses wrong types in the words of Go, the first of them', () => {
  const rows: readonly (readonly [JsonObject, string])[] = [
    [
      { name: 'c', env: [{ name: 'A', value: 1 }] },
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      { name: 'c', command: 'x' },
      'json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string',
    ],
    [
      { name: 'c', ports: [{ containerPort: 1.5 }] },
      'json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    ],
    [
      { name: 'c', resources: { limits: { cpu: 'lots' } } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ];
  for (const [container, problem] of rows) assert.equal(decodeTyped(pod, podWith(container)).problem, problem);
});

test('names unknown fields with their indexes and drops them', () => {
  const { value, unknown } = decodeTyped(pod, podWith({ name: 'c', imag: 'x', resources: { limit: {} } }));
  assert.deepEqual(unknown, [
    'unknown field "spec.containers[0].imag"',
    'unknown field "spec.containers[0].resources.limit"',
  ]);
  assert.deepEqual(value.spec, { containers: [{ name: 'c', resources: {} }] });
});

test('leaves out what Go leaves out when it is empty, keeps pointers to zero', () => {
  const { value } = decodeTyped(pod, {
    metadata: { name: 'p', labels: {}, annotations: {} },
    spec: { containers: [{ name: 'c', args: [], stdin: false }], hostNetwork: false, terminationGracePeriodSeconds: 0 },
  });
  assert.deepEqual(value, {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', resources: {} }], terminationGracePeriodSeconds: 0 },
    status: {},
  });
});
