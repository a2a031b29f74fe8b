import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDemoTag, splitImage } from './catalogue.ts';
import { exitOf, pullOf, readScript, scriptAnnotation } from './script.ts';

const images = [
  ['nginx', 'ok'],
  ['nginx:1.27', 'ok'],
  ['argoproj/rollouts-demo:blue', 'ok'],
  ['registry.example.com:5000/team/app:v1', 'ok'],
  ['ghcr.io/x/y@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'ok'],
  ['argoproj/rollouts-demo:does-not-exist', 'missing'],
  ['team/missing-app:1', 'missing'],
  ['team/UPPER:1', 'invalid'],
  ['Upper:1', 'invalid'],
  ['UPPER/case:1', 'ok'],
  ['nginx:', 'invalid'],
  ['nginx::1', 'invalid'],
  ['a b', 'invalid'],
  ['nginx:-1', 'invalid'],
  ['', 'invalid'],
] as const;

for (const [image, want] of images) {
  test(`the image "${image}" is ${want}`, () => assert.equal(pullOf(image), want));
}

const commands: readonly {
  readonly command: readonly string[];
  readonly want: readonly [number, number] | undefined;
}[] = [
  { command: [], want: undefined },
  { command: ['sh', '-c', 'sleep 1 && exit 1'], want: [1000, 1] },
  { command: ['/bin/sh', '-ec', 'sleep 2; sleep 3'], want: [5000, 0] },
  { command: ['bash', '-c', 'false && sleep 9'], want: [0, 1] },
  { command: ['sh', '-c', 'false || exit 7'], want: [0, 7] },
  { command: ['sh', '-c', 'echo hello; exit 0; sleep 5'], want: [0, 0] },
  { command: ['sleep', '600'], want: [600_000, 0] },
  { command: ['sleep', '2m'], want: [120_000, 0] },
  { command: ['sleep', 'infinity'], want: undefined },
  { command: ['/bin/false'], want: [0, 1] },
  { command: ['true'], want: [0, 0] },
  { command: ['./server', '--port', '80'], want: undefined },
  { command: ['sh', '-c', 'while true; do sleep 1; done'], want: undefined },
];

for (const { command, want } of commands) {
  test(`the command ${JSON.stringify(command)} ${want ? `ends after ${want[0]} ms with ${want[1]}` : 'runs on'}`, () => {
    const exit = exitOf({ name: 'c', command: command.slice(0, 1), args: command.slice(1) });
    assert.deepEqual(exit && [exit.afterMs, exit.code], want);
  });
}

test('names and tags are told apart from ports and digests', () => {
  assert.deepEqual(splitImage('registry:5000/app'), { name: 'registry:5000/app', tag: 'latest' });
  assert.deepEqual(splitImage('registry:5000/app:1@sha256:00'), { name: 'registry:5000/app', tag: '1' });
});

test('bad- and slow- are variants of a colour', () => {
  assert.deepEqual(readDemoTag('yellow'), { colour: 'yellow', errorShare: 0, latencyMs: 0 });
  assert.deepEqual(readDemoTag('bad-red'), { colour: 'red', errorShare: 0.5, latencyMs: 0 });
  assert.deepEqual(readDemoTag('slow-blue'), { colour: 'blue', errorShare: 0, latencyMs: 2000 });
});

test('a script that cannot be read is told of in words', () => {
  const pod = (text: string) => ({ metadata: { annotations: { [scriptAnnotation]: text } }, spec: { containers: [] } });
  assert.deepEqual(readScript(pod('{"neverReady":true}')), { neverReady: true });
  assert.match(readScript(pod('{')) as string, /is not JSON/);
  assert.match(readScript(pod('[]')) as string, /is not a JSON object/);
});
