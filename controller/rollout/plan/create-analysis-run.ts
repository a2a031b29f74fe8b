// The AnalysisRun that a Rollout starts: its name, labels, annotations, and spec (analysis.md §2.2).

import { compose } from '../../analysis/plan/compose.ts';
import { sourceOf } from '../../analysis/plan/known-templates.ts';
import { apiVersion, instanceIdLabel, podTemplateHashLabel } from '../../api/constants.ts';
import type { AnalysisRun, AnalysisRunSpec, Metric, RolloutAnalysis } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { analysisArguments } from './analysis-arguments.ts';
import { chooseName } from './analysis-names.ts';
import { addNeed, addReason, addWrite, newReplicaSet, type Pass } from './pass.ts';
import { hashOf } from './replica-set.ts';

export type AnalysisKind = 'Step' | 'Background' | 'PrePromotion' | 'PostPromotion';

/** The name of the run that is ours from now on; undefined: it cannot be started yet, and a reason or need says why. */
export function startAnalysisRun(
  pass: Pass,
  kind: AnalysisKind,
  analysis: RolloutAnalysis,
  suffix: string,
): { readonly name: string; readonly phase: string } | undefined {
  const spec = specOf(pass, analysis);
  const hash = hashOf(newReplicaSet(pass));
  if (!spec || hash === '') return undefined;
  const { name = '' } = pass.rollout.metadata;
  const choice = chooseName(pass, `${name}-${hash}-${pass.revision ?? ''}${suffix}`, spec);
  if (choice.is === 'unread') return undefined;
  if (choice.is === 'adopted') {
    return { name: choice.run.metadata.name ?? '', phase: choice.run.status?.phase ?? '' };
  }
  const object = runObject(pass, kind, analysis, choice.name, spec);
  addWrite(pass, { kind: 'createAnalysisRun', key: `analysis/${choice.name}`, onFailure: 'stop', object });
  return { name: choice.name, phase: '' };
}

function specOf(pass: Pass, analysis: RolloutAnalysis): AnalysisRunSpec | undefined {
  const args = analysisArguments(pass, analysis.args ?? []);
  if ('problem' in args) return told(pass, args.problem);
  const composed = compose(
    {
      templates: analysis.templates ?? [],
      args: args.args,
      ...(analysis.dryRun === undefined ? {} : { dryRun: analysis.dryRun }),
      ...(analysis.measurementRetention === undefined ? {} : { measurementRetention: analysis.measurementRetention }),
    },
    sourceOf(pass.observed.templates),
  );
  switch (composed.is) {
    case 'composed':
      return composed.spec;
    case 'unread':
      addNeed(pass, { kind: 'analysisTemplate', name: composed.name, isCluster: composed.isCluster });
      return undefined;
    case 'missing':
      return told(
        pass,
        `${composed.isCluster ? 'clusteranalysistemplate' : 'analysistemplate'} "${composed.name}" not found`,
      );
    case 'invalid':
      return told(pass, composed.message);
  }
}

function told(pass: Pass, message: string): undefined {
  addReason(pass, because('objectUnreadable', { kind: 'AnalysisTemplate', name: '', message }));
  return undefined;
}

function runObject(
  pass: Pass,
  kind: AnalysisKind,
  analysis: RolloutAnalysis,
  name: string,
  spec: AnalysisRunSpec,
): AnalysisRun {
  const { metadata } = pass.rollout;
  const instanceId = metadata.labels?.[instanceIdLabel];
  const index = pass.status.currentStepIndex ?? 0;
  return {
    apiVersion,
    kind: 'AnalysisRun',
    metadata: {
      name,
      namespace: metadata.namespace ?? '',
      labels: {
        [podTemplateHashLabel]: hashOf(newReplicaSet(pass)),
        'rollout-type': kind,
        ...(kind === 'Step' ? { 'step-index': String(index) } : {}),
        ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }),
        ...analysis.analysisRunMetadata?.labels,
        ...pass.rollout.spec.selector?.matchLabels,
      },
      annotations: {
        'rollout.argoproj.io/revision': pass.revision ?? '',
        ...analysis.analysisRunMetadata?.annotations,
      },
      ownerReferences: [
        {
          apiVersion,
          kind: 'Rollout',
          name: metadata.name ?? '',
          uid: metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...spec, metrics: spec.metrics.map(asTyped) },
    status: { phase: '', runSummary: {} },
  };
}

/** QUIRK: what the reference's types write although the template does not have it. */
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
