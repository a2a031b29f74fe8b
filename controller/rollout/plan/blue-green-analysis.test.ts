// Blue/green with analyses around the switch, over whole lives (rollout.md §5.3-§5.7, §6.6): what a resume and a retry of one
// mean, what a full promotion and a way back do not wait for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashFor, rollout, service, start, template } from '../../../test/builders/objects.ts';
import { settle, shortWrite } from '../../../test/builders/rows.ts';
import { eventsOf, type World, withPods, world } from '../../../test/builders/world.ts';
import type { BlueGreenStrategy, RolloutStatus } from '../../api/types.generated.ts';
import { applyMergePatch } from '../../lang/merge-patch.ts';
import type { Plan } from '../types.ts';

const a = hashFor('demo:a');
const b = hashFor('demo:b');
const analysis = { templates: [{ templateName: 'check' }] };
const check = {
  ...{ apiVersion: '', kind: '', metadata: { name: 'check' } },
  spec: { metrics: [{ name: 'm', provider: { web: { url: 'http://a' } } }] },
};

/** A Rollout that lives second by second: what is done to it, then waves, then pods. */
class Life {
  at: World;
  last: Plan | undefined;
  readonly waves: Plan[] = [];
  #seconds = 0;

  constructor(strategy: Partial<BlueGreenStrategy>) {
    const blueGreen = { activeService: 'active', previewService: 'preview', ...strategy };
    this.at = world({
      rollout: { ...rollout({ replicas: 4, blueGreen }), status: {} },
      services: [service('active', { managedBy: null }), service('preview', { managedBy: null })],
      templates: { check: { is: 'present', value: check } },
    });
    this.goesOn();
  }

  /** Three seconds: enough for pods to be there and for what follows from them. */
  goesOn(seconds = 3): this {
    for (let second = 0; second < seconds; second += 1) {
      this.#seconds += 1;
      const { world: rest, waves, last } = settle(this.at, start + this.#seconds * 1000);
      this.waves.push(...waves);
      this.last = last;
      this.at = withPods(rest);
    }
    return this;
  }

  patched(patch: unknown, seconds?: number): this {
    const changed = applyMergePatch(this.at.rollout, patch);
    this.at = { ...this.at, rollout: changed };
    return this.goesOn(seconds);
  }

  updated(): this {
    return this.patched({ metadata: { generation: 2 }, spec: { template: template('demo:b') } });
  }

  /** Every run that goes on ends so. */
  measured(phase: string, seconds?: number): this {
    const analysisRuns = this.at.analysisRuns.map((run) =>
      run.status?.phase ? run : { ...run, status: { ...run.status, phase } as NonNullable<typeof run.status> },
    );
    this.at = { ...this.at, analysisRuns };
    return this.goesOn(seconds);
  }

  resumed = () => this.patched({ status: { pauseConditions: null } });
  aborted = (seconds?: number) => this.patched({ status: { abort: true } }, seconds);
  retried = () => this.patched({ status: { abort: false } });

  get status(): RolloutStatus {
    return this.at.rollout.status ?? {};
  }

  get pauses(): string[] {
    return (this.status.pauseConditions ?? []).map(({ reason }) => reason);
  }

  get runs(): string[] {
    return this.at.analysisRuns.map(({ metadata }) => (metadata.name ?? '').replace(`demo-${b}-`, ''));
  }

  get reasons(): string[] {
    return (this.last?.reasons ?? []).map(({ code }) => code);
  }
}

test('each inconclusive outcome before the switch pauses anew, also the one after a resume', () => {
  const life = new Life({ prePromotionAnalysis: analysis }).updated().measured('Inconclusive');
  assert.deepEqual(life.pauses, ['InconclusiveAnalysisRun']);
  life.resumed();
  assert.deepEqual(life.runs, ['2-pre', '2-pre.1']);
  life.measured('Inconclusive');
  assert.deepEqual([life.pauses, life.runs], [['InconclusiveAnalysisRun'], ['2-pre', '2-pre.1']]);
  life.resumed().measured('Successful');
  assert.equal(life.status.stableRS, b);
});

test('§5.3: whoever resumes after an inconclusive outcome has not promoted: the pause comes after the analysis', () => {
  const life = new Life({ prePromotionAnalysis: analysis, autoPromotionEnabled: false }).updated();
  life.measured('Inconclusive').resumed().measured('Successful');
  assert.deepEqual([life.pauses, life.status.blueGreen?.activeSelector], [['BlueGreenPause'], a]);
  life.resumed();
  assert.equal(life.status.stableRS, b);
});

test('§6.6: a retry trusts no analysis that passed before the abort: it is made anew, and then the Service is switched', () => {
  const life = new Life({ prePromotionAnalysis: analysis, postPromotionAnalysis: analysis }).updated();
  life.measured('Successful').measured('Failed');
  assert.deepEqual([life.status.abort, life.status.blueGreen?.activeSelector], [true, a]);
  life.retried();
  assert.deepEqual([life.runs, life.status.blueGreen?.activeSelector], [['2-pre', '2-post', '2-pre.1'], a]);
  life.measured('Successful');
  assert.deepEqual([life.runs.at(-1), life.status.blueGreen?.activeSelector], ['2-post.1', b]);
});

test('§6.6: nor does a retry that comes with another size', () => {
  const life = new Life({ prePromotionAnalysis: analysis, postPromotionAnalysis: analysis }).updated();
  life.measured('Successful').measured('Failed');
  life.patched({ metadata: { generation: 3 }, spec: { replicas: 5 }, status: { abort: false } });
  assert.deepEqual([life.runs.at(-1), life.status.blueGreen?.activeSelector], ['2-pre.1', a]);
});

test('§6.6: nor does a retry whose analysis cannot be started: an argument of it leads nowhere', () => {
  const args = [{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'status.restartedAt' } } }];
  const life = new Life({ prePromotionAnalysis: analysis, postPromotionAnalysis: analysis }).updated();
  life.measured('Successful').measured('Failed');
  const blueGreen = { prePromotionAnalysis: { ...analysis, args } };
  life.patched({ metadata: { generation: 3 }, spec: { strategy: { blueGreen } }, status: { abort: false } });
  assert.deepEqual([life.runs, life.status.blueGreen?.activeSelector], [['2-pre', '2-post'], a]);
  assert.ok(life.reasons.includes('analysisImpossible'));
  life.patched({
    metadata: { generation: 4 },
    spec: { strategy: { blueGreen: { prePromotionAnalysis: { args: null } } } },
  });
  assert.deepEqual([life.runs.at(-1), life.status.blueGreen?.activeSelector], ['2-pre.1', a]);
});

test('§5.3: nor does the pause of a retry begin before its analysis has passed', () => {
  const strategy = { prePromotionAnalysis: analysis, autoPromotionEnabled: false };
  const life = new Life(strategy).updated().measured('Successful').aborted().retried();
  assert.deepEqual([life.pauses, life.runs], [[], ['2-pre', '2-pre.1']]);
  life.measured('Successful');
  assert.deepEqual(life.pauses, ['BlueGreenPause']);
});

test('§5.7: a retry after the abort delay measures nothing before the preview is back', () => {
  const life = new Life({ prePromotionAnalysis: analysis }).updated().measured('Failed', 33);
  assert.equal(life.at.replicaSets[1]?.spec.replicas, 0);
  const before = life.waves.length;
  life.retried();
  const [, growing, measuring] = life.waves.slice(before).map(({ writes }) => writes.map(shortWrite));
  assert.ok(growing?.includes(`scale demo-${b} 4`));
  assert.ok(!growing?.some((write) => write.startsWith('analysis')));
  assert.ok(measuring?.includes(`analysis demo-${b}-2-pre.1`));
});

test('a full promotion waits for pods and says so, not for an analysis or a pause that it skips', () => {
  const life = new Life({ prePromotionAnalysis: analysis, previewReplicaCount: 1 }).updated();
  assert.deepEqual(life.reasons, ['promotionAwaitsAnalysis', 'analysisMeasures']);
  life.patched({ status: { promoteFull: true } }, 1);
  assert.deepEqual(life.reasons, ['activeServiceHeld', 'scaleUnobserved', 'podsNotAvailable']);
  life.goesOn();
  assert.equal(life.status.stableRS, b);
});

for (const [field, strategy] of [
  ['prePromotionAnalysis', { prePromotionAnalysis: {} }],
  ['postPromotionAnalysis', { postPromotionAnalysis: { templates: [] } }],
] as const) {
  test(`a ${field} that names no templates is waited for in vain, and is said to be`, () => {
    const { last } = new Life(strategy).updated();
    assert.deepEqual(
      last?.reasons.map(({ code, data }) => [code, data.message]),
      [['analysisImpossible', `${field} names no templates`]],
    );
  });
}

test('a smaller preview that is complete waits for its pause, and not for pods', () => {
  const life = new Life({ previewReplicaCount: 1, autoPromotionEnabled: false }).updated();
  assert.deepEqual(life.reasons, ['pausedBeforePromotion']);
});

test('vector 61: the way back inside the delay runs no analysis, also while a pod of it is missing', () => {
  const strategy = { prePromotionAnalysis: analysis, postPromotionAnalysis: analysis, autoPromotionEnabled: false };
  const life = new Life(strategy).updated().measured('Successful').resumed().measured('Successful');
  assert.deepEqual([life.status.stableRS, life.status.blueGreen?.activeSelector], [b, b]);
  const [runs, before] = [life.runs.length, life.waves.length];
  life.at = withPods(life.at, { [`demo-${a}`]: 3 });
  life.patched({ metadata: { generation: 3 }, spec: { template: template('demo:a') } }, 1);
  assert.deepEqual([life.status.blueGreen?.activeSelector, life.reasons[0]], [b, 'activeServiceHeld']);
  life.goesOn();
  assert.deepEqual([life.status.stableRS, life.status.blueGreen?.activeSelector, life.runs.length], [a, a, runs]);
  const waves = life.waves.slice(before);
  assert.ok(waves.every(({ status }) => !status.pauseConditions?.length));
  const told = waves.flatMap(eventsOf).map(({ message }) => message);
  assert.ok(told.includes(`Rollout completed update to revision 3 (${a}): Fast rollback`));
  const deadlines = life.at.replicaSets.map(({ metadata }) => metadata.annotations?.['scale-down-deadline'] ?? '');
  assert.deepEqual([deadlines[0], deadlines[1] !== ''], ['', true]);
});

test('§6.6: a way back that was aborted starts over with a retry: the delay of the abort is not that of its switch', () => {
  const life = new Life({ autoPromotionEnabled: false }).updated().resumed().goesOn(33);
  assert.equal(life.at.replicaSets[0]?.spec.replicas, 0);
  life.patched({ metadata: { generation: 3 }, spec: { template: template('demo:a') } });
  assert.deepEqual(life.pauses, ['BlueGreenPause']);
  life.aborted().retried();
  assert.deepEqual([life.pauses, life.status.blueGreen?.activeSelector], [['BlueGreenPause'], b]);
});
