// Whole lives of Rollouts, for properties: a Rollout is created, and then users act, pods get ready or do not, runs end,
// time passes, each at any moment of what went before. Planned and carried out as the shell does it, without a server.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { makePromotePatches, type PromoteMode } from '../../cli/promote-patches.ts';
import type { CanaryStep, Rollout, RolloutSpec } from '../../controller/api/types.generated.ts';
import { applyMergePatch, isEqualJson } from '../../controller/lang/merge-patch.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { planFused } from '../../controller/rollout/fuse-status.ts';
import { plan } from '../../controller/rollout/plan.ts';
import type { Observed, Plan } from '../../controller/rollout/types.ts';
import { anyMeddling, type Meddling, meddle } from './any-meddling.ts';
import { anyStrategy, checkTemplate } from './any-strategy.ts';
import { ingress, rollout, service, start, template } from './objects.ts';
import { deepFreeze, shortWrite } from './rows.ts';
import { applyPlan, emptyLedger, observe, type World, withPods, world } from './world.ts';

export const images = ['demo:a', 'demo:b', 'demo:c'] as const;

type Strategy = NonNullable<RolloutSpec['strategy']>;

/** What happens, and how many waves are carried out before the next thing does. */
export interface Move {
  readonly what: Happening;
  readonly waves: number;
}

type Happening =
  | Meddling
  | {
      readonly is: 'death' /** Writes of a wave that get through before the controller dies. */;
      readonly writes: number;
    }
  | { readonly is: 'pods' /** Ready tenths of each image's pods. */; readonly ready: readonly number[] }
  | { readonly is: 'time'; readonly seconds: number }
  | { readonly is: 'runs'; readonly phase: string }
  | { readonly is: 'promote'; readonly mode: PromoteMode }
  | { readonly is: 'spec'; readonly patch: Partial<RolloutSpec> }
  | { readonly is: 'steps'; readonly steps: readonly CanaryStep[]; readonly replicas: number }
  | { readonly is: 'status'; readonly patch: Readonly<Record<string, unknown>> };

export const promoteFull: Move = { what: { is: 'promote', mode: 'full' }, waves: 0 };
export const abort: Move = { what: { is: 'status', patch: { abort: true } }, waves: 99 };

export interface Life {
  readonly strategy: Strategy;
  readonly spec?: Partial<RolloutSpec>;
  /** Default 4. */
  readonly replicas?: number;
  readonly moves: readonly Move[];
}

/** One wave: what it was planned for, what it did. */
export interface Wave {
  readonly before: World;
  readonly now: EpochMillis;
  readonly plan: Plan;
  readonly after: World;
}

const ready = fc.constantFrom(0, 3, 5, 10, 10, 10);
const spec = <T extends Partial<RolloutSpec>>(patch: fc.Arbitrary<T>) =>
  patch.map((given): Happening => ({ is: 'spec', patch: given }));

/** Valid for every canary. */
const steps = fc.array(
  fc.oneof(fc.record({ setWeight: fc.integer({ min: 0, max: 100 }) }), fc.constant({ pause: {} })),
  {
    maxLength: 3,
  },
);

const allReady = { is: 'pods', ready: [10, 10, 10] } as const;
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Happening>(allReady) },
  { weight: 3, arbitrary: fc.tuple(ready, ready, ready).map((tenths): Happening => ({ is: 'pods', ready: tenths })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 5, 31, 61, 700).map((seconds): Happening => ({ is: 'time', seconds })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('Successful', 'Successful', 'Failed', 'Error', 'Inconclusive')
      .map((phase): Happening => ({ is: 'runs', phase })),
  },
  { weight: 3, arbitrary: spec(fc.constantFrom(...images).map((image) => ({ template: template(image) }))) },
  { weight: 2, arbitrary: spec(fc.integer({ min: 0, max: 10 }).map((replicas) => ({ replicas }))) },
  { weight: 1, arbitrary: spec(fc.boolean().map((paused) => ({ paused }))) },
  {
    weight: 1,
    arbitrary: fc
      .record({ steps: steps, replicas: fc.integer({ min: 0, max: 10 }) })
      .map((given): Happening => ({ is: 'steps', ...given })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<PromoteMode>('plain', 'plain', 'full', 'skipCurrentStep', 'skipAllSteps')
      .map((mode): Happening => ({ is: 'promote', mode })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(true, true, false).map((abort): Happening => ({ is: 'status', patch: { abort } })),
  },
);

const meddled: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: happening },
  { weight: 1, arbitrary: anyMeddling },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 4 }).map((writes): Happening => ({ is: 'death', writes })),
  },
);

const movesOf = (what: fc.Arbitrary<Happening>) =>
  fc.array(fc.record({ what, waves: fc.constantFrom(0, 1, 2, 99, 99) }), { minLength: 4, maxLength: 22 });

/** A life that nobody halts at its end, whatever else was done. */
export function endingIn(life: Life, last: Move): Life {
  return { ...life, moves: [...life.moves, { what: { is: 'spec', patch: { paused: false } }, waves: 99 }, last] };
}

/** Only its users act. */
export function anyLife(strategy: fc.Arbitrary<Strategy> = anyStrategy): fc.Arbitrary<Life> {
  return lifeOf(strategy, movesOf(happening));
}

/** Others meddle, and the controller dies within a wave. */
export function anyMeddledLife(): fc.Arbitrary<Life> {
  return lifeOf(anyStrategy, movesOf(meddled));
}

function lifeOf(strategy: fc.Arbitrary<Strategy>, moves: fc.Arbitrary<Move[]>): fc.Arbitrary<Life> {
  return fc.record({
    strategy,
    spec: fc.record(
      {
        progressDeadlineAbort: fc.constant(true),
        rollbackWindow: fc.constant({ revisions: 1 }),
        revisionHistoryLimit: fc.integer({ min: 2, max: 3 }),
      },
      { requiredKeys: [] },
    ),
    replicas: fc.integer({ min: 0, max: 10 }),
    moves,
  });
}

function born({ strategy, spec: given, replicas = 4 }: Life): World {
  const created = rollout({ image: images[0], replicas, spec: { ...given, strategy } });
  return world({
    rollout: { ...created, status: {} },
    services: ['stable', 'canary', 'ping', 'pong', 'root'].map((name) => service(name, { managedBy: null })),
    ingresses: [ingress(), ingress('nginx', 'stable')],
    templates: { check: { is: 'present', value: checkTemplate } },
  });
}

/** As many as a frozen world may need (design.md §5.12). */
const mostWaves = 8;

/** Goes through a life; `see` looks at every wave. Returns the world at its end and when that is. */
export function live(
  life: Life,
  see: (wave: Wave) => void = () => {},
): { readonly end: World; readonly now: EpochMillis } {
  let now = start;
  let current = waves(born(life), now, 99, see);
  current = waves(withPods(current), now, 99, see);
  for (const { what, waves: count } of life.moves) {
    if (what.is === 'time') now += what.seconds * 1000;
    current = what.is === 'death' ? brokenWave(current, now, what.writes, see) : after(current, what);
    current = waves(current, now, count, see);
  }
  return { end: current, now };
}

/** Nobody acts any more: pods get ready, runs succeed, time passes, until neither time nor pods change anything. */
function leftAlone(
  given: World,
  from: EpochMillis,
  see: (wave: Wave) => void = () => {},
): { readonly end: World; readonly now: EpochMillis } {
  let current = given;
  let now = from;
  for (let round = 0; round < 80; round += 1) {
    const next = waves(after(after(current, allReady), { is: 'runs', phase: 'Successful' }), now, 99, see);
    const isStill = isEqualJson(next, current);
    current = next;
    if (!isStill) continue;
    const { wakeAt } = plan(observe(current), now);
    if (wakeAt === undefined) return { end: current, now };
    now = wakeAt;
  }
  const { status, reasons } = plan(observe(current), now);
  assert.fail(`left alone it comes to no end: ${status.phase} ${status.message} ${reasons.map(({ code }) => code)}`);
}

/** A whole life, and what comes of it when nobody acts any more. */
export function whole(life: Life, see?: (wave: Wave) => void): { readonly end: World; readonly now: EpochMillis } {
  const { end, now } = live(life, see);
  return leftAlone(end, now, see);
}

/**
 * Carries out up to `count` waves; a frozen world comes to rest. Each step that ends meanwhile adds one to what that may
 * take, and so does each pod of a size that its ReplicaSet's controller has not seen: these may be shifted one by one.
 */
function waves(given: World, now: EpochMillis, count: number, see: (wave: Wave) => void): World {
  const unseen = given.replicaSets.filter(({ metadata, status }) => status?.observedGeneration !== metadata.generation);
  let most = mostWaves + 2 * unseen.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
  let current = given;
  const done: string[] = [];
  while (done.length < count) {
    const observed: Observed = deepFreeze(observe(current));
    const { plan: planned } = planFused(plan, observed, now);
    assert.deepEqual(planned.needs, [], 'nothing is missing in the observation');
    if (planned.writes.length === 0) return current;
    const next = applyPlan(current, planned, now);
    see({ before: current, now, plan: planned, after: next });
    most += Math.max(0, (planned.status.currentStepIndex ?? 0) - (current.rollout.status?.currentStepIndex ?? 0));
    done.push(planned.writes.map(shortWrite).join(', '));
    assert.ok(done.length < most, `no rest within ${most} waves:\n${done.join('\n')}`);
    current = next;
  }
  return current;
}

function brokenWave(before: World, now: EpochMillis, writes: number, see: (wave: Wave) => void): World {
  const { plan: whole } = planFused(plan, deepFreeze(observe(before)), now);
  const planned = { ...whole, writes: whole.writes.slice(0, writes) };
  const after = applyPlan(before, planned, now);
  see({ before, now, plan: planned, after });
  return { ...after, ledger: emptyLedger };
}

function after(before: World, what: Exclude<Happening, { is: 'death' }>): World {
  switch (what.is) {
    case 'time':
      return before;
    case 'sized':
    case 'deleted':
    case 'pointed':
    case 'strategy':
      return meddle(before, what);
    case 'pods':
      return podsFollow(before, what.ready);
    case 'runs':
      return {
        ...before,
        analysisRuns: before.analysisRuns.map((run) =>
          run.status?.phase ? run : { ...run, status: { phase: what.phase } as never },
        ),
      };
    case 'promote': {
      const patches = makePromotePatches(before.rollout, what.mode);
      return patched(patched(before, patches.status), patches.spec);
    }
    case 'spec':
      return patched(before, { spec: what.patch });
    case 'steps': {
      const isCanary = before.rollout.spec.strategy?.canary !== undefined;
      const strategy = { canary: { steps: what.steps } };
      return patched(before, { spec: { replicas: what.replicas, ...(isCanary ? { strategy } : {}) } });
    }
    case 'status':
      return patched(before, { status: what.patch });
  }
}

/** A client's merge patch. */
function patched(before: World, patch: unknown): World {
  if (patch === undefined) return before;
  const changed = applyMergePatch(before.rollout, patch) as Rollout;
  const isSame = isEqualJson(changed.spec, before.rollout.spec);
  const generation = (before.rollout.metadata.generation ?? 0) + (isSame ? 0 : 1);
  return { ...before, rollout: { ...changed, metadata: { ...changed.metadata, generation } } };
}

function podsFollow(before: World, tenths: readonly number[]): World {
  const available = before.replicaSets.map(({ metadata, spec: { replicas = 1, template: of } }) => {
    const index = images.indexOf(of.spec?.containers?.[0]?.image as (typeof images)[number]);
    return [metadata.name ?? '', Math.floor((replicas * (tenths[index] ?? 10)) / 10)] as const;
  });
  return withPods(before, Object.fromEntries(available));
}
