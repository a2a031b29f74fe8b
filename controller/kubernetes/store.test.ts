import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { noAnswer, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { decodeObject } from './decode.ts';
import { createInformer } from './informer.ts';
import { silentLogger } from './log.ts';
import { services } from './resource.ts';
import { createStore, isOlderVersion, type Store } from './store.ts';

const decode = decodeObject<KubernetesObject>({ apiVersion: 'v1', kind: 'Service' });

function service(name: string, resourceVersion: string, uid = `uid-${name}`, labels: Record<string, string> = {}) {
  return { metadata: { namespace: 'ns', name, uid, resourceVersion, labels } };
}

function recordingStore(): { store: Store<KubernetesObject>; told: string[] } {
  const store = createStore({
    decode,
    indexes: { app: ({ metadata }) => (metadata.labels?.app === undefined ? [] : [metadata.labels.app]) },
  });
  const told: string[] = [];
  store.subscribe((old, current, key) => {
    told.push(`${key} ${old?.metadata.resourceVersion ?? '-'}>${current?.metadata.resourceVersion ?? '-'}`);
  });
  return { store, told };
}

test('a list tells what was added, changed and vanished', () => {
  const { store, told } = recordingStore();
  store.replace([decode(service('a', '1')), decode(service('b', '2'))], '5');
  store.replace([decode(service('b', '6')), decode(service('c', '7'))], '8');
  assert.deepEqual(told, ['ns/a ->1', 'ns/b ->2', 'ns/b 2>6', 'ns/c ->7', 'ns/a 1>-']);
});

test('an unchanged object in a list tells nobody', () => {
  const { store, told } = recordingStore();
  store.replace([decode(service('a', '1'))], '5');
  store.replace([decode(service('a', '1'))], '9');
  assert.deepEqual(told, ['ns/a ->1']);
});

test('vector 89: reads its own writes: an older watch event is dropped, a younger one counts', () => {
  const { store } = recordingStore();
  store.applyEvent('ADDED', decode(service('a', '1')));
  store.written(service('a', '10'));
  store.applyEvent('MODIFIED', decode(service('a', '9')));
  assert.equal(store.resourceVersionOf('ns/a'), '10');
  store.applyEvent('MODIFIED', decode(service('a', '11')));
  assert.equal(store.resourceVersionOf('ns/a'), '11');
});

test('the answer to a write that comes after a younger event changes nothing', () => {
  const { store, told } = recordingStore();
  store.applyEvent('ADDED', decode(service('a', '12')));
  store.written(service('a', '10'));
  assert.deepEqual(told, ['ns/a ->12']);
});

test('what the answer to a write shows to have left the selector is kept no longer, whatever events are still on their way', () => {
  const { store } = createInformer({
    transport: scriptedTransport(() => noAnswer()),
    clock: new VirtualClock(),
    random: seededRandom(1),
    log: silentLogger,
    resource: services,
    labelSelector: '!instance',
    decode,
  });
  store.applyEvent('ADDED', decode(service('a', '1')));
  store.written(service('a', '20', 'uid-a', { instance: 'another' }));
  assert.equal(store.get('ns/a'), undefined);
  store.applyEvent('MODIFIED', decode(service('a', '9')));
  store.applyEvent('DELETED', decode(service('a', '10')));
  assert.equal(store.get('ns/a'), undefined);
});

test('what a live read did not find is not brought back by an event from before its end', () => {
  const { store } = recordingStore();
  store.applyEvent('ADDED', decode(service('a', '1')));
  store.removed('ns/a', '');
  store.applyEvent('MODIFIED', decode(service('a', '2')));
  assert.equal(store.get('ns/a'), undefined);
  store.applyEvent('ADDED', decode(service('a', '5', 'another')));
  assert.equal(store.resourceVersionOf('ns/a'), '5');
});

test('versions that are no integers are only compared for equality', () => {
  const { store, told } = recordingStore();
  store.written(service('a', 'x9'));
  store.applyEvent('MODIFIED', decode(service('a', 'x9')));
  store.applyEvent('MODIFIED', decode(service('a', 'x10')));
  assert.deepEqual(told, ['ns/a ->x9', 'ns/a x9>x10']);
});

test('vector 89: integers are compared as integers, however long', () => {
  assert.equal(isOlderVersion('9', '10'), true);
  assert.equal(isOlderVersion('10', '9'), false);
  assert.equal(isOlderVersion('9007199254740993', '9007199254740994'), true);
  assert.equal(isOlderVersion('7', '7'), false);
  assert.equal(isOlderVersion('abc', '7'), false);
});

test('an object that this process created survives a list that is older than it', () => {
  const { store } = recordingStore();
  store.written(service('mine', '20'));
  store.replace([decode(service('a', '1'))], '15');
  assert.deepEqual([...store.keys()].sort(), ['ns/a', 'ns/mine']);
});

test('a deletion of ours takes the object out at once, and late events do not bring it back', () => {
  const { store, told } = recordingStore();
  store.applyEvent('ADDED', decode(service('a', '1')));
  store.removed('ns/a', 'uid-a');
  store.applyEvent('MODIFIED', decode(service('a', '2')));
  store.replace([decode(service('a', '2'))], '2');
  store.applyEvent('DELETED', decode(service('a', '3')));
  assert.deepEqual(told, ['ns/a ->1', 'ns/a 1>-']);
  assert.equal(store.size, 0);
});

test('the deletion of an earlier object of the same name leaves the new one alone', () => {
  const { store } = recordingStore();
  store.applyEvent('ADDED', decode(service('a', '1', 'old')));
  store.removed('ns/a', 'old');
  store.written(service('a', '5', 'new'));
  store.applyEvent('DELETED', decode(service('a', '3', 'old')));
  assert.equal(store.get('ns/a')?.metadata.uid, 'new');
});

test('another uid under the same name is a deletion and an addition', () => {
  const { store, told } = recordingStore();
  store.applyEvent('ADDED', decode(service('a', '1', 'old')));
  store.applyEvent('MODIFIED', decode(service('a', '4', 'new')));
  assert.deepEqual(told, ['ns/a ->1', 'ns/a 1>-', 'ns/a ->4']);
});

test('a deletion tells the last state that the server knew', () => {
  const { store, told } = recordingStore();
  store.applyEvent('ADDED', decode(service('a', '1')));
  store.applyEvent('DELETED', decode(service('a', '7')));
  assert.deepEqual(told, ['ns/a ->1', 'ns/a 7>-']);
});

test('indexes follow changes and deletions', () => {
  const { store } = recordingStore();
  store.applyEvent('ADDED', decode(service('b', '1', 'b', { app: 'web' })));
  store.applyEvent('ADDED', decode(service('a', '2', 'a', { app: 'web' })));
  const names = (value: string) => store.byIndex('app', value).map(({ metadata }) => metadata.name);
  assert.deepEqual(names('web'), ['a', 'b']);
  store.applyEvent('MODIFIED', decode(service('a', '3', 'a', { app: 'api' })));
  assert.deepEqual([names('web'), names('api')], [['b'], ['a']]);
  store.applyEvent('DELETED', decode(service('b', '4', 'b')));
  assert.deepEqual(names('web'), []);
  assert.throws(() => store.byIndex('owner', 'x'), /no index "owner"/);
});

test('decoding drops managed fields and the last-applied annotation, keeps what it does not know, and changes nothing', () => {
  const raw = {
    metadata: {
      name: 'a',
      namespace: 'ns',
      uid: 'u',
      resourceVersion: '1',
      managedFields: [{}],
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', keep: 'me' },
    },
    spec: { newerField: 1 },
  };
  const before = structuredClone(raw);
  assert.deepEqual(decode(raw).object, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a', namespace: 'ns', uid: 'u', resourceVersion: '1', annotations: { keep: 'me' } },
    spec: { newerField: 1 },
  });
  assert.deepEqual(raw, before);
  assert.throws(() => decode({ kind: 'Status' }), /without metadata.name/);
});
