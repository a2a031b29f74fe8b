// Tables of figures, and where they stand in docs/performance.md.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { benches } from './benches.ts';
import { atMost, below } from './figures.ts';
import { tableOf, withTable } from './page.ts';

test('a row has the figure, its value, and its aim with the outcome before the remark', () => {
  const table = tableOf([
    { what: 'a | b', value: '1 ms' },
    { what: 'writes', value: '3', aim: atMost(2, 3), beside: 'the reference: 4' },
    { what: 'time', value: '49 ms', aim: below(50, 'ms', 49) },
  ]).split('\n');
  assert.equal(table[2], '| a \\| b | 1 ms |  |');
  assert.equal(table[3], '| writes | 3 | at most 2: missed; the reference: 4 |');
  assert.equal(table[4], '| time | 49 ms | below 50 ms: met |');
  assert.match(table.at(-1) ?? '', /^\d+ cores, Node \d+\.\d+\.\d+; load of the machine \d+\.\d$/);
});

test('a table takes the place of the one before, and nothing else changes', () => {
  const page = 'text\n<!-- bench plan -->\n\nold\n\n<!-- end of plan -->\nmore\n';
  const next = withTable(page, 'plan', 'new');
  assert.equal(next, page.replace('old', 'new'));
  assert.equal(withTable(next, 'plan', 'old'), page);
  assert.throws(() => withTable(page, 'fleet', 'new'), /has no place between <!-- bench fleet -->/);
});

test('the page has a place and a measured table for each benchmark', () => {
  const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  for (const [name, { title }] of Object.entries(benches)) {
    assert.ok(page.includes(`## ${title}\n`), title);
    const [, inside = ''] = page.split(`<!-- bench ${name} -->`);
    assert.match(inside.split(`<!-- end of ${name} -->`)[0] ?? '', /^\|---\|---\|---\|\n\| .+ \|/m, name);
  }
});
