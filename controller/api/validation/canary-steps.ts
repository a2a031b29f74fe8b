// The rules for spec.strategy.canary.steps, in order (rollout.md §1.3, traffic.md §1.2).

import { pauseSeconds } from '../../lang/go-duration.ts';
import { goJson } from '../../lang/go-json.ts';
import { hasPlugins, maxTrafficWeightOf } from '../defaults.ts';
import type { AnalysisRunArgument, CanaryStep, CanaryStrategy, StringMatch } from '../types.generated.ts';
import { isDownwardApiPath } from './downward-api.ts';
import { type FieldErrors, invalid, required } from './field-error.ts';

const routing = 'spec.strategy.trafficRouting';
const managedRoutes = 'spec.strategy.canary.trafficRouting.managedRoutes';

export function* validateCanarySteps(canary: CanaryStrategy): FieldErrors {
  for (const [index, step] of (canary.steps ?? []).entries()) yield* validateStep(canary, step, index);
}

function* validateStep(canary: CanaryStrategy, step: CanaryStep, index: number): FieldErrors {
  const at = `spec.strategy.steps[${index}]`;
  yield* validateKind(step, at);
  const max = maxTrafficWeightOf({ spec: { strategy: { canary } } });
  const { setWeight: weight, pause } = step;
  if (weight !== undefined && (weight < 0 || weight > max)) {
    yield invalid(`${at}.setWeight`, weight, `SetWeight needs to be between 0 and ${max}`);
  }
  if (pause?.duration !== undefined) {
    const seconds = pauseSeconds(pause.duration);
    if (seconds < 0) yield invalid(`${at}.pause.duration`, seconds, 'Duration needs to be greater than 0');
  }
  if (step.setCanaryScale && !canary.trafficRouting) {
    yield required(routing, 'SetCanaryScale requires TrafficRouting to be set');
  }
  yield* validateHeaderRoute(canary, step, at);
  yield* validateMirrorRoute(canary, step, at);
  yield* validateManagedRoutes(canary, step, at);
  yield* validateExperiment(canary, step, at);
  yield* validateExperimentShare(canary, index, { at, max });
  yield* validateArguments(step, at);
}

const kinds = ['experiment', 'pause', 'setWeight', 'analysis'] as const;
const moreKinds = ['setCanaryScale', 'setHeaderRoute', 'setMirrorRoute', 'plugin'] as const;

/** QUIRK: only four of the eight kinds exclude each other. */
function* validateKind(step: CanaryStep, at: string): FieldErrors {
  const detail = 'Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause';
  const show = (kind: keyof CanaryStep, value: boolean) => `step.${kind[0]?.toUpperCase()}${kind.slice(1)}: ${value}`;
  const isSet = (kind: keyof CanaryStep) => step[kind] !== undefined;
  const set = kinds.filter(isSet);
  if (set.length > 1) yield invalid(at, kinds.map((kind) => show(kind, isSet(kind))).join(' '), detail);
  const all = [...kinds, ...moreKinds];
  // QUIRK: here `true` means that the kind is not set.
  if (!all.some(isSet)) yield invalid(at, all.map((kind) => show(kind, true)).join(' '), detail);
}

function* validateHeaderRoute(canary: CanaryStrategy, step: CanaryStep, at: string): FieldErrors {
  const route = step.setHeaderRoute;
  if (!route) return;
  const router = canary.trafficRouting;
  if (!router?.istio && !router?.alb && !router?.apisix && !hasPlugins(router)) {
    const value: unknown = JSON.parse(goJson('SetHeaderRoute', route));
    yield invalid(
      `${at}.setHeaderRoute`,
      value,
      'SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix',
    );
    return;
  }
  for (const [index, { headerValue }] of (route.match ?? []).entries()) {
    const path = `${at}.setHeaderRoute.match[${index}]`;
    if (!router?.alb || !headerValue) yield* validateStringMatch(headerValue, path);
    else if (!headerValue.exact || headerValue.prefix || headerValue.regex) {
      yield invalid(path, headerValue, "SetHeaderRoute match value invalid. ALB supports 'exact' value only");
    }
  }
}

function* validateMirrorRoute(canary: CanaryStrategy, step: CanaryStep, at: string): FieldErrors {
  const route = step.setMirrorRoute;
  if (!route) return;
  const path = `${at}.setMirrorRoute`;
  if (!canary.trafficRouting?.istio && !hasPlugins(canary.trafficRouting)) {
    const value: unknown = JSON.parse(goJson('SetMirrorRoute', route));
    yield invalid(path, value, 'SetMirrorRoute requires TrafficRouting, supports Istio and Plugins');
  }
  for (const [index, match] of (route.match ?? []).entries()) {
    if (match.method) yield* validateStringMatch(match.method, `${path}.match[${index}]`);
    if (match.path) yield* validateStringMatch(match.path, `${path}.match[${index}]`);
    // BUG upstream (traffic.md §1.2): headers are never looked at. SLIPWAY looks.
    for (const header of Object.values(match.headers ?? {})) {
      yield* validateStringMatch(header, `${path}.match[${index}]`);
    }
  }
  // SLIPWAY (traffic.md §1.2): upstream does not check the range.
  const { percentage } = route;
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    yield invalid(`${path}.percentage`, percentage, 'Percentage needs to be between 0 and 100');
  }
}

const oneOf = 'match value must have';

function* validateStringMatch(match: StringMatch | null | undefined, path: string): FieldErrors {
  const count = [match?.exact, match?.regex, match?.prefix].filter((value) => value).length;
  if (count === 0) {
    yield invalid(path, match, `StringMatch value missed, ${oneOf} one of the following: exact, regex, prefix`);
  } else if (count > 1) {
    yield invalid(path, match, `StringMatch ${oneOf} exactly one of the following: exact, regex, prefix`);
  }
}

function* validateManagedRoutes(canary: CanaryStrategy, step: CanaryStep, at: string): FieldErrors {
  if (!step.setHeaderRoute && !step.setMirrorRoute) return;
  const router = canary.trafficRouting;
  if (!router) return;
  if (!router.managedRoutes?.length) {
    yield required(`${routing}.managedRoutes`, `Rollout has missing field '${managedRoutes}'`);
    return;
  }
  const known = router.managedRoutes.map((route) => route.name);
  for (const kind of ['setHeaderRoute', 'setMirrorRoute'] as const) {
    const route = step[kind];
    if (route && !known.includes(route.name ?? '')) {
      yield invalid(`${at}.${kind}`, route.name ?? '', `Steps define a route that does not exist in ${managedRoutes}`);
    }
  }
}

function* validateExperiment(canary: CanaryStrategy, step: CanaryStep, at: string): FieldErrors {
  for (const [index, { weight }] of (step.experiment?.templates ?? []).entries()) {
    if (weight === undefined) continue;
    const path = `${at}.experiment.templates[${index}].weight`;
    const router = canary.trafficRouting;
    if (!router)
      yield invalid(path, weight, 'Experiment template weight cannot be set unless TrafficRouting is enabled');
    else if (!router.alb && !router.smi && !router.istio && !hasPlugins(router)) {
      const detail =
        'Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins at this time';
      yield invalid(path, weight, detail);
    }
  }
}

/** SLIPWAY (traffic.md §1.7): the reference does not look at the sum, and leaves stable less than nothing. */
function* validateExperimentShare(
  canary: CanaryStrategy,
  index: number,
  { at, max }: { readonly at: string; readonly max: number },
): FieldErrors {
  const { steps = [] } = canary;
  const weights = (steps[index]?.experiment?.templates ?? []).map(({ weight = 0 }) => weight);
  const share = weights.reduce((sum, weight) => sum + weight, 0);
  const canaryWeight = steps.slice(0, index).findLast((step) => step.setWeight !== undefined)?.setWeight ?? 0;
  if (share === 0 || canaryWeight + share <= max) return;
  const detail = `Weights of the Experiment and the canary weight of ${canaryWeight} must not exceed ${max}`;
  yield invalid(`${at}.experiment.templates`, share, detail);
}

function* validateArguments(step: CanaryStep, at: string): FieldErrors {
  const args: readonly AnalysisRunArgument[] = [
    ...(step.experiment?.analyses ?? []).flatMap((analysis) => analysis.args ?? []),
    ...(step.analysis?.args ?? []),
  ];
  for (const { valueFrom } of args) {
    const path = valueFrom?.fieldRef?.fieldPath;
    if (path?.startsWith('metadata') && !isDownwardApiPath(path)) {
      const detail = 'Analyses arguments must refer to valid object metadata supported by downwardAPI';
      yield invalid(`${at}.analyses`, path, detail);
    }
  }
}
