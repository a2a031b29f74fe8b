// Where a recorded trace can be disturbed (design.md §5, "Seams"): the controller dies after the n-th write of the whole
// run, that write meets a conflict, or a user aborts just before it. Deaths and conflicts must lead to the recorded end;
// an abort leads elsewhere, but to an end that says of itself what it is.

import { isDeepStrictEqual } from 'node:util';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { patchContentType } from '../../controller/kubernetes/transport.ts';
import type { Faults } from '../../controller/rollout/execute.ts';
import type { Planned } from '../../controller/rollout/gather.ts';
import type { Simulation } from '../../sandbox/simulation.ts';
import { normaliseObject } from './normalise.ts';
import { type Disturbance, runTrace, type TraceRun } from './run-trace.ts';
import type { Fields, History } from './trace.ts';
import { isOfRollout } from './world-state.ts';

/** The process dies once, after the n-th write of the whole run. */
function dieAfter(deadly: number): Disturbance {
  return { faultsOf: atWrite(deadly, (index) => ({ stopAfter: index + 1 })) };
}

function refuse(refused: number): Disturbance {
  return { faultsOf: atWrite(refused, (index) => ({ fail: { [index]: 'conflict' as const } })) };
}

/** The wave ends before the n-th write, and the abort is there when the next one is planned, or soon after. */
function abortBefore(aborted: number): Disturbance {
  let simulation: Simulation | undefined;
  return {
    started(running) {
      simulation = running;
    },
    faultsOf: atWrite(aborted, (index, { metadata }) => {
      const path = `/apis/argoproj.io/v1alpha1/namespaces/${metadata.namespace}/rollouts/${metadata.name}/status`;
      const patch = { contentType: patchContentType.merge, body: { status: { abort: true } } };
      // A Rollout that was deleted meanwhile cannot be aborted.
      simulation?.transport.request({ verb: 'PATCH', path, ...patch }).catch(() => undefined);
      return { stopAfter: index };
    }),
  };
}

export function writeCountOf({ passes }: TraceRun): number {
  return passes.reduce((sum, { plan }) => sum + plan.writes.length, 0);
}

export interface Interruption {
  /** `npm run traces` and the tests call it so. */
  readonly name: string;
  readonly at: (write: number) => Disturbance;
  /** What is wrong with how it ended. */
  readonly wrong: (run: TraceRun, whole: TraceRun) => readonly string[];
}

export const interruptions: readonly Interruption[] = [
  { name: 'the controller died after', at: dieAfter, wrong: wrongEnd },
  { name: 'a conflict met', at: refuse, wrong: wrongEnd },
  { name: 'a client aborted before', at: abortBefore, wrong: insaneEnd },
];

/** Runs a trace with one interruption at its n-th write. `whole`: without any, and rested. */
export async function interrupted(whole: TraceRun, { at, wrong }: Interruption, write: number) {
  const run = await runTrace(whole.trace.name, { disturbance: at(write), rests: true });
  return { run, problems: [...wrong(run, whole), ...restless(run)] };
}

function wrongEnd(run: TraceRun, whole: TraceRun): readonly string[] {
  return [...excesses(run), ...(isDeepStrictEqual(endOf(run), endOf(whole)) ? [] : ['it ended otherwise'])];
}

function restless({ atRest }: TraceRun): readonly string[] {
  const writes = atRest?.writes ?? [];
  return writes.length > 0 ? [`hours later there were still writes: ${writes.slice(0, 5).join(', ')}`] : [];
}

/** Writes that the last action set off. More than a few dozen are a loop (the reference has made hundreds). */
export function writesAfterLastAction({ passes, lastActionAt }: TraceRun): number {
  return passes.filter(({ now }) => now >= lastActionAt).reduce((sum, { plan }) => sum + plan.writes.length, 0);
}

/** The most that any recorded scenario needs after its last action, with an abort in the middle of it, and some more. */
export const mostWritesAfterLastAction = 60;
/** An event may be told again by a process that did not know of it; more often it is a storm. */
const mostRepetitions = 4;

/** Second ReplicaSets of a template, second AnalysisRuns of a moment, storms of events, loops of writes. */
export function excesses(run: TraceRun): readonly string[] {
  const { objects, events } = run.history;
  const twins = [
    ...livingTogether(objects, 'ReplicaSet/', 'rollouts-pod-template-hash', () => false),
    ...livingTogether(objects, 'AnalysisRun/', 'rollout-type', isOverRun),
  ];
  const storms = [...events].flatMap(([on, told]) =>
    Object.entries(Object.groupBy(told, ({ reason, message }) => `${reason} ${message}`)).flatMap(
      ([text, same = []]) =>
        same.length > mostRepetitions + recordedTimes(run, on, text) ? `${same.length} times told: ${text}` : [],
    ),
  );
  const writes = writesAfterLastAction(run);
  const loop = writes > mostWritesAfterLastAction ? [`${writes} writes after the last action`] : [];
  return [...twins, ...storms, ...loop];
}

function recordedTimes({ trace }: TraceRun, on: string, text: string): number {
  const told = trace.events.get(on) ?? [];
  return told.filter(({ reason, message }) => `${reason} ${message}` === text).length;
}

function isOverRun(object: Fields): boolean {
  const { spec, status } = object as { readonly spec?: { terminate?: boolean }; readonly status?: { phase?: string } };
  const phases = ['Successful', 'Failed', 'Error', 'Inconclusive'];
  return spec?.terminate === true || phases.includes(status?.phase ?? '');
}

/** Objects of one kind with equal labels of ours that were alive, and not over, at the same time. */
function livingTogether(
  objects: History['objects'],
  prefix: string,
  label: string,
  isOver: (object: Fields) => boolean,
): string[] {
  const lives = [...objects].flatMap(([key, versions]) => {
    const labels = labelsOf(versions[0]?.object);
    if (!key.startsWith(prefix) || labels?.[label] === undefined) return [];
    const end = versions.find(({ object }) => object === undefined || isOver(object));
    return {
      key,
      labels: JSON.stringify(labels),
      from: versions[0]?.row ?? 0,
      to: end?.row ?? Number.POSITIVE_INFINITY,
    };
  });
  return lives.flatMap((one, index) =>
    lives
      .slice(index + 1)
      .filter((other) => other.labels === one.labels && other.from < one.to && one.from < other.to)
      .map((other) => `${one.key} and ${other.key} are of the same`),
  );
}

function labelsOf(object: Fields | undefined): Readonly<Record<string, string>> | undefined {
  return (object as { readonly metadata?: { readonly labels?: Record<string, string> } } | undefined)?.metadata?.labels;
}

/** What is wrong with the end of a run that somebody aborted. */
function insaneEnd(run: TraceRun): readonly string[] {
  const { passes, differences } = run;
  const exceptions = differences
    .flatMap(({ lines }) => lines)
    .filter((line) => line.startsWith('    exception: '))
    .map((line) => line.trim());
  const last = passes.at(-1);
  if (!last) return [...exceptions, 'no pass at all'];
  const { phase, message = '' } = last.plan.status;
  const isTold = phase === 'Healthy' || last.plan.reasons.length > 0;
  return [
    ...exceptions,
    ...excesses(run),
    ...(isTold ? [] : [`${phase} (${message}) without a reason`]),
    ...(last.plan.writes.length > 0 ? ['it was still writing at the end'] : []),
  ];
}

/** The world at rest without times, versions and generations. */
function endOf({ atRest }: TraceRun): Record<string, unknown> {
  if (!atRest) throw new Error('the run was not let rest');
  const world = [...atRest.world].filter(([key, object]) => !key.startsWith('ReplicaSet/') || isOfRollout(key, object));
  return Object.fromEntries(world.map(([key, object]) => [key, timeless(normaliseObject(object) as Fields)]));
}

/** Calls `faults` in the wave that has the n-th write, with the place of the write in it. */
function atWrite(wanted: number, faults: (index: number, rollout: Rollout) => Faults) {
  let written = 0;
  return ({ plan, observed }: Planned): Faults => {
    const before = written;
    written += plan.writes.length;
    const isThisWave = before < wanted && wanted <= written;
    return isThisWave ? faults(wanted - before - 1, observed.rollout as Rollout) : {};
  };
}

function timeless(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('<T') ? 'a time' : value;
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key]) => key !== 'generation' && key !== 'totalManualPauseDurationSeconds',
  );
  return Object.fromEntries(kept.map(([key, inner]) => [key, timeless(inner)]));
}
