import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDemoTag, splitImage } from './catalogue.ts';
import { exitOf, playOf } from './command.ts';
import { pullOf, readScript, scriptAnnotation } from './script.ts';
import { unreadableFailures } from './script-failures.ts';

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

test('what a command writes, and when', () => {
  const of = (script: string) =>
    playOf({ name: 'c', command: ['sh', '-c', script] }).lines.map((line) => [line.afterMs, line.text]);
  assert.deepEqual(of('echo "one two"; sleep 2 && echo three; false || echo four; exit 1; echo never'), [
    [0, 'one two'],
    [2000, 'three'],
    [2000, 'four'],
  ]);
  assert.deepEqual(of('echo hello > /tmp/x'), []);
  assert.deepEqual(of('echo before; ./server'), [[0, 'before']]);
  assert.deepEqual(playOf({ name: 'c', args: ['echo', 'hi'] }).lines, [{ afterMs: 0, text: 'hi' }]);
});

const scripts: readonly (readonly [text: string, problem: RegExp | undefined])[] = [
  ['{"neverReady":true,"latencyMs":20.5,"errorShare":1,"exitCode":0,"livenessFails":"5-/10"}', undefined],
  ['{', /is not JSON/],
  ['[]', /is not a JSON object/],
  ['{"neverready":true}', /has the field neverready, known are startDelayMs, /],
  ['{"latencyMs":"2s"}', /has latencyMs: "2s", but needs a time in milliseconds there, so nothing of it counts/],
  ['{"errorShare":50}', /needs a share from 0 to 1/],
  ['{"exitCode":1.5}', /needs a whole number/],
  ['{"readinessFails":"soon"}', /needs times as in 20-35,60-/],
];

for (const [text, problem] of scripts) {
  test(`the script ${text} ${problem === undefined ? 'is obeyed' : 'is refused in words'}`, () => {
    const script = readScript({ metadata: { annotations: { [scriptAnnotation]: text } }, spec: { containers: [] } });
    if (problem === undefined) assert.deepEqual(script, JSON.parse(text));
    else assert.match(script as string, problem);
  });
}

test('times of failures that nobody can read are told of', () => {
  const env = [
    { name: 'SLIPWAY_READINESS_FAILS', value: '5-10/20' },
    { name: 'SLIPWAY_LIVENESS_FAILS', value: 'after 5' },
  ];
  const problem = 'SLIPWAY_LIVENESS_FAILS of container c is "after 5", but needs times as in 20-35,60-';
  assert.deepEqual(unreadableFailures({ name: 'c', env }), [problem]);
});
