// The laws of planning on worlds that nobody thought of: whatever a rollout's history, spec and pods, a plan is made, it
// settles over a frozen world, and standing still has a reason. Worlds that come about by themselves: lives.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { images } from '../../../test/builders/any-life.ts';
import { defined } from '../../../test/builders/any-strategy.ts';
import { anyWorld, hashes } from '../../../test/builders/any-world.ts';
import { drawn } from '../../../test/builders/drawn.ts';
import { service, start, template } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle } from '../../../test/builders/rows.ts';
import { applyPlan, observe, type World, withPods } from '../../../test/builders/world.ts';
import type { Rollout } from '../../api/types.generated.ts';
import { isEqualJson } from '../../lang/merge-patch.ts';
import { hashSteps } from '../../lang/step-hash.ts';
import { plan } from '../plan.ts';
import type { Plan } from '../types.ts';

/** Several steps may be done at once, each in a wave of its own; beyond this the shell would back off. */
const atMost = 15;

test('any world settles before the shell would back off, and again when its pods have followed', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      const first = settle(given, start, atMost);
      const second = settle(withPods(first.world), start + 1000, atMost);
      settle(withPods(second.world), start + 100_000, atMost);
    }),
    drawn(400),
  );
});

const runs = drawn(700);

interface Course {
  readonly plans: readonly { readonly before: World; readonly planned: Plan }[];
  readonly end: World;
}

/** Waves and pods in turn, until neither moves; timers are let run for `seconds` in between. */
function courseOf(given: World, seconds = 0): Course {
  const plans: { before: World; planned: Plan }[] = [];
  let current = given;
  for (let round = 0; round < 60; round += 1) {
    const now = start + (1 + round * seconds) * 1000;
    const first = plans.length;
    for (let wave = 0; wave < atMost; wave += 1) {
      const planned = plan(observe(current), now);
      if (planned.writes.length === 0) break;
      plans.push({ before: current, planned });
      current = applyPlan(current, planned, now);
    }
    const followed = withPods(current);
    const isStill = plans.length === first && isEqualJson(followed.replicaSets, current.replicaSets);
    current = followed;
    if (isStill && seconds === 0) break;
  }
  return { plans, end: current };
}

const hashOfReplicaSet = (name: string) => name.replace(/^demo-/, '');
const selectedBy = (at: World, name: string) =>
  at.services.find(({ metadata }) => metadata.name === name)?.spec.selector?.['rollouts-pod-template-hash'];

test('no wave takes the last pods of what a router or the active Service still sends requests to', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      for (const { before, planned } of courseOf(given, 7).plans) {
        const { blueGreen, canary } = before.rollout.spec.strategy ?? {};
        if (before.rollout.spec.replicas === 0) continue;
        const after = applyPlan(before, planned, start);
        for (const write of planned.writes) {
          if (write.kind !== 'scaleReplicaSet' || write.replicas > 0) continue;
          const sized = before.replicaSets.find(({ metadata }) => metadata.name === write.name);
          if (!sized?.status?.availableReplicas) continue; // nobody answers there
          const hash = hashOfReplicaSet(write.name);
          if (blueGreen) assert.notEqual(selectedBy(after, 'stable'), hash, 'the active Service selects it');
          const weights = canary?.trafficRouting && planned.status.canary?.weights;
          if (!weights) continue;
          for (const side of [weights.canary, weights.stable]) {
            assert.ok(side.podTemplateHash !== hash || side.weight === 0, `${hash} has weight ${side.weight}`);
          }
        }
      }
    }),
    runs,
  );
});

/** Where the template comes from while the update is aborted. */
const anyTemplateSource = fc.constantFrom(
  ...(['the Rollout', 'the Rollout', 'a workload that is gone', 'a workload that nobody may read'] as const),
);

test('an abort always leads back to stable, although nobody knows any more what the template is', () => {
  fc.assert(
    fc.property(anyWorld, anyTemplateSource, (drawn, source) => {
      const [stableRS, currentPodHash] = drawn.replicaSets.map(({ metadata }) => hashOfReplicaSet(metadata.name ?? ''));
      fc.pre(stableRS !== undefined && currentPodHash !== undefined);
      const { status, spec } = drawn.rollout;
      const steps = spec.strategy?.canary?.steps;
      const currentStepHash = spec.strategy?.canary && hashSteps(steps?.length ? steps : undefined);
      const rollout: Rollout = {
        ...drawn.rollout,
        spec: {
          ...spec,
          paused: false,
          rollbackWindow: { revisions: 0 },
          ...(source === 'the Rollout'
            ? { template: template(images[hashes.indexOf(currentPodHash)] ?? '') }
            : {
                template: undefined as never,
                workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
              }),
        },
        status: defined({
          ...status,
          ...{
            stableRS,
            currentPodHash,
            currentStepHash,
            abort: true,
            promoteFull: undefined,
            pauseConditions: undefined,
          },
        }),
      };
      const selected = selectedBy(drawn, 'stable') ?? stableRS;
      const services = [service('stable', { hash: selected }), service('canary')];
      const others = drawn.services.filter(({ metadata }) => !/^(stable|canary)$/.test(metadata.name ?? ''));
      const denied = { class: 'denied', message: 'deployments.apps is forbidden' } as const;
      const workloadProblem = source === 'a workload that nobody may read' ? denied : undefined;
      const { end } = courseOf({ ...drawn, rollout, services: [...services, ...others], workloadProblem });
      const ended = end.rollout.status ?? {};
      const stable = end.replicaSets.find(({ metadata }) => metadata.name === `demo-${stableRS}`);
      assert.equal(stable?.spec.replicas, spec.replicas);
      assert.equal(ended.abort, true);
      // Of no pods at all, those that an abort leaves for a while are the last that answer.
      const left = end.replicaSets.find(({ metadata }) => metadata.name === `demo-${currentPodHash}`);
      if (spec.replicas === 0 && left?.spec.replicas !== 0) return;
      if (spec.strategy?.blueGreen) assert.equal(ended.blueGreen?.activeSelector, stableRS);
      if (ended.canary?.weights) assert.equal(ended.canary.weights.canary.weight, 0);
    }),
    runs,
  );
});

test('steps never go back but by another template, other steps or an abort', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      for (const { before, planned } of courseOf(given, 7).plans) {
        const { status = {} } = before.rollout;
        const isSame =
          status.currentPodHash === planned.status.currentPodHash &&
          status.currentStepHash === planned.status.currentStepHash &&
          !planned.status.abort;
        const count = before.rollout.spec.strategy?.canary?.steps?.length ?? 0;
        if (!isSame || count === 0 || planned.status.currentStepIndex === undefined) continue;
        const index = Math.min(status.currentStepIndex ?? 0, count);
        assert.ok(planned.status.currentStepIndex >= index, `${index} → ${planned.status.currentStepIndex}`);
      }
    }),
    runs,
  );
});

test('a Rollout that stands still is finished, or waits for an instant, a person or pods that it names', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      const { end } = courseOf(given);
      const last = lawfulPlan(end, start + 1000);
      if (last.status.phase === 'Healthy') return;
      assert.ok(last.reasons.length > 0 || last.wakeAt !== undefined, `nobody knows why: ${last.status.message}`);
      const codes = last.reasons.map(({ code }) => code);
      assert.ok(!codes.includes('underWay'), 'at rest nothing is under way');
    }),
    runs,
  );
});
