// What an invalid spec says and does not do: vectors 14-21 of rollout.md §10.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, hashFor, promotedStatus, replicaSet, rollout, service, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, rows } from '../../../test/builders/rows.ts';
import { world } from '../../../test/builders/world.ts';
import type { CanaryStrategy, RolloutSpec } from '../../api/types.generated.ts';
import { pauseSeconds } from '../../lang/go-duration.ts';

rows([
  {
    name: 'vector 14: of two problems the first is reported, with the path without the strategy',
    given: world({
      rollout: rollout({
        blueGreen: { activeService: 'x', previewService: 'x', scaleDownDelayRevisionLimit: 11 },
      }),
      services: [service('x')],
    }),
    want: {
      writes: ['status'],
      status: { phase: 'Degraded', observedGeneration: '1', canary: null, blueGreen: null },
      check: (plan) =>
        assert.match(
          plan.status.message ?? '',
          /^InvalidSpec: The Rollout "demo" is invalid: spec\.strategy\.activeService: Invalid value: "x": This rollout uses the same service/,
        ),
    },
  },
  {
    name: 'vector 18: the same problem again is no patch',
    given: world({
      rollout: rollout({
        canary: { maxSurge: 0, maxUnavailable: 0 },
        status: {
          observedGeneration: '1',
          phase: 'Degraded',
          message:
            'InvalidSpec: The Rollout "demo" is invalid: spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
          conditions: [
            {
              type: 'InvalidSpec',
              status: 'True',
              reason: 'InvalidSpec',
              message:
                'The Rollout "demo" is invalid: spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
              lastUpdateTime: at(-5),
              lastTransitionTime: at(-5),
            },
          ],
        },
      }),
    }),
    want: { writes: [], reasons: ['specInvalid'] },
  },
  {
    name: 'vector 18: another problem replaces the condition with a fresh transition time',
    given: world({
      rollout: rollout({
        canary: { maxSurge: 0, maxUnavailable: 0 },
        status: {
          observedGeneration: '1',
          phase: 'Degraded',
          message: 'InvalidSpec: before',
          conditions: [
            {
              type: 'InvalidSpec',
              status: 'True',
              reason: 'InvalidSpec',
              message: 'before',
              lastUpdateTime: at(-5),
              lastTransitionTime: at(-5),
            },
          ],
        },
      }),
    }),
    want: {
      writes: ['status'],
      status: {
        message:
          'InvalidSpec: The Rollout "demo" is invalid: spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
      },
      check: (plan) => assert.equal(plan.status.conditions?.[0]?.lastTransitionTime, at(0)),
    },
  },
  {
    name: 'vector 19: a missing active Service is an invalid spec',
    given: world({ rollout: rollout({ blueGreen: { activeService: 'active' } }) }),
    want: {
      writes: ['status'],
      status: {
        message:
          'InvalidSpec: The Rollout "demo" is invalid: spec.strategy.blueGreen.activeService: Invalid value: "active": service "active" not found',
      },
    },
  },
  {
    name: 'vector 20: a Service of another Rollout is an invalid spec',
    given: world({
      rollout: rollout({ canary: { canaryService: 's', stableService: 't' } }),
      services: [service('s', { managedBy: 'other' }), service('t')],
    }),
    want: {
      status: {
        message:
          'InvalidSpec: The Rollout "demo" is invalid: spec.strategy.canary.canaryService: Invalid value: "s": Service "s" is managed by another Rollout',
      },
    },
  },
]);

rows([
  {
    name: 'rollout.md §3.2: an orphan of an invalid Rollout is adopted, because claims come before the validation',
    given: world({
      rollout: rollout({ canary: { maxSurge: 0, maxUnavailable: 0 } }),
      replicaSets: [replicaSet({ image: 'demo:z', revision: 0, owned: false })],
    }),
    want: { writes: [`adopt demo-${hashFor('demo:z')}`, 'status'], status: { phase: 'Degraded' } },
  },
  {
    name: 'a selector that selects everything adopts nothing',
    given: world({
      rollout: rollout({ canary: {}, spec: { selector: {} } }),
      replicaSets: [replicaSet({ image: 'demo:z', revision: 0, owned: false })],
    }),
    want: { writes: ['status'], status: { phase: 'Degraded' } },
  },
]);

/** The text of the problem of a canary, or undefined when it is valid. */
function problemOf(canary: CanaryStrategy, spec: Partial<RolloutSpec> = {}): string | undefined {
  const planned = lawfulPlan(world({ rollout: rollout({ canary, spec }) }), start);
  return planned.status.message?.replace('InvalidSpec: The Rollout "demo" is invalid: ', '');
}

test('vector 15: surge and unavailability may not both be nothing, a percent of nothing included', () => {
  const text = 'spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero';
  assert.equal(problemOf({ maxSurge: 0, maxUnavailable: '0%' }), text);
  assert.equal(problemOf({ maxSurge: '0%' }), undefined);
  assert.equal(problemOf({ maxSurge: '1%', maxUnavailable: 0 }), undefined);
});

test('vector 16: the progress deadline must be greater than minReadySeconds', () => {
  assert.equal(
    problemOf({}, { progressDeadlineSeconds: 30, minReadySeconds: 30 }),
    'spec.progressDeadlineSeconds: Invalid value: 30: must be greater than minReadySeconds',
  );
  assert.equal(problemOf({}, { progressDeadlineSeconds: 31, minReadySeconds: 30 }), undefined);
});

for (const [duration, seconds] of [
  [10, 10],
  ['10', 10],
  ['10s', 10],
  ['1h', 3600],
  ['1ms', 0],
  ['1z', undefined],
  ['20000000000', undefined],
] as const) {
  test(`vector 17: a pause of ${JSON.stringify(duration)} is ${seconds === undefined ? 'invalid' : `${seconds} s`}`, () => {
    const problem = problemOf({ steps: [{ pause: { duration } }] });
    if (seconds === undefined) {
      const text = 'spec.strategy.steps[0].pause.duration: Invalid value: -1: Duration needs to be greater than 0';
      assert.equal(problem, text);
      return;
    }
    assert.equal(problem, undefined);
    assert.equal(pauseSeconds(duration), seconds);
  });
}

test('vector 21: setWeight and setCanaryScale may be one step, setWeight and pause may not', () => {
  const routed = {
    canaryService: '',
    trafficRouting: { plugins: { any: {} } },
    steps: [{ setWeight: 20, setCanaryScale: { replicas: 1 } }],
  };
  assert.equal(problemOf(routed), undefined);
  assert.equal(
    problemOf({ steps: [{ setWeight: 20, pause: {} }] }),
    'spec.strategy.steps[0]: Invalid value: "step.Experiment: false step.Pause: true step.SetWeight: true step.Analysis: false": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause',
  );
});

test('§1.3: an invalid spec stops everything else, and goes with the first good pass', () => {
  const canary = { steps: [{ setWeight: 20 }, { pause: {} }] };
  const status = promotedStatus('demo:a', { canary });
  const invalid = {
    type: 'InvalidSpec',
    status: 'True',
    reason: 'InvalidSpec',
    message: 'before',
    lastUpdateTime: at(-5),
    lastTransitionTime: at(-5),
  };
  const given = world({
    rollout: rollout({
      canary,
      annotations: { 'rollout.argoproj.io/revision': '1' },
      status: { ...status, conditions: [...(status.conditions ?? []), invalid], phase: 'Degraded', message: 'before' },
    }),
    replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
  });
  const healed = lawfulPlan(given, start).status;
  assert.deepEqual([healed.phase, healed.message], ['Healthy', undefined]);
  assert.ok(!healed.conditions?.some(({ type }) => type === 'InvalidSpec'));
  const scaled = { ...given, rollout: { ...given.rollout, spec: { ...given.rollout.spec, replicas: -1 } } };
  assert.deepEqual(
    lawfulPlan(scaled, start).writes.map(({ kind }) => kind),
    ['patchStatus'],
  );
});
