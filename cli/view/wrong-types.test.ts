// Whatever JSON an old CRD let through, a Rollout is drawn and listed (spec/rollout.md §1.1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changes, withChanges } from '../../test/builders/fuzz-json.ts';
import { midway, pausedAtOne, routed, twenty, weights } from '../../test/builders/midway.ts';
import { pod, rollout, start } from '../../test/builders/objects.ts';
import type { World } from '../../test/builders/world.ts';
import { paintNothing } from './colour.ts';
import { drawRollout } from './rollout.ts';
import { formatRolloutList, rolloutListCells } from './rollout-list.ts';

const sizes = { stable: { replicas: 8 }, current: { replicas: 2 } };
const worlds: readonly World[] = [
  midway({ canary: twenty, step: 1, ...sizes, status: pausedAtOne }),
  midway({ canary: routed, step: 1, ...sizes, status: weights(20) }),
  {
    ...midway({ canary: twenty, ...sizes }),
    rollout: rollout({ blueGreen: { activeService: 'a', previewService: 'b' } }),
  },
];

test('a Rollout of any JSON is drawn and listed', () => {
  const property = fc.property(fc.constantFrom(...worlds), changes, ({ rollout: sound, replicaSets }, list) => {
    const broken = withChanges(sound, list, ['spec', 'status', 'metadata']);
    const pods = replicaSets.map((of, index) => pod(`pod-${index}`, { of }));
    const objects = { replicaSets, pods, experiments: [], analysisRuns: [] };
    const columns = { namespaces: true, timestamps: false };
    const texts = [
      drawRollout(broken, objects, { now: start, paint: paintNothing }),
      formatRolloutList([rolloutListCells(broken, columns)], start, columns),
    ];
    for (const text of texts) assert.doesNotMatch(text, /NaN|undefined|\[object/);
  });
  fc.assert(property, { numRuns: 500 });
});
