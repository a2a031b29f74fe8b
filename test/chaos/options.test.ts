// What `npm run chaos` makes of its options.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';

const defaults = { from: 1, count: 200, jobs: 1, isReplay: false, trace: false };

test('without options two hundred seeds run from the first on', () => {
  assert.deepEqual(parseOptions([]), { kind: 'run', options: defaults });
});

test('many seeds may start anywhere and share processes; one seed runs alone', () => {
  const many = parseOptions(['--seeds', '10000', '--from', '7', '--jobs', '2']);
  assert.deepEqual(many, { kind: 'run', options: { ...defaults, count: 10_000, from: 7, jobs: 2 } });
  const one = parseOptions(['--seed', '42', '--trace']);
  assert.deepEqual(one, { kind: 'run', options: { ...defaults, from: 42, count: 1, isReplay: true, trace: true } });
});

test('--help wins over what else is asked', () => {
  assert.deepEqual(parseOptions(['--help', '--seeds', 'many']), { kind: 'help' });
  assert.deepEqual(parseOptions(['-h']), { kind: 'help' });
});

for (const [args, problem] of [
  [['--seeds', 'many'], '--seeds takes a whole number from 1 on, not "many"'],
  [['--seeds', '0'], '--seeds takes a whole number from 1 on, not "0"'],
  [['--seed', '1.5'], '--seed takes a whole number from 1 on, not "1.5"'],
  [['--seed', '3', '--seeds', '9'], '--seed runs one seed alone: leave --seeds out'],
  [['--trace'], '--trace belongs to --seed X'],
] as const) {
  test(`says what is wrong with ${args.join(' ')}`, () => {
    assert.deepEqual(parseOptions(args), { kind: 'mistake', problem });
  });
}

test('says which option nobody knows, and which has no value', () => {
  for (const [args, named] of [
    [['--sedes', '3'], /--sedes/],
    [['--seeds'], /--seeds/],
    [['7'], /7/],
  ] as const) {
    const asked = parseOptions(args);
    assert.ok(asked.kind === 'mistake');
    assert.match(asked.problem, named);
  }
});
