// Is there anything that keeps this Rollout from being worked on (rollout.md §1.3)? The first problem is told as a condition
// and as the phase; nothing else happens until it is mended.

import { conditionReasons, conditionTypes, managedByAnnotation, podTemplateHashLabel } from '../../api/constants.ts';
import type { Service } from '../../api/kubernetes-types.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';
import { quoteGo } from '../../api/validation/field-error.ts';
import { validateRollout } from '../../api/validation/validate-rollout.ts';
import { because } from '../../explain/reasons.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import { addReason, type Pass } from './pass.ts';
import { serviceNamed } from './services.ts';
import { settleStatus } from './settle-status.ts';
import { type Conditions, findCondition, removeCondition, setCondition } from './status-conditions.ts';

/** The text of the first problem of the spec itself or of the Services that it names; undefined without one. */
export function firstProblem(pass: Pass): string | undefined {
  return specProblem(pass.rollout.spec) ?? serviceProblem(pass);
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

function serviceProblem(pass: Pass): string | undefined {
  for (const [path, name] of referencedServices(pass.rollout)) {
    const known = serviceNamed(pass, name);
    const problem =
      known.is === 'absent'
        ? `service ${quoteGo(name)} not found`
        : known.is === 'present' && mismatch(pass, known.value);
    if (problem) return `${path}: Invalid value: ${quoteGo(name)}: ${problem}`;
  }
  return undefined;
}

/** In the order in which they are looked at, with the paths that errors name. */
function referencedServices(rollout: Rollout): (readonly [path: string, name: string])[] {
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  const all: (readonly [string, string | undefined])[] = [
    ['spec.strategy.blueGreen.activeService', blueGreen?.activeService],
    ['spec.strategy.blueGreen.previewService', blueGreen?.previewService],
    ['spec.strategy.canary.stableService', canary?.stableService],
    ['spec.strategy.canary.canaryService', canary?.canaryService],
    ['spec.strategy.canary.pingPong.pingService', canary?.pingPong?.pingService],
    ['spec.strategy.canary.pingPong.pongService', canary?.pingPong?.pongService],
  ];
  return all.flatMap(([path, name]) => (name ? [[path, name] as const] : []));
}

function mismatch(pass: Pass, service: Service): string | undefined {
  const name = quoteGo(service.metadata.name ?? '');
  const labels = pass.rollout.spec.template?.metadata?.labels ?? {};
  const selector = Object.entries(service.spec.selector ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of selector) {
    if (key !== podTemplateHashLabel && labels[key] !== value) {
      return `Service ${name} has unmatch label ${quoteGo(key)} in rollout`;
    }
  }
  const manager = service.metadata.annotations?.[managedByAnnotation];
  if (manager !== undefined && manager !== pass.rollout.metadata.name) {
    return `Service ${name} is managed by another Rollout`;
  }
  return undefined;
}

/** What was missing may appear without a watch that tells of it. */
const recheckMs = 20_000;

/** The status that tells of the problem: the stored one when it is told already. */
export function invalidStatus(pass: Pass, problem: string): RolloutStatus {
  const { stored, rollout } = pass;
  const message = `The Rollout "${rollout.metadata.name}" is invalid: ${problem}`;
  addReason(pass, because('specInvalid', { message }));
  pass.wakeTimes.push(pass.now + recheckMs);
  const generation = String(rollout.metadata.generation ?? 0);
  const present = findCondition(stored.conditions, conditionTypes.invalidSpec);
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
