// How flags may be written, and what wrong ones are answered with: pflag's syntax and texts (spec/cli.md §§2.1, 2.4).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagSpec, parseArguments } from './flags.ts';

const specs: readonly FlagSpec[] = [
  { name: 'namespace', short: 'n', type: 'string', usage: '' },
  { name: 'watch', short: 'w', type: 'bool', usage: '' },
  { name: 'all', short: 'A', type: 'bool', usage: '' },
  { name: 'count', short: 'c', type: 'int', usage: '' },
  { name: 'timeout', short: 't', type: 'duration', usage: '' },
  { name: 'group', type: 'stringArray', usage: '' },
  { name: 'color', type: 'string', usage: '', default: 'auto', oneOf: ['auto', 'never'] },
];

const good: readonly (readonly [words: string, positionals: string, seen: Readonly<Record<string, unknown>>])[] = [
  ['a --namespace shop b', 'a b', { namespace: 'shop' }],
  ['--namespace=shop', '', { namespace: 'shop' }],
  ['--namespace=', '', { namespace: '' }],
  ['-n shop', '', { namespace: 'shop' }],
  ['-nshop', '', { namespace: 'shop' }],
  ['-n=shop', '', { namespace: 'shop' }],
  ['-wA x', 'x', { watch: true, all: true }],
  ['-wnshop', '', { watch: true, namespace: 'shop' }],
  ['-w false', 'false', { watch: true }],
  ['-w=false', '', { watch: false }],
  ['--watch=0', '', { watch: false }],
  ['--watch=TRUE', '', { watch: true }],
  ['-c -3', '', { count: -3 }],
  ['-t 1m30s', '', { timeout: 90_000 }],
  ['--group a --group=b', '', { group: ['a', 'b'] }],
  ['a -- -w --x', 'a -w --x', { watch: false }],
  ['-', '-', {}],
];

for (const [words, positionals, seen] of good) {
  test(`takes "${words}"`, () => {
    const { positionals: left, flags } = parseArguments(words.split(' ').filter(Boolean), specs);
    assert.equal(left.join(' '), positionals);
    const read = {
      namespace: flags.text('namespace'),
      watch: flags.boolean('watch'),
      all: flags.boolean('all'),
      count: flags.number('count'),
      timeout: flags.durationMs('timeout'),
      group: flags.list('group'),
    };
    assert.deepEqual({ ...read, ...seen }, read);
  });
}

const wrong: readonly (readonly [words: string, message: string])[] = [
  ['--x', 'unknown flag: --x'],
  ['--x=1', 'unknown flag: --x'],
  ['-x', "unknown shorthand flag: 'x' in -x"],
  ['-wx', "unknown shorthand flag: 'x' in -x"],
  ['--=1', 'bad flag syntax: --=1'],
  ['--namespace', 'flag needs an argument: --namespace'],
  ['-n', "flag needs an argument: 'n' in -n"],
  ['-w=maybe', 'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
  ['-c x', 'invalid argument "x" for "-c, --count" flag: strconv.ParseInt: parsing "x": invalid syntax'],
  [
    '-c 9223372036854775808',
    'invalid argument "9223372036854775808" for "-c, --count" flag: strconv.ParseInt: parsing "9223372036854775808": value out of range',
  ],
  ['-t 60', 'invalid argument "60" for "-t, --timeout" flag: time: missing unit in duration "60"'],
  ['-t 6x', 'invalid argument "6x" for "-t, --timeout" flag: time: unknown unit "x" in duration "6x"'],
  ['--color blue', 'invalid argument "blue" for "--color" flag: must be one of auto, never'],
];

for (const [words, message] of wrong) {
  test(`refuses "${words}"`, () => {
    assert.throws(() => parseArguments(words.split(' '), specs), { message });
  });
}
