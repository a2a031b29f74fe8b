// What a reason says to a person: one sentence for each code of reasons.ts, made of its data, and what would end the
// waiting (design law 7). Times are left to whoever shows them; only lengths are told.

import { formatRfc3339 } from '../lang/rfc3339.ts';
import type { EpochMillis } from '../lang/time.ts';
import {
  type CatalogueRow,
  type Reason,
  type ReasonCode,
  type ReasonData,
  type ReplicaSetRole,
  reasonCatalogue,
} from './reasons.ts';

type Sentences = { readonly [Code in ReasonCode]: (data: ReasonData[Code]) => string };

const sentences: Sentences = {
  specInvalid: ({ message }) => `The spec is invalid, so nothing is changed: ${message}`,
  specInvalidWhileAborting: ({ message }) => `The spec is invalid, so nothing but the abort goes on: ${message}`,
  objectUnreadable: ({ kind, name, message }) => `${kind} ${name} cannot be read: ${message}`,
  writeFailed: ({ key, message, attempts }) =>
    `${attemptOf(key)} failed${attempts > 1 ? ` ${attempts} times` : ''}: ${message}`,
  replicaSetRefused: ({ message }) => message,
  wavesBackedOff: ({ waves }) =>
    `${waves} waves of writes followed each other without any change from outside; the next one waits`,
  beingDeleted: ({ finalizers }) =>
    finalizers === 0
      ? 'The Rollout is being deleted'
      : `The Rollout is being deleted and waits for ${count(finalizers, 'finalizer')}`,

  scaleUnobserved: ({ replicaSet }) => `The cluster has not yet acted on the new size of ReplicaSet ${replicaSet}`,
  replicaSetGoes: ({ replicaSet, role }) =>
    `The ${roleName(role)} ReplicaSet ${replicaSet} is being deleted, so it makes no pods`,
  podsNotAvailable: ({ replicaSet, role, available, wanted }) =>
    `${available} of ${count(wanted, 'pod')} of the ${roleName(role)} ReplicaSet ${replicaSet} ${available === 1 || wanted === 1 ? 'is' : 'are'} available`,
  podWaits: ({ pod, status, message, others }) => {
    const more = others === 0 ? '' : ` (and ${others} more)`;
    const known = message.startsWith(`${status}: `) ? message.slice(status.length + 2) : message;
    return `Pod ${pod}${more} is ${status}${known === '' ? '' : `: ${known}`}`;
  },
  podsNotYetSized: ({ replicaSet, role, replicas, wanted }) =>
    `The ${roleName(role)} ReplicaSet ${replicaSet} has ${count(replicas, 'pod')} and is to have ${wanted}`,
  oldPodsRemain: ({ replicaSet, replicas }) =>
    `${count(replicas, 'pod')} of ReplicaSet ${replicaSet} remain${replicas === 1 ? 's' : ''} that should be gone`,
  limitUnreadable: ({ field, value }) =>
    `${field} is "${value}", which is no number of pods and no percentage: so no pod may be added, and none may be missing`,
  replicaFailure: ({ replicaSet, message }) => `ReplicaSet ${replicaSet} cannot make its pods: ${message}`,

  pausedByUser: () => 'A person has paused the Rollout (spec.paused)',
  pausedAtStep: ({ step, steps }) => `Step ${step} of ${steps} is a pause`,
  pausedBeforePromotion: ({ previewReplicaSet }) =>
    `ReplicaSet ${previewReplicaSet} is ready as the preview and waits to be promoted`,
  pausedInconclusive: ({ reason }) => `The outcome was inconclusive (${reason}), and a person has to decide`,
  scaleDownDelayed: ({ replicaSet, replicas }) =>
    `The old ReplicaSet ${replicaSet} keeps its ${count(replicas, 'pod')} until its scale-down delay is over`,
  abortScaleDownDelayed: ({ replicaSet, replicas }) =>
    `The aborted ReplicaSet ${replicaSet} keeps its ${count(replicas, 'pod')} until its scale-down delay is over`,
  abortedCanaryKept: ({ replicaSet, replicas }) =>
    `The aborted ReplicaSet ${replicaSet} keeps its ${count(replicas, 'pod')}, because abortScaleDownDelaySeconds is 0`,
  aborted: ({ message }) => `The update is aborted${message === '' ? '' : `: ${message}`}`,
  analysisFailed: ({ run, metric, phase, values, condition }) => {
    const wanted = condition === '' ? '' : ` (${condition})`;
    const verb = phase === 'Error' ? 'ended with' : 'measured';
    return `Metric ${metric} of AnalysisRun ${run} is ${phase}: it ${verb} ${values === '' ? 'nothing' : values}${wanted}`;
  },
  progressDeadlineExceeded: ({ message, seconds }) =>
    `There was no progress for ${count(seconds, 'second')}: ${message}`,

  serviceWaitsForPods: ({ service, replicaSet, available }) =>
    `Service ${service} stays where it is until ReplicaSet ${replicaSet} has enough available pods (it has ${available})`,
  trafficWaitsForStable: ({ available, weight }) =>
    `Traffic stays as it is: with the canary at ${weight}, ${count(available, 'available stable pod')} would be too few`,
  abortWaitsForStable: () => 'The abort cannot move traffic back: the stable ReplicaSet has no available pod',
  trafficRoutingFailed: ({ message }) => `The traffic router refuses: ${message}`,
  ingressMisconfigured: ({ ingress, service }) =>
    `Ingress ${ingress} sends Service ${service} to a port other than use-annotation, so its weights are not obeyed`,
  weightUnverified: ({ weight }) => `The load balancer does not yet obey the weight ${weight}`,
  weightPropagates: ({ canary, stable }) =>
    `Nodes of the load balancer may still send by older weights (canary up to ${canary}, stable up to ${stable}), so no pods are taken for them`,
  weightVerificationFailed: ({ message }) => `The load balancer could not be asked about its weights: ${message}`,
  weightAwaitsTargets: (data) => `The weight stays with the canary's target group: ${targetsText(data)}`,
  promotionAwaitsTargets: (data) => `The new version is not promoted yet: ${targetsText(data)}`,
  oldPodsAwaitTargets: (data) => `Old pods are kept: ${targetsText(data)}`,
  targetVerificationFailed: ({ service, message }) =>
    `The load balancer could not be asked about the targets of Service ${service}: ${message}`,
  stillReferenced: ({ replicaSet, replicas }) =>
    `The old ReplicaSet ${replicaSet} keeps its ${count(replicas, 'pod')}, because traffic may still reach it`,
  activeServiceHeld: ({ service, available, wanted }) =>
    `The active Service ${service} is switched when all pods are available (${available} of ${wanted})`,

  restarting: ({ oldPods }) =>
    `${count(oldPods, 'pod')} from before the restart ${oldPods === 1 ? 'is' : 'are'} still to be replaced`,
  evictionRefused: ({ pod, message }) => `Pod ${pod} is not evicted: ${message}`,
  restartScheduled: () => 'A restart is scheduled',
  evictionsUnobserved: ({ replicaSet }) =>
    `The cluster has not yet replaced the evicted pods of ReplicaSet ${replicaSet}`,

  promotionAwaitsAnalysis: ({ kind }) => `The ${kind} analysis has not passed`,
  analysisMeasures: ({
    run,
    metric,
    count: measured,
    wanted,
    failuresLeft,
    inconclusiveLeft,
    errorsLeft,
    lastProblem,
  }) => {
    const last = lastProblem === '' ? '' : `; the last was ${lastProblem}`;
    const progress = `${measured}${wanted > 0 ? ` of ${wanted}` : ''} done`;
    const failures = failuresLeft < 0 ? 'any number of failures' : `${count(failuresLeft, 'failure')}`;
    const doubts = inconclusiveLeft > 0 ? `, ${inconclusiveLeft} inconclusive` : '';
    return `AnalysisRun ${run} measures ${metric}: ${progress}; ${failures}${doubts} and ${count(errorsLeft, 'error')} in a row may still come${last}`;
  },
  analysisImpossible: ({ message }) => `The AnalysisRun of this step cannot be made: ${message}`,
  stepPluginRuns: ({ plugin, operation, message }) =>
    `Step plugin ${plugin} needs more time to ${operation.toLowerCase()}${message === '' ? '' : `: ${message}`}`,
  stepPluginFailed: ({ plugin, message, executions }) =>
    `Step plugin ${plugin} cannot be called (${count(executions, 'attempt')}): ${message}`,
  experimentRuns: ({ experiment, phase, message, step, steps }) =>
    `Step ${step} of ${steps} waits for Experiment ${experiment}, which is ${phase === '' ? 'new' : phase}${message === '' ? '' : `: ${message}`}`,
  experimentImpossible: ({ message }) => `The Experiment of this step cannot be made: ${message}`,
  stepWaits: ({ step, steps, kind }) => `Step ${step} of ${steps} (${kind}) is not done`,
  controllerBehind: ({ writes }) => `The controller does not do what is next (${count(writes, 'write')})`,
  underWay: ({ writes }) => `Under way: ${count(writes, 'write')}, and then the next look at once`,
};

/** Without a full stop, so that it can stand in a list or a log line. */
export function sentenceOf(reason: Reason): string {
  const make = sentences[reason.code] as (data: Reason['data']) => string;
  return make(reason.data).replace(/[.]$/, ''); // where it ends with somebody else's words
}

/** What ends the waiting, seen from `now`: time alone, what somebody does, or what the cluster does. */
export function endingOf(reason: Reason, now: EpochMillis): string {
  const row: CatalogueRow = reasonCatalogue[reason.code];
  const { until } = reason;
  if (until !== undefined && until > now) return `${row.next ?? 'It ends by itself'} in ${spanOf(until - now)}.`;
  const [ends = ''] = row.ends.split(';');
  return row.yours ?? `It ends when ${ends}.`;
}

/** Sentence and ending with the time of day: `Step 2 of 3 is a pause, ends 2026-11-21T02:55:25Z (in 5m)`. */
export function lineOf(reason: Reason, now: EpochMillis): string {
  const row: CatalogueRow = reasonCatalogue[reason.code];
  const { until } = reason;
  if (until === undefined || until <= now) return `${sentenceOf(reason)}. ${endingOf(reason, now)}`;
  const at = `${formatRfc3339(until)} (in ${spanOf(until - now)})`;
  return `${sentenceOf(reason)}${row.next === undefined ? `, ends ${at}` : `. ${row.next} at ${at}`}`;
}

/** `1h2m3s`, rounded up to whole seconds. */
export function spanOf(spanMs: number): string {
  const total = Math.max(0, Math.ceil(spanMs / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = total % 60;
  return [
    hours > 0 ? `${hours}h` : '',
    minutes > 0 ? `${minutes}m` : '',
    seconds > 0 || total === 0 ? `${seconds}s` : '',
  ].join('');
}

/** What was tried, from the key of a write. */
function attemptOf(key: string): string {
  const slash = key.indexOf('/');
  const make = attempts[key.slice(0, slash)];
  return make?.(key.slice(slash + 1)) ?? `Writing ${key}`;
}

const attempts: { readonly [kind: string]: (name: string) => string } = {
  create: (name) => `Creating ReplicaSet ${name}`,
  scale: (name) => `Scaling ReplicaSet ${name}`,
  annotate: (name) => `Annotating ReplicaSet ${name}`,
  revision: (name) => `Annotating ReplicaSet ${name}`,
  adopt: (name) => `Adopting ReplicaSet ${name}`,
  delete: (name) => `Deleting ReplicaSet ${name}`,
  service: (name) => `Pointing Service ${name}`,
  createIngress: (name) => `Creating Ingress ${name}`,
  patchIngress: (name) => `Setting the weights of Ingress ${name}`,
  evict: (name) => `Evicting pod ${name}`,
  analysis: (name) => `Starting AnalysisRun ${name}`,
  experiment: (name) => `Starting Experiment ${name}`,
  workload: (name) => `Scaling Deployment ${name}`,
  rollout: (part) => (part === 'status' ? 'Writing the status' : `Writing the ${part} of the Rollout`),
};

function roleName(role: ReplicaSetRole): string {
  return role === 'other' ? 'old' : role;
}

function targetsText({ service, registered, healthy, wanted }: ReasonData['weightAwaitsTargets']): string {
  if (wanted === 0) return `which pods of Service ${service} are registered is not known yet`;
  return `${registered} of ${count(wanted, 'pod')} of Service ${service} are registered, ${healthy} of them healthy`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
