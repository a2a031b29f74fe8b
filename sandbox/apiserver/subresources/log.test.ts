import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from '../test-server.ts';
import type { PodLogs } from '../types.ts';

const pods = '/api/v1/namespaces/default/pods';
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { nodeName: 'n', containers: [{ name: 'main', image: 'nginx:1' }] },
};

function startWithLogs() {
  let write: (line: string) => void = () => undefined;
  const podLogs: PodLogs = {
    read: () => 'first\n',
    follow(_request, line) {
      write = line;
      return () => {
        write = () => undefined;
      };
    },
  };
  return { ...startTestServer({ podLogs }), write: (line: string) => write(line) };
}

async function follow({ ask }: ReturnType<typeof startWithLogs>) {
  const { textStream } = await ask('GET', `${pods}/p/log?follow=true`);
  assert.ok(textStream);
  const told: string[] = [];
  const handle = textStream.start({ text: (text) => told.push(text), end: () => told.push('END') });
  return { told, cancel: () => handle.cancel() };
}

test('a log that is followed goes on until its container ends', async () => {
  const started = startWithLogs();
  await started.ok('POST', pods, pod);
  const { told } = await follow(started);
  started.write('second\n');
  const status = { phase: 'Succeeded', containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 0 } } }] };
  const headers = { 'content-type': 'application/merge-patch+json' };
  await started.ok('PATCH', `${pods}/p/status`, { status: { phase: 'Running' } }, { headers });
  assert.deepEqual(told, ['first\n', 'second\n']);
  await started.ok('PATCH', `${pods}/p/status`, { status }, { headers });
  await started.clock.settle();
  assert.deepEqual(told, ['first\n', 'second\n', 'END']);
  const { body, textStream } = await started.ask('GET', `${pods}/p/log?follow=true`);
  assert.deepEqual([body, textStream], ['first\n', undefined]);
});

test('a reader that goes away is told nothing more, and the end of the pod ends the log', async () => {
  const started = startWithLogs();
  await started.ok('POST', pods, pod);
  const gone = await follow(started);
  gone.cancel();
  started.write('unread\n');
  const other = await follow(started);
  await started.ok('DELETE', `${pods}/p?gracePeriodSeconds=0`);
  await started.clock.settle();
  assert.deepEqual(gone.told, ['first\n']);
  assert.deepEqual(other.told, ['first\n', 'END']);
});

test('a limit of bytes cuts what was written and what is followed', async () => {
  const started = startWithLogs();
  await started.ok('POST', pods, pod);
  assert.equal((await started.ask('GET', `${pods}/p/log?limitBytes=3`)).body, 'fir');
  const { textStream } = await started.ask('GET', `${pods}/p/log?limitBytes=8&follow=true`);
  const told: string[] = [];
  textStream?.start({ text: (text) => told.push(text), end: () => told.push('END') });
  started.write('second\n');
  started.write('third\n');
  await started.clock.settle();
  assert.deepEqual(told, ['first\n', 'se', 'END']);
});

test('a container that has not run says what it waits for', async () => {
  const { ok, refusal, ask } = startWithLogs();
  const headers = { 'content-type': 'application/merge-patch+json' };
  await ok('POST', pods, { ...pod, spec: { ...pod.spec, nodeName: '' } });
  assert.equal((await refusal('GET', `${pods}/p/log`)).message, 'pod p does not have a host assigned');
  await ok('DELETE', `${pods}/p?gracePeriodSeconds=0`);
  await ok('POST', pods, pod);
  const wait = (reason: string, more: object = {}) => {
    const status = { containerStatuses: [{ name: 'main', state: { waiting: { reason } }, ...more }] };
    return ok('PATCH', `${pods}/p/status`, { status }, { headers });
  };
  const start = 'container "main" in pod "p" is waiting to start: ';
  await wait('ContainerCreating');
  assert.equal((await refusal('GET', `${pods}/p/log`)).message, `${start}ContainerCreating`);
  await wait('ImagePullBackOff');
  assert.equal((await refusal('GET', `${pods}/p/log`)).message, `${start}trying and failing to pull image`);
  await wait('CrashLoopBackOff', { restartCount: 1, lastState: { terminated: { exitCode: 1 } } });
  assert.equal((await ask('GET', `${pods}/p/log`)).body, 'first\n');
});

test('containers are checked by name, and a previous one must have been', async () => {
  const { ok, refusal } = startWithLogs();
  await ok('POST', pods, pod);
  const other = await refusal('GET', `${pods}/p/log?container=x`);
  assert.equal(other.message, 'container x is not valid for pod p');
  const previous = await refusal('GET', `${pods}/p/log?previous=true`);
  assert.equal(previous.message, 'previous terminated container "main" in pod "p" not found');
});

test('what needs a process behind the pod is refused in one plain line', async () => {
  const { ok, refusal } = startWithLogs();
  await ok('POST', pods, pod);
  for (const [subresource, message] of [
    ['exec', /^kubectl exec and cp are not supported by the sandbox, whose pods are no containers$/],
    ['attach', /^kubectl attach is not supported/],
    ['portforward', /^kubectl port-forward is not supported.*: use the URL of a Service that the sandbox prints$/],
    ['ephemeralcontainers', /^kubectl debug in a running pod is not supported/],
    ['resize', /^resizing a running pod is not supported/],
    ['proxy/metrics', /^the proxy subresource is not supported/],
  ] as const) {
    const status = await refusal('GET', `${pods}/p/${subresource}`);
    assert.deepEqual([status.code, status.reason], [501, 'NotImplemented']);
    assert.match(status.message ?? '', message);
  }
  assert.equal((await refusal('GET', `${pods}/nobody/exec`)).code, 404);
});
