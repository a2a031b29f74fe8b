// The AnalysisRun that an Experiment starts: its name, labels, and spec (analysis.md §6.6).

import { chooseName, lookUpName } from '../../analysis/plan/choose-name.ts';
import { compose } from '../../analysis/plan/compose.ts';
import { sourceOf } from '../../analysis/plan/known-templates.ts';
import { isAdoptableRun, isRunOfThisTry, makeRun } from '../../analysis/plan/own-run.ts';
import { instanceIdLabel } from '../../api/constants.ts';
import type { ObjectMeta } from '../../api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisRunSpec, ExperimentAnalysisTemplateRef } from '../../api/types.generated.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import { experimentArguments } from './analysis-arguments.ts';
import { outcomeOf, type Pass, refusalOf } from './pass.ts';
import { ownerOf } from './replica-set.ts';
import { findTemplate } from './templates.ts';

export type Started =
  | { readonly is: 'started'; readonly name: string }
  | { readonly is: 'failed'; readonly message: string }
  | { readonly is: 'unknown' };

export function startRun(pass: Pass, analysis: ExperimentAnalysisTemplateRef): Started {
  const failed = (why: string): Started => {
    const message = `Failed to create AnalysisRun for analysis '${analysis.name}': ${why}`;
    return { is: 'failed', message };
  };
  const made = specOf(pass, analysis);
  if (!made) return { is: 'unknown' };
  if ('problem' in made) return failed(made.problem);
  const { name: experiment, uid } = pass.experiment.metadata;
  const begunAt = parseRfc3339(pass.status.availableAt ?? '');
  const choice = chooseName<AnalysisRun>(
    `${experiment}-${analysis.name}`,
    '.',
    (name) =>
      lookUpName(name, {
        owned: pass.observed.analysisRuns,
        live: pass.observed.live.analysisRuns[name],
        isTaken: outcomeOf(pass, keyOf(name))?.problem.class === 'exists',
      }),
    (run) =>
      isAdoptableRun(run, made.spec, uid) ||
      isRunOfThisTry(run, makeRun(metadataOf(pass, run.metadata.name ?? ''), made.spec), begunAt),
  );
  if (choice.is === 'adopted') return { is: 'started', name: choice.object.metadata.name ?? '' };
  if (choice.is === 'unread') {
    pass.needs.push({ kind: 'analysisRun', name: choice.name });
    return { is: 'unknown' };
  }
  const key = keyOf(choice.name);
  const refusal = refusalOf(pass, key);
  if (refusal !== undefined) return failed(refusal);
  const object = makeRun(metadataOf(pass, choice.name), made.spec);
  pass.writes.push({ kind: 'createAnalysisRun', key, onFailure: 'stop', object });
  return { is: 'started', name: choice.name };
}

function keyOf(name: string): string {
  return `analysis/${name}`;
}

/** Undefined: nobody can tell yet, and a need or a reason says why. */
function specOf(
  pass: Pass,
  analysis: ExperimentAnalysisTemplateRef,
): { readonly spec: AnalysisRunSpec } | { readonly problem: string } | undefined {
  const { dryRun, measurementRetention } = pass.experiment.spec;
  const args = experimentArguments(pass, analysis.args ?? []);
  if ('problem' in args) return args;
  const composed = compose(
    {
      templates: [{ templateName: analysis.templateName, clusterScope: analysis.clusterScope === true }],
      args: args.args,
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(measurementRetention === undefined ? {} : { measurementRetention }),
    },
    sourceOf(pass.observed.templates),
  );
  switch (composed.is) {
    case 'composed':
      return { spec: composed.spec };
    case 'invalid':
      return { problem: composed.message };
    case 'missing':
    case 'unread': {
      const found = findTemplate(pass, composed.name, composed.isCluster);
      return found.is === 'failed' ? { problem: found.message } : undefined;
    }
  }
}

/** QUIRK: no hash of pods, unlike the runs of a Rollout. */
function metadataOf({ experiment }: Pass, name: string): ObjectMeta {
  const { labels, annotations } = experiment.spec.analysisRunMetadata ?? {};
  const instanceId = experiment.metadata.labels?.[instanceIdLabel];
  return {
    name,
    namespace: experiment.metadata.namespace ?? '',
    labels: { ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }), ...labels },
    annotations: { ...annotations },
    ownerReferences: [ownerOf(experiment)],
  };
}
