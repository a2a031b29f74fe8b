// Templates as a planner knows them: by name, those of the cluster as `cluster/<name>`.

import type { AnalysisTemplate } from '../../api/types.generated.ts';
import type { Known } from '../../rollout/types.ts';
import type { TemplateSource } from './compose.ts';

export type KnownTemplates = Readonly<Record<string, Known<AnalysisTemplate>>>;

export function templateKey(name: string, isCluster: boolean): string {
  return isCluster ? `cluster/${name}` : name;
}

/** What could not be read is as good as unread: nobody can say that it is not there. */
export function sourceOf(templates: KnownTemplates): TemplateSource {
  return (name, isCluster) => {
    const known = templates[templateKey(name, isCluster)];
    if (known?.is === 'present') return known.value;
    return known?.is === 'absent' ? null : undefined;
  };
}
