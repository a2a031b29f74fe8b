// Labels and annotations that pods carry only in a role (rollout.md §2.6): who gets which, what is taken off again, and
// how it is noted on the ReplicaSet.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, twenty } from '../../../test/builders/midway.ts';
import { promotedStatus, replicaSet, rollout, start, template } from '../../../test/builders/objects.ts';
import { lawfulPlan } from '../../../test/builders/rows.ts';
import { type World, world } from '../../../test/builders/world.ts';
import type { CanaryStrategy } from '../../api/types.generated.ts';
import { formatEphemeralMetadata } from './ephemeral-metadata.ts';

const annotation = 'rollout.argoproj.io/ephemeral-metadata';
const both: CanaryStrategy = {
  ...twenty,
  canaryMetadata: { labels: { role: 'canary' } },
  stableMetadata: { labels: { role: 'stable' }, annotations: { level: 'gold' } },
};

/** What is patched on ReplicaSets, by name. */
function patches(given: World): Record<string, unknown> {
  const found = lawfulPlan(given, start).writes.flatMap((write) =>
    write.kind === 'patchReplicaSet' && write.key.startsWith('ephemeral-metadata/') ? [[write.name, write.patch]] : [],
  );
  return Object.fromEntries(found);
}

test('on the way the new version gets the one, stable the other, and versions before lose theirs', () => {
  const given = midway({ canary: both, stable: { replicas: 8 }, current: { replicas: 2, revision: 3 } });
  const noted = '{"labels":{"role":"canary"}}';
  const labelled = { ...template('demo:c'), metadata: { labels: { app: 'demo', role: 'canary' } } };
  const older = replicaSet({ image: 'demo:c', revision: 2, template: labelled, annotations: { [annotation]: noted } });
  assert.deepEqual(patches({ ...given, replicaSets: [...given.replicaSets, older] }), {
    [`demo-${b}`]: {
      metadata: { annotations: { [annotation]: noted } },
      spec: { template: { metadata: { labels: { role: 'canary' } } } },
    },
    [`demo-${a}`]: {
      metadata: { annotations: { [annotation]: '{"labels":{"role":"stable"},"annotations":{"level":"gold"}}' } },
      spec: { template: { metadata: { labels: { role: 'stable' }, annotations: { level: 'gold' } } } },
    },
    [older.metadata.name ?? '']: {
      metadata: { annotations: { [annotation]: null } },
      spec: { template: { metadata: { labels: { role: null } } } },
    },
  });
});

function promoted(canary: CanaryStrategy, labels: Readonly<Record<string, string>>, noted: string): World {
  const stored = { ...template('demo:a'), metadata: { labels: { app: 'demo', ...labels } } };
  return world({
    rollout: rollout({
      canary,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: promotedStatus('demo:a', { canary }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', replicas: 10, template: stored, annotations: { [annotation]: noted } }),
    ],
  });
}

test('what the spec no longer asks for is taken off, what a person has added stays', () => {
  const given = promoted(
    { ...twenty, canaryMetadata: { labels: { role: 'canary' } } },
    { role: 'stable', mine: 'x' },
    '{"labels":{"role":"stable"}}',
  );
  assert.deepEqual(patches(given), {
    [`demo-${a}`]: {
      metadata: { annotations: { [annotation]: null } },
      spec: { template: { metadata: { labels: { role: null } } } },
    },
  });
});

test('where the template is right already, what is noted is not rewritten', () => {
  const stableMetadata = { labels: { role: 'stable' } };
  assert.deepEqual(patches(promoted({ ...twenty, stableMetadata }, { role: 'stable' }, 'unreadable')), {});
});

test('it is noted as the reference notes it: sorted, and escaped for HTML', () => {
  const annotations = { z: 'a&b', link: '<https://x>' };
  assert.equal(
    formatEphemeralMetadata({ annotations, labels: {} }),
    '{"annotations":{"link":"\\u003chttps://x\\u003e","z":"a\\u0026b"}}',
  );
});
