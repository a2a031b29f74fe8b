// What must be so in the end: when a Rollout rests, when its last version was promoted fully, and when it was deleted.
// Each answer is a list of what is wrong.

import { managedByAnnotation, podTemplateHashLabel } from '../../controller/api/constants.ts';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import type { Reason } from '../../controller/rollout/types.ts';
import { managedRoute, nginxIngress } from './names.ts';
import { actionNamesOf, nginxCanary } from './routes.ts';
import { hashOf, isOver, type World } from './world.ts';

/** design.md, law 7: Healthy, or with a reason; and the counts are those of the ReplicaSets. */
export function problemsAtRest(world: World, reasons: readonly Reason[]): string[] {
  const rollout = world.rollout();
  const { phase, message = '' } = rollout?.status ?? {};
  const isSilent = phase !== 'Healthy' && reasons.length === 0;
  return [...(isSilent ? [`still ${phase} (${message}) without a reason`] : []), ...wrongCounts(rollout, world)];
}

function wrongCounts(rollout: Rollout | undefined, world: World): string[] {
  const { status } = rollout ?? {};
  if (!status || status.phase === 'Degraded') return []; // an invalid spec leaves the status as it was
  const sets = world.replicaSets();
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas', of: readonly ReplicaSet[] = sets) =>
    of.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
  const updated = sets.filter((set) => hashOf(set) === status.currentPodHash);
  const isCanary = rollout?.spec.strategy?.canary !== undefined; // blue/green tells of its active version alone
  const counts = [
    ...(isCanary
      ? ([
          ['readyReplicas', status.readyReplicas, sum('readyReplicas')],
          ['availableReplicas', status.availableReplicas, sum('availableReplicas')],
        ] as const)
      : []),
    ['updatedReplicas', status.updatedReplicas, sum('replicas', updated)],
  ] as const;
  return counts
    .filter(([, told, is]) => (told ?? 0) !== is)
    .map(([name, told, is]) => `at rest status.${name} is ${told}, but there are ${is}`);
}

/** A good version was promoted fully and all is calm: nothing is left of what was before. */
export function problemsWhenFinished(world: World): string[] {
  const rollout = world.rollout();
  const { phase, message, readyReplicas = 0, currentPodHash, stableRS } = rollout?.status ?? {};
  const wanted = rollout?.spec.replicas ?? 1;
  if (phase !== 'Healthy') return [`fully promoted, but ${phase}: ${message}`];
  const problems: string[] = [];
  if (stableRS !== currentPodHash) problems.push(`Healthy, but the stable version is ${stableRS}`);
  if (readyReplicas !== wanted) problems.push(`Healthy with ${readyReplicas} of ${wanted} ready pods`);
  const busy = [...world.runs(), ...world.experiments()].filter((one) => !isOver(one));
  if (busy.length > 0) problems.push(`Healthy, but ${busy.map(({ metadata }) => metadata.name).join(', ')} goes on`);
  const old = world.replicaSets().filter((set) => hashOf(set) !== currentPodHash);
  const awake = [...old, ...world.replicaSetsOf('Experiment')].filter(({ spec }) => (spec.replicas ?? 1) > 0);
  if (awake.length > 0) problems.push(`Healthy, but ${awake.map(({ metadata }) => metadata.name).join(', ')} has pods`);
  const limit = rollout?.spec.revisionHistoryLimit ?? 10;
  if (old.length > limit) problems.push(`${old.length} old ReplicaSets are kept, at most ${limit} may be`);
  // Services wait for pods.
  return wanted === 0 ? problems : [...problems, ...wrongRoutes(world, currentPodHash)];
}

function wrongRoutes(world: World, hash: string | undefined): string[] {
  const astray = world.targets().filter((target) => target.weight > 0 && target.hash !== hash);
  const problems = astray.map(({ service, weight }) => `Healthy, but ${weight} % of the traffic go to ${service}`);
  const isLeft = world.ingresses().some((ingress) => actionNamesOf(ingress).includes(managedRoute));
  return isLeft ? [...problems, `Healthy, but the route ${managedRoute} is left`] : problems;
}

const owned = [
  'argoproj.io/rollouts',
  'argoproj.io/analysisruns',
  'argoproj.io/experiments',
  'apps/replicasets',
  '/pods',
];

/** No orphan (operations.md §20.3, S24). */
export function problemsAfterDeletion(world: World): string[] {
  const problems: string[] = [];
  for (const resource of owned) {
    const found = world.list<ReplicaSet>(resource);
    // A workload that was referred to lives on with its own.
    const left = found.filter(({ metadata }) => !metadata.labels?.['pod-template-hash']);
    if (left.length > 0) problems.push(`${left.length} ${resource} are left after the deletion`);
  }
  for (const { metadata, spec } of world.services()) {
    const isHeld = spec.selector?.[podTemplateHashLabel] !== undefined;
    if (isHeld || metadata.annotations?.[managedByAnnotation] !== undefined) {
      problems.push(`Service ${metadata.name} still selects a version after the deletion`);
    }
  }
  const isCanaryLeft = world.ingresses().some(({ metadata }) => metadata.name === nginxCanary);
  return isCanaryLeft ? [...problems, `the canary of Ingress ${nginxIngress} is left after the deletion`] : problems;
}
