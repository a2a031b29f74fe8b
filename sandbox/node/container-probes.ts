// The probes of one run of a container: startup first, then readiness and liveness. `ready` and `started` are what the
// pod's status says; a failed startup or liveness probe asks for the container to be killed.

import type { Container } from '../../controller/api/kubernetes-types.ts';
import type { Clock, EpochMillis, TimerHandle } from '../../controller/lang/time.ts';
import { exitOf } from './command.ts';
import { type ProbeAction, type ProbeAnswer, type ProbeKind, type ProbeSpec, ProbeWorker, readProbe } from './probe.ts';
import type { PodScript } from './script.ts';
import { type Failures, failuresOf, scriptedAnswer } from './script-failures.ts';

export interface ContainerProbesOptions {
  readonly container: Container;
  readonly script: PodScript;
  readonly clock: Clock;
  readonly startedAt: EpochMillis;
  /** What was reported of a container that is taken over from an earlier run of the node. */
  readonly before?: { readonly ready: boolean };
  ask(action: ProbeAction, timeoutMs: number): ProbeAnswer | Promise<ProbeAnswer>;
  changed(): void;
  unhealthy(kind: ProbeKind, message: string): void;
  kill(kind: ProbeKind): void;
}

export class ContainerProbes {
  readonly #options: ContainerProbesOptions;
  readonly #workers: ProbeWorker[] = [];
  #delay: TimerHandle | undefined;
  #ready: boolean;
  #started = false;
  #stopped = false;
  /** Workers that ask their first question within the call that makes them. */
  #startingCount = 0;

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
    this.#ready = options.before?.ready ?? false;
  }

  get ready(): boolean {
    return this.#ready && this.#started;
  }

  get started(): boolean {
    return this.#started;
  }

  /** What needs no time has happened when it returns; `changed` is not called for it. */
  start(): void {
    this.#startingCount++;
    this.#start();
    this.#startingCount--;
  }

  #start(): void {
    const spec = readProbe(this.#options.container, 'startup');
    if (spec === undefined || this.#options.before !== undefined) return this.#begin();
    this.#work('startup', spec, this.#options.startedAt + spec.initialDelayMs, (ok) => {
      if (!ok) return this.#options.kill('startup');
      this.#begin();
      this.#changed();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#delay?.cancel();
    for (const worker of this.#workers) worker.stop();
  }

  /** The container has started: who wants to know whether it is ready and alive may ask. */
  #begin(): void {
    const { container, script, startedAt, clock } = this.#options;
    this.#started = true;
    const liveness = readProbe(container, 'liveness');
    if (liveness !== undefined) {
      this.#work('liveness', liveness, startedAt + liveness.initialDelayMs, (ok) => {
        if (!ok) this.#options.kill('liveness');
      });
    }
    if (script.neverReady === true) {
      this.#ready = false;
      return;
    }
    const readiness = readProbe(container, 'readiness');
    const firstAt = startedAt + (readiness?.initialDelayMs ?? 0) + (script.readyDelayMs ?? 0);
    if (readiness !== undefined) return this.#work('readiness', readiness, firstAt, (ok) => this.#turn(ok));
    const windows = failuresOf(container, script, 'readiness');
    // Without a probe the script alone decides: it is asked once a second where it says anything.
    if (windows !== undefined) return this.#work('readiness', unprobed, firstAt, (ok) => this.#turn(ok));
    if (firstAt <= clock.now()) this.#ready = true;
    else this.#delay = clock.schedule(firstAt - clock.now(), () => this.#turn(true));
  }

  #turn(ok: boolean): void {
    this.#ready = ok;
    this.#changed();
  }

  #changed(): void {
    if (this.#startingCount === 0) this.#options.changed();
  }

  #work(kind: ProbeKind, spec: ProbeSpec, firstAt: EpochMillis, turned: (ok: boolean) => void): void {
    if (this.#stopped) return;
    const { container, script, clock } = this.#options;
    const failures = failuresOf(container, script, kind);
    this.#startingCount++;
    const worker = new ProbeWorker({
      spec,
      clock,
      firstAt,
      once: kind === 'startup',
      ask: () => this.#ask(kind, spec, failures),
      failed: (message) => this.#options.unhealthy(kind, message),
      turned,
    });
    this.#startingCount--;
    if (this.#stopped) worker.stop();
    else this.#workers.push(worker);
  }

  #ask(kind: ProbeKind, spec: ProbeSpec, failures: Failures | undefined): ProbeAnswer | Promise<ProbeAnswer> {
    const { startedAt, clock } = this.#options;
    const scripted = scriptedAnswer(failures, clock.now() - startedAt);
    const until = startedAt + scripted.untilMs;
    if (!scripted.ok) return { ok: false, message: `the script lets ${kind} fail`, steadyUntil: until };
    const answer =
      spec === unprobed
        ? { ok: true, message: '', steadyUntil: until }
        : spec.action.kind === 'exec'
          ? playCommand(spec.action.command, spec.timeoutMs)
          : this.#options.ask(spec.action, spec.timeoutMs);
    if (answer instanceof Promise) return answer;
    return answer.steadyUntil === undefined ? answer : { ...answer, steadyUntil: Math.min(until, answer.steadyUntil) };
  }
}

const unprobed: ProbeSpec = {
  action: { kind: 'exec', command: [] },
  initialDelayMs: 0,
  periodMs: 1000,
  timeoutMs: 1000,
  successThreshold: 1,
  failureThreshold: 1,
};

/** A command that ends by itself says how; any other is believed to succeed. */
function playCommand(command: readonly string[], timeoutMs: number): ProbeAnswer {
  const exit = exitOf({ name: '', command });
  const steadyUntil = Number.POSITIVE_INFINITY;
  if (exit === undefined) return { ok: true, message: '', steadyUntil };
  if (exit.afterMs >= timeoutMs) {
    const message = `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`;
    return { ok: false, message, steadyUntil, tookMs: timeoutMs };
  }
  return { ok: exit.code === 0, message: `command exited with ${exit.code}`, steadyUntil, tookMs: exit.afterMs };
}
