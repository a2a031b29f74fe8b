// Which old AnalysisRuns are deleted (analysis.md §2.9)? Never current ones, never running ones.

import { podTemplateHashLabel } from '../../api/constants.ts';
import type { AnalysisRun } from '../../api/types.generated.ts';
import { isRunCompleted } from './analysis-names.ts';
import { addWrite, type Pass } from './pass.ts';
import { hashOf, isTerminating } from './replica-set.ts';

const defaultLimit = 5;

export function planAnalysisHistory(pass: Pass, current: readonly string[]): void {
  const { successfulRunHistoryLimit, unsuccessfulRunHistoryLimit } = pass.rollout.spec.analysis ?? {};
  const left = {
    good: successfulRunHistoryLimit ?? defaultLimit,
    bad: unsuccessfulRunHistoryLimit ?? defaultLimit,
  };
  const others = pass.observed.analysisRuns.filter(
    (run) => isRunCompleted(run) && !current.includes(run.metadata.name ?? ''),
  );
  for (const run of others.toSorted(newestFirst)) {
    const side = run.status?.phase === 'Successful' ? 'good' : 'bad';
    if (hasReplicaSet(pass, run) && left[side] > 0) {
      left[side] -= 1;
      continue;
    }
    const { name = '', uid = '', deletionTimestamp } = run.metadata;
    if (deletionTimestamp !== undefined) continue;
    addWrite(pass, { kind: 'deleteAnalysisRun', key: `deleteAnalysis/${name}`, onFailure: 'continue', name, uid });
  }
}

function newestFirst(a: AnalysisRun, b: AnalysisRun): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return left < right ? 1 : left > right ? -1 : 0;
}

function hasReplicaSet(pass: Pass, run: AnalysisRun): boolean {
  const hash = run.metadata.labels?.[podTemplateHashLabel];
  if (!hash) return false;
  return pass.replicaSets.some((replicaSet) => hashOf(replicaSet) === hash && !isTerminating(replicaSet));
}
