import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';

/** A field of wire type 2. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function varint(number: number, value: number): Buffer {
  return Buffer.from([number << 3, value]);
}

function envelope(apiVersion: string, kind: string, message: Buffer): Buffer {
  const typeMeta = Buffer.concat([field(1, apiVersion), field(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, typeMeta), field(2, message), field(3, ''), field(4, '')]);
}

test('a namespace as kubectl create sends it', () => {
  const meta = Buffer.concat([
    field(1, 'shop'),
    field(2, ''),
    field(3, ''),
    field(11, Buffer.concat([field(1, 'a'), field(2, 'b')])),
  ]);
  const body = envelope('v1', 'Namespace', Buffer.concat([field(1, meta), field(2, ''), field(3, '')]));
  assert.ok(isProtobuf(body));
  assert.deepEqual(decodeProtobuf(body), {
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: { name: 'shop', labels: { a: 'b' } },
    spec: {},
  });
});

test('a Deployment as kubectl create deployment sends it', () => {
  const container = Buffer.concat([field(1, 'main'), field(2, 'nginx:1'), field(6, varint(3, 80))]);
  const template = Buffer.concat([field(1, field(1, 'x')), field(2, field(2, container))]);
  const selector = field(1, Buffer.concat([field(1, 'app'), field(2, 'd')]));
  const spec = Buffer.concat([varint(1, 3), field(2, selector), field(3, template)]);
  const { spec: read } = decodeProtobuf(
    envelope('apps/v1', 'Deployment', Buffer.concat([field(1, field(1, 'd')), field(2, spec)])),
  );
  assert.deepEqual(read, {
    replicas: 3,
    selector: { matchLabels: { app: 'd' } },
    template: {
      metadata: { name: 'x' },
      spec: { containers: [{ name: 'main', image: 'nginx:1', ports: [{ containerPort: 80 }] }] },
    },
  });
});

test('a Pod as kubectl debug sends it, and a PriorityClass as kubectl create does', () => {
  const container = Buffer.concat([field(1, 'debugger'), field(2, 'busybox')]);
  const pod = Buffer.concat([field(1, field(1, 'p')), field(2, Buffer.concat([field(2, container), field(10, 'n')]))]);
  assert.deepEqual(decodeProtobuf(envelope('v1', 'Pod', pod)).spec, {
    containers: [{ name: 'debugger', image: 'busybox' }],
    nodeName: 'n',
  });
  const body = Buffer.concat([field(1, field(1, 'high')), varint(2, 7), varint(3, 1), field(5, 'Never')]);
  assert.deepEqual(decodeProtobuf(envelope('scheduling.k8s.io/v1', 'PriorityClass', body)), {
    kind: 'PriorityClass',
    apiVersion: 'scheduling.k8s.io/v1',
    metadata: { name: 'high' },
    value: 7,
    globalDefault: true,
    preemptionPolicy: 'Never',
  });
});

test('a kind that is not known, and bytes that are no message, are refused plainly', () => {
  assert.throws(() => decodeProtobuf(envelope('v1', 'Oddity', Buffer.alloc(0))), { code: 400 });
  assert.throws(() => decodeProtobuf(Buffer.from('k8s\0\x0a\xff\xff')), { code: 400 });
});
