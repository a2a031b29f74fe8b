// The laws on whole lives of Rollouts, from their creation on: users act, pods get ready or do not, runs end, time passes,
// each in the middle of what went before. And where a life goes when it is left alone: forward, back, or to a rest whose
// reason is named. Fresh lives in each run; those that went wrong once stand at the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  abort,
  anyLife,
  endingIn,
  type Life,
  live,
  type Move,
  promoteFull,
  whole,
} from '../../../test/builders/any-life.ts';
import { drawn } from '../../../test/builders/drawn.ts';
import {
  cheapLaws,
  isFinishedOrWaits,
  isLawful,
  isPromoted,
  keepsWhatRoutersSendTo,
  type Law,
  leadsBack,
} from '../../../test/builders/life-laws.ts';
import { hashFor, template } from '../../../test/builders/objects.ts';

for (const [name, law] of Object.entries(cheapLaws)) {
  test(`no wave of any life breaks the law: ${name}`, () => {
    fc.assert(
      fc.property(anyLife(), (life) => {
        whole(life, law);
      }),
      drawn(150),
    );
  });
}

test('every plan of any life is lawful: its weights sum up, wakeAt is exact, a rest has a reason', () => {
  fc.assert(
    fc.property(anyLife(), (life) => {
      whole(life, isLawful);
    }),
    drawn(60),
  );
});

test('left alone, every life is finished, or waits for a person: pods, runs and time bring everything else to its end', () => {
  fc.assert(
    fc.property(anyLife(), (life) => {
      const { end, now } = whole(life);
      isFinishedOrWaits(end, now);
    }),
    drawn(300),
  );
});

test('a full promotion leads to the end from anywhere, unless the update was aborted or is halted', () => {
  fc.assert(
    fc.property(anyLife(), (life) => isPromoted(whole(endingIn(life, promoteFull)).end)),
    drawn(300),
  );
});

test('an abort in the middle of an update leads back: stable is whole, and everything is sent to it', () => {
  fc.assert(
    fc.property(anyLife(), (life) => leadsBack(whole(endingIn(life, abort)).end)),
    drawn(300),
  );
});

const update = (image: string): Move => ({ what: { is: 'spec', patch: { template: template(image) } }, waves: 99 });
const ready: Move = { what: { is: 'pods', ready: [10, 10, 10] }, waves: 99 };
const check = { templates: [{ templateName: 'check' }] };
const services = { canaryService: 'canary', stableService: 'stable' };
const alb = {
  ...services,
  trafficRouting: { alb: { ingress: 'demo', rootService: 'root', servicePort: 80 } },
};
const nginx = { ...services, trafficRouting: { nginx: { stableIngress: 'nginx' } } };

/** Found by the laws above; each broke the one that is named. */
const once: readonly (Life & { readonly name: string; readonly law: Law })[] = [
  {
    name: 'a setCanaryScale of nothing takes the weight before the pods',
    law: keepsWhatRoutersSendTo,
    strategy: { canary: { ...nginx, steps: [{ setWeight: 10 }, { setCanaryScale: { weight: 0 } }] } },
    moves: [update('demo:b'), ready, ready, ready],
  },
  {
    name: 'weight that goes back to a dynamic stable finds its pods there',
    law: keepsWhatRoutersSendTo,
    strategy: {
      canary: {
        ...nginx,
        dynamicStableScale: true,
        replicaProgressThreshold: { type: 'Percent', value: 60 },
        steps: [{ setCanaryScale: { replicas: 3 } }],
      },
    },
    moves: [update('demo:b')],
  },
  {
    name: 'new steps and a new size at once leave a pod for the weight that there is',
    law: keepsWhatRoutersSendTo,
    strategy: { canary: { ...nginx, steps: [{ setWeight: 50 }, { pause: {} }] } },
    moves: [
      update('demo:b'),
      ready,
      ready,
      { what: { is: 'steps', steps: [{ pause: {} }, { setWeight: 20 }], replicas: 3 }, waves: 99 },
    ],
  },
  {
    name: 'a version that was stable until just now, and is the next canary, waits for its Service to leave it',
    law: keepsWhatRoutersSendTo,
    strategy: { canary: alb },
    replicas: 1,
    moves: [
      update('demo:b'),
      ready,
      { ...update('demo:a'), waves: 2 },
      { what: { is: 'steps', steps: [{ pause: {} }], replicas: 2 }, waves: 0 },
      { ...update('demo:b'), waves: 0 },
    ],
  },
  {
    name: 'pods that only a setCanaryScale wanted go without replicas, whatever the weight',
    law: isLawful,
    strategy: {
      canary: {
        ...alb,
        steps: [
          { setCanaryScale: { replicas: 1 } },
          { setWeight: 1 },
          { setCanaryScale: { matchTrafficWeight: true } },
        ],
      },
    },
    replicas: 0,
    moves: [update('demo:b'), ready],
  },
  {
    name: 'a deadline that aborts wakes a preview whose pods are all there, while its analysis goes on',
    law: isLawful,
    strategy: { blueGreen: { activeService: 'stable', postPromotionAnalysis: check } },
    spec: { progressDeadlineAbort: true },
    moves: [update('demo:b'), ready],
  },
  {
    name: 'the end of a pause wakes an update that a person has halted meanwhile',
    law: isLawful,
    strategy: { blueGreen: { activeService: 'stable', autoPromotionSeconds: 1, previewReplicaCount: 1 } },
    moves: [update('demo:b'), ready, { what: { is: 'spec', patch: { paused: true } }, waves: 99 }],
  },
];

for (const { name, law, ...life } of once) {
  test(`once found: ${name}`, () => {
    whole(life, law);
  });
}

for (const [name, strategy] of [
  ['canary', { canary: { ...nginx, steps: [{ setWeight: 50 }, { pause: {} }] } }],
  ['preview', { blueGreen: { activeService: 'stable', postPromotionAnalysis: check } }],
] as const) {
  test(`once found: an aborted ${name} goes after its delay where no pods are wanted, although stable never has one`, () => {
    const broken: Move = { what: { is: 'pods', ready: [0, 10, 10] }, waves: 99 };
    const abort: Move = { what: { is: 'status', patch: { abort: true } }, waves: 99 };
    const none: Move = { what: { is: 'spec', patch: { replicas: 0 } }, waves: 99 };
    const { end } = whole({ strategy, moves: [update('demo:b'), ready, ready, broken, abort, none] });
    assert.deepEqual(
      end.replicaSets.map(({ spec }) => spec.replicas),
      [0, 0],
    );
    const { canary, blueGreen } = end.rollout.status ?? {};
    assert.ok(canary?.weights?.canary.weight === 0 || blueGreen?.activeSelector === hashFor('demo:a'));
  });
}

/** No rule of rollout.md §1.3 refuses them. */
const odd: readonly (readonly [string, Life['strategy']])[] = [
  ['a setCanaryScale of -1 pods', { canary: { ...nginx, steps: [{ setCanaryScale: { replicas: -1 } }] } }],
  ['a setCanaryScale of weight -50', { canary: { ...nginx, steps: [{ setCanaryScale: { weight: -50 } }] } }],
  ['a maxSurge of -1', { canary: { maxSurge: -1, maxUnavailable: 2 } }],
  ['a maxUnavailable of -10 %', { canary: { maxSurge: 1, maxUnavailable: '-10%' } }],
  ['a preview of -1 pods', { blueGreen: { activeService: 'stable', previewReplicaCount: -1 } }],
  [
    'a threshold of 150 %',
    { canary: { steps: [{ setWeight: 50 }], replicaProgressThreshold: { type: 'Percent', value: 150 } } },
  ],
];

for (const [what, strategy] of odd) {
  test(`SLIPWAY (design §7, "never stuck"): with ${what} an update comes to its end, by sizes that there are`, () => {
    const { end } = whole({ strategy, moves: [update('demo:b'), ready] }, ({ plan: { writes } }) => {
      for (const write of writes) assert.ok(write.kind !== 'scaleReplicaSet' || write.replicas >= 0);
    });
    assert.equal(end.rollout.status?.phase, 'Healthy');
    assert.equal(end.rollout.status?.stableRS, hashFor('demo:b'));
  });
}

test('once found: the analysis of a preview that is larger than the Rollout begins', () => {
  const blueGreen = { activeService: 'stable', previewReplicaCount: 3, prePromotionAnalysis: check };
  const life = { strategy: { blueGreen }, replicas: 2, moves: [update('demo:b'), ready] };
  assert.equal(live(life).end.analysisRuns.length, 1);
  assert.equal(whole(life).end.rollout.status?.phase, 'Healthy');
});
