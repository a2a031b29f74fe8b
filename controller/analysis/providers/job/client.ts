// Runs a Job and follows it to its end (analysis.md §5.3). Live reads, not the cache: right after its creation a Job may
// not be in it yet (BUG of the reference).

import type { KubernetesObject } from '../../../api/kubernetes-types.ts';
import type { AnalysisRun } from '../../../api/types.generated.ts';
import { classifyFailure } from '../../../kubernetes/problem.ts';
import { collectionPath, jobs, objectPath, pods } from '../../../kubernetes/resource.ts';
import { KubeError } from '../../../kubernetes/transport.ts';
import { type Measurement, type Provider, ProviderError, type ProviderTools } from '../contract.ts';
import { isJobOfRun, type Job, type JobPlace, makeJob, runUidLabel } from './request.ts';
import { endOfJob, hopelessPod, lookAgainAt, oldJobs } from './response.ts';

const requestMs = 30_000;

export const job: Provider = {
  name: 'job',
  handles: ['job-name', 'job-namespace'],

  async run({ metric, run, finishedCount }, tools) {
    if (metric.provider.job === undefined) throw new ProviderError('the metric has no job provider');
    const place = placeOf(run, tools);
    const made = makeJob(metric, metric.provider.job, run, finishedCount + 1, place);
    const name = made.metadata.name ?? '';
    const result = await cluster(tools).writer.create(jobs, made);
    if (!result.ok) {
      // Without an answer it may have been made all the same.
      const mayExist = result.problem.class === 'exists' || result.problem.class === 'unknown';
      const found = mayExist ? await read(place.namespace, name, tools) : undefined;
      if (found === undefined || !isJobOfRun(found, run.metadata.uid ?? '', place)) {
        throw new ProviderError(result.problem.message);
      }
    }
    const metadata = { 'job-name': name, 'job-namespace': place.namespace };
    return { is: 'phase', phase: 'Running', metadata, resumeAt: tools.clock.now() };
  },

  async resume({ measurement }, tools) {
    const { namespace, name } = jobOf(measurement);
    const goesOn = { is: 'phase', phase: 'Running', resumeAt: lookAgainAt(measurement, tools.clock.now()) } as const;
    try {
      const found = await read(namespace, name, tools);
      if (found === undefined) throw new ProviderError(`job.batch "${name}" not found`);
      return endOfJob(found) ?? hopelessPod(await podsOf(found, tools)) ?? goesOn;
    } catch (error) {
      // SLIPWAY: nothing is known of the Job. An error would begin another one beside it.
      if (error instanceof KubeError && isPassing(error)) return { ...goesOn, message: error.message };
      throw error;
    }
  },

  async terminate({ measurement }, tools) {
    const { namespace, name } = jobOf(measurement);
    await remove(namespace, name, tools);
    return { is: 'phase', phase: 'Inconclusive' };
  },

  async garbageCollect({ run, metric, limit }, tools) {
    const { namespace } = placeOf(run, tools);
    const old = oldJobs(await jobsOf(run, namespace, tools), metric.name, limit);
    for (const { metadata } of old) await remove(namespace, metadata.name ?? '', tools);
  },
};

/** The API server is not to be had for now; it has not refused. */
function isPassing(error: KubeError): boolean {
  return ['conflict', 'throttled', 'unreachable', 'unknown'].includes(classifyFailure(error).class);
}

function cluster(tools: ProviderTools): Pick<ProviderTools, 'transport' | 'writer'> {
  return tools.jobCluster ?? tools;
}

function placeOf(run: AnalysisRun, tools: ProviderTools): JobPlace {
  const own = run.metadata.namespace ?? 'default';
  const namespace = tools.environment.ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE || own;
  return { namespace, isOwned: namespace === own && tools.jobCluster === undefined };
}

function jobOf({ metadata }: Measurement): { namespace: string; name: string } {
  const [namespace, name] = [metadata?.['job-namespace'], metadata?.['job-name']];
  if (!namespace || !name) throw new ProviderError('job metadata reference missing');
  return { namespace, name };
}

async function read(namespace: string, name: string, tools: ProviderTools): Promise<Job | undefined> {
  try {
    const path = objectPath(jobs, namespace, name);
    const { body } = await cluster(tools).transport.request({
      verb: 'GET',
      path,
      deadlineMs: requestMs,
      signal: tools.signal,
    });
    return body as Job;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

async function jobsOf(run: AnalysisRun, namespace: string, tools: ProviderTools): Promise<readonly Job[]> {
  const { body } = await cluster(tools).transport.request({
    verb: 'GET',
    path: collectionPath(jobs, namespace),
    query: { labelSelector: `${runUidLabel}=${run.metadata.uid ?? ''}` },
    deadlineMs: requestMs,
    signal: tools.signal,
  });
  return (body as { readonly items?: readonly Job[] }).items ?? [];
}

async function podsOf({ metadata }: Job, tools: ProviderTools): Promise<readonly KubernetesObject[]> {
  const { body } = await cluster(tools).transport.request({
    verb: 'GET',
    path: collectionPath(pods, metadata.namespace),
    query: { labelSelector: `job-name=${metadata.name}` },
    deadlineMs: requestMs,
    signal: tools.signal,
  });
  return (body as { readonly items?: readonly KubernetesObject[] }).items ?? [];
}

async function remove(namespace: string, name: string, tools: ProviderTools): Promise<void> {
  const found = await read(namespace, name, tools);
  if (found?.metadata.uid === undefined) return;
  const target = { resource: jobs, namespace, name };
  const result = await cluster(tools).writer.delete(target, { uid: found.metadata.uid }, 'Foreground');
  if (!result.ok) throw new ProviderError(result.problem.message);
}
