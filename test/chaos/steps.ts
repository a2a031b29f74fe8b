// The steps of canaries by chance: all kinds that the routers at hand can do (mirrors are for Istio and plugins).

import type { Dice } from './dice.ts';
import { clusterTemplateName, managedRoute, pluginName, templateName } from './names.ts';

/** Which steps are valid. */
export type Takes = 'basic' | 'routed' | 'alb';

interface Step extends Readonly<Record<string, unknown>> {
  readonly setWeight?: number;
  readonly experiment?: { readonly templates: readonly { readonly weight?: number }[] };
}

type Make = (dice: Dice) => Step;

export function makeSteps(dice: Dice, takes: Takes): object[] {
  const steps = Array.from({ length: dice.below(6) }, () => makeStep(dice, takes));
  return withinWeights(steps);
}

function makeStep(dice: Dice, takes: Takes): Step {
  if (dice.chance(0.25)) return dice.pick(hooks)(dice, takes);
  return dice.pick(takes !== 'basic' && dice.chance(0.4) ? special[takes] : anyCanary)(dice);
}

export function makeAnalysis(dice: Dice): object {
  const isOfCluster = dice.chance(0.3);
  return { templates: [isOfCluster ? { templateName: clusterTemplateName, clusterScope: true } : { templateName }] };
}

const anyCanary: readonly Make[] = [
  (dice) => ({ setWeight: dice.below(101) }),
  (dice) => ({ setWeight: dice.below(101) }),
  (dice) => ({ pause: { duration: 1 + dice.below(40) } }),
  () => ({ pause: {} }),
];

const routedOnly: readonly Make[] = [
  (dice) => ({ setCanaryScale: dice.pick([{ replicas: 1 + dice.below(4) }, { weight: 1 + dice.below(100) }]) }),
  () => ({ setCanaryScale: { matchTrafficWeight: true } }),
];

const header = { headerName: 'x-user', headerValue: { exact: 'tester' } };

const albOnly: readonly Make[] = [
  ...routedOnly,
  (dice) => ({ setHeaderRoute: { name: managedRoute, ...(dice.chance(0.7) ? { match: [header] } : {}) } }),
];

const special: Readonly<Record<Takes, readonly Make[]>> = { basic: [], routed: routedOnly, alb: albOnly };

const hooks: readonly ((dice: Dice, takes: Takes) => Step)[] = [
  (dice) => ({ analysis: makeAnalysis(dice) }),
  (dice) => ({ plugin: { name: pluginName, config: { depth: dice.below(3) } } }),
  (dice, takes) => ({ experiment: makeExperiment(dice, takes) }),
];

function makeExperiment(dice: Dice, takes: Takes) {
  const isWeighted = takes === 'alb' && dice.chance(0.4);
  const template = (specRef: string) => ({
    name: specRef,
    specRef,
    ...(dice.chance(0.4) ? { replicas: 1 + dice.below(2) } : {}),
    ...(isWeighted ? { weight: 1 + dice.below(10) } : {}),
    ...(!isWeighted && dice.chance(0.2) ? { service: {} } : {}),
  });
  const isMeasured = dice.chance(0.6);
  const analysis = { name: 'measured', templateName, requiredForCompletion: true };
  return {
    templates: dice.pick([['canary'], ['stable'], ['stable', 'canary']]).map(template),
    ...(isMeasured ? { analyses: [analysis] } : {}),
    ...(isMeasured && dice.chance(0.5) ? {} : { duration: `${1 + dice.below(20)}s` }),
    ...(dice.chance(0.3) ? { scaleDownDelaySeconds: dice.below(20) } : {}),
  };
}

/** The canary's weight and those of an Experiment are never more than the whole. */
function withinWeights(steps: readonly Step[]): Step[] {
  let weight = 0;
  return steps.map((step) => {
    weight = step.setWeight ?? weight;
    if (!step.experiment || weight <= 80) return step;
    const templates = step.experiment.templates.map(({ weight: _dropped, ...template }) => template);
    return { experiment: { ...step.experiment, templates } };
  });
}
