// The life of one pod on the node: created → running → ready → (ended, restarted …) → terminating → gone. Every change
// of state is made at once and reported by one status patch; what the API server says of the pod comes in by `observe`.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { isEqualJson } from '../../controller/lang/merge-patch.ts';
import type { Clock, EpochMillis, TimerHandle } from '../../controller/lang/time.ts';
import { type KubeClient, statusOf } from '../machinery/client.ts';
import type { EventRecorder } from '../machinery/events.ts';
import { isTerminating } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { parseTime } from '../machinery/times.ts';
import { backOffMessage, crashBackOffMs, forgivesCrashes, pullBackOffMs, pullProblem } from './back-off.ts';
import { ContainerProbes } from './container-probes.ts';
import type { NodeTimes } from './node.ts';
import type { ContainerLogs } from './pod-logs.ts';
import type { ContainerRecord, ContainerState, PodRecord } from './pod-status.ts';
import { graceMsOf, hookMsOf, killMsOf, startDelayMsOf } from './pod-times.ts';
import type { ProbeKind } from './probe.ts';
import type { PodProcess, PodRuntime } from './runtime.ts';
import { crashOf, exitOf, type PodScript, processStartMs, pullOf } from './script.ts';
import { StatusReporter } from './status-reporter.ts';
import { recordsBefore, wasPlayed } from './take-over.ts';

export interface PodLifeOptions {
  readonly pod: Pod;
  readonly podIP: string;
  readonly script: PodScript;
  readonly times: NodeTimes;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly runtime: PodRuntime;
  readonly logs: ContainerLogs;
  readonly events: EventRecorder;
  report(problem: Error): void;
}

const endAgainMs = 1000;
/** Of a process that was ended by SIGKILL. */
const killedCode = 137;

export class PodLife {
  readonly #options: PodLifeOptions;
  readonly #boundAt: EpochMillis;
  readonly #reporter: StatusReporter;
  readonly #timers = new Set<TimerHandle>();
  #pod: Pod;
  #containers: ContainerRecord[];
  readonly #probes = new Map<number, ContainerProbes>();
  #process: PodProcess | undefined;
  #pullAttempts = 0;
  #ending = false;
  #over = false;

  constructor(options: PodLifeOptions) {
    this.#options = options;
    this.#pod = options.pod;
    this.#boundAt = parseTime(options.pod.status?.startTime) ?? options.clock.now();
    this.#reporter = new StatusReporter({ ...options, pod: () => this.#pod, record: () => this.#record() });
    this.#containers = options.pod.spec.containers.map((container) => ({
      container,
      state: waiting('ContainerCreating', `ContainerCreating: ${container.image}`),
      restartCount: 0,
      crashCount: 0,
      last: undefined,
    }));
    if (wasPlayed(options.pod)) this.#takeOver();
    else if (isTerminating(options.pod)) this.#terminate();
    else this.#after(startDelayMsOf(options.pod, options.script, options.times), () => this.#launch());
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
      else if (shortened) this.#endAfterGrace();
    } else if (!isEqualJson(before.status?.conditions, pod.status?.conditions)) {
      this.#changed(); // a readiness gate may have opened
    }
  }

  /** The node was started anew: what ran goes on, what waited is tried again. */
  #takeOver(): void {
    this.#containers = recordsBefore(this.#pod);
    if (isTerminating(this.#pod)) return this.#terminate();
    const running = [...this.#containers.keys()].filter((index) => this.#containers[index]?.state.is === 'running');
    const waits = this.#containers.some(({ state }) => state.is === 'waiting');
    for (const [index, { state }] of this.#containers.entries()) {
      if (state.is === 'ended' && this.#restarts(state.ended.code)) this.#restartLater(index, state.ended);
    }
    if (running.length > 0) this.#run(running, true);
    if (waits) this.#after(running.length > 0 ? endAgainMs : 0, () => this.#launch());
  }

  /** The pod is gone from the API server, or the node stops: nothing is written any more. */
  async forget(): Promise<void> {
    this.#over = true;
    this.#reporter.stop();
    this.#clearTimers();
    for (const index of this.#containers.keys()) this.#stopProbes(index);
    await this.#stopProcess();
  }

  /** A fault: the pod's containers end now with this code. */
  crash(code: number): void {
    for (const index of this.#containers.keys()) this.#ended(index, code);
  }

  #launch(): void {
    const pulls = this.#pod.spec.containers.map((container) => pullOf(container.image ?? ''));
    if (pulls.every((pull) => pull === 'ok')) {
      this.#containers = this.#containers.map((record, index) => ({
        ...record,
        container: this.#pod.spec.containers[index] ?? record.container,
      }));
      this.#run([...this.#containers.keys()].filter((index) => this.#containers[index]?.state.is === 'waiting'));
      return;
    }
    for (const [index, pull] of pulls.entries()) {
      if (pull === 'ok') continue;
      const image = this.#pod.spec.containers[index]?.image ?? '';
      const { reason, message } = pullProblem(pull, image);
      this.#setState(index, waiting(reason, message));
      this.#event('Warning', 'Failed', message);
      this.#event('Warning', 'Failed', `Error: ${reason}`);
    }
    this.#changed();
    if (!pulls.includes('invalid')) this.#pullLater(pulls.indexOf('missing'));
  }

  /** ErrImagePull turns into ImagePullBackOff until the next attempt. */
  #pullLater(index: number): void {
    const waits = pullBackOffMs(this.#pullAttempts++);
    const image = this.#pod.spec.containers[index]?.image ?? '';
    this.#after(waits.shown, () => {
      const message = `Back-off pulling image "${image}"`;
      this.#setState(index, waiting('ImagePullBackOff', message));
      this.#event('Normal', 'BackOff', message);
      this.#changed();
    });
    this.#after(waits.next, () => this.#launch());
  }

  /** Starts the pod's process and then calls these containers running. */
  #run(indexes: readonly number[], takenOver = false): void {
    const { runtime, logs, script, podIP, report } = this.#options;
    const log = (container: string, line: string): void => logs.append(keyOf(this.#pod), container, line);
    const ended = (container: string, code: number): void =>
      this.#ended(
        this.#containers.findIndex((record) => record.container.name === container),
        code,
      );
    const started = this.#process === undefined ? runtime.start(this.#pod, { podIP, script, log, ended }) : undefined;
    (started ?? Promise.resolve(this.#process!)).then(
      async (process) => {
        if (this.#over || this.#ending) return process.stop();
        this.#process = process;
        for (const index of indexes) {
          if (takenOver) this.#running(index, true);
          else this.#started(index);
        }
        this.#changed();
      },
      (problem: Error) => {
        report(new Error(`pod ${keyOf(this.#pod)} cannot run: ${problem.message}`, { cause: problem }));
        for (const index of indexes) this.#setState(index, waiting('RunContainerError', problem.message));
        this.#event('Warning', 'Failed', `Error: ${problem.message}`);
        this.#changed();
      },
    );
  }

  #started(index: number): void {
    const { container } = this.#containers[index]!;
    this.#event('Normal', 'Pulled', `Container image "${container.image}" already present on machine`);
    this.#event('Normal', 'Created', `Container created`);
    this.#event('Normal', 'Started', `Container started`);
    // Until its hook is done a container does not count as running, though its process has begun.
    const hook = hookMsOf(container, 'postStart');
    if (hook === undefined) return this.#running(index, false);
    this.#after(hook.afterMs, () => {
      this.#running(index, false);
      if (hook.code !== 0) this.#kill(index, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
      this.#changed();
    });
  }

  #running(index: number, takenOver: boolean): void {
    const { script, clock } = this.#options;
    const record = this.#containers[index]!;
    const before = record.state.is === 'running' && takenOver ? record.state : undefined;
    const startedAt = before?.startedAt ?? clock.now();
    const probes = new ContainerProbes({
      container: record.container,
      script,
      clock,
      startedAt,
      ...(before !== undefined && { before: { ready: before.ready } }),
      ask: (action, timeoutMs) =>
        this.#process?.probe(record.container.name, action, timeoutMs) ?? { ok: false, message: 'not running' },
      changed: () => this.#probed(index, probes),
      unhealthy: (kind, message) => this.#unhealthy(kind, message),
      kill: (kind) => {
        const message = `Container ${record.container.name} failed ${kind} probe, will be restarted`;
        this.#kill(index, 'Normal', 'Killing', message);
      },
    });
    this.#stopProbes(index);
    this.#probes.set(index, probes);
    this.#setState(index, { is: 'running', startedAt, ready: false, started: false });
    probes.start();
    this.#probed(index, probes);
    const exit = this.#exitOf(record);
    if (exit === undefined) return;
    const endsAt = startedAt + processStartMs + exit.afterMs;
    this.#after(Math.max(0, endsAt - clock.now()), () => {
      const { state } = this.#containers[index]!;
      if (state.is === 'running' && state.startedAt === startedAt) this.#ended(index, exit.code);
    });
  }

  #probed(index: number, probes: ContainerProbes): void {
    const { state } = this.#containers[index]!;
    if (state.is !== 'running' || this.#probes.get(index) !== probes) return;
    if (state.ready === probes.ready && state.started === probes.started) return;
    this.#setState(index, { ...state, ready: probes.ready, started: probes.started });
    this.#changed();
  }

  #unhealthy(kind: ProbeKind, message: string): void {
    const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    this.#event('Warning', 'Unhealthy', `${name} probe failed: ${message}`);
  }

  /** The container is asked to end and is gone after its hook and a moment, at most its grace period. */
  #kill(index: number, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { state, container } = this.#containers[index]!;
    if (state.is !== 'running' || this.#ending) return;
    this.#event(type, reason, message);
    this.#stopProbes(index);
    this.#after(killMsOf(this.#pod, container, this.#options.script, this.#options.times), () => {
      const now = this.#containers[index]!.state;
      if (now.is === 'running' && now.startedAt === state.startedAt) this.#ended(index, killedCode);
    });
  }

  #stopProbes(index: number): void {
    this.#probes.get(index)?.stop();
    this.#probes.delete(index);
  }

  #exitOf({
    container,
    restartCount,
  }: ContainerRecord): { readonly afterMs: number; readonly code: number } | undefined {
    const { script } = this.#options;
    if (script.exitAfterMs !== undefined && restartCount < (script.exitCount ?? Number.POSITIVE_INFINITY)) {
      return { afterMs: script.exitAfterMs, code: script.exitCode ?? 1 };
    }
    return exitOf(container) ?? crashOf(container.image ?? '');
  }

  #ended(index: number, code: number): void {
    const { clock, logs } = this.#options;
    const record = this.#containers[index];
    if (record?.state.is !== 'running' || this.#over) return;
    this.#stopProbes(index);
    const ended = { code, startedAt: record.state.startedAt, endedAt: clock.now() };
    this.#setState(index, { is: 'ended', ended });
    logs.append(keyOf(this.#pod), record.container.name, `exited with code ${code}`);
    if (this.#containers.every(({ state }) => state.is !== 'running')) this.#stopSoon();
    if (this.#restarts(code) && !this.#ending) this.#restartLater(index, ended);
    this.#changed();
  }

  #restarts(code: number): boolean {
    const policy = (this.#pod.spec.restartPolicy as string | undefined) ?? 'Always';
    return policy === 'Always' || (policy === 'OnFailure' && code !== 0);
  }

  #restartLater(index: number, last: NonNullable<ContainerRecord['last']>): void {
    const record = this.#containers[index]!;
    const crashCount = forgivesCrashes(last) ? 0 : record.crashCount;
    const waitMs = crashBackOffMs(crashCount);
    this.#containers[index] = { ...record, last, crashCount: crashCount + 1 };
    if (waitMs > 0) {
      const message = backOffMessage(waitMs, record.container.name, this.#pod);
      this.#setState(index, waiting('CrashLoopBackOff', message));
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${record.container.name}`);
    }
    this.#after(waitMs, () => {
      const now = this.#containers[index]!;
      this.#containers[index] = { ...now, restartCount: now.restartCount + 1 };
      this.#options.logs.restarted(keyOf(this.#pod), now.container.name);
      this.#run([index]);
    });
  }

  #terminate(): void {
    this.#ending = true;
    this.#reporter.stop();
    this.#clearTimers();
    for (const index of this.#containers.keys()) this.#stopProbes(index);
    this.#process?.drain();
    for (const { container, state } of this.#containers) {
      if (state.is === 'running') this.#event('Normal', 'Killing', `Stopping container ${container.name}`);
    }
    this.#endAfterGrace();
  }

  #endAfterGrace(): void {
    this.#clearTimers();
    this.#after(graceMsOf(this.#pod, this.#options.script, this.#options.times), () => {
      this.#end().catch((problem: unknown) => {
        this.#options.report(new Error(`pod ${keyOf(this.#pod)} does not end: ${(problem as Error).message}`));
        if (!this.#over) this.#after(endAgainMs, () => this.#endAfterGrace());
      });
    });
  }

  async #end(): Promise<void> {
    const { client, clock } = this.#options;
    const forcedAt = parseTime(this.#pod.metadata.deletionTimestamp) ?? clock.now();
    await this.#stopProcess(Math.max(0, forcedAt - clock.now()));
    if (this.#over) return;
    const endedAt = clock.now();
    this.#containers = this.#containers.map((record) =>
      record.state.is === 'running'
        ? { ...record, state: { is: 'ended', ended: { code: 0, startedAt: record.state.startedAt, endedAt } } }
        : record,
    );
    const { namespace, name = '', uid = '', finalizers = [] } = this.#pod.metadata;
    if (finalizers.length > 0) await this.#reporter.write(); // it stays for a while, and should say that it is over
    const preconditions = { uid };
    try {
      await client.delete(resources.pods, namespace, name, { gracePeriodSeconds: 0, preconditions });
    } catch (problem) {
      if (statusOf(problem) !== 404 && statusOf(problem) !== 409) throw problem;
    }
  }

  #stopSoon(): void {
    this.#stopProcess().catch((problem: Error) => this.#options.report(problem));
  }

  async #stopProcess(graceMs = 0): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.stop(graceMs);
  }

  #setState(index: number, state: ContainerState): void {
    this.#containers[index] = { ...this.#containers[index]!, state };
  }

  #changed(): void {
    if (!this.#over && !this.#ending) this.#reporter.changed();
  }

  #record(): PodRecord {
    return { boundAt: this.#boundAt, podIP: this.#options.podIP, containers: this.#containers };
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const about = { apiVersion: 'v1', kind: 'Pod', metadata: this.#pod.metadata };
    this.#options.events.event(about, type, reason, message);
  }

  #after(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      if (!this.#over) run();
    });
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}

function waiting(reason: string, message: string): ContainerState {
  return { is: 'waiting', reason, message };
}
