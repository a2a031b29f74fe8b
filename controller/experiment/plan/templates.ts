// What is known of the AnalysisTemplates that an Experiment names?

import { templateKey } from '../../analysis/plan/known-templates.ts';
import type { AnalysisTemplate } from '../../api/types.generated.ts';
import type { Known } from '../types.ts';
import type { Pass } from './pass.ts';

export function templateOf({ observed }: Pass, name: string, isCluster: boolean): Known<AnalysisTemplate> {
  return observed.templates[templateKey(name, isCluster)] ?? { is: 'absent' };
}

/** As a store of the API's client says it. */
export function templateNotFound(name: string, isCluster: boolean): string {
  return `${isCluster ? 'clusteranalysistemplate' : 'analysistemplate'}.argoproj.io "${name}" not found`;
}
