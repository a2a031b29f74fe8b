// Deployments: one ReplicaSet per pod template, rolled over within maxSurge and maxUnavailable, or recreated. Upstream's
// controller, for `workloadRef` and for manifests that come with a Deployment beside the Rollout. How many pods each
// ReplicaSet gets is deployment-replicas.ts, what is said of it deployment-status.ts; here is what is done, in order.

import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch, isEqualJson } from '../../controller/lang/merge-patch.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { controllerOf, makeControllerReference } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { claim, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { annotationsFor, revisionAnnotation, sizeAnnotations } from './deployment-annotations.ts';
import { makeReplicaSet, revisionOf, templateOf } from './deployment-replica-set.ts';
import {
  allOf,
  byCreation,
  isRecreated,
  isResized,
  nextSizeOf,
  planRecreation,
  planResize,
  planRollingUpdate,
  type ReplicaSets,
  type Scaling,
  sizeOf,
} from './deployment-replicas.ts';
import {
  assessDeployment,
  countDeployment,
  type DeploymentStatus,
  deadlineAt,
  hasDeadline,
  isComplete,
  type Progress,
  progressOf,
  type RunningDeployment,
  withCondition,
} from './deployment-status.ts';

/** Beyond the deadline by so much, as upstream, so that it has passed when it is looked at. */
const deadlineSkewMs = 1000;

export function createDeploymentController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('deployment-controller');
  const deployments = informers.of<RunningDeployment>(resources.deployments);
  const replicaSets = informers.of<ReplicaSet>(resources.replicaSets);
  indexForClaims(replicaSets);
  deployments.index('uid', (item) => [item.metadata.uid ?? '']);
  const queue = createWorkQueue({ name: 'deployment', clock, process: sync, report: context.report });
  deployments.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  replicaSets.onChange((now, before) => {
    const owner = controllerOf((now ?? before)!);
    if (owner?.kind !== 'Deployment') return;
    for (const deployment of deployments.find('uid', owner.uid)) queue.add(keyOf(deployment));
  });

  async function sync(key: string): Promise<void> {
    const known = deployments.get(key);
    if (known === undefined) return;
    const owned = await claim({
      client,
      informer: replicaSets,
      resource: resources.replicaSets,
      owner: known,
      reference: makeControllerReference(known, 'apps/v1', 'Deployment'),
      selector: known.spec.selector,
    });
    const sets = sortOut(known, owned);
    if (known.metadata.deletionTimestamp !== undefined) {
      return writeStatus(known, countDeployment(known, sets, clock.now()));
    }
    const deployment = await notePause(known);
    if (deployment.spec.paused === true || isResized(deployment.spec, sets)) return resize(deployment, sets);
    const [updated, after] = await update(deployment, sets);
    if (isComplete(updated, updated.status)) await forgetOld(updated, after);
    const status = assessDeployment(updated, after, clock.now());
    const lateAt = deadlineAt(updated.spec, status.conditions);
    if (lateAt !== undefined) queue.addAfter(key, Math.max(0, lateAt - clock.now()) + deadlineSkewMs);
    await writeStatus(updated, status);
  }

  /** No update goes on: the size alone is changed. */
  async function resize(deployment: RunningDeployment, sets: ReplicaSets): Promise<void> {
    const [seen, current] = await refresh(deployment, sets);
    const after = await scale(seen, current, planResize(seen.spec, current));
    if (seen.spec.paused === true) await forgetOld(seen, after);
    await writeStatus(seen, countDeployment(seen, after, clock.now()));
  }

  async function update(
    deployment: RunningDeployment,
    sets: ReplicaSets,
  ): Promise<readonly [RunningDeployment, ReplicaSets]> {
    const [seen, present] = await refresh(deployment, sets);
    if (!isRecreated(seen.spec)) {
      const [updated, all] = present.current === undefined ? await create(seen, present) : [seen, present];
      return [updated, await scale(updated, all, planRollingUpdate(updated.spec, all))];
    }
    const plan = planRecreation(seen.spec, present);
    if (plan === 'make the present one') return create(seen, present);
    return [seen, await scale(seen, present, plan)];
  }

  /** While it is paused no deadline runs; from its resumption on it does again. That it was late stays said. */
  function notePause(deployment: RunningDeployment): Promise<RunningDeployment> | RunningDeployment {
    const known = progressOf(deployment)?.reason;
    const isPaused = deployment.spec.paused === true;
    const isSaid = isPaused === (known === 'DeploymentPaused');
    if (!hasDeadline(deployment.spec) || known === 'ProgressDeadlineExceeded' || isSaid) return deployment;
    const [reason, message] = isPaused
      ? ['DeploymentPaused', 'Deployment is paused']
      : ['DeploymentResumed', 'Deployment is resumed'];
    return tell(deployment, { status: 'Unknown', reason, message });
  }

  /** What of the Deployment is not in the template: its annotations, the revision, minReadySeconds. */
  async function refresh(
    deployment: RunningDeployment,
    { current: found, old }: ReplicaSets,
  ): Promise<readonly [RunningDeployment, ReplicaSets]> {
    if (found === undefined) return [deployment, { current: found, old }];
    const revision = String(Math.max(revisionOf(found), 1 + Math.max(0, ...old.map(revisionOf))));
    const current = await bringUpToDate(deployment, found, revision);
    const message = `Found new replica set "${current.metadata.name}"`;
    const isNoted = !hasDeadline(deployment.spec) || progressOf(deployment) !== undefined;
    const progress: Progress = { status: 'True', reason: 'FoundNewReplicaSet', message };
    return [await tell(deployment, isNoted ? undefined : progress, revision), { current, old }];
  }

  async function bringUpToDate(
    deployment: RunningDeployment,
    found: ReplicaSet,
    revision: string,
  ): Promise<ReplicaSet> {
    const patch = diffMergePatch(
      { annotations: found.metadata.annotations ?? {}, minReadySeconds: found.spec.minReadySeconds ?? 0 },
      {
        annotations: annotationsFor(deployment, found.metadata.annotations ?? {}, revision),
        minReadySeconds: deployment.spec.minReadySeconds ?? 0,
      },
    ) as { readonly annotations?: object; readonly minReadySeconds?: number } | undefined;
    if (patch === undefined) return found;
    const { annotations, minReadySeconds } = patch;
    const { namespace, name = '' } = found.metadata;
    const written = await client.patch<ReplicaSet>(resources.replicaSets, namespace, name, {
      ...(annotations !== undefined && { metadata: { annotations } }),
      ...(minReadySeconds !== undefined && { spec: { minReadySeconds } }),
    });
    replicaSets.wrote(written);
    return written;
  }

  /** The ReplicaSet of the present template, at once with the pods that it may have. */
  async function create(
    deployment: RunningDeployment,
    { old }: ReplicaSets,
  ): Promise<readonly [RunningDeployment, ReplicaSets]> {
    const revision = String(1 + Math.max(0, ...old.map(revisionOf)));
    const replicas = nextSizeOf(deployment.spec, { current: undefined, old });
    const wanted = makeReplicaSet(deployment, revision, replicas);
    const { namespace, name = '' } = wanted.metadata;
    const made = await client.create<ReplicaSet>(resources.replicaSets, namespace, wanted).catch((problem: unknown) => {
      return couldNotCreate(deployment, name, problem);
    });
    replicaSets.wrote(made);
    if (replicas > 0)
      event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
    const message = `Created new replica set "${name}"`;
    const progress: Progress = { status: 'True', reason: 'NewReplicaSetCreated', message };
    const updated = await tell(deployment, hasDeadline(deployment.spec) ? progress : undefined, revision);
    return [updated, { current: made, old }];
  }

  /** The answer to an earlier attempt may have been lost. Another one of that name: the next hash is another. */
  async function couldNotCreate(deployment: RunningDeployment, name: string, problem: unknown): Promise<ReplicaSet> {
    const { message } = problem as Error;
    if (statusOf(problem) === 409) {
      const known = await client.get<ReplicaSet>(resources.replicaSets, deployment.metadata.namespace, name);
      const isOurs = known !== undefined && controllerOf(known)?.uid === deployment.metadata.uid;
      if (isOurs && isEqualJson(templateOf(known), deployment.spec.template)) return known;
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      await writeStatus(deployment, { ...deployment.status, collisionCount });
    } else if (!message.includes('because it is being terminated')) {
      const text = `Failed to create new replica set "${name}": ${message}`;
      const progress: Progress = { status: 'False', reason: 'ReplicaSetCreateError', message: text };
      await tell(deployment, hasDeadline(deployment.spec) ? progress : undefined);
      event(deployment, 'Warning', 'ReplicaSetCreateError', text);
    }
    throw problem;
  }

  /** Notes progress and revision. Through the status, as upstream: an annotation of the main resource would count as a change. */
  async function tell(
    deployment: RunningDeployment,
    progress: Progress | undefined,
    revision?: string,
  ): Promise<RunningDeployment> {
    const { conditions = [] } = deployment.status ?? {};
    const told = progress === undefined ? conditions : withCondition(conditions, 'Progressing', progress, clock.now());
    const isNew = revision !== undefined && deployment.metadata.annotations?.[revisionAnnotation] !== revision;
    if (told === conditions && !isNew) return deployment;
    const { namespace, name = '' } = deployment.metadata;
    const patch = {
      ...(isNew && { metadata: { annotations: { [revisionAnnotation]: revision } } }),
      ...(told !== conditions && { status: { conditions: told } }),
    };
    const written = await client.patch<RunningDeployment>(resources.deployments, namespace, name, patch, 'status');
    deployments.wrote(written);
    return written;
  }

  async function scale(
    deployment: RunningDeployment,
    sets: ReplicaSets,
    scalings: readonly Scaling[],
  ): Promise<ReplicaSets> {
    const now = new Map(allOf(sets).map((item) => [item.metadata.uid, item]));
    for (const { replicaSet, replicas } of scalings) {
      const { uid } = replicaSet.metadata;
      now.set(uid, await scaleOne(deployment, now.get(uid) ?? replicaSet, replicas));
    }
    const newest = (item: ReplicaSet): ReplicaSet => now.get(item.metadata.uid) ?? item;
    return { current: sets.current && newest(sets.current), old: sets.old.map(newest) };
  }

  async function scaleOne(
    deployment: RunningDeployment,
    replicaSet: ReplicaSet,
    replicas: number,
  ): Promise<ReplicaSet> {
    const before = sizeOf(replicaSet);
    const { namespace, name = '', resourceVersion } = replicaSet.metadata;
    const annotations = sizeAnnotations(deployment.spec);
    const isSized = Object.entries(annotations).every(
      ([key, value]) => replicaSet.metadata.annotations?.[key] === value,
    );
    if (before === replicas && isSized) return replicaSet;
    const patch = { metadata: { resourceVersion, annotations }, spec: { replicas } };
    const written = await client.patch<ReplicaSet>(resources.replicaSets, namespace, name, patch);
    replicaSets.wrote(written);
    if (before === replicas) return written;
    const verb = replicas > before ? 'up' : 'down';
    event(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${verb} replica set ${name} from ${before} to ${replicas}`,
    );
    return written;
  }

  async function writeStatus(deployment: RunningDeployment, status: DeploymentStatus): Promise<void> {
    const patch = diffMergePatch(deployment.status, status);
    if (patch === undefined) return;
    const { namespace, name = '' } = deployment.metadata;
    const body = { status: patch };
    deployments.wrote(
      await unlessGone(client.patch<RunningDeployment>(resources.deployments, namespace, name, body, 'status')),
    );
  }

  /** Old, empty ReplicaSets beyond the history limit go. */
  async function forgetOld({ spec }: RunningDeployment, { old }: ReplicaSets): Promise<void> {
    const present = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const surplus = Math.max(0, present.length - (spec.revisionHistoryLimit ?? 10));
    const oldest = present.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus);
    for (const item of oldest.filter(isEmpty)) {
      const { namespace, name = '' } = item.metadata;
      await unlessGone(client.delete(resources.replicaSets, namespace, name, { propagationPolicy: 'Background' }));
      replicaSets.removed(item);
    }
  }

  function event(deployment: RunningDeployment, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const about = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: deployment.metadata };
    events.event(about, type, reason, message);
  }

  return { name: 'deployment', start: queue.start, stop: queue.stop };
}

/** The oldest of those that have the present template is the current one. */
function sortOut({ spec }: RunningDeployment, owned: readonly ReplicaSet[]): ReplicaSets {
  const sorted = owned.toSorted(byCreation);
  const current = sorted.find((item) => isEqualJson(templateOf(item), spec.template));
  return { current, old: sorted.filter((item) => item !== current) };
}

function isEmpty({ spec, status, metadata }: ReplicaSet): boolean {
  const isSeen = (status as { observedGeneration?: number } | undefined)?.observedGeneration === metadata.generation;
  return spec.replicas === 0 && (status?.replicas ?? 0) === 0 && isSeen;
}
