// Everything that rollout.md numbers is named in a test (design: "tests cite the number"): the vectors of §10, the defects
// of §11, each section, and the vectors of traffic.md for the parts that are here. What a test says is for its reader to
// judge; what nobody says is found here.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = globSync(['controller/**/*.test.ts', 'test/**/*.ts', 'cli/**/*.test.ts'], { cwd: root }).filter(
  (file) => !file.endsWith('spec-coverage.test.ts'),
);
const tests = files.map((file) => readFileSync(root + file, 'utf8')).join('\n');

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** "vector 7", "vectors 7 and 8", "vectors 7-9", "vectors 7, 9". */
const vectors = new Set(
  [...tests.matchAll(/\bvectors? (\d+(?:(?:, | and |-)\d+)*)/gi)].flatMap(([, text = '']) =>
    text.split(/, | and /).flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    }),
  ),
);

test('the test files were read', () => {
  assert.ok(files.length > 100, `only ${files.length} files were read`);
});

test('every vector of rollout.md §10 is named', () => {
  assert.deepEqual(
    upTo(99).filter((number) => !vectors.has(number)),
    [],
  );
});

test('every defect of rollout.md §11 is named', () => {
  assert.deepEqual(
    upTo(23).filter((number) => !new RegExp(`\\bBUG-${number}\\b`).test(tests)),
    [],
  );
});

const sections = [
  ...['1.1', '1.2', '1.3', '1.4', '2.1', '2.2', '2.3', '2.4', '2.5', '2.6', '2.7'],
  ...['3.1', '3.2', '3.3', '3.4', '3.5', '3.6', '3.7', '3.8', '3.9'],
  ...['4.1', '4.2', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8', '5.1', '5.2', '5.3', '5.4', '5.5', '5.6', '5.7'],
  ...['6.1', '6.2', '6.3', '6.4', '6.5', '6.6', '6.7', '7.1', '7.2', '7.3', '7.4', '7.5', '7.6', '7.7', '7.8'],
  ...['9.1', '9.2', '9.3', '9.4', '9.5', '9.6', '9.7', '9.8'],
];

test('every section of rollout.md is named by a source or a test of it', () => {
  const sources = globSync('controller/**/*.ts', { cwd: root }).map((file) => readFileSync(root + file, 'utf8'));
  const all = [...sources, tests].join('\n');
  const named = new Set<string>();
  for (const [, chapter, first, , last] of all.matchAll(/§(\d)\.(\d+)(?:-(\d\.)?(\d+))?/g)) {
    for (let part = Number(first); part <= Number(last ?? first); part += 1) named.add(`${chapter}.${part}`);
  }
  assert.deepEqual(
    sections.filter((section) => !named.has(section)),
    [],
  );
});

/** Decision (1-46), Services and ping-pong (50-58), ALB (60-86), NGINX (90-96); what is for later says why. */
const later: Readonly<Record<number, string>> = {
  35: 'updateHash: only Istio and App Mesh can fail there',
  39: 'a second router that cannot verify: SMI',
};
const from = (first: number, last: number) => upTo(last).slice(first - 1);
const numbered = [...from(1, 46), ...from(50, 58), ...from(60, 86), ...from(90, 96)];

test('every vector of traffic.md for what is built in is named', () => {
  const isNamed = (number: number) => new RegExp(`\\bTV-0?${number}\\b`).test(tests);
  assert.deepEqual(
    numbered.filter((number) => !isNamed(number) && later[number] === undefined),
    [],
  );
});
