// Where a recorded trace can be disturbed (design.md §5, "Seams"): the controller dies after the n-th write of the whole
// run, that write meets a conflict, or a user aborts just before it. Deaths and conflicts must lead to the recorded end;
// an abort leads elsewhere, but to an end that says of itself what it is.

import type { Rollout } from '../../controller/api/types.generated.ts';
import { patchContentType } from '../../controller/kubernetes/transport.ts';
import type { Faults } from '../../controller/rollout/execute.ts';
import type { Planned } from '../../controller/rollout/gather.ts';
import type { Simulation } from '../../sandbox/simulation.ts';
import { normaliseObject } from './normalise.ts';
import type { Disturbance, TraceRun } from './run-trace.ts';
import { type Fields, worldAtEnd } from './trace.ts';
import { isOfRollout } from './world-state.ts';

/** The process dies once, after the n-th write of the whole run. */
export function dieAfter(deadly: number): Disturbance {
  return { faultsOf: atWrite(deadly, (index) => ({ stopAfter: index + 1 })) };
}

export function refuse(refused: number): Disturbance {
  return { faultsOf: atWrite(refused, (index) => ({ fail: { [index]: 'conflict' as const } })) };
}

/** The wave ends before the n-th write, and the abort is there when the next one is planned, or soon after. */
export function abortBefore(aborted: number): Disturbance {
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

/** What is wrong with the end of a run that somebody aborted. */
export function insaneEnd({ passes, differences }: TraceRun): readonly string[] {
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
    ...(isTold ? [] : [`${phase} (${message}) without a reason`]),
    ...(last.plan.writes.length > 0 ? ['it was still writing at the end'] : []),
  ];
}

/** The world at the end without times, versions and generations. */
export function endOf({ history }: TraceRun): Record<string, unknown> {
  const world = [...worldAtEnd(history)].filter(
    ([key, object]) => !key.startsWith('ReplicaSet/') || isOfRollout(key, object),
  );
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
