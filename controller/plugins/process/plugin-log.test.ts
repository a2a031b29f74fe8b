// How much of what a plugin says is told, and how.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../../kubernetes/log.ts';
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
  ['{"@level":"error","@message":"m","a":1}', 'error A plugin says {"a":1,"says":"m"}'],
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
