// From a Rollout, its ReplicaSets and what the load saw to the rows of the screen. Pure.

import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, CanaryStep, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import type { LoadSummary } from '../load/tally.ts';
import { isOwnedBy, makeAnalysisViews } from './analysis-view.ts';
import type { RolloutView, VersionRow } from './screen.ts';

const hashLabel = 'rollouts-pod-template-hash';
const revisionAnnotation = 'rollout.argoproj.io/revision';

/** What there is in the cluster, whoever owns it. */
export interface Seen {
  readonly replicaSets: readonly ReplicaSet[];
  readonly analysisRuns: readonly AnalysisRun[];
  readonly experiments: readonly Experiment[];
}

export function makeRolloutView(rollout: Rollout, seen: Seen, load: LoadSummary | undefined): RolloutView {
  const { replicaSets, analysisRuns } = seen;
  const experiments = seen.experiments.filter((experiment) => isOwnedBy(experiment, rollout));
  const steps = rollout.spec.strategy?.canary?.steps ?? [];
  const index = rollout.status?.currentStepIndex;
  return {
    namespace: rollout.metadata.namespace ?? '',
    name: rollout.metadata.name ?? '',
    strategy: rollout.spec.strategy?.blueGreen === undefined ? 'Canary' : 'BlueGreen',
    phase: rollout.status?.phase ?? '',
    message: rollout.status?.message ?? '',
    step: steps.length === 0 || index === undefined ? undefined : `${index}/${steps.length}`,
    stepText: index === undefined ? undefined : stepText(steps[index]),
    versions: [
      ...replicaSets.filter((rs) => isOwnedBy(rs, rollout)).map((rs) => makeVersionRow(rollout, rs, load)),
      ...experiments.flatMap((experiment) => makeTrialRows(rollout, experiment, replicaSets, load)),
    ]
      .filter((row) => row.desired > 0 || row.ready > 0 || row.role !== '')
      .toSorted((a, b) => b.revision - a.revision),
    analyses: makeAnalysisViews(rollout, analysisRuns, experiments),
  };
}

/** Versions that an experiment runs, while there are pods of them. */
function makeTrialRows(
  rollout: Rollout,
  experiment: Experiment,
  replicaSets: readonly ReplicaSet[],
  load: LoadSummary | undefined,
): VersionRow[] {
  const revision = Number(experiment.metadata.annotations?.[revisionAnnotation] ?? 0);
  return replicaSets
    .filter((rs) => isOwnedBy(rs, experiment))
    .map((rs): VersionRow => ({ ...makeVersionRow(rollout, rs, load), role: 'experiment', revision }))
    .filter((row) => row.desired > 0 || row.ready > 0);
}

function makeVersionRow(rollout: Rollout, rs: ReplicaSet, load: LoadSummary | undefined): VersionRow {
  const podHash = rs.metadata.labels?.[hashLabel] ?? '';
  return {
    role: roleOf(rollout, podHash),
    revision: Number(rs.metadata.annotations?.[revisionAnnotation] ?? 0),
    image: rs.spec.template.spec.containers[0]?.image ?? '',
    podHash,
    ready: rs.status?.readyReplicas ?? 0,
    desired: rs.spec.replicas ?? 1,
    wanted: wantedWeight(rollout, podHash),
    measured: load === undefined ? undefined : (load.byPodHash[podHash]?.percent ?? 0),
  };
}

function roleOf(rollout: Rollout, podHash: string): VersionRow['role'] {
  const { status } = rollout;
  if (rollout.spec.strategy?.blueGreen !== undefined) {
    if (podHash === status?.blueGreen?.activeSelector) return 'active';
    return podHash === status?.blueGreen?.previewSelector ? 'preview' : '';
  }
  if (podHash === status?.stableRS) return 'stable';
  return podHash === status?.currentPodHash ? 'canary' : '';
}

function wantedWeight(rollout: Rollout, podHash: string): number | undefined {
  const weights = rollout.status?.canary?.weights;
  if (weights === undefined) return undefined;
  const destinations = [weights.canary, weights.stable, ...(weights.additional ?? [])];
  const of = destinations.filter((destination) => destination.podTemplateHash === podHash);
  return of.length === 0 ? undefined : of.reduce((sum, destination) => sum + destination.weight, 0);
}

function stepText(step: CanaryStep | undefined): string | undefined {
  if (step === undefined) return undefined;
  if (step.setWeight !== undefined) return `setWeight ${step.setWeight}`;
  if (step.pause !== undefined) return step.pause.duration === undefined ? 'pause' : `pause ${step.pause.duration}`;
  return Object.keys(step)[0];
}

/** What somebody would type next, by the state of the rollout. */
export function nextCommands(rollout: Rollout | undefined, isControlled = true): string[] {
  const name = rollout?.metadata.name;
  if (rollout === undefined || name === undefined) {
    return [...(isControlled ? [] : ['npm run controller']), 'kubectl apply -f examples/canary-alb.yaml'];
  }
  const { namespace = 'default' } = rollout.metadata;
  const cli = `kubectl argo rollouts${namespace === 'default' ? '' : ` -n ${namespace}`}`;
  const watch = `${cli} get rollout ${name} --watch`;
  const container = rollout.spec.template?.spec.containers[0];
  const image = container?.image ?? '';
  const setImageTo = (tag: string) => `${cli} set image ${name} ${container?.name}=argoproj/rollouts-demo:${tag}`;
  const setImage = setImageTo(nextColor(image));
  if (rollout.status?.abort === true) return [`${cli} retry rollout ${name}`, setImage, watch];
  if ((rollout.status?.pauseConditions ?? []).length > 0)
    return [`${cli} promote ${name}`, `${cli} abort ${name}`, watch];
  if (rollout.status?.phase === 'Healthy') {
    return decidesByItself(rollout) ? [setImage, setImageTo('bad-red'), watch] : [setImage, watch];
  }
  return [watch, `${cli} abort ${name}`];
}

function decidesByItself({ spec }: Rollout): boolean {
  const { analysis, steps = [] } = spec.strategy?.canary ?? {};
  return analysis !== undefined || steps.some((step) => step.analysis ?? step.experiment?.analyses);
}

const colors = ['blue', 'yellow', 'green', 'orange', 'purple', 'red'];

function nextColor(image: string): string {
  const color = image.slice(image.lastIndexOf(':') + 1).replace(/^(bad|slow)-/, '');
  return colors[(colors.indexOf(color) + 1) % colors.length] ?? 'yellow';
}
