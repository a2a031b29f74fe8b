// Can the analyses that a Rollout names be started at all (analysis.md §2.5)? Their templates are there, fit together, have
// all their arguments, and those that hold something up come to an end. Told before anything is begun, not when the run
// would be made.

import { type ComposeInput, compose, type TemplateSource, templatesOf } from '../../analysis/plan/compose.ts';
import { effectiveCount } from '../../analysis/plan/int-or-string.ts';
import { type KnownTemplates, sourceOf } from '../../analysis/plan/known-templates.ts';
import { argumentValues, resolveMetric } from '../../analysis/plan/resolve-metrics.ts';
import { blueGreenOf, canaryOf } from '../../api/defaults.ts';
import type {
  AnalysisRunArgument,
  AnalysisTemplate,
  Argument,
  Metric,
  Rollout,
  RolloutAnalysis,
  RolloutSpec,
} from '../../api/types.generated.ts';
import { type FieldError, type FieldErrors, invalid } from '../../api/validation/field-error.ts';
import { fieldOf } from './analysis-arguments.ts';

interface Reference {
  readonly path: string;
  readonly analysis: RolloutAnalysis;
  /** Goes on beside the update: it need not come to an end. */
  readonly isBackground: boolean;
}

const at = 'spec.strategy';

const referenced = new WeakMap<RolloutSpec, readonly Reference[]>();

/** The analyses that have templates, in the order in which they are looked at. */
export function referencedAnalyses(rollout: Rollout): readonly Reference[] {
  let references = referenced.get(rollout.spec);
  if (references === undefined) {
    references = findReferences(rollout);
    referenced.set(rollout.spec, references);
  }
  return references;
}

function findReferences(rollout: Rollout): readonly Reference[] {
  const [blueGreen, canary] = [blueGreenOf(rollout), canaryOf(rollout)];
  const named: readonly (readonly [string, RolloutAnalysis | undefined])[] = [
    ['blueGreen.prePromotionAnalysis', blueGreen?.prePromotionAnalysis],
    ['blueGreen.postPromotionAnalysis', blueGreen?.postPromotionAnalysis],
    ...(canary?.steps ?? []).map(({ analysis }, index) => [`canary.steps[${index}].analysis`, analysis] as const),
    ['canary.analysis', canary?.analysis],
  ];
  return named.flatMap(([field, analysis]) => {
    if ((analysis?.templates?.length ?? 0) === 0) return [];
    const reference = { path: `${at}.${field}.templates`, isBackground: field === 'canary.analysis' };
    return [{ ...reference, analysis: analysis as RolloutAnalysis }];
  });
}

interface Judged {
  /** What was looked at: as long as these are the same objects, the answer is. */
  readonly templates: readonly AnalysisTemplate[];
  readonly errors: readonly FieldError[];
}

const judged = new WeakMap<RolloutSpec, Judged>();

export function validateAnalyses(rollout: Rollout, templates: KnownTemplates): readonly FieldError[] {
  const references = referencedAnalyses(rollout);
  if (references.length === 0) return [];
  const present = Object.values(templates).flatMap((known) => (known.is === 'present' ? [known.value] : []));
  const before = judged.get(rollout.spec);
  if (before && isSameList(before.templates, present)) return before.errors;
  const source = sourceOf(templates);
  const errors = references.flatMap((reference) => [...validateAnalysis(rollout, reference, source)]);
  judged.set(rollout.spec, { templates: present, errors });
  return errors;
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function* validateAnalysis(
  rollout: Rollout,
  { path, analysis, isBackground }: Reference,
  source: TemplateSource,
): FieldErrors {
  const composed = compose(dummyInput(rollout, analysis), source);
  if (composed.is === 'unread') return;
  if (composed.is === 'missing') {
    const kind = composed.isCluster ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    yield invalid(path, composed.name, `${kind} '${composed.name}' not found`);
    return;
  }
  const found = templatesOf(analysis.templates ?? [], source);
  if (composed.is === 'invalid') {
    const names = found.map(({ metadata }) => metadata.name).join(' ');
    yield invalid(path, `templateNames: [${names}]`, composed.message);
    return;
  }
  if (isBackground) return;
  for (const template of found) yield* validateTemplate(path, template, composed.spec.args ?? []);
}

/** The hashes, and fields of the status, are not there yet; what counts is that something will be. */
const dummyValue = 'dummy-value';

function dummyInput(rollout: Rollout, analysis: RolloutAnalysis): ComposeInput {
  const { templates, args, dryRun, measurementRetention } = analysis;
  const given = (args ?? []).map((argument) => ({ name: argument.name ?? '', value: dummyOf(rollout, argument) }));
  return {
    templates: templates ?? [],
    args: given,
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(measurementRetention === undefined ? {} : { measurementRetention }),
  };
}

function dummyOf(rollout: Rollout, { value = '', valueFrom }: AnalysisRunArgument): string {
  if (valueFrom?.podTemplateHashValue !== undefined) return dummyValue;
  const path = valueFrom?.fieldRef?.fieldPath;
  if (path === undefined) return value;
  const found = fieldOf(rollout, path);
  return 'problem' in found ? dummyValue : found.value;
}

/**
 * What holds up a step or a promotion has to end by itself. BUG of the reference (issue 3243): it looks at the template's
 * own defaults; here the arguments count that the Rollout passes.
 */
function* validateTemplate(path: string, { metadata, spec }: AnalysisTemplate, args: readonly Argument[]): FieldErrors {
  const name = metadata.name ?? '';
  const both = spec.args?.find(({ value, valueFrom }) => value !== undefined && valueFrom !== undefined);
  if (both)
    yield invalid(path, name, `AnalysisTemplate ${name}: arg '${both.name}' has both Value and ValueFrom fields`);
  const values = argumentValues(args, () => dummyValue);
  if ('problem' in values) return;
  for (const metric of spec.metrics ?? []) {
    const resolved = resolveMetric(metric, values.value);
    if ('problem' in resolved) yield invalid(path, name, `AnalysisTemplate ${name}: ${resolved.problem}`);
    else yield* validateEnd(path, name, resolved.value);
  }
}

function* validateEnd(path: string, template: string, metric: Metric): FieldErrors {
  if (effectiveCount(metric) !== undefined) return;
  const count = metric.count ?? '<nil>';
  const detail = `has metric ${metric.name} which runs indefinitely. Invalid value for count: ${count}`;
  yield invalid(path, template, `AnalysisTemplate ${template} ${detail}`);
}
