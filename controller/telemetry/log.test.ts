import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './log.ts';

function logged(format: string, level = 'info') {
  const lines: string[] = [];
  const log = createLogger({
    level,
    format,
    destination: {
      write(line: string) {
        lines.push(line);
      },
    },
  });
  return { log, lines };
}

const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

test('text lines have logrus’s look, with fields in order of their names', () => {
  const { log, lines } = logged('text');
  log.warn({ rollout: 'web', namespace: 'ns', note: 'two words', count: 2 }, 'Something "odd"');
  assert.equal(
    lines[0]?.replace(time, 'T'),
    'time="T" level=warning msg="Something \\"odd\\"" count=2 namespace=ns note="two words" rollout=web\n',
  );
});

test('JSON lines have logrus’s names', () => {
  const { log, lines } = logged('json');
  log.info({ event_reason: 'RolloutPaused' }, 'Rollout is paused');
  const { time: at, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.match(String(at), time);
  assert.deepEqual(rest, { level: 'info', msg: 'Rollout is paused', event_reason: 'RolloutPaused' });
});

test('an error keeps its message, its kind and its stack', () => {
  const { log, lines } = logged('json');
  log.error({ err: new TypeError('boom') }, 'Failed');
  const { err } = JSON.parse(lines[0] ?? '') as { err: { type: string; message: string; stack: string } };
  assert.deepEqual([err.type, err.message], ['TypeError', 'boom']);
  assert.match(err.stack, /log\.test\.ts/);
});

test('what is below the level is not logged, and secrets never are', () => {
  const { log, lines } = logged('json');
  log.debug({}, 'quiet');
  log.child({ path: '/x' }).info({ token: 'abc', request: { authorization: 'Bearer abc' } }, 'asked');
  assert.equal(lines.length, 1);
  assert.ok(!lines[0]?.includes('abc'));
  assert.match(lines[0] ?? '', /"path":"\/x"/);
});
