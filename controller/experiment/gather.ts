// What is known when an Experiment is planned: the stores, and live reads where the plan asked for them (design law 3).

import { type KnownTemplates, knownTemplate, templateKey } from '../analysis/plan/known-templates.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates } from '../analysis/resources.ts';
import type { KubernetesObject, ReplicaSet, Service } from '../api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisTemplate, AnalysisTemplateRef, Experiment } from '../api/types.generated.ts';
import { classifyFailure } from '../kubernetes/problem.ts';
import { objectKey, objectPath, replicaSets, services } from '../kubernetes/resource.ts';
import type { Transport } from '../kubernetes/transport.ts';
import type { Clock, EpochMillis } from '../lang/time.ts';
import type { Caches } from '../rollout/caches.ts';
import { owningRollout } from '../rollout/references.ts';
import { serviceNameOf } from './plan/service.ts';
import { planExperiment } from './plan.ts';
import type { ExperimentLedger, ExperimentNeed, ExperimentObserved, ExperimentPlan, Known } from './types.ts';

export interface Sources {
  readonly caches: Caches;
  readonly transport: Transport;
  readonly clock: Clock;
}

export interface PlannedExperiment {
  readonly observed: ExperimentObserved;
  readonly now: EpochMillis;
  readonly plan: ExperimentPlan;
}

type Live = ExperimentObserved['live'] & { readonly templates: KnownTemplates };

/** More rounds than kinds of needs are a planner that never has enough. */
const maximumRounds = 8;

/** Undefined: the Experiment is gone. */
export async function gatherAndPlan(
  key: string,
  sources: Sources,
  ledger: ExperimentLedger,
): Promise<PlannedExperiment | undefined> {
  let live: Live = { replicaSets: {}, services: {}, analysisRuns: {}, templates: {} };
  for (let round = 0; round < maximumRounds; round += 1) {
    const experiment = sources.caches.experiments.store.get(key);
    if (!experiment) return undefined;
    const observed = gather(experiment, sources.caches, ledger, live);
    const now = sources.clock.now();
    const plan = planExperiment(observed, now);
    if (plan.needs.length === 0) return { observed, now, plan };
    for (const need of plan.needs) live = await answer(need, experiment, sources, live);
  }
  throw new Error(`the plan of ${key} still has needs after ${maximumRounds} rounds`);
}

function gather(experiment: Experiment, caches: Caches, ledger: ExperimentLedger, live: Live): ExperimentObserved {
  const { namespace, name, uid = '' } = experiment.metadata;
  const serviceNames = experiment.spec.templates.map((template) => serviceNameOf(name, template));
  return {
    experiment,
    replicaSets: caches.replicaSets.store.byIndex('owner', uid),
    services: caches.services.store.byIndex('owner', uid),
    analysisRuns: caches.analysisRuns.store.byIndex('owner', uid),
    namedServices: Object.fromEntries(
      serviceNames.flatMap((service) => {
        if (service === undefined) return [];
        return [[service, known(caches.services.store.get(objectKey(namespace, service)))]];
      }),
    ),
    live,
    templates: templatesOf(experiment, caches, live),
    routedServices: routedServices(experiment, caches),
    ledger,
  };
}

/**
 * Those that analyses without a run name, and those that they name in turn. One that the stores do not show may have been
 * made together with the Experiment a moment ago: it is unread, not absent.
 */
function templatesOf(experiment: Experiment, caches: Caches, live: Live): KnownTemplates {
  const found: Record<string, Known<AnalysisTemplate>> = {};
  const started = new Set(
    experiment.status?.analysisRuns?.filter(({ analysisRun }) => analysisRun !== '').map((run) => run.name),
  );
  const pending: AnalysisTemplateRef[] = (experiment.spec.analyses ?? []).filter(({ name }) => !started.has(name));
  for (let ref = pending.pop(); ref !== undefined; ref = pending.pop()) {
    const { templateName = '', clusterScope: isCluster = false } = ref;
    const key = templateKey(templateName, isCluster);
    if (Object.hasOwn(found, key)) continue;
    const template = isCluster
      ? caches.clusterAnalysisTemplates.store.get(templateName)
      : caches.analysisTemplates.store.get(objectKey(experiment.metadata.namespace, templateName));
    const seen = template ? known(template) : knownTemplate(live.templates, templateName, isCluster);
    found[key] = seen;
    if (seen.is === 'present') pending.push(...(seen.value.spec.templates ?? []));
  }
  return found;
}

/** What the owning Rollout recorded of its routes last. */
function routedServices(experiment: Experiment, caches: Caches): string[] {
  const owner = owningRollout(experiment);
  const rollout = owner && caches.rollouts.store.get(owner.key);
  if (!rollout || rollout.metadata.uid !== owner.uid) return [];
  const additional = rollout.status?.canary?.weights?.additional ?? [];
  return additional.filter(({ weight }) => weight > 0).flatMap(({ serviceName }) => serviceName ?? []);
}

function known<T>(value: T | undefined): Known<T> {
  return value === undefined ? { is: 'absent' } : { is: 'present', value };
}

async function answer(need: ExperimentNeed, { metadata }: Experiment, sources: Sources, live: Live): Promise<Live> {
  const { name } = need;
  const { namespace } = metadata;
  switch (need.kind) {
    case 'replicaSet': {
      const found = await readLive<ReplicaSet>(sources, objectPath(replicaSets, namespace, name));
      return { ...live, replicaSets: { ...live.replicaSets, [name]: found } };
    }
    case 'service': {
      const found = await readLive<Service>(sources, objectPath(services, namespace, name));
      return { ...live, services: { ...live.services, [name]: found } };
    }
    case 'analysisRun': {
      const found = await readLive<AnalysisRun>(sources, objectPath(analysisRuns, namespace, name));
      return { ...live, analysisRuns: { ...live.analysisRuns, [name]: found } };
    }
    case 'analysisTemplate': {
      const resource = need.isCluster ? clusterAnalysisTemplates : analysisTemplates;
      const path = objectPath(resource, need.isCluster ? undefined : namespace, name);
      const found = await readLive<AnalysisTemplate>(sources, path);
      return { ...live, templates: { ...live.templates, [templateKey(name, need.isCluster)]: found } };
    }
  }
}

/** A server that asks to wait does not hold up other Experiments: the read has failed then (design law 3). */
const readDeadlineMs = 30_000;

async function readLive<T extends KubernetesObject>({ transport, clock }: Sources, path: string): Promise<Known<T>> {
  try {
    const { body } = await transport.request({ verb: 'GET', path, deadlineMs: readDeadlineMs });
    return { is: 'present', value: body as T };
  } catch (error) {
    const problem = classifyFailure(error);
    return problem.class === 'gone' ? { is: 'absent' } : { is: 'failed', problem, since: clock.now() };
  }
}
