// How a plan for an AnalysisRun is carried out: calls are started and not waited for, the status is written with the
// version that was observed (design law 6). The only switch over RunWrite there is.

import type { AnalysisRun } from '../api/types.generated.ts';
import type { Writer } from '../kubernetes/writer.ts';
import type { Calls } from './calls.ts';
import { analysisRuns } from './resources.ts';
import type { CallKind, EventRecord, RunObserved, RunPlan, RunWrite } from './types.ts';

export interface ExecuteRunDeps {
  readonly writer: Writer;
  readonly calls: Calls;
  readonly start: (run: AnalysisRun, metric: string, kind: CallKind) => void;
  readonly collect: (run: AnalysisRun, metric: string, limit: number) => void;
  readonly tell: (event: EventRecord) => void;
}

export interface RunWaveResult {
  /** Something was done: another pass follows. */
  readonly isWritten: boolean;
  readonly problem?: { readonly class: string; readonly message: string };
}

export async function executeRun(
  plan: RunPlan,
  observed: RunObserved,
  key: string,
  deps: ExecuteRunDeps,
): Promise<RunWaveResult> {
  let isWritten = false;
  for (const write of plan.writes) {
    const result = await carryOut(write, observed.run, key, deps);
    if (result.problem) return { isWritten, problem: result.problem };
    isWritten ||= result.isWritten;
  }
  return { isWritten };
}

async function carryOut(write: RunWrite, run: AnalysisRun, key: string, deps: ExecuteRunDeps): Promise<RunWaveResult> {
  const { namespace, name = '', uid = '' } = run.metadata;
  const target = { resource: analysisRuns, namespace, name };
  switch (write.kind) {
    case 'measure':
      deps.start(run, write.metric, write.call);
      // Another pass says when the other metrics are due: this answer may take long.
      return { isWritten: true };
    case 'abandon':
      deps.calls.abandon(key, write.metrics);
      return { isWritten: true };
    case 'garbageCollect':
      deps.collect(run, write.metric, write.limit);
      return { isWritten: false };
    case 'deleteRun': {
      const result = await deps.writer.delete(target, { uid });
      return result.ok ? { isWritten: true } : { isWritten: false, problem: result.problem };
    }
    case 'patchStatus': {
      const result = await deps.writer.patchStatus(target, run, write.status);
      if (!result.ok) {
        // The plan was made from an old version: the store gets the present one.
        if (result.problem.class === 'conflict' || result.problem.class === 'gone') await deps.writer.read(target);
        return { isWritten: false, problem: result.problem };
      }
      deps.calls.stored(key, write.answered);
      for (const event of write.events) deps.tell(event);
      return { isWritten: result.changed || write.answered.length > 0 };
    }
    default:
      return assertNever(write);
  }
}

function assertNever(write: never): never {
  throw new Error(`no such write: ${JSON.stringify(write)}`);
}
