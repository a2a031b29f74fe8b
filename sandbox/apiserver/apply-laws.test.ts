// Laws of server-side apply, over random configurations of several managers (fast-check prints the seed).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startTestServer } from './test-server.ts';

const path = '/apis/apps/v1/namespaces/default/deployments/d';
const headers = { 'content-type': 'application/apply-patch+yaml' };
const base = {
  selector: { matchLabels: { app: 'd' } },
  template: {
    metadata: { labels: { app: 'd' } },
    spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
  },
};

interface Config {
  readonly replicas: number | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  /** Environment of the container `main`, a list by key. */
  readonly env: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
}

const word = fc.constantFrom('x', 'y', 'z');
const config: fc.Arbitrary<Config> = fc.record({
  replicas: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  annotations: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
  env: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
  finalizers: fc.uniqueArray(
    word.map((one) => `example.com/${one}`),
    { maxLength: 2 },
  ),
});

function bodyOf({ replicas, annotations, env, finalizers }: Config): object {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'd',
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
    },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      ...(variables.length === 0 ? {} : { template: { spec: { containers: [{ name: 'main', env: variables }] } } }),
    },
  };
}

interface Deployment {
  readonly metadata: Record<string, unknown> & {
    readonly managedFields: readonly { manager: string; fieldsV1: object }[];
  };
  readonly spec: object;
}

async function start() {
  const started = startTestServer();
  const own = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: base };
  await started.ok('PATCH', `${path}?fieldManager=owner`, own, { headers });
  const apply = (manager: string, one: Config, force = false) =>
    started.ask('PATCH', `${path}?fieldManager=${manager}&force=${force}`, bodyOf(one), { headers });
  const read = () => started.ok<Deployment>('GET', path);
  return { ...started, apply, read };
}

/** Everything but who owns it and when it was written. */
function content({ metadata, spec }: Deployment): object {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...rest } = metadata;
  return { metadata: rest, spec };
}

function fieldsOf({ metadata }: Deployment, manager: string): object | undefined {
  return metadata.managedFields.find((entry) => entry.manager === manager)?.fieldsV1;
}

const empty: Config = { replicas: undefined, annotations: {}, env: {}, finalizers: [] };
const runs = { numRuns: 30 };

test('applying the same again changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(config, async (one) => {
      const { apply, read } = await start();
      assert.equal((await apply('m', one)).status, 200);
      const first = await read();
      assert.equal((await apply('m', one)).status, 200);
      assert.deepEqual(await read(), first);
    }),
    runs,
  );
});

test('applying and giving up restores what was there, but for defaults', async () => {
  await fc.assert(
    fc.asyncProperty(config, async (one) => {
      const { apply, read } = await start();
      const before = await read();
      await apply('m', one);
      await apply('m', empty);
      const after = await read();
      assert.deepEqual(content(after), content(before));
      assert.deepEqual(fieldsOf(after, 'owner'), fieldsOf(before, 'owner'));
    }),
    runs,
  );
});

test('going from one configuration to another is the same as applying the other at once', async () => {
  await fc.assert(
    fc.asyncProperty(config, config, async (one, other) => {
      const [long, short] = [await start(), await start()];
      await long.apply('m', one);
      await long.apply('m', other);
      await short.apply('m', other);
      const [a, b] = [await long.read(), await short.read()];
      assert.deepEqual(a.spec as object, b.spec);
      assert.deepEqual(a.metadata.annotations, b.metadata.annotations);
      assert.deepEqual(a.metadata.finalizers, b.metadata.finalizers);
      assert.deepEqual(fieldsOf(a, 'm'), fieldsOf(b, 'm'));
    }),
    runs,
  );
});

test('an owner never loses a field or its value without a conflict that was forced', async () => {
  await fc.assert(
    fc.asyncProperty(config, config, async (one, other) => {
      const { apply, read } = await start();
      await apply('first', one);
      const before = await read();
      const answer = await apply('second', other);
      const disagrees =
        (one.replicas !== undefined && other.replicas !== undefined && one.replicas !== other.replicas) ||
        [...Object.keys(one.annotations)].some(
          (key) => key in other.annotations && other.annotations[key] !== one.annotations[key],
        ) ||
        [...Object.keys(one.env)].some((key) => key in other.env && other.env[key] !== one.env[key]);
      assert.equal(answer.status, disagrees ? 409 : 200, JSON.stringify([one, other]));
      const after = await read();
      assert.deepEqual(fieldsOf(after, 'first'), fieldsOf(before, 'first'));
      for (const [key, value] of Object.entries(one.annotations)) {
        assert.equal((after.metadata.annotations as Record<string, string>)[key], value);
      }
      if (disagrees) assert.deepEqual(after, before);
      const forced = await apply('second', other, true);
      assert.equal(forced.status, 200);
      const last = await read();
      for (const [key, value] of Object.entries(other.annotations)) {
        assert.equal((last.metadata.annotations as Record<string, string>)[key], value);
      }
    }),
    runs,
  );
});
