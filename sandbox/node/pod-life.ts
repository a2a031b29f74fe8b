// The life of one pod on its node: its init containers run one after another, then its containers (container-life.ts)
// start together, run on, and end together when the pod is deleted or its time is over. Every change of state is made at once and reported by one status patch;
// what the API server says of the pod comes in by `observe`.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { isEqualJson } from '../../controller/lang/merge-patch.ts';
import type { Clock, EpochMillis } from '../../controller/lang/time.ts';
import { type KubeClient, statusOf } from '../machinery/client.ts';
import type { EventRecorder } from '../machinery/events.ts';
import { isTerminating } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { Timers } from '../machinery/timers.ts';
import { parseTime } from '../machinery/times.ts';
import { type ContainerHost, ContainerLife, killedCode } from './container-life.ts';
import { fieldPathOf, roleOf } from './container-role.ts';
import type { ImageStore } from './images.ts';
import type { ContainerLogs } from './pod-logs.ts';
import { isDone, type PodRecord } from './pod-status.ts';
import { endMsOf, hookMsOf, type NodeTimes, startDelayMsOf } from './pod-times.ts';
import { ProcessHandle } from './process-handle.ts';
import type { PodContext, PodRuntime } from './runtime.ts';
import type { PodScript } from './script.ts';
import { StatusReporter } from './status-reporter.ts';
import { newRecords, recordsBefore } from './take-over.ts';

export interface PodLifeOptions {
  readonly pod: Pod;
  readonly podIP: string;
  readonly script: PodScript;
  readonly times: NodeTimes;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly runtime: PodRuntime;
  readonly images: ImageStore;
  readonly logs: ContainerLogs;
  readonly events: EventRecorder;
  report(problem: Error): void;
}

const endAgainMs = 1000;

export class PodLife {
  readonly #options: PodLifeOptions;
  readonly #boundAt: EpochMillis;
  readonly #reporter: StatusReporter;
  readonly #timers: Timers;
  readonly #inits: readonly ContainerLife[];
  readonly #containers: readonly ContainerLife[];
  #pod: Pod;
  readonly #process: ProcessHandle;
  #failure: PodRecord['failure'];
  #ending = false;
  /** When the deletion was seen, and when what still runs is killed. */
  #endingSince: EpochMillis = 0;
  #killAt: EpochMillis = 0;
  #over = false;

  constructor(options: PodLifeOptions) {
    this.#options = options;
    const { pod, clock, script, times } = options;
    this.#pod = pod;
    this.#timers = new Timers(clock);
    this.#boundAt = parseTime(pod.status?.startTime) ?? clock.now();
    this.#reporter = new StatusReporter({ ...options, pod: () => this.#pod, record: () => this.#record() });
    this.#process = this.#makeProcess();
    const host = this.#makeHost();
    const known = recordsBefore(pod);
    const { inits, containers } = known ?? newRecords(pod);
    this.#inits = inits.map((record, index) => new ContainerLife(host, roleOf(record.container), index, record));
    this.#containers = containers.map((record, index) => new ContainerLife(host, 'main', index, record));
    if (isTerminating(pod)) this.#terminate();
    else if (known !== undefined) this.#takeOver();
    else {
      const startDelayMs = startDelayMsOf(pod, script, times);
      // Not at once: the scheduler's event comes first.
      if (!this.#hasImages()) this.#timers.after(0, () => this.#announce());
      this.#timers.after(startDelayMs, () => this.#prepare());
    }
    this.#limitTime();
    this.#changed();
  }

  get uid(): string | undefined {
    return this.#pod.metadata.uid;
  }

  get podIP(): string {
    return this.#options.podIP;
  }

  /** A newer version of the pod. */
  observe(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    if (isTerminating(pod)) {
      const shortened = pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp;
      if (!isTerminating(before)) this.#terminate();
      else if (shortened) this.#endAfterGrace(this.#graceMs());
      return;
    }
    if (pod.spec !== before.spec) for (const container of this.#containers) container.replaceIfChanged();
    // A readiness gate may have opened.
    if (!isEqualJson(before.status?.conditions, pod.status?.conditions)) this.#changed();
  }

  /** The pod is gone from the API server, or the node stops: nothing is written any more. */
  async forget(): Promise<void> {
    this.#over = true;
    this.#reporter.stop();
    this.#stopAll();
    await this.#process.stop();
  }

  /** A fault: the pod's containers end now with this code. */
  crash(code: number): void {
    if (!this.#over) for (const container of this.#containers) container.ended(code);
  }

  #makeProcess(): ProcessHandle {
    const { runtime, logs, script, podIP } = this.#options;
    const context: PodContext = {
      podIP,
      script,
      log: (container, line) => logs.append(keyOf(this.#pod), container, line),
      ended: (container, code) =>
        this.#containers.find(({ record }) => record.container.name === container)?.ended(code),
    };
    const isWanted = (): boolean => !this.#over && !this.#ending;
    return new ProcessHandle({ runtime, context, pod: () => this.#pod, isWanted });
  }

  #makeHost(): ContainerHost {
    const { script, times, clock, logs, images } = this.#options;
    return {
      script,
      times,
      clock,
      logs,
      images,
      pod: () => this.#pod,
      isEnding: () => this.#ending || this.#over,
      launch: (life) => (life.role === 'main' ? this.#launch([life]) : this.#launchInit(life)),
      ask: (container, action, timeoutMs) => this.#process.probe(container, action, timeoutMs),
      changed: () => this.#changed(),
      turned: (life) => {
        if (life.role !== 'main') this.#prepareFrom(life);
        else if (!this.#containers.some(({ isBusy }) => isBusy)) this.#stopSoon();
      },
      event: (type, reason, message, fieldPath) => this.#event(type, reason, message, fieldPath),
      after: (delayMs, run) => this.#timers.after(delayMs, run),
    };
  }

  /** The next init container that is not done; when there is none, the containers. */
  #prepare(): void {
    const next = this.#inits.find(({ record }) => !isDone(record));
    if (next === undefined) this.#launch(this.#containers);
    else this.#launchInit(next);
  }

  #launchInit(life: ContainerLife): void {
    if (life.pull()) life.started();
    this.#changed();
  }

  /** This init container runs or has ended: the next one comes when it is done for the first time. */
  #prepareFrom({ record }: ContainerLife): void {
    const isFirst = this.#containers.every((one) => one.isUntouched);
    if (isDone(record) && isFirst && !this.#over && !this.#ending) this.#prepare();
  }

  #hasImages(): boolean {
    return this.#pod.spec.containers.every(({ image = '' }) => this.#options.images.has(image));
  }

  #announce(): void {
    for (const container of this.#containers) container.announce();
  }

  /** Starts those whose image is there; the others come again by themselves. */
  #launch(lives: readonly ContainerLife[]): void {
    const pulled = lives.filter((life) => life.pull());
    if (pulled.length < lives.length) this.#changed();
    if (pulled.length === 0) return;
    this.#run(
      () => pulled,
      (life) => life.started(),
    );
  }

  /** Starts the pod's process, where it does not run, and then these containers. */
  #run(lives: () => readonly ContainerLife[], begin: (life: ContainerLife) => void): void {
    this.#process.start().then(
      () => {
        if (this.#over || this.#ending) return;
        for (const life of lives()) begin(life);
        this.#changed();
      },
      (problem: Error) => {
        this.#options.report(new Error(`pod ${keyOf(this.#pod)} cannot run: ${problem.message}`, { cause: problem }));
        for (const life of lives()) life.couldNotStart(problem);
        this.#changed();
      },
    );
  }

  /** The node was started anew: what ran goes on, what waited is tried again. */
  #takeOver(): void {
    const running = this.#containers.filter(({ isRunning }) => isRunning);
    const waiting = this.#containers.filter(({ record }) => record.state.is === 'waiting');
    for (const container of this.#all()) container.resumeEnd();
    for (const init of this.#inits) if (init.isRunning) init.resume();
    if (running.length > 0)
      this.#run(
        () => running,
        (life) => life.resume(),
      );
    if (waiting.length > 0) this.#timers.after(running.length > 0 ? endAgainMs : 0, () => this.#launch(waiting));
  }

  /** activeDeadlineSeconds: the pod fails when its time is over. */
  #limitTime(): void {
    const seconds = this.#pod.spec.activeDeadlineSeconds as number | undefined;
    if (seconds === undefined || this.#ending) return;
    this.#timers.after(Math.max(0, this.#boundAt + seconds * 1000 - this.#options.clock.now()), () => {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#event('Normal', 'DeadlineExceeded', message);
      this.#failure = { reason: 'DeadlineExceeded', message };
      this.#stopAll();
      for (const container of this.#all()) container.finish(killedCode);
      this.#stopSoon();
      this.#changed();
    });
  }

  #terminate(): void {
    this.#ending = true;
    this.#reporter.stop();
    this.#stopAll();
    this.#process.drain();
    for (const { record, role, isRunning } of this.#all()) {
      const { name } = record.container;
      if (isRunning) this.#event('Normal', 'Killing', `Stopping container ${name}`, fieldPathOf(name, role));
    }
    this.#endingSince = this.#options.clock.now();
    this.#endAfterGrace(this.#graceMs());
  }

  /** The API server's time of the end is cut to the second: whoever sees the deletion counts by itself. */
  #graceMs(): number {
    return (this.#pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
  }

  #endAfterGrace(graceMs: number): void {
    this.#timers.clear();
    const now = this.#options.clock.now();
    this.#killAt = now + graceMs;
    for (const { record, isRunning } of this.#containers) {
      const hook = isRunning ? hookMsOf(record.container, 'preStop') : undefined;
      if (hook === undefined || hook.code === 0) continue;
      const failsAt = this.#endingSince + hook.afterMs;
      if (failsAt < now) continue; // it was told
      this.#timers.after(failsAt - now, () =>
        this.#event('Warning', 'FailedPreStopHook', 'PreStopHook failed', fieldPathOf(record.container.name, 'main')),
      );
    }
    const doneAt = this.#endingSince + endMsOf(this.#pod, this.#options.script, this.#options.times);
    this.#timers.after(Math.max(0, Math.min(this.#killAt, doneAt) - now), () => {
      this.#end(doneAt > this.#killAt).catch((problem: unknown) => {
        this.#options.report(new Error(`pod ${keyOf(this.#pod)} does not end: ${(problem as Error).message}`));
        if (!this.#over) this.#timers.after(endAgainMs, () => this.#endAfterGrace(0));
      });
    });
  }

  async #end(killed: boolean): Promise<void> {
    const { client, clock } = this.#options;
    await this.#process.stop(Math.max(0, this.#killAt - clock.now()));
    if (this.#over) return;
    for (const container of this.#all()) container.endWithPod(killed);
    const { namespace, name = '', uid = '', finalizers = [] } = this.#pod.metadata;
    if (finalizers.length > 0) await this.#reporter.write(); // it stays for a while, and should say that it is over
    const preconditions = { uid };
    try {
      await client.delete(resources.pods, namespace, name, { gracePeriodSeconds: 0, preconditions });
    } catch (problem) {
      if (statusOf(problem) !== 404 && statusOf(problem) !== 409) throw problem;
    }
  }

  #stopAll(): void {
    this.#timers.clear();
    for (const container of this.#all()) container.stop();
  }

  #stopSoon(): void {
    this.#process.stop().catch((problem: Error) => this.#options.report(problem));
  }

  #changed(): void {
    if (!this.#over && !this.#ending) this.#reporter.changed();
  }

  #all(): readonly ContainerLife[] {
    return [...this.#inits, ...this.#containers];
  }

  #record(): PodRecord {
    const [inits = [], containers = []] = [this.#inits, this.#containers].map((lives) =>
      lives.map(({ record }) => record),
    );
    const { podIP } = this.#options;
    return { boundAt: this.#boundAt, podIP, inits, containers, ...(this.#failure && { failure: this.#failure }) };
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    const about = { apiVersion: 'v1', kind: 'Pod', metadata: this.#pod.metadata };
    this.#options.events.event(about, type, reason, message, fieldPath);
  }
}
