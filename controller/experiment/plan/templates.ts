// What is known of the AnalysisTemplates that an Experiment names? One that the stores do not show is read before anything
// is said of it, because saying that it is not there ends the Experiment.

import { knownTemplate } from '../../analysis/plan/known-templates.ts';
import type { Pass } from './pass.ts';

export type FoundTemplate =
  | { readonly is: 'found' }
  /** There is none, or nobody may read it. */
  | { readonly is: 'failed'; readonly message: string }
  /** Nobody can tell yet: a need or a reason says why. */
  | { readonly is: 'unknown' };

export function findTemplate(pass: Pass, name: string, isCluster: boolean): FoundTemplate {
  const known = knownTemplate(pass.observed.templates, name, isCluster);
  const kind = isCluster ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
  switch (known.is) {
    case 'present':
      return { is: 'found' };
    case 'absent':
      // As a store of the API's client says it.
      return { is: 'failed', message: `${kind.toLowerCase()}.argoproj.io "${name}" not found` };
    case 'unread':
      pass.needs.push({ kind: 'analysisTemplate', name, isCluster });
      return { is: 'unknown' };
    case 'failed': {
      const { class: problemClass, message } = known.problem;
      if (problemClass === 'denied') return { is: 'failed', message };
      pass.reasons.push({ code: 'objectUnreadable', kind, name, message });
      return { is: 'unknown' };
    }
  }
}
