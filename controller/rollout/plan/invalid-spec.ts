// Is there anything that keeps this Rollout from being worked on (rollout.md §1.3)? The first problem is told as a condition
// and as the phase; nothing else happens until it is mended.

import { conditionReasons, conditionTypes } from '../../api/constants.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';
import { namedServices, validateReferences } from '../../api/validation/validate-references.ts';
import { validateRollout } from '../../api/validation/validate-rollout.ts';
import { because } from '../../explain/reasons.ts';
import { formatRfc3339, parseRfc3339 } from '../../lang/rfc3339.ts';
import { validateAnalyses } from './invalid-analyses.ts';
import { addReason, type Pass } from './pass.ts';
import { serviceNamed } from './services.ts';
import { settleStatus } from './settle-status.ts';
import { type Conditions, findCondition, removeCondition, setCondition } from './status-conditions.ts';

/** The text of the first problem of the spec itself or of what it refers to; undefined without one. */
export function firstProblem(pass: Pass): string | undefined {
  return specProblem(pass.rollout.spec) ?? referenceProblem(pass);
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
function referenceProblem(pass: Pass): string | undefined {
  const services = Object.fromEntries(namedServices(pass.rollout).map(([, name]) => [name, serviceNamed(pass, name)]));
  const ofAnalyses = validateAnalyses(pass.rollout, pass.observed.templates);
  return validateReferences(pass.rollout, { services, ingresses: pass.observed.ingresses }, ofAnalyses)[0]?.text;
}

/** What was missing may appear without a watch that tells of it. */
const recheckMs = 20_000;

/** The status that tells of the problem: the stored one when it is told already. */
export function invalidStatus(pass: Pass, problem: string): RolloutStatus {
  const { stored, rollout } = pass;
  const message = `The Rollout "${rollout.metadata.name}" is invalid: ${problem}`;
  const present = findCondition(stored.conditions, conditionTypes.invalidSpec);
  const since = present?.message === message ? parseRfc3339(present.lastTransitionTime) : pass.now;
  addReason(pass, because('specInvalid', { message: problem }, { since }));
  pass.wakeTimes.push(pass.now + recheckMs);
  const generation = String(rollout.metadata.generation ?? 0);
  if (present?.message === message && stored.observedGeneration === generation) return stored;
  const conditions: Conditions = { list: stored.conditions ?? [], nowText: formatRfc3339(pass.now) };
  if (present?.message !== message) removeCondition(conditions, conditionTypes.invalidSpec);
  const reason = conditionReasons.invalidSpec;
  setCondition(conditions, { type: conditionTypes.invalidSpec, status: 'True', reason, message });
  return settleStatus(stored, {
    ...stored,
    conditions: conditions.list,
    observedGeneration: generation,
    phase: 'Degraded',
    message: `InvalidSpec: ${message}`,
  });
}
