// Deployments: one ReplicaSet per pod template, rolled over within maxSurge and maxUnavailable, or recreated. Enough of
// upstream's controller for `workloadRef` and for manifests that come with a Deployment beside the Rollout.

import type { Condition, Deployment, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch, isEqualJson } from '../../controller/lang/merge-patch.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { controllerOf, makeControllerReference } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { claim, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { annotationsFor, revisionAnnotation } from './deployment-annotations.ts';
import { deploymentTemplateHash } from './deployment-hash.ts';
import {
  type DeploymentSpec,
  desiredAnnotation,
  maximumAnnotation,
  planReplicas,
  surgeOf,
} from './deployment-replicas.ts';
import { type DeploymentStatus, deadlineAt, makeDeploymentStatus } from './deployment-status.ts';

const hashLabel = 'pod-template-hash';

type RunningDeployment = Deployment & { readonly spec: DeploymentSpec; readonly status?: DeploymentStatus };

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
    const deployment = deployments.get(key);
    if (deployment === undefined) return;
    const reference = makeControllerReference(deployment, 'apps/v1', 'Deployment');
    const owned = await claim({
      client,
      informer: replicaSets,
      resource: resources.replicaSets,
      owner: deployment,
      reference,
      selector: deployment.spec.selector,
    });
    if (deployment.metadata.deletionTimestamp === undefined) {
      const current = await ensureCurrent(deployment, owned);
      const all =
        owned.some((item) => item.metadata.uid === current?.metadata.uid) || !current ? owned : [...owned, current];
      const scaled = await scaleAll(deployment, current, all);
      await writeStatus(key, deployment, current, scaled);
      await forgetOld(deployment, current, scaled);
    }
  }

  /** The ReplicaSet of the present template; undefined while the deployment is paused before it was made. */
  async function ensureCurrent(
    deployment: RunningDeployment,
    owned: readonly ReplicaSet[],
  ): Promise<ReplicaSet | undefined> {
    const revision = String(1 + Math.max(0, ...owned.map(revisionOf)));
    const found = owned.find((item) => isEqualJson(withoutHash(item), deployment.spec.template));
    if (found === undefined) {
      if (deployment.spec.paused === true) return undefined;
      const made = await create(deployment, revision);
      await setRevision(deployment, revision);
      return made;
    }
    const newest = Math.max(0, ...owned.filter((item) => item !== found).map(revisionOf));
    const wanted = revisionOf(found) > newest ? String(revisionOf(found)) : revision;
    const updated = await bringUpToDate(deployment, found, wanted);
    await setRevision(deployment, wanted);
    return updated;
  }

  /** What of the Deployment is not in the template: its annotations, the revision, minReadySeconds. */
  async function bringUpToDate(
    deployment: RunningDeployment,
    found: ReplicaSet,
    revision: string,
  ): Promise<ReplicaSet | undefined> {
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

  async function create(deployment: RunningDeployment, revision: string): Promise<ReplicaSet> {
    const { namespace, name = '' } = deployment.metadata;
    const hash = deploymentTemplateHash(deployment.spec.template);
    const { template, selector, minReadySeconds } = deployment.spec;
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const replicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { ...annotationsFor(deployment, {}, revision), ...sizeAnnotations(deployment) },
        ownerReferences: [makeControllerReference(deployment, 'apps/v1', 'Deployment')],
      },
      spec: {
        replicas: 0,
        ...(minReadySeconds !== undefined && { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    const made = await client
      .create<ReplicaSet>(resources.replicaSets, namespace, replicaSet)
      .catch(async (problem: unknown) => {
        const known = await client.get<ReplicaSet>(resources.replicaSets, namespace, `${name}-${hash}`);
        const isOurs = known !== undefined && controllerOf(known)?.uid === deployment.metadata.uid;
        if (statusOf(problem) !== 409 || !isOurs) throw problem;
        return known;
      });
    replicaSets.wrote(made);
    return made;
  }

  async function setRevision(deployment: RunningDeployment, revision: string): Promise<void> {
    if (deployment.metadata.annotations?.[revisionAnnotation] === revision) return;
    const { namespace, name = '' } = deployment.metadata;
    const patch = { metadata: { annotations: { [revisionAnnotation]: revision } } };
    // Through the status, as upstream does: an annotation of the main resource would count as a new generation.
    deployments.wrote(await client.patch<RunningDeployment>(resources.deployments, namespace, name, patch, 'status'));
  }

  async function scaleAll(
    deployment: RunningDeployment,
    current: ReplicaSet | undefined,
    owned: readonly ReplicaSet[],
  ): Promise<ReplicaSet[]> {
    const sizes = planReplicas(deployment.spec, current, owned);
    const result: ReplicaSet[] = [];
    for (const replicaSet of owned) result.push(await scale(deployment, replicaSet, sizes.get(replicaSet) ?? 0));
    return result;
  }

  async function scale(deployment: RunningDeployment, replicaSet: ReplicaSet, replicas: number): Promise<ReplicaSet> {
    const before = replicaSet.spec.replicas ?? 1;
    const annotations = sizeAnnotations(deployment);
    const sized = Object.entries(annotations).every(
      ([name, value]) => replicaSet.metadata.annotations?.[name] === value,
    );
    if (before === replicas && (sized || replicas === 0)) return replicaSet;
    const { namespace, name = '', resourceVersion } = replicaSet.metadata;
    const patch = { metadata: { resourceVersion, annotations }, spec: { replicas } };
    const written = await client.patch<ReplicaSet>(resources.replicaSets, namespace, name, patch);
    replicaSets.wrote(written);
    if (before !== replicas) {
      const verb = replicas > before ? 'up' : 'down';
      const message = `Scaled ${verb} replica set ${name} from ${before} to ${replicas}`;
      const about = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: deployment.metadata };
      events.event(about, 'Normal', 'ScalingReplicaSet', message);
    }
    return written;
  }

  async function writeStatus(
    key: string,
    deployment: RunningDeployment,
    current: ReplicaSet | undefined,
    owned: readonly ReplicaSet[],
  ): Promise<void> {
    const status = makeDeploymentStatus(deployment, current, owned, clock.now());
    const at = deadlineAt(deployment.spec, status.conditions as readonly Condition[]);
    if (at !== undefined && at > clock.now()) queue.addAfter(key, at - clock.now());
    const patch = diffMergePatch(deployment.status, status);
    if (patch === undefined) return;
    const { namespace, name = '' } = deployment.metadata;
    const body = { status: patch };
    deployments.wrote(
      await unlessGone(client.patch<RunningDeployment>(resources.deployments, namespace, name, body, 'status')),
    );
  }

  /** Old, empty ReplicaSets beyond the history limit go. */
  async function forgetOld(
    deployment: RunningDeployment,
    current: ReplicaSet | undefined,
    owned: readonly ReplicaSet[],
  ): Promise<void> {
    const old = owned
      .filter((item) => item.metadata.uid !== current?.metadata.uid)
      .filter((item) => item.spec.replicas === 0 && (item.status?.replicas ?? 0) === 0)
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    const surplus = old.length - (deployment.spec.revisionHistoryLimit ?? 10);
    for (const item of old.slice(0, Math.max(0, surplus))) {
      const { namespace, name = '' } = item.metadata;
      await unlessGone(client.delete(resources.replicaSets, namespace, name, { propagationPolicy: 'Background' }));
      replicaSets.removed(item);
    }
  }

  return { name: 'deployment', start: queue.start, stop: queue.stop };
}

function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? 0);
}

function sizeAnnotations(deployment: RunningDeployment): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1;
  const maximum = replicas === 0 ? 0 : replicas + surgeOf(deployment.spec);
  return { [desiredAnnotation]: String(replicas), [maximumAnnotation]: String(maximum) };
}

/** The template of a ReplicaSet without the label that tells it from its siblings. */
function withoutHash(replicaSet: ReplicaSet): unknown {
  const { template } = replicaSet.spec;
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
