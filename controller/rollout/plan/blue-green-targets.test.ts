// Does a blue/green update wait for the targets of its active Service (traffic.md §2.10; analysis.md §2.7)?

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b } from '../../../test/builders/midway.ts';
import { replicaSet, rollout, service, start, at as timeAt, updatingStatus } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle } from '../../../test/builders/rows.ts';
import {
  answered,
  asked,
  at,
  codesOf,
  deadlineOf,
  group,
  settings,
  targets,
  writesOf,
} from '../../../test/builders/verified-world.ts';
import { type World, world } from '../../../test/builders/world.ts';

const blueGreen = { activeService: 'active', previewService: 'preview', autoPromotionEnabled: true };

/** The active Service was switched just now. */
function switched(
  more: Partial<typeof blueGreen> & Record<string, unknown> = {},
  status: Record<string, unknown> = {},
): World {
  const part = { activeSelector: b, previewSelector: b };
  return world({
    rollout: rollout({
      image: 'demo:b',
      blueGreen: { ...blueGreen, ...more },
      replicas: 3,
      annotations: { 'rollout.argoproj.io/revision': '2' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        replicas: 6,
        more: { blueGreen: part, ...status },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, desired: 3, replicas: 3 }),
      replicaSet({ image: 'demo:b', revision: 2, desired: 3, replicas: 3 }),
    ],
    services: [service('active', { hash: b }), service('preview', { hash: b })],
    settings,
  });
}

test('§2.10 a blue/green update is promoted when the active Service has its targets', () => {
  const waiting = settle(switched(), start);
  assert.equal(waiting.last.status.stableRS, a);
  assert.deepEqual(
    [waiting.last.status.phase, waiting.last.status.message],
    ['Progressing', 'waiting for post-promotion verification to complete'],
  );
  const refused = lawfulPlan(answered(waiting.world, targets(group(2, 3))), at(1));
  assert.equal(refused.status.stableRS, a);
  assert.ok(codesOf(refused).includes('promotionAwaitsTargets'));
  const passed = lawfulPlan(answered(waiting.world, targets(group(3, 3))), at(1));
  assert.equal(passed.status.stableRS, b);
});

test('§2.10 a full promotion waits for the targets too', () => {
  const waiting = settle(switched({}, { promoteFull: true }), start);
  assert.equal(waiting.last.status.stableRS, a);
  assert.equal(lawfulPlan(answered(waiting.world, targets()), at(1)).status.stableRS, b);
});

test('§2.10 an abort of a switched update leads back at once, also while the targets are waited for', () => {
  const given = asked(switched());
  const aborted = { ...given, rollout: { ...given.rollout, status: { ...given.rollout.status, abort: true } } };
  assert.ok(writesOf(lawfulPlan(aborted, at(1))).includes(`service active ${a}`));
});

const postPromotionAnalysis = { templates: [{ templateName: 'ok' }] };
const analysisTemplate = {
  ok: {
    is: 'present',
    value: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'ok', namespace: 'shop' },
      spec: { metrics: [{ name: 'm', provider: { job: { spec: { template: {} } } } }] },
    },
  },
} as unknown as World['templates'];

test('analysis.md §2.7: the analysis after the switch begins when the targets are verified, and they are not asked again', () => {
  const given = { ...switched({ postPromotionAnalysis }), templates: analysisTemplate };
  const waiting = settle(given, start);
  assert.ok(waiting.waves.every(({ writes }) => writes.every(({ kind }) => kind !== 'createAnalysisRun')));
  const passed = settle(answered(waiting.world, targets(group(3, 3))), at(1));
  assert.ok(passed.waves.some(({ writes }) => writes.some(({ kind }) => kind === 'createAnalysisRun')));
  const analysisRuns = passed.world.analysisRuns.map((run) => ({ ...run, status: { phase: 'Successful' } as const }));
  const later = settle({ ...passed.world, analysisRuns }, at(60));
  assert.ok(later.waves.flatMap(writesOf).every((write) => write !== 'call targets'));
  assert.equal(later.last.status.stableRS, b);
});

test('§2.10 a fast way back stays one while its targets are waited for: no analysis begins', () => {
  const before = switched({ postPromotionAnalysis }, { blueGreen: { activeSelector: a, previewSelector: b } });
  const older = replicaSet({
    image: 'demo:b',
    revision: 2,
    desired: 3,
    replicas: 3,
    createdAt: -200,
    deadline: timeAt(25),
  });
  const services = [service('active', { hash: a }), service('preview', { hash: b })];
  const [stable] = before.replicaSets;
  assert.ok(stable);
  const given = { ...before, services, replicaSets: [stable, older], templates: analysisTemplate };
  const waiting = settle(given, start, 12);
  assert.equal(waiting.last.status.blueGreen?.activeSelector, b);
  assert.equal(waiting.last.status.stableRS, a);
  const passed = settle(answered(waiting.world, targets(group(3, 3))), at(1), 12);
  assert.deepEqual([passed.last.status.stableRS, deadlineOf(passed.world, b)], [b, undefined]);
  const all = [...waiting.waves, ...passed.waves];
  assert.ok(all.every(({ writes }) => writes.every(({ kind }) => kind !== 'createAnalysisRun')));
});
