// How much of what a plugin says is told, and how.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../kubernetes/log.ts';
import { createLogger } from '../../telemetry/log.ts';
import { pluginLog } from './plugin-log.ts';

function listening() {
  const lines: string[] = [];
  const line = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const levels = { trace: line('trace'), debug: line('debug'), info: line('info'), warn: line('warn') };
  const log: Logger = { ...levels, error: line('error'), child: () => log };
  let now = 1000;
  const clock = { now: () => now, schedule: () => ({ cancel: () => undefined }) };
  return { lines, say: pluginLog(log, clock), pass: () => (now += 1000) };
}

const rows: readonly (readonly [line: string, told: string])[] = [
  ['plain', 'info A plugin says {"says":"plain"}'],
  ['{"@level":"error","@message":"m","a":1}', 'error A plugin says {"says":"m","fields":{"a":1}}'],
  ['{"@level":"warn","@message":"m"}', 'warn A plugin says {"says":"m"}'],
  ['{"@level":"info","@message":"m","@timestamp":"t"}', 'info A plugin says {"says":"m"}'],
  ['{"@level":"trace","@message":"m"}', 'debug A plugin says {"says":"m"}'],
  ['{"level":"error"}', 'info A plugin says {"says":"{\\"level\\":\\"error\\"}"}'],
  ['{broken', 'info A plugin says {"says":"{broken"}'],
];
for (const [line, told] of rows) {
  test(`tells ${line}`, () => {
    const { lines, say } = listening();
    say(line);
    assert.deepEqual(lines, [told]);
  });
}

test('what it says cannot pass for a line of the controller, whatever its fields are called', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  for (const format of ['text', 'json']) {
    const log = createLogger({ level: 'info', format, destination }).child({ plugin: 'acme/x' });
    const say = pluginLog(log, { now: () => 0, schedule: () => ({ cancel: () => undefined }) });
    say('{"@level":"info","@message":"m","level":"error","msg":"Leader election lost","time":"now","plugin":"acme/y"}');
    say('{"@level":"info","@message":"m","level":{"toString":1,"valueOf":1}}');
  }
  assert.equal(lines.length, 4);
  for (const line of lines.slice(0, 2))
    assert.match(line, / level=info msg="A plugin says" .* plugin=acme\/x says=m\n$/);
  for (const line of lines.slice(2)) {
    const { level, msg, plugin } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual({ level, msg, plugin }, { level: 'info', msg: 'A plugin says', plugin: 'acme/x' });
  }
});

test('who says too much is cut short, and it is told how much that was', () => {
  const { lines, say, pass } = listening();
  for (let n = 0; n < 1000; n += 1) say('again');
  assert.equal(lines.length, 200);
  pass();
  say('last');
  assert.deepEqual(lines.slice(200), [
    'warn A plugin said too much to be told {"lines":800}',
    'info A plugin says {"says":"last"}',
  ]);
});
