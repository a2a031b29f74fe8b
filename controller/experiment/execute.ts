// How a plan for an Experiment is carried out: one wave of writes in the planned order (design law 4). The only switch
// over ExperimentWrite there is.

import { analysisRuns } from '../analysis/resources.ts';
import { type Resource, replicaSets, services } from '../kubernetes/resource.ts';
import type { Target, WriteResult, Writer } from '../kubernetes/writer.ts';
import type { Clock } from '../lang/time.ts';
import { experiments } from './resources.ts';
import type {
  ExperimentEvent,
  ExperimentLedger,
  ExperimentObserved,
  ExperimentPlan,
  ExperimentWrite,
  Outcome,
} from './types.ts';

export interface ExecuteDeps {
  readonly writer: Writer;
  readonly clock: Clock;
  /** Told in order when the wave has ended. */
  readonly tell: (event: ExperimentEvent) => void;
}

export interface ExperimentWave {
  readonly failures: readonly { readonly key: string; readonly class: string; readonly message: string }[];
  readonly ledger: ExperimentLedger;
}

export async function execute(
  plan: ExperimentPlan,
  observed: ExperimentObserved,
  { writer, clock, tell }: ExecuteDeps,
): Promise<ExperimentWave> {
  const failures: ExperimentWave['failures'][number][] = [];
  const outcomes: Record<string, Outcome> = {};
  const events: ExperimentEvent[] = [];
  let isWhole = true;
  for (const write of plan.writes) {
    const target = targetOf(write, observed);
    const result = await send(write, target, observed, writer);
    if (result.ok) {
      events.push(...(write.events ?? []));
      continue;
    }
    const { problem } = result;
    failures.push({ key: write.key, class: problem.class, message: problem.message });
    if (problem.class === 'conflict' || problem.class === 'gone') {
      await writer.read(target); // the plan was made from an old version: the next one sees the present one
    } else {
      const before = observed.ledger.outcomes[write.key];
      outcomes[write.key] = { problem, since: before?.since ?? clock.now(), attempts: (before?.attempts ?? 0) + 1 };
    }
    if (write.failureEvent && problem.class !== 'conflict' && !problem.isUnsent) {
      const { message } = write.failureEvent;
      events.push({ ...write.failureEvent, message: message.replaceAll('{error}', problem.message) });
    }
    if (write.onFailure === 'stop') {
      isWhole = false;
      break;
    }
  }
  for (const event of events) tell(event);
  // After a whole wave, what the plan neither tried nor spoke of is over.
  const kept = Object.entries(observed.ledger.outcomes).filter(
    ([key]) => !isWhole || (isSpokenOf(plan, key) && !plan.writes.some((write) => write.key === key)),
  );
  return { failures, ledger: { ...observed.ledger, outcomes: { ...Object.fromEntries(kept), ...outcomes } } };
}

function isSpokenOf({ reasons }: ExperimentPlan, key: string): boolean {
  return reasons.some((reason) => reason.code === 'writeFailed' && reason.key === key);
}

function send(
  write: ExperimentWrite,
  target: Target,
  { experiment }: ExperimentObserved,
  writer: Writer,
): Promise<WriteResult> {
  switch (write.kind) {
    case 'createReplicaSet':
    case 'createService':
    case 'createAnalysisRun':
      return writer.create(target.resource, write.object);
    case 'scaleReplicaSet': {
      const { uid, resourceVersion, replicas, annotations } = write;
      const metadata = annotations ? { metadata: { annotations } } : {};
      const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
      return writer.patch(target, { ...metadata, spec: { replicas } }, preconditions);
    }
    case 'annotateReplicaSet':
      return writer.patch(target, { metadata: { annotations: write.annotations } }, { uid: write.uid });
    case 'deleteService':
      return writer.delete(target, { uid: write.uid });
    case 'terminateAnalysisRun':
      return writer.patch(target, { spec: { terminate: true } }, { uid: write.uid });
    case 'patchStatus':
      return writer.patchStatus(target, experiment, write.status);
    default:
      return assertNever(write);
  }
}

function targetOf(write: ExperimentWrite, { experiment }: ExperimentObserved): Target {
  const { namespace, name: own = '' } = experiment.metadata;
  const at = (resource: Resource, name: string): Target => ({ resource, namespace, name });
  switch (write.kind) {
    case 'createReplicaSet':
      return at(replicaSets, write.object.metadata.name ?? '');
    case 'scaleReplicaSet':
    case 'annotateReplicaSet':
      return at(replicaSets, write.name);
    case 'createService':
      return at(services, write.object.metadata.name ?? '');
    case 'deleteService':
      return at(services, write.name);
    case 'createAnalysisRun':
      return at(analysisRuns, write.object.metadata.name ?? '');
    case 'terminateAnalysisRun':
      return at(analysisRuns, write.name);
    case 'patchStatus':
      return at(experiments, own);
    default:
      return assertNever(write);
  }
}

function assertNever(write: never): never {
  throw new Error(`no such write: ${JSON.stringify(write)}`);
}
