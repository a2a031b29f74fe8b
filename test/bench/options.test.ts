// What `npm run bench` makes of its arguments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helpText, parseOptions } from './options.ts';

const known = ['plan', 'fleet'];

for (const [args, want] of [
  [[], { kind: 'run', names: ['plan', 'fleet'], writes: false }],
  [['fleet', 'plan', 'fleet'], { kind: 'run', names: ['plan', 'fleet'], writes: false }],
  [['--write', 'fleet'], { kind: 'run', names: ['fleet'], writes: true }],
  [['fleet', '-h'], { kind: 'help' }],
  [['--help'], { kind: 'help' }],
  [['fleets'], { kind: 'mistake', problem: 'there is no benchmark fleets' }],
  [['--wirte'], { kind: 'mistake', problem: 'there is no option --wirte' }],
  [['--write=docs'], { kind: 'mistake', problem: '--write takes no value' }],
] as const) {
  test(`"${args.join(' ')}" is ${JSON.stringify(want)}`, () => assert.deepEqual(parseOptions(args, known), want));
}

test('the help names each benchmark with its title', () => {
  const help = helpText({ plan: 'One plan', fleet: 'A fleet' });
  assert.match(help, /^ {2}plan {8}One plan$/m);
  assert.match(help, /^ {2}fleet {7}A fleet$/m);
});
