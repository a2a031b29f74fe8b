// The life of one container of a pod: image → (hook) → running → ready → ended → again, with the kubelet's waits, events
// and texts. What is common to the containers of a pod is pod-life.ts; what tells them apart is container-role.ts; how
// they are reported is pod-status.ts.

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import type { Clock } from '../../controller/lang/time.ts';
import { keyOf } from '../machinery/resources.ts';
import { backOffMessage, crashBackOffMs, forgivesCrashes } from './back-off.ts';
import { type Exit, exitOf, playOf, processStartMs } from './command.ts';
import { ContainerProbes } from './container-probes.ts';
import { containersOf, endOf, fieldPathOf, isRestarted, type Role } from './container-role.ts';
import { ImagePull } from './image-pull.ts';
import type { ImageStore } from './images.ts';
import type { ContainerLogs } from './pod-logs.ts';
import type { ContainerRecord, ContainerState, Ended } from './pod-status.ts';
import { hookMsOf, killMsOf, type NodeTimes } from './pod-times.ts';
import type { ProbeAction, ProbeAnswer, ProbeKind } from './probe.ts';
import type { PodScript } from './script.ts';

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
  /** It runs now, or has ended; where no other is left, the pod's process is over. */
  turned(life: ContainerLife): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string, fieldPath: string): void;
  after(delayMs: number, run: () => void): void;
}

/** Of a process that was ended by SIGKILL. */
export const killedCode = 137;
/** Of one that SIGTERM ended. */
const terminatedCode = 143;
/** From the end of a process to the kubelet's noticing it. */
const noticeMs = 1000;

export class ContainerLife {
  readonly role: Role;
  readonly #host: ContainerHost;
  readonly #index: number;
  readonly #image: ImagePull;
  #record: ContainerRecord;
  #probes: ContainerProbes | undefined;
  #inHook = false;

  /** `index`: its place among the containers, or among the init containers. */
  constructor(host: ContainerHost, role: Role, index: number, record: ContainerRecord) {
    this.role = role;
    this.#host = host;
    this.#index = index;
    this.#record = record;
    this.#image = new ImagePull({
      clock: host.clock,
      images: host.images,
      event: (type, reason, message) => this.#event(type, reason, message),
      after: (delayMs, run) => host.after(delayMs, run),
      waits: (reason, message) => {
        this.#setState({ is: 'waiting', reason, message });
        host.changed();
      },
      again: () => host.launch(this),
    });
    // It has run on this node before.
    if (record.state.is !== 'waiting' || record.last !== undefined) host.images.add(record.container.image ?? '');
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  get isRunning(): boolean {
    return this.#record.state.is === 'running';
  }

  /** Nothing was done for it yet. */
  get isUntouched(): boolean {
    const { state, last } = this.#record;
    return state.is === 'waiting' && last === undefined && /^(?:PodInitializing|ContainerCreating)$/.test(state.reason);
  }

  /** Whether it needs the pod's process: it runs, or is about to. */
  get isBusy(): boolean {
    return this.isRunning || this.#inHook;
  }

  announce(): void {
    this.#image.announce(this.#record.container);
  }

  /** Whether the image is there; if it is not, it is tried again by itself. */
  pull(): boolean {
    const container = this.#newest() ?? this.#record.container;
    this.#record = { ...this.#record, container };
    return this.#image.take(container);
  }

  #newest(): Container | undefined {
    return containersOf(this.#host.pod(), this.role)[this.#index];
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
    if (state.is === 'ended' && isRestarted(this.#host.pod(), this.role, state.ended.code)) {
      this.#restartLater(state.ended, 0);
    }
  }

  #running(takenOver: boolean): void {
    const { clock } = this.#host;
    const { state } = this.#record;
    const before = state.is === 'running' && takenOver ? state : undefined;
    const startedAt = before?.startedAt ?? clock.now();
    this.stop();
    if (this.role === 'main') this.#probe(startedAt, before);
    else this.#setState({ is: 'running', startedAt, ready: this.role === 'sidecar', started: true });
    this.#host.turned(this);
    if (before === undefined) this.#write(startedAt);
    const exit = this.#exit();
    if (exit === undefined) return;
    const endsAt = startedAt + processStartMs + exit.afterMs;
    this.#host.after(Math.max(0, endsAt - clock.now()), () => {
      if (this.#isSince(startedAt)) this.ended(exit.code);
    });
  }

  /** What its command says, when it says it. */
  #write(startedAt: number): void {
    const { container } = this.#record;
    for (const { afterMs, text } of playOf(container).lines) {
      const write = (): void => this.#host.logs.append(keyOf(this.#host.pod()), container.name, text);
      if (afterMs === 0) write();
      else this.#host.after(processStartMs + afterMs, () => this.#isSince(startedAt) && write());
    }
  }

  #probe(startedAt: number, before: { readonly ready: boolean } | undefined): void {
    const { script, clock } = this.#host;
    const { container } = this.#record;
    const { name } = container;
    const probes = new ContainerProbes({
      container,
      script,
      clock,
      startedAt,
      ...(before !== undefined && { before: { ready: before.ready } }),
      ask: (action, timeoutMs) => this.#host.ask(name, action, timeoutMs),
      changed: () => this.#probed(probes),
      unhealthy: (kind, message) => this.#unhealthy(kind, message),
      kill: (kind) => this.#kill('Normal', 'Killing', `Container ${name} failed ${kind} probe, will be restarted`),
    });
    this.#probes = probes;
    this.#setState({ is: 'running', startedAt, ready: false, started: false });
    probes.start();
    this.#probed(probes);
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
    const wanted = this.#newest()?.image;
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
    if (
      this.role === 'main' &&
      script.exitAfterMs !== undefined &&
      restartCount < (script.exitCount ?? Number.POSITIVE_INFINITY)
    ) {
      return { afterMs: script.exitAfterMs, code: script.exitCode ?? 1 };
    }
    return endOf(container, this.role);
  }

  /** The process has ended; it is started again, as the pod's policy says, once that is noticed. */
  ended(code: number, noticedAfterMs = noticeMs): void {
    const ended = this.finish(code);
    if (ended === undefined) return;
    this.#host.turned(this);
    const { isEnding, pod } = this.#host;
    if (isRestarted(pod(), this.role, code) && !isEnding()) this.#restartLater(ended, noticedAfterMs);
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
    this.#host.event(type, reason, message, fieldPathOf(this.#record.container.name, this.role));
  }
}
