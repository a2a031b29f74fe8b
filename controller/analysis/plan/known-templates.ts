// Templates as a planner knows them: by name, those of the cluster as `cluster/<name>`.

import type { AnalysisTemplate } from '../../api/types.generated.ts';
import type { Known } from '../../rollout/types.ts';
import type { TemplateSource } from './compose.ts';

export type KnownTemplates = Readonly<Record<string, Known<AnalysisTemplate>>>;

export function templateKey(name: string, isCluster: boolean): string {
  return isCluster ? `cluster/${name}` : name;
}

/** A name may be one that every JavaScript object has, such as `constructor`. */
export function knownTemplate(templates: KnownTemplates, name: string, isCluster: boolean): Known<AnalysisTemplate> {
  return knownOf(templates, templateKey(name, isCluster));
}

export function knownOf<T>(records: Readonly<Record<string, Known<T>>>, key: string): Known<T> {
  return (Object.hasOwn(records, key) ? records[key] : undefined) ?? { is: 'unread' };
}

/** What could not be read is as good as unread: nobody can say that it is not there. */
export function sourceOf(templates: KnownTemplates): TemplateSource {
  return (name, isCluster) => {
    const known = knownTemplate(templates, name, isCluster);
    if (known.is === 'present') return known.value;
    return known.is === 'absent' ? null : undefined;
  };
}
