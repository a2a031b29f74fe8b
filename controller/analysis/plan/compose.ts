// What do templates make together (analysis.md §1.6)? They are resolved depth first, each once, flattened, and given the
// arguments of the caller.

import type {
  AnalysisRunSpec,
  AnalysisTemplate,
  AnalysisTemplateRef,
  AnalysisTemplateSpec,
  Argument,
  DryRun,
  MeasurementRetention,
} from '../../api/types.generated.ts';

/** Undefined: not read yet. Null: there is none. */
export type TemplateSource = (name: string, isCluster: boolean) => AnalysisTemplate | null | undefined;

export type Composed =
  | { readonly is: 'composed'; readonly spec: AnalysisRunSpec }
  | { readonly is: 'unread'; readonly name: string; readonly isCluster: boolean }
  | { readonly is: 'missing'; readonly name: string; readonly isCluster: boolean }
  | { readonly is: 'invalid'; readonly message: string };

export interface ComposeInput {
  readonly templates: readonly AnalysisTemplateRef[];
  readonly args: readonly Argument[];
  readonly dryRun?: readonly DryRun[];
  readonly measurementRetention?: readonly MeasurementRetention[];
}

export function compose(input: ComposeInput, source: TemplateSource): Composed {
  const found = collect(input.templates, source);
  if (found.gap) return found.gap;
  try {
    const specs = found.templates.map(({ spec }) => spec);
    return { is: 'composed', spec: flatten(specs, input) };
  } catch (error) {
    if (error instanceof ComposeProblem) return { is: 'invalid', message: error.message };
    throw error;
  }
}

/** Those that are there, each once: first the namespace's, then the cluster's. */
export function templatesOf(refs: readonly AnalysisTemplateRef[], source: TemplateSource): readonly AnalysisTemplate[] {
  return collect(refs, source).templates;
}

class ComposeProblem extends Error {}

interface Collected {
  readonly templates: readonly AnalysisTemplate[];
  /** The first template that is not at hand. */
  readonly gap?: Composed & { readonly is: 'unread' | 'missing' };
}

function collect(refs: readonly AnalysisTemplateRef[], source: TemplateSource): Collected {
  const visited = new Set<string>();
  const namespaced: AnalysisTemplate[] = [];
  const cluster: AnalysisTemplate[] = [];
  let gap: Collected['gap'];
  const pending = [...refs];
  for (let ref = pending.shift(); ref !== undefined; ref = pending.shift()) {
    const [name, isCluster] = [ref.templateName ?? '', ref.clusterScope === true];
    const key = `${isCluster}/${name}`;
    if (visited.has(key)) continue; // a cycle is harmless (BUG of the reference, which recurses without end)
    visited.add(key);
    const template = source(name, isCluster);
    if (!template) {
      gap ??= { is: template === null ? 'missing' : 'unread', name, isCluster };
      continue;
    }
    (isCluster ? cluster : namespaced).push(template);
    pending.unshift(...(template.spec.templates ?? []));
  }
  return { templates: [...namespaced, ...cluster], ...(gap === undefined ? {} : { gap }) };
}

function flatten(specs: readonly AnalysisTemplateSpec[], input: ComposeInput): AnalysisRunSpec {
  const metrics = specs.flatMap((spec) => spec.metrics ?? []);
  unique(metrics, ({ name }) => name, 'metrics');
  const dryRun = [...(input.dryRun ?? []), ...specs.flatMap((spec) => spec.dryRun ?? [])];
  unique(dryRun, ({ metricName }) => metricName, 'Dry-Run metric rules');
  const retention = [
    ...(input.measurementRetention ?? []),
    ...specs.flatMap((spec) => spec.measurementRetention ?? []),
  ];
  unique(retention, ({ metricName }) => metricName, 'Measurement Retention metric rules');
  const args = mergedArgs(declaredArgs(specs), input.args);
  return {
    metrics,
    ...(args.length > 0 ? { args } : {}),
    ...(dryRun.length > 0 ? { dryRun } : {}),
    ...(retention.length > 0 ? { measurementRetention: retention } : {}),
  };
}

function unique<T>(items: readonly T[], nameOf: (item: T) => string, what: string): void {
  const names = new Set<string>();
  for (const item of items) {
    const name = nameOf(item);
    if (names.has(name)) throw new ComposeProblem(`two ${what} have the same name '${name}'`);
    names.add(name);
  }
}

function declaredArgs(specs: readonly AnalysisTemplateSpec[]): Argument[] {
  const declared: Argument[] = [];
  for (const argument of specs.flatMap((spec) => spec.args ?? [])) {
    const index = declared.findIndex(({ name }) => name === argument.name);
    const before = declared[index];
    if (!before) declared.push(argument);
    else if (before.value === undefined) declared[index] = argument;
    else if (argument.value !== undefined && argument.value !== before.value) {
      const values = `'${before.value}', '${argument.value}'`;
      throw new ComposeProblem(
        `Argument \`${argument.name}\` specified multiple times with different values: ${values}`,
      );
    }
  }
  return declared;
}

/** What no template declares is dropped; of one that is given twice the later says more. */
function mergedArgs(declared: readonly Argument[], incoming: readonly Argument[]): Argument[] {
  return declared.map((argument) => {
    const given = incoming.filter(({ name }) => name === argument.name);
    const value = given.findLast((each) => each.value !== undefined)?.value;
    const valueFrom = given.findLast((each) => each.value === undefined && each.valueFrom)?.valueFrom;
    const merged = {
      ...argument,
      ...(value === undefined ? {} : { value }),
      ...(valueFrom === undefined ? {} : { valueFrom }),
    };
    if (merged.value === undefined && !merged.valueFrom) {
      throw new ComposeProblem(`args.${argument.name} was not resolved`);
    }
    return merged;
  });
}
