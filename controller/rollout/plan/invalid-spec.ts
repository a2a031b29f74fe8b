// Is there anything that keeps this Rollout from being worked on (rollout.md §1.3)? The first problem is told as a condition
// and as the phase; nothing else happens until it is mended.

import { conditionReasons, conditionTypes } from '../../api/constants.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';
import type { FieldError } from '../../api/validation/field-error.ts';
import { namedServices, validateReferences } from '../../api/validation/validate-references.ts';
import { validateRollout } from '../../api/validation/validate-rollout.ts';
import { because } from '../../explain/reasons.ts';
import { formatRfc3339, parseRfc3339 } from '../../lang/rfc3339.ts';
import { validateAnalyses } from './invalid-analyses.ts';
import { addReason, type Pass } from './pass.ts';
import { serviceNamed } from './services.ts';
import { settleStatus } from './settle-status.ts';
import { type Conditions, findCondition, removeCondition, setCondition } from './status-conditions.ts';

export interface SpecProblem {
  readonly text: string;
  /** What is wrong is of no use to an abort: it goes on beside the problem (design law 3). */
  readonly sparesAbort: boolean;
}

/** The first problem of the spec itself or of what it refers to; undefined without one. */
export function firstProblem(pass: Pass): SpecProblem | undefined {
  const text = specProblem(pass.rollout.spec);
  return text === undefined ? referenceProblem(pass) : { text, sparesAbort: false };
}

const specProblems = new WeakMap<RolloutSpec, { readonly text: string | undefined }>();

/** A spec object never changes, so it is looked at once. */
function specProblem(spec: RolloutSpec): string | undefined {
  let known = specProblems.get(spec);
  if (!known) {
    const rollout = { metadata: {}, spec } as Rollout;
    known = { text: validateRollout(rollout, { workloadResolved: spec.workloadRef !== undefined })[0]?.text };
    specProblems.set(spec, known);
  }
  return known.text;
}

/** Services, templates and Ingresses that the spec names; what was not read is no problem. */
function referenceProblem(pass: Pass): SpecProblem | undefined {
  const services = Object.fromEntries(namedServices(pass.rollout).map(([, name]) => [name, serviceNamed(pass, name)]));
  const ofAnalyses = validateAnalyses(pass.rollout, pass.observed.templates);
  const errors = validateReferences(pass.rollout, { services, ingresses: pass.observed.ingresses }, ofAnalyses);
  const ofNewVersion = servicesOfNewVersion(pass.status);
  const isMissing = ({ path, value }: FieldError) =>
    ofNewVersion.includes(path) && services[String(value)]?.is === 'absent';
  const sparesAbort = errors.every((error) => ofAnalyses.includes(error) || isMissing(error)); // it starts no run
  return errors[0] && { text: errors[0].text, sparesAbort };
}

/** While they are missing, an abort is what ends the lost requests: it sends everything to the other one. */
function servicesOfNewVersion({ canary }: RolloutStatus): readonly string[] {
  const pingOrPong = canary?.stablePingPong === 'ping' ? 'pongService' : 'pingService';
  return [
    'spec.strategy.canary.canaryService',
    `spec.strategy.canary.pingPong.${pingOrPong}`,
    'spec.strategy.blueGreen.previewService',
  ];
}

/** What was missing may appear without a watch that tells of it. */
const recheckMs = 20_000;

/**
 * The status that tells of the problem: the stored one when it is told already. `beside`: what an abort says in this pass,
 * which goes on beside the problem.
 */
export function invalidStatus(pass: Pass, problem: string, beside?: RolloutStatus): RolloutStatus {
  const { stored, rollout } = pass;
  const message = `The Rollout "${rollout.metadata.name}" is invalid: ${problem}`;
  const present = findCondition(stored.conditions, conditionTypes.invalidSpec);
  const since = present?.message === message ? parseRfc3339(present.lastTransitionTime) : pass.now;
  addReason(pass, because(beside ? 'specInvalidWhileAborting' : 'specInvalid', { message: problem }, { since }));
  pass.wakeTimes.push(pass.now + recheckMs);
  const generation = String(rollout.metadata.generation ?? 0);
  if (!beside && present?.message === message && stored.observedGeneration === generation) return stored;
  const base = beside ?? stored;
  const conditions: Conditions = { list: base.conditions ?? [], nowText: formatRfc3339(pass.now) };
  removeCondition(conditions, conditionTypes.invalidSpec);
  const reason = conditionReasons.invalidSpec;
  if (present?.message === message) conditions.list = [...conditions.list, present];
  else setCondition(conditions, { type: conditionTypes.invalidSpec, status: 'True', reason, message });
  return settleStatus(stored, {
    ...base,
    conditions: conditions.list,
    observedGeneration: generation,
    phase: 'Degraded',
    message: `InvalidSpec: ${message}`,
  });
}
