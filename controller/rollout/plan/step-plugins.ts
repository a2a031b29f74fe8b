// What do the plugins of plugin steps do (rollout.md §3.4.13, §6.7; operations.md §10)? The current step's plugin is run
// until it has succeeded or failed; one that was left while it ran is terminated; on an abort those that ran are told, the
// last one first. One call at a time, and what came of each is an entry of status.canary.stepPluginStatuses.

import type { StepPluginStatus } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { formatGoDuration, parseGoDuration } from '../../lang/go-duration.ts';
import { formatRfc3339, parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import type { AnsweredCall, PluginOperation } from '../types.ts';
import { events } from './events.ts';
import { callWrite, outcomeOf } from './outside-calls.ts';
import { addReason, addWrite, isAborted, type Pass, wakeAt } from './pass.ts';
import { currentStep, stepsOf } from './steps.ts';

const callKey = 'call/stepPlugin';
/** How soon it is called again where it does not say (operations.md §6: "5 s default back-off, 30 s on error"). */
const backOffMs = { Running: 5_000, Error: 30_000 } as const;

interface Wanted {
  readonly operation: PluginOperation;
  readonly index: number;
  /** What is known of this operation. */
  readonly entry: StepPluginStatus | undefined;
  /** As the plugin left its status in any operation. */
  readonly status: StepPluginStatus['status'];
}

export function planStepPlugins(pass: Pass): void {
  const entries = entriesInForce(pass);
  pass.stepPlugins = entries;
  const wanted = wantedCall(pass, entries);
  if (!wanted) return;
  const { operation, index, entry, status } = wanted;
  const plugin = stepsOf(pass)[index]?.plugin;
  if (!plugin) return;
  const about = JSON.stringify([operation, index, plugin.name, pass.status.currentPodHash, entry?.executions ?? 0]);
  const { answered, isInFlight } = outcomeOf(pass.observed.ledger, callKey, about);
  if (answered) {
    const next = afterAnswer(pass, wanted, plugin.name, answered);
    pass.stepPlugins = [...entries.filter((other) => other !== entry), next].sort(inOrder);
    tellTransition(pass, entry, next);
    return explain(pass, next);
  }
  if (entry) explain(pass, entry);
  if (isInFlight) return;
  const dueAt = entry ? nextCallAt(entry) : pass.now;
  if (dueAt > pass.now) return wakeAt(pass, dueAt);
  addWrite(pass, callWrite(callKey, about, { kind: 'stepPlugin', operation, plugin, status, rollout: pass.rollout }));
}

/** A retry begins with nothing: what the aborted attempt left is over. */
function entriesInForce(pass: Pass): readonly StepPluginStatus[] {
  if (!isAborted(pass) && pass.stored.abortedAt !== undefined) return [];
  return pass.status.canary?.stepPluginStatuses ?? [];
}

function wantedCall(pass: Pass, entries: readonly StepPluginStatus[]): Wanted | undefined {
  const runs = entries.filter(({ operation, disabled }) => operation === 'Run' && !disabled);
  const make = (operation: PluginOperation, index: number): Wanted => ({
    operation,
    index,
    entry: entries.find((entry) => isOf(entry, operation, index)),
    status: entries.findLast((entry) => entry.index === index && entry.status)?.status,
  });
  const unfinished = (operation: PluginOperation, among: readonly StepPluginStatus[]) =>
    among.map(({ index }) => make(operation, index)).findLast(({ entry }) => !isFinished(entry));
  if (isAborted(pass)) return unfinished('Abort', runs);
  const current = currentStep(pass);
  const left = runs.filter(({ index, phase }) => index !== current?.index && phase !== 'Successful');
  const terminated = unfinished('Terminate', left);
  if (terminated) return terminated;
  // QUIRK: of a step that is a pause too only the pause counts (rollout.md §3.4.12).
  if (!current?.step.plugin || current.step.pause) return undefined;
  if (pass.rollout.spec.paused || pass.status.promoteFull) return undefined;
  const run = make('Run', current.index);
  return isFinished(run.entry) ? undefined : run;
}

function isOf(entry: StepPluginStatus, operation: PluginOperation, index: number): boolean {
  return entry.operation === operation && entry.index === index;
}

function isFinished(entry: StepPluginStatus | undefined): boolean {
  return entry?.phase === 'Successful' || entry?.phase === 'Failed';
}

function nextCallAt({ updatedAt, backoff }: StepPluginStatus): EpochMillis {
  return (parseRfc3339(updatedAt ?? '') ?? 0) + (parseGoDuration(backoff ?? '') ?? backOffMs.Running);
}

/** The entry with what the plugin said; a failed Run aborts the update. */
function afterAnswer(pass: Pass, wanted: Wanted, name: string, { answer }: AnsweredCall): StepPluginStatus {
  const { operation, index, entry } = wanted;
  const told = answer.is === 'stepPlugin' ? answer : undefined;
  const failure = answer.is === 'failed' ? answer.message : 'the plugin gave another answer';
  const phase = told?.phase ?? 'Error';
  const message = told ? told.message : failure;
  const nowText = formatRfc3339(pass.now);
  const isOver = phase === 'Successful' || phase === 'Failed';
  const status = told?.status ?? wanted.status;
  if (phase === 'Error') pass.pendingEvents.push(events.reconciliationError(message ?? ''));
  if (phase === 'Failed' && operation === 'Run') {
    pass.intent.addAbort ??= `Step plugin ${name} (step ${index}) failed${message ? `: ${message}` : ''}`;
  }
  return {
    index,
    name,
    operation,
    phase,
    executions: (entry?.executions ?? 0) + 1,
    startedAt: entry?.startedAt ?? nowText,
    updatedAt: nowText,
    ...(isOver ? { finishedAt: nowText } : { backoff: formatGoDuration(told?.requeueAfterMs ?? backOffMs[phase]) }),
    ...(message === undefined ? {} : { message }),
    ...(status === undefined ? {} : { status }),
    ...(told?.isDisabled ? { disabled: true } : {}),
  };
}

function tellTransition(pass: Pass, before: StepPluginStatus | undefined, after: StepPluginStatus): void {
  const { phase = '', operation, disabled } = after;
  if (before?.phase === phase || disabled || (operation === 'Run' && phase === 'Successful')) return;
  pass.pendingEvents.push(events.stepPluginTransition(after.name, after.index, operation, phase));
}

function explain(pass: Pass, entry: StepPluginStatus): void {
  if (isFinished(entry)) return;
  const { name: plugin, operation, index, message = '', executions = 0 } = entry;
  const code = entry.phase === 'Error' ? 'stepPluginFailed' : 'stepPluginRuns';
  const times = { since: parseRfc3339(entry.startedAt ?? ''), until: nextCallAt(entry) };
  addReason(pass, because(code, { plugin, operation, step: index + 1, message, executions }, times));
}

const order: readonly string[] = ['Run', 'Terminate', 'Abort'];

function inOrder(a: StepPluginStatus, b: StepPluginStatus): number {
  return a.index - b.index || order.indexOf(a.operation) - order.indexOf(b.operation);
}
