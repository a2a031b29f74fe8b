// The three laws of server-side apply (apply is idempotent; applying and giving up restores; an owner never loses a field
// without a conflict or force) for every shape that a schema knows: structs, free maps, atomic maps and lists, sets, lists
// by key; built-in and custom kinds; the main resource and its status; one manager, or two that write different versions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startTestServer, type TestServer } from './test-server.ts';

/** What a configuration sets: values by the name of a field. Members of sets have no value to disagree on. */
type Config = Readonly<Record<string, string>>;
type Fields = Record<string, unknown>;

interface Subject {
  readonly what: string;
  readonly fields: readonly string[];
  /** Makes the object that everybody applies to. */
  prepare(server: TestServer): Promise<void>;
  /** Where the manager applies, and what. */
  request(manager: string, config: Config): { readonly path: string; readonly body: object };
  readonly object: string;
}

const headers = { 'content-type': 'application/apply-patch+yaml' };
const isMember = (field: string): boolean => field.startsWith('member:');
const under = (config: Config, prefix: string): [string, string][] =>
  Object.entries(config).flatMap(([field, value]) =>
    field.startsWith(prefix) ? [[field.slice(prefix.length), value]] : [],
  );
const unlessEmpty = (name: string, value: object): Fields => (Object.keys(value).length === 0 ? {} : { [name]: value });

const core = '/api/v1/namespaces/default';
const configMap: Subject = {
  what: 'a ConfigMap',
  fields: ['data:a', 'data:b', 'label:x', 'label:y', 'member:example.com/one', 'member:example.com/two'],
  object: `${core}/configmaps/o`,
  async prepare({ ok }) {
    await ok('POST', `${core}/configmaps`, { metadata: { name: 'o' }, data: { own: '1' } });
  },
  request: (_manager, config) => ({
    path: configMap.object,
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'o',
        ...unlessEmpty('labels', Object.fromEntries(under(config, 'label:'))),
        ...unlessEmpty(
          'finalizers',
          under(config, 'member:').map(([name]) => name),
        ),
      },
      ...unlessEmpty('data', Object.fromEntries(under(config, 'data:'))),
    },
  }),
};

const service: Subject = {
  what: 'a Service, with ports by key and an atomic selector',
  fields: ['port:81', 'port:82', 'selector', 'note:x'],
  object: `${core}/services/o`,
  async prepare({ ok }) {
    const body = { metadata: { name: 'o' }, spec: { ports: [{ name: 'own', port: 80 }] } };
    await ok('POST', `${core}/services`, body);
  },
  request(_manager, config) {
    const ports = under(config, 'port:').map(([port, value]) => ({
      port: Number(port),
      protocol: 'TCP',
      name: `p${port}-${value}`,
    }));
    const { selector } = config;
    const spec = {
      ...unlessEmpty('ports', ports),
      ...(selector === undefined ? {} : { selector: { app: selector } }),
    };
    const metadata = { name: 'o', ...unlessEmpty('annotations', Object.fromEntries(under(config, 'note:'))) };
    return {
      path: service.object,
      body: { apiVersion: 'v1', kind: 'Service', metadata, ...unlessEmpty('spec', spec) },
    };
  },
};

const text = { type: 'string' };
const byName = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: { type: 'object', required: ['name'], properties: { name: text, value: text } },
};
const shapes = {
  type: 'object',
  properties: {
    text,
    members: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    items: byName,
    whole: { type: 'array', items: text },
    wholeMap: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const things = '/apis/example.com/v1/namespaces/default/things';

async function defineThings({ ok }: TestServer): Promise<void> {
  const version = (name: string) => ({
    name,
    served: true,
    storage: name === 'v1',
    subresources: { status: {} },
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: shapes, status: shapes } } },
  });
  await ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [version('v1'), version('v2')],
    },
  });
  await ok('POST', things, {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'o' },
    spec: { free: { own: '1' }, items: [{ name: 'own', value: '1' }] },
  });
}

function thingPart(config: Config): object {
  return {
    ...(config.text === undefined ? {} : { text: config.text }),
    ...(config.whole === undefined ? {} : { whole: [config.whole, 'end'] }),
    ...(config.wholeMap === undefined ? {} : { wholeMap: { key: config.wholeMap } }),
    ...unlessEmpty(
      'members',
      under(config, 'member:').map(([name]) => name),
    ),
    ...unlessEmpty(
      'items',
      under(config, 'item:').map(([name, value]) => ({ name, value })),
    ),
    ...unlessEmpty('free', Object.fromEntries(under(config, 'free:'))),
  };
}

function thing(what: string, part: 'spec' | 'status', versionOf: (manager: string) => string): Subject {
  const object = `${things}/o`;
  return {
    what,
    fields: ['text', 'whole', 'wholeMap', 'member:a', 'member:b', 'item:a', 'item:b', 'free:a', 'free:b'],
    object,
    prepare: defineThings,
    request(manager, config) {
      const version = versionOf(manager);
      const body = {
        apiVersion: `example.com/${version}`,
        kind: 'Thing',
        metadata: { name: 'o' },
        ...unlessEmpty(part, thingPart(config)),
      };
      const path = object.replace('/v1/', `/${version}/`) + (part === 'status' ? '/status' : '');
      return { path, body };
    },
  };
}

const subjects: readonly Subject[] = [
  configMap,
  service,
  thing('a custom resource', 'spec', () => 'v1'),
  thing('the status of a custom resource', 'status', () => 'v1'),
  thing('a custom resource whose managers write two versions', 'spec', (manager) =>
    manager === 'second' ? 'v2' : 'v1',
  ),
];

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly fieldsV1: object;
}

async function start(subject: Subject) {
  const server = startTestServer();
  await subject.prepare(server);
  const read = () =>
    server.ok<Fields & { metadata: Fields & { managedFields: readonly Entry[] } }>('GET', subject.object);
  return {
    read,
    async apply(manager: string, config: Config, force = false): Promise<number> {
      const { path, body } = subject.request(manager, config);
      const answer = await server.ask('PATCH', `${path}?fieldManager=${manager}&force=${force}`, body, { headers });
      return answer.status;
    },
    /** Everything but who owns it and when it was written; what is empty counts as absent. */
    async content(): Promise<unknown> {
      const { metadata, ...rest } = await read();
      const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...meta } = metadata;
      return withoutEmpty({ ...rest, metadata: meta });
    },
    async fieldsOf(manager: string): Promise<object | undefined> {
      return (await read()).metadata.managedFields.find((entry) => entry.manager === manager)?.fieldsV1;
    },
  };
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).map(([key, member]) => [key, withoutEmpty(member)] as const);
  return Object.fromEntries(
    kept.filter(([, member]) => typeof member !== 'object' || member === null || Object.keys(member).length > 0),
  );
}

/** Members always in one order: where two managers disagree about it, the last one to apply wins, on a real server too. */
const configOf = ({ fields }: Subject): fc.Arbitrary<Config> =>
  fc
    .dictionary(fc.constantFrom(...fields), fc.constantFrom('1', '2'), { maxKeys: 5, noNullPrototype: true })
    .map((config) => Object.fromEntries(Object.entries(config).sort()));
const disagree = (one: Config, other: Config): boolean =>
  Object.keys(one).some((field) => !isMember(field) && field in other && one[field] !== other[field]);
const runs = { numRuns: 15 };

for (const subject of subjects) {
  const config = configOf(subject);

  test(`${subject.what}: applying the same again changes nothing`, async () => {
    await fc.assert(
      fc.asyncProperty(config, config, async (one, other) => {
        const { apply, read } = await start(subject);
        assert.ok((await apply('first', one)) < 300);
        const isTaken = (await apply('second', other)) < 300;
        const before = await read();
        assert.ok((await apply('first', one)) < 300);
        if (isTaken) assert.ok((await apply('second', other)) < 300);
        assert.deepEqual(await read(), before);
      }),
      runs,
    );
  });

  test(`${subject.what}: applying and giving up restores what was there`, async () => {
    await fc.assert(
      fc.asyncProperty(config, config, async (one, other) => {
        const { apply, content, fieldsOf } = await start(subject);
        await apply('first', one);
        const [before, owned] = [await content(), await fieldsOf('first')];
        await apply('second', other);
        assert.ok((await apply('second', {})) < 300);
        assert.deepEqual(await content(), before);
        assert.deepEqual(await fieldsOf('first'), owned);
      }),
      runs,
    );
  });

  test(`${subject.what}: an owner loses no field without a conflict, and with force only what is disputed`, async () => {
    await fc.assert(
      fc.asyncProperty(config, config, async (one, other) => {
        const { apply, content, fieldsOf, read } = await start(subject);
        await apply('first', one);
        const [before, owned] = [await read(), await fieldsOf('first')];
        const status = await apply('second', other);
        assert.equal(status, disagree(one, other) ? 409 : 200, JSON.stringify([one, other]));
        assert.deepEqual(await fieldsOf('first'), owned);
        if (status === 409) assert.deepEqual(await read(), before);
        assert.equal(await apply('second', other, true), 200);
        // What the first one set and nobody disputes is as it was: applying only that is no conflict and changes nothing.
        const undisputed = Object.fromEntries(
          Object.entries(one).filter(
            ([field, value]) => isMember(field) || !(field in other) || other[field] === value,
          ),
        );
        const forced = await content();
        assert.equal(await apply('first', undisputed), 200);
        assert.deepEqual(await content(), forced);
      }),
      runs,
    );
  });
}

test('one manager owns apart what it applies to the object, to its status and in another version', async () => {
  const server = startTestServer();
  await defineThings(server);
  const apply = (path: string, version: string, part: object) =>
    server.ok(
      'PATCH',
      `${path}?fieldManager=m`,
      { apiVersion: `example.com/${version}`, kind: 'Thing', ...part },
      { headers },
    );
  const object = `${things}/o`;
  await apply(object, 'v1', { spec: { text: 'a' } });
  await apply(`${object}/status`, 'v1', { status: { text: 'b' } });
  const entries = async () => {
    const { metadata } = await server.ok<{ metadata: { managedFields: readonly Entry[] } }>('GET', object);
    const own = metadata.managedFields.filter(({ manager }) => manager === 'm');
    return own.map(({ operation, apiVersion, subresource, fieldsV1 }) => [
      operation,
      apiVersion,
      subresource,
      fieldsV1,
    ]);
  };
  const ofStatus = ['Apply', 'example.com/v1', 'status', { 'f:status': { 'f:text': {} } }];
  assert.deepEqual(await entries(), [['Apply', 'example.com/v1', undefined, { 'f:spec': { 'f:text': {} } }], ofStatus]);
  // An applier has one entry: the version of its last configuration.
  await apply(object.replace('/v1/', '/v2/'), 'v2', { spec: { whole: ['x'] } });
  assert.deepEqual((await entries()).toSorted(), [
    ofStatus,
    ['Apply', 'example.com/v2', undefined, { 'f:spec': { 'f:whole': {} } }],
  ]);
  const { spec } = await server.ok<{ spec: Fields }>('GET', object);
  assert.equal(spec.text, undefined, 'what the version before had set goes');
});
