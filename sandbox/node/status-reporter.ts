// Writes a pod's status whenever it changed, one patch at a time: changes that come while one is under way go together
// into the next. Only what differs from the last report is sent; conditions of others are never touched.

import type { Condition, Pod } from '../../controller/api/kubernetes-types.ts';
import { isEqualJson } from '../../controller/lang/merge-patch.ts';
import type { Clock, TimerHandle } from '../../controller/lang/time.ts';
import { type KubeClient, statusOf } from '../machinery/client.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { makePodStatus, type PodRecord, type ReportedStatus } from './pod-status.ts';

export interface StatusReporterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** The newest known version. */
  pod(): Pod;
  record(): PodRecord;
  report(problem: Error): void;
}

const writeAgainMs = 1000;

export class StatusReporter {
  readonly #options: StatusReporterOptions;
  #sent: ReportedStatus | undefined;
  #writing = false;
  #dirty = false;
  #stopped = false;
  #retry: TimerHandle | undefined;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  changed(): void {
    this.#dirty = true;
    if (this.#writing || this.#stopped) return;
    this.#writing = true;
    void this.#writeAll();
  }

  /** No further report; `write` may still be called for a last one. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
  }

  async write(): Promise<void> {
    const { client, clock, pod, record } = this.#options;
    const status = makePodStatus(
      pod(),
      record(),
      this.#sent?.conditions ?? pod().status?.conditions ?? [],
      clock.now(),
    );
    const patch = differences(this.#sent, status);
    if (patch === undefined) return;
    const { namespace, name = '', uid } = pod().metadata;
    const body = { metadata: { uid }, status: patch };
    await client.patch<Pod>(resources.pods, namespace, name, body, 'status', 'strategic-merge');
    this.#sent = status;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#dirty && !this.#stopped) {
        this.#dirty = false;
        await this.write();
      }
    } catch (problem) {
      this.#failed(problem);
    }
    this.#writing = false;
  }

  #failed(problem: unknown): void {
    const status = statusOf(problem);
    if (status === 404 || status === 409 || this.#stopped) return; // the pod is gone, or another of its name came
    const { clock, pod, report } = this.#options;
    report(new Error(`status of pod ${keyOf(pod())}: ${(problem as Error).message}`, { cause: problem }));
    this.#retry = clock.schedule(writeAgainMs, () => this.changed());
  }
}

/** Conditions are merged by their type, so that those of others (readiness gates, DisruptionTarget) stay. */
function differences(before: ReportedStatus | undefined, now: ReportedStatus): Record<string, unknown> | undefined {
  const changed = Object.entries(now).filter(
    ([field, value]) => !isEqualJson(before?.[field as keyof ReportedStatus], value),
  );
  if (changed.length === 0) return undefined;
  const patch: Record<string, unknown> = Object.fromEntries(changed);
  if (patch.conditions !== undefined) {
    patch.conditions = now.conditions
      .filter((condition) => !isEqualJson(conditionOf(before, condition.type), condition))
      .map((condition) => ({ reason: null, message: null, ...condition }));
  }
  return patch;
}

function conditionOf(status: ReportedStatus | undefined, type: string): Condition | undefined {
  return status?.conditions.find((condition) => condition.type === type);
}
