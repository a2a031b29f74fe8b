// What holds in every wave of every life (design.md §2 and §5): each law looks at one wave, with the world before and
// after it. A law that is broken throws, and says what it found.

import assert from 'node:assert/strict';
import { hasTrafficRouting, replicasOf } from '../../controller/api/defaults.ts';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { ownership } from '../../controller/rollout/ownership.ts';
import { maxSurge, maxUnavailable } from '../../controller/rollout/plan/replica-counts.ts';
import { plan } from '../../controller/rollout/plan.ts';
import type { Wave } from './any-life.ts';
import { hashFor } from './objects.ts';
import { lawfulPlan, shortWrite } from './rows.ts';
import { isAnyReady, unanswered } from './sent-requests.ts';
import { applyPlan, observe, type World } from './world.ts';

export type Law = (wave: Wave) => void;

const specOf = ({ spec }: ReplicaSet) => spec.replicas ?? 1;
/** Ready pods that are not about to go. */
const readyOf = (replicaSet: ReplicaSet) => Math.min(replicaSet.status?.availableReplicas ?? 0, specOf(replicaSet));
const named = ({ replicaSets }: World, name: string | undefined) =>
  replicaSets.find(({ metadata }) => metadata.name === name);
const ofHash = (at: World, hash: string | undefined) => named(at, `demo-${hash}`);

const selectedBy = ({ services }: World, name: string | undefined) =>
  services.find(({ metadata }) => metadata.name === name)?.spec.selector?.['rollouts-pod-template-hash'];

/** Ready pods of `before` that the wave leaves there. */
function staying(before: ReplicaSet, after: World): number {
  const resized = named(after, before.metadata.name);
  return resized ? Math.min(readyOf(before), specOf(resized)) : 0;
}

const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);
const isBasic = ({ rollout }: World) =>
  rollout.spec.strategy?.canary !== undefined && !rollout.spec.strategy.canary.trafficRouting;

/** rollout.md §4.3: at most n + maxSurge pods are wanted, unless more were before. */
export const staysWithinSurge: Law = ({ before, after }) => {
  if (!isBasic(before)) return;
  const most = replicasOf(before.rollout) + maxSurge(before.rollout);
  const [was, is] = [sum(before.replicaSets, specOf), sum(after.replicaSets, specOf)];
  assert.ok(is <= Math.max(most, was), `from ${was} to ${is} pods, at most ${most} may be`);
};

/** rollout.md §4.3: no wave takes ready pods below n - maxUnavailable. */
export const staysAvailable: Law = ({ before, after }) => {
  if (!isBasic(before)) return;
  const least = replicasOf(before.rollout) - maxUnavailable(before.rollout);
  const was = sum(before.replicaSets, readyOf);
  const stays = sum(before.replicaSets, (replicaSet) => staying(replicaSet, after));
  assert.ok(stays >= Math.min(was, least), `of ${was} ready pods ${stays} stay, ${least} must`);
};

/** Design law 10: stable keeps the pods for its share, the canary one at least, as long as a router sends to them. */
export const keepsWhatRoutersSendTo: Law = ({ before, after, plan: { status } }) => {
  const weights = status.canary?.weights;
  if (!weights || !hasTrafficRouting(before.rollout)) return;
  // As they were recorded: maxTrafficWeight may be another meanwhile.
  const all = weights.canary.weight + weights.stable.weight + sum(weights.additional ?? [], ({ weight }) => weight);
  const shareOf = (weight: number) => Math.ceil((weight * replicasOf(before.rollout)) / all);
  for (const [side, share] of [
    [weights.canary, Math.min(1, shareOf(weights.canary.weight))],
    [weights.stable, shareOf(weights.stable.weight)],
  ] as const) {
    const replicaSet = ofHash(before, side.podTemplateHash);
    if (!replicaSet) continue;
    const [ready, stays] = [readyOf(replicaSet), staying(replicaSet, after)];
    const text = `${replicaSet.metadata.name} has weight ${side.weight}: of ${ready} ready pods ${stays} stay`;
    assert.ok(stays >= Math.min(ready, share), text);
  }
};

/** Design law 10, of the active Service. */
export const keepsWhatIsActive: Law = ({ before, after }) => {
  if (!before.rollout.spec.strategy?.blueGreen) return;
  const replicaSet = ofHash(before, selectedBy(after, 'stable'));
  if (!replicaSet) return;
  const [ready, stays] = [readyOf(replicaSet), staying(replicaSet, after)];
  const text = `the active ${replicaSet.metadata.name} keeps ${stays} of ${ready} ready pods`;
  assert.ok(stays >= Math.min(ready, replicasOf(before.rollout)), text);
};

/** Nothing that gets weight is without a ready pod, unless it had as much before. */
export const sendsOnlyToPods: Law = ({ before, plan: { status } }) => {
  const [was, is] = [before.rollout.status?.canary?.weights, status.canary?.weights];
  if (!is || replicasOf(before.rollout) === 0) return;
  for (const side of ['canary', 'stable'] as const) {
    const { weight, podTemplateHash } = is[side];
    const had = was?.[side].podTemplateHash === podTemplateHash ? (was?.[side].weight ?? 0) : 0;
    const replicaSet = ofHash(before, podTemplateHash);
    if (side === 'stable' && !was) continue; // the first weights say what is so already
    assert.ok(weight <= had || (replicaSet && readyOf(replicaSet) > 0), `${side} gets ${weight} without a ready pod`);
  }
};

/** Design law 10, after each single write, so that a controller that dies there leaves nobody without an answer. */
export const losesNoRequest: Law = ({ before, now, plan: planned }) => {
  if (replicasOf(before.rollout) === 0) return;
  let at = before;
  for (const write of planned.writes) {
    const next = applyPlan(at, { ...planned, writes: [write] }, now);
    const [was, is] = [unanswered(at), unanswered(next)];
    assert.ok(is <= was || !isAnyReady(at), `${shortWrite(write)}: nobody answers ${is} instead of ${was}`);
    at = next;
  }
};

/** operations.md §20.3, I5. */
export const goesForward: Law = ({ before, plan: { status } }) => {
  const was = before.rollout.status ?? {};
  const count = before.rollout.spec.strategy?.canary?.steps?.length ?? 0;
  const isSame = was.currentPodHash === status.currentPodHash && was.currentStepHash === status.currentStepHash;
  if (!isSame || status.abort || was.currentStepIndex === undefined || count === 0) return;
  const index = Math.min(was.currentStepIndex, count);
  assert.ok((status.currentStepIndex ?? 0) >= index, `step ${index} → ${status.currentStepIndex}`);
};

/** operations.md §20.3, I1. */
export const makesNoTwins: Law = ({ after }) => {
  const hashes = after.replicaSets.map(({ metadata }) => metadata.labels?.['rollouts-pod-template-hash']);
  assert.equal(new Set(hashes).size, hashes.length, `two ReplicaSets of one template: ${hashes}`);
  const running = after.analysisRuns.filter(({ spec, status }) => !spec.terminate && !status?.phase);
  const labels = running.map(({ metadata }) => JSON.stringify(metadata.labels));
  assert.equal(new Set(labels).size, labels.length, `two runs of one moment: ${labels}`);
};

/** design.md §5, "Ownership": the patches change only what the table says. */
export const writesWhatItOwns: Law = ({ plan: { writes } }) => {
  for (const write of writes) {
    if (write.kind !== 'patchReplicaSet' && write.kind !== 'patchRollout' && write.kind !== 'patchService') continue;
    const owned = ownership[write.kind].flatMap(({ fields }) => fields);
    for (const field of fieldsOf(write.patch)) {
      const isOwned = owned.some((known) => field === known || field.startsWith(`${known}.`));
      assert.ok(isOwned, `${write.key} changes ${field}, which the table gives to nobody`);
    }
  }
};

/** As the table calls them; identity and version are preconditions. */
function fieldsOf(patch: unknown, path = ''): string[] {
  if (path === 'metadata.uid' || path === 'metadata.resourceVersion') return [];
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    return [path.replace(/^metadata\.annotations\.(.*\/)?/, 'annotation ')];
  }
  return Object.entries(patch).flatMap(([key, inner]) => fieldsOf(inner, path === '' ? key : `${path}.${key}`));
}

/** The laws that every row is held to, before and after the wave (rows.ts); and without `wakeAt` time changes nothing. */
export const isLawful: Law = ({ before, after, now }) => {
  lawfulPlan(before, now);
  const next = lawfulPlan(after, now);
  if (next.writes.length > 0 || next.wakeAt !== undefined) return;
  for (const seconds of [1, 60, 3_600, 86_400, 1e9]) {
    assert.deepEqual(plan(observe(after), now + seconds * 1000).writes, [], `after ${seconds} s without a wakeAt`);
  }
};

/** Whoever ends it: a person, or nobody, because everything is done. */
const endedByPeople: ReadonlySet<string> = new Set([
  'aborted',
  'activeServiceHeld',
  'pausedAtStep',
  'pausedBeforePromotion',
  'pausedByUser',
  'pausedInconclusive',
  'progressDeadlineExceeded',
]);

/** What a life comes to that was left alone: it is finished, or a person has to act, and the reason says so. */
export function isFinishedOrWaits(end: World, now: EpochMillis): void {
  const { status, reasons } = lawfulPlan(end, now);
  if (status.phase === 'Healthy') return;
  const codes = reasons.map(({ code }) => code);
  assert.ok(
    codes.some((code) => endedByPeople.has(code)),
    `${status.phase} ${status.message}: ${codes}`,
  );
}

/** What a full promotion comes to. */
export function isPromoted(end: World): void {
  const { status = {}, spec } = end.rollout;
  assert.equal(status.phase, 'Healthy', status.message);
  assert.equal(status.stableRS, hashFor(spec.template?.spec?.containers?.[0]?.image ?? ''));
}

/** What an abort comes to, in the middle of an update or not. */
export function leadsBack(end: World): void {
  const { status = {}, spec } = end.rollout;
  const stable = ofHash(end, status.stableRS);
  assert.equal(stable?.spec.replicas, replicasOf(end.rollout), 'stable is whole');
  assert.ok(status.phase === 'Healthy' || status.abort === true, `${status.phase} ${status.message}`);
  if (status.canary?.weights) assert.equal(status.canary.weights.canary.weight, 0);
  if (spec.strategy?.blueGreen) assert.equal(status.blueGreen?.activeSelector, status.stableRS);
}

export const cheapLaws: Readonly<Record<string, Law>> = {
  staysWithinSurge,
  staysAvailable,
  keepsWhatRoutersSendTo,
  keepsWhatIsActive,
  losesNoRequest,
  sendsOnlyToPods,
  goesForward,
  makesNoTwins,
  writesWhatItOwns,
};
