// What is wrong with the spec (analysis.md §6.3)? The first problem, in the order of the templates.

import type { Experiment } from '../../api/types.generated.ts';

export const defaultProgressDeadlineSeconds = 600;

export function specProblem({ metadata, spec }: Experiment): string | undefined {
  const deadline = spec.progressDeadlineSeconds ?? defaultProgressDeadlineSeconds;
  const names = new Set<string>();
  for (const [index, template] of (spec.templates ?? []).entries()) {
    const { name, selector, minReadySeconds = 0 } = template;
    // QUIRK: it says Rollout.
    if (selector === undefined) return `Rollout has missing field '.Spec.Templates[${index}].Selector'`;
    const parts = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0);
    if (parts === 0) {
      return `This experiment is selecting all pods at index ${index}. A non-empty selector is required.`;
    }
    if (minReadySeconds > deadline) {
      return `MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index ${index}`;
    }
    if (!name) return `Experiment ${metadata.name} has empty template name at index ${index}`;
    if (names.has(name)) return `Experiment ${metadata.name} has repeated template name '${name}' in templates`;
    names.add(name);
  }
  return undefined;
}
