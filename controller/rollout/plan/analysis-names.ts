// Under which name does an analysis run, or which one that exists is ours (analysis.md §2.2, §2.3)?

import type { AnalysisRun, AnalysisRunSpec } from '../../api/types.generated.ts';
import { isEqualJson } from '../../lang/merge-patch.ts';
import { addNeed, type Pass } from './pass.ts';

export type NameChoice =
  | { readonly is: 'free'; readonly name: string }
  | { readonly is: 'adopted'; readonly run: AnalysisRun }
  | { readonly is: 'unread' };

const maximumTries = 1_000;
const finished: ReadonlySet<string> = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);

export function isRunCompleted(run: AnalysisRun): boolean {
  return finished.has(run.status?.phase ?? '');
}

export function chooseName(pass: Pass, base: string, spec: AnalysisRunSpec): NameChoice {
  for (let index = 0; index < maximumTries; index += 1) {
    const name = index === 0 ? base : `${base}.${index}`;
    const owned = pass.observed.analysisRuns.find(({ metadata }) => metadata.name === name);
    const live = pass.observed.liveAnalysisRuns[name];
    const run = owned ?? (live?.is === 'present' ? live.value : undefined);
    if (run) {
      if (isAdoptable(pass, run, spec)) return { is: 'adopted', run };
      continue;
    }
    const outcome = pass.observed.ledger.outcomes[`analysis/${name}`];
    if (outcome?.problem.class !== 'exists' || live !== undefined) return { is: 'free', name };
    addNeed(pass, { kind: 'analysisRun', name });
    return { is: 'unread' };
  }
  return { is: 'unread' };
}

/** Ours, of the same spec, and still running: a store that lags behind did not show it. */
function isAdoptable(pass: Pass, run: AnalysisRun, spec: AnalysisRunSpec): boolean {
  const owner = run.metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner?.uid !== pass.rollout.metadata.uid || isRunCompleted(run) || run.spec.terminate) return false;
  return isEqualJson(compared(run.spec), compared(spec));
}

function compared({ metrics, dryRun, measurementRetention, args }: AnalysisRunSpec): unknown {
  return withoutEmpty({ metrics, dryRun, measurementRetention, args });
}

/** QUIRK (§2.2): an empty object equals an absent one. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, field]) => [key, withoutEmpty(field)] as const);
  return Object.fromEntries(
    entries.filter(([, field]) => {
      if (field === undefined) return false;
      return !(typeof field === 'object' && field !== null && !Array.isArray(field) && Object.keys(field).length === 0);
    }),
  );
}
