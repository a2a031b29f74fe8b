// The AnalysisRun that a Rollout or an Experiment makes: which one that exists is the same (analysis.md §2.3), and what
// the object says beyond its templates (§2.2).

import { apiVersion, revisionAnnotation } from '../../api/constants.ts';
import type { ObjectMeta } from '../../api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisRunSpec, Metric } from '../../api/types.generated.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { isCompleted } from '../assess/phases.ts';
import { isSameSpec } from './choose-name.ts';

/** Ours, of the same spec, and still running: a store that lags behind did not show it. */
export function isAdoptableRun(run: AnalysisRun, spec: AnalysisRunSpec, ownerUid: string | undefined): boolean {
  const owner = run.metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner?.uid !== ownerUid || isCompleted(run.status?.phase) || run.spec.terminate) return false;
  return isSameSpec(compared(run.spec), compared(spec));
}

/**
 * Ours, made for the very same place and already over: whoever made it died before a status named it (operations.md S10).
 * BUG of the reference: a second run is started. An earlier try of the same place is older than `since`.
 */
export function isRunOfThisTry(run: AnalysisRun, wanted: AnalysisRun, since: EpochMillis | undefined): boolean {
  if (since === undefined || !isCompleted(run.status?.phase) || run.spec.terminate) return false;
  const uidOf = ({ metadata }: AnalysisRun) => metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
  const createdAt = parseRfc3339(run.metadata.creationTimestamp ?? '');
  if (createdAt === undefined || createdAt < since || uidOf(run) !== uidOf(wanted)) return false;
  const isSamePlace =
    isSameSpec(run.metadata.labels, wanted.metadata.labels) &&
    run.metadata.annotations?.[revisionAnnotation] === wanted.metadata.annotations?.[revisionAnnotation];
  return isSamePlace && isSameSpec(compared(run.spec), compared(wanted.spec));
}

function compared({ metrics, dryRun, measurementRetention, args }: AnalysisRunSpec): unknown {
  return { metrics, dryRun, measurementRetention, args };
}

export function makeRun(metadata: ObjectMeta, spec: AnalysisRunSpec): AnalysisRun {
  return {
    apiVersion,
    kind: 'AnalysisRun',
    metadata,
    spec: { ...spec, metrics: spec.metrics.map(asTyped) },
    status: { phase: '', runSummary: {} },
  };
}

/** QUIRK (§2.2): what the reference's types write although the template does not have it. */
function asTyped(metric: Metric): Metric {
  const { job, web, prometheus } = metric.provider;
  const authentication = { basicAuth: {}, oauth2: {}, sigv4: {} };
  const provider = {
    ...metric.provider,
    ...(job ? { job: typedJob(job) } : {}),
    ...(web ? { web: { ...web, authentication: { ...authentication, ...web.authentication } } } : {}),
    ...(prometheus
      ? { prometheus: { ...prometheus, authentication: { ...authentication, ...prometheus.authentication } } }
      : {}),
  };
  return { ...metric, provider } as Metric;
}

type Job = NonNullable<Metric['provider']['job']>;

function typedJob(job: Job): unknown {
  const { template } = job.spec;
  const containers = (template.spec?.containers ?? []).map((container) => ({ resources: {}, ...container }));
  return {
    metadata: {},
    ...job,
    spec: {
      ...job.spec,
      template: { metadata: {}, ...template, spec: { ...template.spec, containers } },
    },
  };
}
