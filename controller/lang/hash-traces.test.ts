// Every ReplicaSet of the recorded traces is one more vector: its name ends in the hash of a template that its Rollout
// (or the Deployment that the Rollout refers to) had; and every recorded step hash is that of the Rollout's strategy.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { KubernetesObject, PodTemplateSpec } from '../api/kubernetes-types.ts';
import type { Rollout, RolloutStrategy } from '../api/types.generated.ts';
import { applyMergePatch } from './merge-patch.ts';
import { podTemplateHash } from './pod-template-hash.ts';
import { stepHashOf } from './step-hash.ts';

interface Row {
  readonly added?: string;
  readonly changed?: string;
  readonly object?: KubernetesObject;
  readonly patch?: unknown;
}

interface Recorded {
  readonly replicaSets: readonly KubernetesObject[];
  readonly rollouts: readonly Rollout[];
  readonly templates: readonly PodTemplateSpec[];
}

const folder = new URL('../../test/fixtures/traces/', import.meta.url);
const traces = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** Every version of every object of a trace. */
function read(name: string): Recorded {
  const rows: Row[] = JSON.parse(readFileSync(new URL(name, folder), 'utf8')).rows;
  const objects = new Map<string, KubernetesObject>();
  const replicaSets: KubernetesObject[] = [];
  const rollouts: Rollout[] = [];
  const templates: PodTemplateSpec[] = [];
  for (const row of rows) {
    const key = row.added ?? row.changed;
    if (key === undefined) continue;
    const before = objects.get(key);
    const object = row.object ?? (before && applyMergePatch(before, row.patch));
    if (!object) continue;
    objects.set(key, object);
    const { template } = (object as Rollout).spec ?? {};
    if (key.startsWith('ReplicaSet/') && row.added) replicaSets.push(object);
    if (key.startsWith('Rollout/')) rollouts.push(object as Rollout);
    if (/^(Rollout|Deployment)\//.test(key) && template) templates.push(template);
  }
  return { replicaSets, rollouts, templates };
}

const recorded = traces.map((name) => [name, read(name)] as const);

test('the name of every recorded ReplicaSet follows from a recorded template', () => {
  let count = 0;
  for (const [name, { replicaSets, templates }] of recorded) {
    const hashes = new Set(templates.map((template) => podTemplateHash(template)));
    for (const { metadata } of replicaSets) {
      const owner = metadata.ownerReferences?.[0];
      if (owner?.kind !== 'Rollout') continue;
      const hash = metadata.labels?.['rollouts-pod-template-hash'] ?? '';
      assert.ok(hashes.has(hash), `${name}: ${metadata.name} is none of ${[...hashes]}`);
      assert.equal(metadata.name, `${owner.name}-${hash}`);
      count++;
    }
  }
  assert.ok(count > 120, `${count} ReplicaSets`);
});

test('every recorded step hash follows from a recorded strategy', () => {
  let count = 0;
  for (const [name, { rollouts }] of recorded) {
    const strategies = rollouts.map(({ spec }) => spec.strategy ?? {});
    const hashes = new Set(strategies.map((strategy: RolloutStrategy) => stepHashOf(strategy)));
    for (const { status } of rollouts) {
      if (!status?.currentStepHash) continue;
      assert.ok(hashes.has(status.currentStepHash), `${name}: ${status.currentStepHash}`);
      count++;
    }
  }
  assert.ok(count > 500, `${count} statuses`);
});
