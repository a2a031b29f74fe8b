import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStartOptions } from './options.ts';

function options(...argv: string[]) {
  const parsed = parseStartOptions(argv);
  assert.equal(parsed.kind, 'run', parsed.kind === 'wrong' ? parsed.message : '');
  return parsed.kind === 'run' ? parsed.options : assert.fail();
}

test('without options: demo, load and controller, 50 requests per second', () => {
  const { load, demo, controller, rate, scenario, port } = options();
  assert.deepEqual(
    { load, demo, controller, rate, scenario, port },
    {
      load: true,
      demo: true,
      controller: true,
      rate: 50,
      scenario: 'canary',
      port: undefined,
    },
  );
});

test('a scenario is chosen by its name, or by the strategy that it shows', () => {
  assert.equal(options('--scenario=analysis').scenario, 'analysis');
  assert.equal(options('--strategy', 'blue-green').scenario, 'blue-green');
  assert.equal(options('--strategy', 'canary', '--scenario', 'canary').scenario, 'canary');
});

test('steps are weights, pauses and durations', () => {
  assert.deepEqual(options('--steps', '25,pause,50%,30s').steps, [
    { setWeight: 25 },
    { pause: {} },
    { setWeight: 50 },
    { pause: { duration: '30s' } },
  ]);
});

test('nothing is run on this machine unless that is asked for', () => {
  assert.equal(options().allowLocalCommands, false);
  assert.equal(options('--allow-local-commands').allowLocalCommands, true);
  assert.equal(options('--endpoint-delay', '1.5s').endpointDelayMs, 1500);
});

test('only-cluster leaves demo, load and controller out', () => {
  const { load, demo, controller } = options('--only-cluster');
  assert.deepEqual([load, demo, controller], [false, false, false]);
});

for (const [argv, message] of [
  [['--prot', '1'], /unknown option --prot/],
  [['stray'], /unknown option stray/],
  [['--port'], /--port needs a value/],
  [['--port', 'x'], /whole number from 1 to 65535/],
  [['--rate=0'], /whole number from 1 to 2000/],
  [['--no-load=yes'], /takes no value/],
  [['--steps', '25,wait'], /--steps wait: a weight/],
  [['--steps', '125'], /at most 100/],
  [['--strategy', 'purple'], /canary or blue-green/],
  [['--scenario', 'purple'], /--scenario purple: canary, blue-green, analysis, experiment is needed/],
  [['--scenario', 'analysis', '--strategy', 'blue-green'], /do not go together/],
  [['--strategy', 'blue-green', '--steps', '5'], /--steps needs a canary/],
  [['--start-delay', 'soon'], /a time such as/],
] as const) {
  test(`refuses ${argv.join(' ')}`, () => {
    const parsed = parseStartOptions(argv);
    assert.equal(parsed.kind, 'wrong');
    assert.match(parsed.kind === 'wrong' ? parsed.message : '', message);
  });
}

test('--help names every option', () => {
  const parsed = parseStartOptions(['--help']);
  assert.equal(parsed.kind, 'help');
  const text = parsed.kind === 'help' ? parsed.text : '';
  for (const name of ['--port', '--replicas', '--rate', '--steps', '--no-load', '--no-demo', '--manifests']) {
    assert.ok(text.includes(name), name);
  }
});
