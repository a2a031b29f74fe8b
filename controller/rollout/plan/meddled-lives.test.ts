// The laws on lives in which others meddle: ReplicaSets are sized and deleted by hand, Services pointed elsewhere, the
// strategy becomes another in the middle of an update, the controller dies within a wave. What they took away nobody can
// keep; but no wave makes it worse, and a life that is left alone comes to an end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  abort,
  anyMeddledLife,
  endingIn,
  type Life,
  live,
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
  leadsBack,
  losesNoRequest,
} from '../../../test/builders/life-laws.ts';
import { template } from '../../../test/builders/objects.ts';
import { isAnyReady } from '../../../test/builders/sent-requests.ts';

function holds(times: number, check: (life: Life) => unknown): void {
  fc.assert(
    fc.property(anyMeddledLife(), (life) => {
      check(life);
    }),
    drawn(times),
  );
}

for (const [name, law] of Object.entries(cheapLaws)) {
  test(`whoever meddles, no wave breaks the law: ${name}`, () => {
    holds(100, (life) => whole(life, law));
  });
}

test('whoever meddles, every plan is lawful', () => {
  holds(60, (life) => whole(life, isLawful));
});

test('whoever meddled, a life that is left alone is finished, or waits for a person', () => {
  holds(200, (life) => {
    const { end, now } = whole(life);
    isFinishedOrWaits(end, now);
  });
});

test('whoever meddled, a full promotion leads to the end', () => {
  holds(200, (life) => isPromoted(whole(endingIn(life, promoteFull)).end));
});

test('whoever meddled, an abort leads back', () => {
  holds(200, (life) => leadsBack(whole(endingIn(life, abort)).end));
});

const alb = { ingress: 'demo', rootService: 'root', servicePort: 80 };
const routed = { canaryService: 'canary', stableService: 'stable' };

test('once found: stable keeps the pods for its share when replicas and maxTrafficWeight become others at once', () => {
  for (const [from, to] of [
    [100, 1000],
    [1000, 100],
  ] as const) {
    const strategyOf = (maxTrafficWeight: number) => ({
      canary: {
        ...routed,
        dynamicStableScale: true,
        trafficRouting: { nginx: { stableIngress: 'nginx' }, maxTrafficWeight },
        steps: [{ setWeight: 50 }, { pause: {} }],
      },
    });
    const pods = { is: 'pods', ready: [10, 10, 10] } as const;
    const life: Life = {
      strategy: strategyOf(from),
      replicas: 6,
      moves: [
        { what: { is: 'spec', patch: { template: template('demo:b') } }, waves: 99 },
        { what: pods, waves: 99 },
        { what: pods, waves: 99 },
        { what: { is: 'spec', patch: { replicas: 4, strategy: strategyOf(to) } }, waves: 99 },
      ],
    };
    whole(life, (wave) => {
      keepsWhatRoutersSendTo(wave);
      for (const { metadata, spec } of wave.after.replicaSets) {
        assert.ok((spec.replicas ?? 0) <= 6, `${metadata.name} has ${spec.replicas} pods`);
      }
    });
  }
});

test('once found: a router that comes back takes no pods of the canary while those of stable are on their way out', () => {
  const life: Life = {
    strategy: {
      canary: { ...routed, trafficRouting: { alb }, steps: [{ setCanaryScale: { weight: 62 } }, { pause: {} }] },
    },
    moves: [
      { what: { is: 'spec', patch: { template: template('demo:b') } }, waves: 99 },
      { what: { is: 'pods', ready: [10, 10, 10] }, waves: 99 },
      { what: { is: 'strategy', strategy: { canary: { maxSurge: 0, maxUnavailable: 1 } } }, waves: 99 },
      {
        what: { is: 'strategy', strategy: { canary: { ...routed, trafficRouting: { alb }, steps: [{ pause: {} }] } } },
        waves: 99,
      },
    ],
  };
  live(life, ({ before, after }) => {
    assert.ok(!isAnyReady(before) || isAnyReady(after), 'some pod answers');
  });
});

test('once found: a preview that was switched to, and is a canary again, keeps its pods until stable answers', () => {
  const canary = { ...routed, trafficRouting: { alb } };
  const postPromotionAnalysis = { templates: [{ templateName: 'check' }] };
  const blueGreen = { activeService: 'stable', postPromotionAnalysis };
  const begun: Life = {
    strategy: { canary },
    replicas: 2,
    moves: [
      { what: { is: 'spec', patch: { template: template('demo:b') } }, waves: 0 },
      { what: { is: 'strategy', strategy: { blueGreen } }, waves: 99 },
      { what: { is: 'pods', ready: [0, 5, 0] }, waves: 0 },
      { what: { is: 'spec', patch: { replicas: 1 } }, waves: 99 },
      { what: { is: 'strategy', strategy: { canary: { ...canary, steps: [{ setCanaryScale: {} }] } } }, waves: 99 },
    ],
  };
  whole(begun, losesNoRequest);
});
