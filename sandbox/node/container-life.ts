// The life of one container of a pod: image → (hook) → running → ready → ended → again, with the kubelet's waits, events
// and texts. What is common to the containers of a pod is pod-life.ts; how they are reported is pod-status.ts.

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import type { Clock } from '../../controller/lang/time.ts';
import { keyOf } from '../machinery/resources.ts';
import { backOffMessage, crashBackOffMs, forgivesCrashes, pullBackOffMs } from './back-off.ts';
import { ContainerProbes } from './container-probes.ts';
import { type ImageStore, isAlwaysPulled, pulledMessage, pullProblem } from './images.ts';
import type { NodeTimes } from './node.ts';
import type { ContainerLogs } from './pod-logs.ts';
import type { ContainerRecord, ContainerState, Ended } from './pod-status.ts';
import { hookMsOf, killMsOf } from './pod-times.ts';
import type { ProbeAction, ProbeAnswer, ProbeKind } from './probe.ts';
import { crashOf, type Exit, exitOf, type PodScript, processStartMs } from './script.ts';

/** What a container needs of its pod. */
export interface ContainerHost {
  readonly script: PodScript;
  readonly times: NodeTimes;
  readonly clock: Clock;
  readonly logs: ContainerLogs;
  readonly images: ImageStore;
  /** The newest known version. */
  pod(): Pod;
  /** The pod ends or is gone: nothing begins any more. */
  isEnding(): boolean;
  /** Pulls and starts this container. */
  launch(life: ContainerLife): void;
  ask(container: string, action: ProbeAction, timeoutMs: number): ProbeAnswer | Promise<ProbeAnswer>;
  changed(): void;
  /** A process has ended; where no other is left, the pod's is over. */
  processEnded(): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string, container: string): void;
  after(delayMs: number, run: () => void): void;
}

/** Of a process that was ended by SIGKILL. */
export const killedCode = 137;
/** Of one that SIGTERM ended. */
const terminatedCode = 143;
/** From the end of a process to the kubelet's noticing it. */
const noticeMs = 1000;

export class ContainerLife {
  readonly #host: ContainerHost;
  readonly #index: number;
  #record: ContainerRecord;
  #probes: ContainerProbes | undefined;
  #pullAttempts = 0;
  /** When the image was asked for. */
  #pullingSince: number | undefined;
  #inHook = false;

  constructor(host: ContainerHost, index: number, record: ContainerRecord) {
    this.#host = host;
    this.#index = index;
    this.#record = record;
    // It has run on this node before.
    if (record.state.is !== 'waiting' || record.last !== undefined) host.images.add(record.container.image ?? '');
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  get isRunning(): boolean {
    return this.#record.state.is === 'running';
  }

  /** Whether it needs the pod's process: it runs, or is about to. */
  get isBusy(): boolean {
    return this.isRunning || this.#inHook;
  }

  /** Says that the image is on its way, where the node does not have it. */
  announce(): void {
    const { image = '', imagePullPolicy } = this.#record.container;
    const isPulled = isAlwaysPulled(image, imagePullPolicy) || !this.#host.images.has(image);
    if (isPulled && pullProblem(image, imagePullPolicy) === undefined) this.#pulling(image);
  }

  /** Whether the image is there; if it is not, it is tried again by itself. */
  pull(): boolean {
    const { images, clock } = this.#host;
    const container = this.#host.pod().spec.containers[this.#index] ?? this.#record.container;
    const { image = '', imagePullPolicy } = container;
    this.#record = { ...this.#record, container };
    const problem = pullProblem(image, imagePullPolicy);
    if (problem !== undefined) {
      if (problem.reason === 'ErrImagePull') this.#pulling(image);
      this.#event('Warning', problem.event.reason, problem.event.message);
      this.#event('Warning', 'Failed', `Error: ${problem.reason}`);
      this.#setState({ is: 'waiting', reason: problem.reason, message: problem.message });
      if (problem.reason === 'ErrImagePull') this.#pullLater(image, problem.message);
      return false;
    }
    this.#pullAttempts = 0;
    const isAsked = this.#pullingSince !== undefined;
    const isPulled = isAsked || isAlwaysPulled(image, imagePullPolicy) || !images.has(image);
    images.add(image);
    if (isPulled && !isAsked) this.#pulling(image);
    const took = Math.max(1, Math.round(clock.now() - (this.#pullingSince ?? clock.now())));
    this.#pullingSince = undefined;
    const present = `Container image "${image}" already present on machine and can be accessed by the pod`;
    this.#event('Normal', 'Pulled', isPulled ? pulledMessage(image, took) : present);
    return true;
  }

  #pulling(image: string): void {
    this.#pullingSince = this.#host.clock.now();
    this.#event('Normal', 'Pulling', `Pulling image "${image}"`);
  }

  /** ErrImagePull turns into ImagePullBackOff until the next attempt. */
  #pullLater(image: string, why: string): void {
    const waits = pullBackOffMs(this.#pullAttempts++);
    this.#host.after(waits.shown, () => {
      const text = `Back-off pulling image "${image}"`;
      this.#setState({ is: 'waiting', reason: 'ImagePullBackOff', message: `${text}: ErrImagePull: ${why}` });
      this.#event('Normal', 'BackOff', text);
      this.#event('Warning', 'Failed', 'Error: ImagePullBackOff');
      this.#host.changed();
    });
    this.#host.after(waits.next, () => this.#host.launch(this));
  }

  /** The process has begun. Until its hook is done the container does not count as running. */
  started(): void {
    this.#event('Normal', 'Created', 'Container created');
    this.#event('Normal', 'Started', 'Container started');
    const hook = hookMsOf(this.#record.container, 'postStart');
    if (hook === undefined) return this.#running(false);
    this.#inHook = true;
    this.#host.after(hook.afterMs, () => {
      this.#inHook = false;
      this.#running(false);
      if (hook.code !== 0) this.#kill('Warning', 'FailedPostStartHook', 'PostStartHook failed');
      this.#host.changed();
    });
  }

  couldNotStart(problem: Error): void {
    this.#setState({ is: 'waiting', reason: 'RunContainerError', message: problem.message });
    this.#event('Warning', 'Failed', `Error: ${problem.message}`);
  }

  /** It ran before the node was started anew, and runs still. */
  resume(): void {
    this.#running(true);
  }

  /** It had ended before the node was started anew. */
  resumeEnd(): void {
    const { state } = this.#record;
    if (state.is === 'ended' && this.#restarts(state.ended.code)) this.#restartLater(state.ended, 0);
  }

  #running(takenOver: boolean): void {
    const { script, clock } = this.#host;
    const record = this.#record;
    const before = record.state.is === 'running' && takenOver ? record.state : undefined;
    const startedAt = before?.startedAt ?? clock.now();
    const { name } = record.container;
    const probes = new ContainerProbes({
      container: record.container,
      script,
      clock,
      startedAt,
      ...(before !== undefined && { before: { ready: before.ready } }),
      ask: (action, timeoutMs) => this.#host.ask(name, action, timeoutMs),
      changed: () => this.#probed(probes),
      unhealthy: (kind, message) => this.#unhealthy(kind, message),
      kill: (kind) => this.#kill('Normal', 'Killing', `Container ${name} failed ${kind} probe, will be restarted`),
    });
    this.stop();
    this.#probes = probes;
    this.#setState({ is: 'running', startedAt, ready: false, started: false });
    probes.start();
    this.#probed(probes);
    const exit = this.#exit();
    if (exit === undefined) return;
    const endsAt = startedAt + processStartMs + exit.afterMs;
    this.#host.after(Math.max(0, endsAt - clock.now()), () => {
      if (this.#isSince(startedAt)) this.ended(exit.code);
    });
  }

  #isSince(startedAt: number): boolean {
    const { state } = this.#record;
    return state.is === 'running' && state.startedAt === startedAt;
  }

  #probed(probes: ContainerProbes): void {
    const { state } = this.#record;
    if (state.is !== 'running' || this.#probes !== probes) return;
    if (state.ready === probes.ready && state.started === probes.started) return;
    this.#setState({ ...state, ready: probes.ready, started: probes.started });
    this.#host.changed();
  }

  #unhealthy(kind: ProbeKind, message: string): void {
    const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    this.#event('Warning', 'Unhealthy', `${name} probe failed: ${message}`);
  }

  /** The spec names another image: the container is replaced in its pod. */
  replaceIfChanged(): void {
    const wanted = this.#host.pod().spec.containers[this.#index]?.image;
    const { container } = this.#record;
    if (wanted === container.image || !this.isRunning) return;
    this.#kill('Normal', 'Killing', `Container ${container.name} definition changed, will be restarted`);
    this.#record = { ...this.#record, container: { ...container, ...(wanted !== undefined && { image: wanted }) } };
  }

  /** Asked to end; gone after its hook and a moment, at most its grace period, and then started again at once. */
  #kill(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { state, container } = this.#record;
    if (state.is !== 'running' || this.#host.isEnding()) return;
    this.#event(type, reason, message);
    this.stop();
    const { script, times } = this.#host;
    this.#host.after(killMsOf(this.#host.pod(), container, script, times), () => {
      if (this.#isSince(state.startedAt)) this.ended(killedCode, 0);
    });
  }

  stop(): void {
    this.#probes?.stop();
    this.#probes = undefined;
  }

  #exit(): Exit | undefined {
    const { script } = this.#host;
    const { container, restartCount } = this.#record;
    if (script.exitAfterMs !== undefined && restartCount < (script.exitCount ?? Number.POSITIVE_INFINITY)) {
      return { afterMs: script.exitAfterMs, code: script.exitCode ?? 1 };
    }
    return exitOf(container) ?? crashOf(container.image ?? '');
  }

  /** The process has ended; it is started again, as the pod's policy says, once that is noticed. */
  ended(code: number, noticedAfterMs = noticeMs): void {
    const ended = this.finish(code);
    if (ended === undefined) return;
    const { logs } = this.#host;
    logs.append(keyOf(this.#host.pod()), this.#record.container.name, `exited with code ${code}`);
    this.#host.processEnded();
    if (this.#restarts(code) && !this.#host.isEnding()) this.#restartLater(ended, noticedAfterMs);
    this.#host.changed();
  }

  /** The pod ends. A command that would have ended by itself does not hear SIGTERM and succeed. */
  endWithPod(killed: boolean): void {
    const isCommand = exitOf(this.#record.container) !== undefined;
    this.finish(killed ? killedCode : isCommand ? terminatedCode : 0);
  }

  /** It runs no more, and is not started again. */
  finish(code: number): Ended | undefined {
    const { state } = this.#record;
    if (state.is !== 'running') return undefined;
    this.stop();
    const ended = { code, startedAt: state.startedAt, endedAt: this.#host.clock.now() };
    this.#setState({ is: 'ended', ended });
    return ended;
  }

  #restarts(code: number): boolean {
    const policy = (this.#host.pod().spec.restartPolicy as string | undefined) ?? 'Always';
    return policy === 'Always' || (policy === 'OnFailure' && code !== 0);
  }

  #restartLater(last: Ended, noticedAfterMs: number): void {
    const { container } = this.#record;
    const crashCount = forgivesCrashes(last) ? 0 : this.#record.crashCount;
    const waitMs = crashBackOffMs(crashCount);
    this.#record = { ...this.#record, last, crashCount: crashCount + 1 };
    if (waitMs > 0) this.#host.after(noticedAfterMs, () => this.#backOff(waitMs, container.name));
    this.#host.after(Math.max(waitMs, noticedAfterMs), () => {
      this.#record = { ...this.#record, restartCount: this.#record.restartCount + 1 };
      this.#host.logs.restarted(keyOf(this.#host.pod()), container.name);
      this.#host.launch(this);
    });
  }

  #backOff(waitMs: number, container: string): void {
    const pod = this.#host.pod();
    this.#setState({ is: 'waiting', reason: 'CrashLoopBackOff', message: backOffMessage(waitMs, container, pod) });
    const where = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
    this.#event('Warning', 'BackOff', `Back-off restarting failed container ${container} in pod ${where}`);
    this.#host.changed();
  }

  #setState(state: ContainerState): void {
    this.#record = { ...this.#record, state };
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#host.event(type, reason, message, this.#record.container.name);
  }
}

/** What a container is before anything happened to it. */
export function newRecord(container: Container): ContainerRecord {
  const message = `ContainerCreating: ${container.image}`;
  const state = { is: 'waiting', reason: 'ContainerCreating', message } as const;
  return { container, state, restartCount: 0, crashCount: 0, last: undefined };
}
