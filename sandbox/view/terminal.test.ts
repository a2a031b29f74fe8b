import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { nextCommands } from './rollout-view.ts';
import type { RolloutView, ScreenState } from './screen.ts';
import { makeTerminalView } from './terminal.ts';

const state: ScreenState = {
  rollout: undefined,
  load: undefined,
  links: [{ label: 'page', url: 'http://localhost:1/' }],
  hints: [],
  exports: [],
  problems: [],
};

/** A terminal that notes what is written. */
function terminal(columns: number, rows: number) {
  const written: string[] = [];
  return { columns, rows, written, write: (text: string) => written.push(text) };
}

const clear = '\u001b[2J';

test('a screen is drawn once, and then only where it has changed', () => {
  const stream = terminal(80, 24);
  const view = makeTerminalView(stream);
  view.show(state);
  const afterFirst = stream.written.length;
  view.show(state);
  assert.equal(stream.written.length, afterFirst, 'nothing has changed');
  view.show({ ...state, links: [{ label: 'page', url: 'http://localhost:2/' }] });
  const last = stream.written.at(-1) ?? '';
  assert.match(last, /localhost:2/);
  assert.equal(last.includes(clear), false);
  assert.equal(last.split('\u001b[2K').length, 2, 'one line');
});

test('a terminal of another size is cleared and drawn anew', () => {
  const stream = terminal(80, 24);
  const view = makeTerminalView(stream);
  view.show(state);
  stream.columns = 40;
  view.show(state);
  assert.ok(stream.written.at(-1)?.startsWith(clear));
  assert.match(stream.written.at(-1) ?? '', /localhost:1/);
});

test('a terminal of one line shows one, and is left as it was found', () => {
  const stream = terminal(10, 1);
  const view = makeTerminalView(stream);
  view.show(state);
  assert.equal(stream.written.at(-1)?.split('\u001b[2K').length, 2);
  view.end();
  assert.equal(stream.written.at(-1), '\u001b[?25h\u001b[?1049l');
});

const rollout: RolloutView = {
  namespace: 'demo',
  name: 'web',
  strategy: 'Canary',
  phase: 'Degraded',
  message: 'RolloutAborted: Rollout aborted update to revision 2',
  step: '0/2',
  stepText: 'setWeight 20',
  versions: [],
  analyses: [],
};

test('a terminal that says 0 for its size is drawn for as one of the usual size', () => {
  const [unsized, usual] = [terminal(0, 0), terminal(100, 40)];
  for (const stream of [unsized, usual]) makeTerminalView(stream).show({ ...state, rollout });
  assert.deepEqual(unsized.written, usual.written);
});

test('a terminal as narrow as a letter is drawn for, too', () => {
  for (const columns of [1, 2, 3]) {
    const stream = terminal(columns, 100);
    makeTerminalView(stream).show({ ...state, rollout });
    assert.ok(stream.written.at(-1)?.includes('\u001b[1;1H'));
  }
});

test('the next command names the namespace where it is not the usual one, and the controller where there is none', () => {
  const rollout = { metadata: { name: 'shop', namespace: 'team' }, spec: {}, status: { abort: true } } as Rollout;
  assert.match(nextCommands(rollout)[0] ?? '', /^kubectl argo rollouts -n team retry rollout shop$/);
  assert.deepEqual(nextCommands(undefined, false), ['npm run controller', 'kubectl apply -f examples/canary-alb.yaml']);
  assert.deepEqual(nextCommands(undefined), ['kubectl apply -f examples/canary-alb.yaml']);
});
