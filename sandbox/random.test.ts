import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, randomSuffix, randomUuid, seededRandom, systemRandom } from './random.ts';

test('equal seeds give equal sequences, other seeds others', () => {
  const draw = (seed: number | string): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.deepEqual(draw('7/node'), draw('7/node'));
  assert.notDeepEqual(draw(7), draw(8));
  assert.notDeepEqual(draw('7/node'), draw('7/load'));
});

test('numbers lie in [0, 1) and are spread evenly', () => {
  const random = seededRandom(1);
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index++) {
    const bucket = randomBelow(random, 10);
    counts[bucket] = counts[bucket]! + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts));
  const system = systemRandom().next();
  assert.ok(system >= 0 && system < 1);
});

test('generated names and ids have the form that Kubernetes gives them', () => {
  const random = seededRandom(3);
  assert.match(randomSuffix(random), /^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.match(randomUuid(random), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
