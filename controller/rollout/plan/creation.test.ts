// Creation, lookup and revisions: vectors 1-13 and 28 of rollout.md §10.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  at,
  hashFor,
  promotedStatus,
  replicaSet,
  rollout,
  start,
  template,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { lawfulPlan, rows, settle, shortWrite } from '../../../test/builders/rows.ts';
import { applyPlan, emptyLedger, eventsOf, withPods, world } from '../../../test/builders/world.ts';
import { hashSteps } from '../../lang/step-hash.ts';

const canary = { steps: [{ setWeight: 10 }, { pause: {} }] };
const a = hashFor('demo:a');
const b = hashFor('demo:b');

rows([
  {
    name: 'vector 1: a new canary creates its ReplicaSet with no pods and says so, and scales nothing',
    given: world({ rollout: rollout({ canary, replicas: 5 }) }),
    want: {
      writes: [`create demo-${a}`, 'rollout revision', 'status'],
      events: [
        'RolloutUpdated: Rollout updated to revision 1',
        `NewReplicaSetCreated: Created ReplicaSet demo-${a} (revision 1)`,
      ],
      check: (plan) => {
        const [create] = plan.writes;
        assert.ok(create?.kind === 'createReplicaSet');
        assert.equal(create.object.spec.replicas, 0);
        assert.deepEqual(create.object.metadata.annotations, {
          'rollout.argoproj.io/revision': '1',
          'rollout.argoproj.io/desired-replicas': '5',
        });
        assert.deepEqual(plan.status.conditions, [
          {
            type: 'Progressing',
            status: 'True',
            reason: 'NewReplicaSetCreated',
            message: `Created new replica set "demo-${a}"`,
            lastUpdateTime: at(0),
            lastTransitionTime: at(0),
          },
        ]);
      },
    },
  },
  {
    name: 'vector 2: an absent spec.replicas is written as 1 in a pass of its own, after the ReplicaSet was created',
    given: world({
      rollout: rollout({ canary, replicas: undefined, annotations: { 'rollout.argoproj.io/revision': '1' } }),
      replicaSets: [replicaSet({ image: 'demo:a', desired: 1 })],
    }),
    want: { writes: ['rollout replicas'] },
  },
  {
    name: 'vector 3: a ReplicaSet with a foreign hash but an equal template is the new one, and no update starts',
    given: world({
      rollout: rollout({
        canary,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: { ...promotedStatus('demo:a', { canary }), currentPodHash: 'fakepodhash', stableRS: 'fakepodhash' },
      }),
      replicaSets: [replicaSet({ image: 'demo:a', hash: 'fakepodhash', replicas: 10 })],
    }),
    want: { writes: [], status: { currentPodHash: 'fakepodhash' } },
  },
  {
    name: 'vector 4: the deprecated twin of serviceAccountName makes no difference',
    given: world({
      rollout: rollout({
        canary,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        spec: { template: { ...template('demo:a'), spec: { ...template('demo:a').spec, serviceAccountName: 'x' } } },
        status: { ...promotedStatus('demo:a', { canary }), currentPodHash: 'old', stableRS: 'old' },
      }),
      replicaSets: [
        replicaSet({
          image: 'demo:a',
          hash: 'old',
          replicas: 10,
          template: {
            ...template('demo:a'),
            spec: { ...template('demo:a').spec, serviceAccountName: 'x', serviceAccount: 'x', restartPolicy: 'Always' },
          },
        }),
      ],
    }),
    want: { writes: [] },
  },
  {
    name: 'vector 4: nor does a template that names only the deprecated twin',
    given: world({
      rollout: rollout({
        canary,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        spec: { template: { ...template('demo:a'), spec: { ...template('demo:a').spec, serviceAccount: 'x' } } },
        status: { ...promotedStatus('demo:a', { canary }), currentPodHash: 'old', stableRS: 'old' },
      }),
      replicaSets: [
        replicaSet({
          image: 'demo:a',
          hash: 'old',
          replicas: 10,
          template: {
            ...template('demo:a'),
            spec: { ...template('demo:a').spec, serviceAccountName: 'x', serviceAccount: 'x' },
          },
        }),
      ],
    }),
    want: { writes: [] },
  },
  {
    name: 'vector 5: injected metadata and anti-affinity are taken off before templates are compared',
    given: world({
      rollout: rollout({
        canary,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: { ...promotedStatus('demo:a', { canary }), currentPodHash: 'old', stableRS: 'old' },
      }),
      replicaSets: [
        replicaSet({
          image: 'demo:a',
          hash: 'old',
          replicas: 10,
          annotations: { 'rollout.argoproj.io/ephemeral-metadata': '{"labels":{"role":"canary"}}' },
          template: {
            metadata: { labels: { app: 'demo', role: 'canary' } },
            spec: {
              ...template('demo:a').spec,
              affinity: {
                podAntiAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: [
                    {
                      labelSelector: {
                        matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: ['x'] }],
                      },
                      namespaces: ['shop'],
                      topologyKey: 'kubernetes.io/hostname',
                    },
                  ],
                },
              },
            },
          },
        }),
      ],
    }),
    want: { writes: [] },
  },
  {
    name: 'vector 9: a revision annotation that is no number is left alone',
    given: world({
      rollout: rollout({ canary, status: promotedStatus('demo:a', { canary }) }),
      replicaSets: [replicaSet({ image: 'demo:a', revision: 'abc', replicas: 10, createdAt: -50 })],
    }),
    want: { writes: [] },
  },
  {
    name: 'vector 11, BUG-9: annotations of the Rollout are copied to the new ReplicaSet, but for some, and are no history',
    given: world({
      rollout: rollout({
        canary,
        annotations: {
          team: 'shop',
          'rollout.argoproj.io/revision': '1',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
          'notified.notifications.argoproj.io': '{}',
        },
        status: promotedStatus('demo:a', { canary }),
      }),
      replicaSets: [replicaSet({ image: 'demo:a', replicas: 10 })],
    }),
    want: {
      writes: [`revision demo-${a}`],
      check: (plan) => {
        assert.deepEqual((plan.writes[0] as { patch?: unknown }).patch, {
          metadata: { annotations: { team: 'shop' } },
        });
      },
    },
  },
  {
    name: 'vector 8: an old template gets its ReplicaSet back as the next revision, with the old one in its history',
    given: world({
      rollout: rollout({
        image: 'demo:a',
        canary,
        annotations: { 'rollout.argoproj.io/revision': '2' },
        generation: 2,
        status: promotedStatus('demo:b', { canary }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', revision: 1 }),
        replicaSet({ image: 'demo:b', revision: 2, replicas: 10 }),
      ],
    }),
    want: {
      writes: [`revision demo-${a}`, 'rollout revision', 'status'],
      check: (plan, given) => {
        assert.deepEqual((plan.writes[0] as { patch?: unknown }).patch, {
          metadata: {
            annotations: { 'rollout.argoproj.io/revision': '3', 'rollout.argoproj.io/revision-history': '1' },
          },
        });
        const { replicaSets, rollout: updated } = settle(given, start).world;
        assert.equal(replicaSets.length, 2);
        assert.equal(updated.metadata.annotations?.['rollout.argoproj.io/revision'], '3');
      },
    },
  },
  {
    name: 'vector 12: an orphan that matches is adopted',
    given: world({
      rollout: rollout({
        canary,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: promotedStatus('demo:a', { canary }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', replicas: 10 }),
        replicaSet({ image: 'demo:z', revision: 0, replicas: 0, owned: false }),
      ],
    }),
    want: { writes: [`adopt demo-${hashFor('demo:z')}`] },
  },
  {
    name: 'vector 13: an owned ReplicaSet whose labels left the selector is released',
    given: world({
      rollout: rollout({
        canary,
        annotations: { 'rollout.argoproj.io/revision': '1' },
        status: promotedStatus('demo:a', { canary }),
      }),
      replicaSets: [
        replicaSet({ image: 'demo:a', replicas: 10 }),
        {
          ...replicaSet({ image: 'demo:z', revision: 0, replicas: 3 }),
          metadata: {
            ...replicaSet({ image: 'demo:z', replicas: 3 }).metadata,
            labels: { 'rollouts-pod-template-hash': 'z' },
          },
        },
      ],
    }),
    want: {
      writes: [`release demo-${hashFor('demo:z')}`],
      check: (_plan, given) => {
        const { world: rest } = settle(given, start);
        const released = rest.replicaSets.find(({ metadata }) => metadata.name === `demo-${hashFor('demo:z')}`);
        assert.deepEqual([released?.metadata.ownerReferences, released?.spec.replicas], [undefined, 3]);
      },
    },
  },
]);

test('vector 1: the next passes reset, scale everything and call the first revision stable at once', () => {
  const given = world({ rollout: rollout({ canary, replicas: 5 }) });
  const { world: rest, waves } = settle(given, start);
  const [, reset, scale] = waves;
  assert.ok(reset && scale);
  assert.deepEqual(
    eventsOf(reset).map(({ reason }) => reason),
    ['RolloutNotCompleted'],
  );
  const { currentPodHash, currentStepHash, currentStepIndex } = reset.status;
  assert.deepEqual([currentPodHash, currentStepHash, currentStepIndex], [a, hashSteps(canary.steps), 0]);
  assert.deepEqual([scale.status.phase, scale.status.message], ['Progressing', 'more replicas need to be updated']);
  assert.deepEqual(
    eventsOf(scale).map(({ reason, message }) => `${reason}: ${message}`),
    [
      `ScalingReplicaSet: Scaled up ReplicaSet demo-${a} (revision 1) from 0 to 5`,
      `RolloutCompleted: Rollout completed update to revision 1 (${a}): Initial deploy`,
    ],
  );
  assert.equal(scale.status.stableRS, a);
  assert.equal(scale.status.currentStepIndex, 2);
  const ready = settle(withPods(rest), start + 3000);
  assert.equal(ready.last.status.phase, 'Healthy');
});

test('vector 6: a ReplicaSet of another by that name is a collision, and the next pass makes another name', () => {
  const given = world({
    rollout: rollout({ canary, status: { conditions: [], canary: {}, blueGreen: {} } }),
    foreign: [{ ...replicaSet({ image: 'demo:x', owned: false }), metadata: { name: `demo-${a}` } }],
    ledger: {
      ...emptyLedger,
      outcomes: {
        [`create/demo-${a}`]: { problem: { class: 'exists', message: 'exists' }, since: start, attempts: 1 },
      },
    },
  });
  const first = lawfulPlan(given, start);
  assert.equal(first.status.collisionCount, 1);
  assert.deepEqual(
    first.writes.map(({ kind }) => kind),
    ['patchStatus'],
  );
  const second = lawfulPlan(applyPlan(given, first, start), start);
  assert.ok(second.writes[0]?.kind === 'createReplicaSet');
  assert.notEqual(second.writes[0].object.metadata.name, `demo-${a}`);
});

test('vector 7: a ReplicaSet of our own by that name, unknown to the cache, is taken as made', () => {
  const own = replicaSet({ image: 'demo:a' });
  const given = world({
    rollout: rollout({ canary }),
    foreign: [own],
    ledger: {
      ...emptyLedger,
      outcomes: {
        [`create/demo-${a}`]: { problem: { class: 'exists', message: 'exists' }, since: start, attempts: 1 },
      },
    },
  });
  const planned = lawfulPlan(given, start);
  assert.equal(planned.status.collisionCount, undefined);
  assert.ok(!planned.writes.some(({ kind }) => kind === 'createReplicaSet'));
  assert.ok(!eventsOf(planned).some(({ reason }) => reason === 'NewReplicaSetCreated'));
});

test('a creation that is refused is told in condition and event, and tried again', () => {
  const given = world({
    rollout: rollout({ canary }),
    ledger: {
      ...emptyLedger,
      outcomes: { [`create/demo-${a}`]: { problem: { class: 'denied', message: 'quota' }, since: start, attempts: 1 } },
    },
  });
  const told = lawfulPlan(given, start);
  assert.deepEqual(
    eventsOf(told).map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
    [`Warning ReplicaSetCreateError: Failed to create new replica set "demo-${a}": quota`],
  );
  assert.equal(told.status.conditions?.[0]?.reason, 'ReplicaSetCreateError');
  const again = lawfulPlan(applyPlan(given, told, start), start);
  assert.equal(again.writes[0]?.kind, 'createReplicaSet');
  // Who only looks, or has just started, knows of it what the status tells.
  const seen = lawfulPlan({ ...applyPlan(given, told, start), ledger: emptyLedger }, start);
  assert.deepEqual(
    seen.reasons.map(({ code, data }) => [code, data.message]),
    [['replicaSetRefused', `Failed to create new replica set "demo-${a}": quota`]],
  );
});

test('vector 10: spelling a quantity otherwise makes no new ReplicaSet', () => {
  const withCpu = (cpu: string) => ({
    metadata: { labels: { app: 'demo' } },
    spec: { containers: [{ name: 'demo', image: 'demo:a', resources: { limits: { cpu } } }] },
  });
  const first = settle(world({ rollout: rollout({ canary, spec: { template: withCpu('2000m') } }) }), start).world;
  const changed = { ...first, rollout: { ...first.rollout, spec: { ...first.rollout.spec, template: withCpu('2') } } };
  const planned = lawfulPlan(changed, start);
  assert.ok(!planned.writes.some(({ kind }) => kind === 'createReplicaSet'));
});

test('vector 28: edited steps throw an update back to its first step before anything is sized', () => {
  const steps = [{ setWeight: 20 }, { setWeight: 40 }, { setWeight: 40 }, { pause: {} }];
  const edited = [{ setWeight: 50 }];
  const given = world({
    rollout: rollout({
      image: 'demo:b',
      canary: { steps: edited },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        canary: { steps },
        step: 3,
        more: {
          pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(-5) }],
          controllerPause: true,
          promoteFull: true,
        },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 6 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 4 }),
    ],
  });
  // The conditions are put right first, since the pause is not in them yet.
  const conditions = lawfulPlan(given, start);
  const reset = lawfulPlan(applyPlan(given, conditions, start), start);
  assert.equal(reset.status.currentStepIndex, 0);
  assert.equal(reset.status.pauseConditions, undefined);
  assert.equal(reset.status.promoteFull, undefined);
  assert.deepEqual(
    reset.writes.map(({ kind }) => kind),
    ['patchStatus'],
  );
  assert.deepEqual([reset.status.currentPodHash, reset.status.currentStepHash], [b, hashSteps(edited)]);
  const { world: rest } = settle(applyPlan(applyPlan(given, conditions, start), reset, start), start);
  assert.deepEqual(
    rest.replicaSets.map(({ spec }) => spec.replicas),
    [5, 5],
  );

  const more = { abort: true, abortedAt: at(-5), promoteFull: undefined, pauseConditions: undefined };
  const aborted = { ...given, rollout: { ...given.rollout, status: { ...given.rollout.status, ...more } } };
  const ended = lawfulPlan(aborted, start);
  assert.deepEqual(
    [ended.status.abort, ended.status.abortedAt, ended.status.currentStepIndex],
    [undefined, undefined, 0],
  );
  assert.deepEqual(ended.writes.map(shortWrite), ['status']);
});
