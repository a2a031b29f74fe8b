// Asks one probe of a running container again and again, and says when its state turns: after so many successes or
// failures in a row. Where a further question could give no other answer (in memory, with nothing scripted), none is
// asked until it could: a pod at rest costs no timer.

import type { Container } from '../../controller/api/kubernetes-types.ts';
import type { Clock, EpochMillis, TimerHandle } from '../../controller/lang/time.ts';
import { portsOf } from '../machinery/ports.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export type ProbeAction =
  | {
      readonly kind: 'http';
      readonly port: number;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'tcp' | 'grpc'; readonly port: number }
  | { readonly kind: 'exec'; readonly command: readonly string[] };

export interface ProbeAnswer {
  readonly ok: boolean;
  /** Why not. */
  readonly message: string;
  /** Until when the answer stays as it is; absent: it may be another one each time. */
  readonly steadyUntil?: EpochMillis;
  /** How long the answer took, where asking itself takes no time. */
  readonly tookMs?: number;
}

export interface ProbeSpec {
  readonly action: ProbeAction;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

interface RawProbe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port?: number | string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port?: number | string };
  readonly grpc?: { readonly port?: number };
  readonly exec?: { readonly command?: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

/** From an initial delay to the first question, as recorded (trace deadline-and-pause: 6 s become 7 s). */
const firstProbeMs = 1000;

export function readProbe(container: Container, kind: ProbeKind): ProbeSpec | undefined {
  const raw = container[`${kind}Probe`] as RawProbe | undefined;
  if (raw === undefined) return undefined;
  const delaySeconds = raw.initialDelaySeconds ?? 0;
  return {
    action: readAction(container, raw),
    initialDelayMs: delaySeconds === 0 ? 0 : delaySeconds * 1000 + firstProbeMs,
    periodMs: (raw.periodSeconds ?? 10) * 1000,
    timeoutMs: (raw.timeoutSeconds ?? 1) * 1000,
    successThreshold: raw.successThreshold ?? 1,
    failureThreshold: raw.failureThreshold ?? 3,
  };
}

/** Ports that probes of a container ask at: its program listens there too. */
export function probePorts(container: Container): number[] {
  const kinds = ['startup', 'readiness', 'liveness'] as const;
  return kinds.flatMap((kind) => {
    const action = readProbe(container, kind)?.action;
    return action !== undefined && action.kind !== 'exec' && action.port > 0 ? [action.port] : [];
  });
}

function readAction(container: Container, raw: RawProbe): ProbeAction {
  const portOf = (port: number | string | undefined): number =>
    typeof port === 'number' ? port : (portsOf(container).find(({ name }) => name === port)?.containerPort ?? 0);
  if (raw.tcpSocket !== undefined) return { kind: 'tcp', port: portOf(raw.tcpSocket.port) };
  if (raw.grpc !== undefined) return { kind: 'grpc', port: portOf(raw.grpc.port) };
  if (raw.exec !== undefined) return { kind: 'exec', command: raw.exec.command ?? [] };
  const { path = '/', port, httpHeaders = [] } = raw.httpGet ?? {};
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name.toLowerCase(), value]));
  return { kind: 'http', port: portOf(port), path: path.startsWith('/') ? path : `/${path}`, headers };
}

export interface ProbeWorkerOptions {
  readonly spec: ProbeSpec;
  readonly clock: Clock;
  /** When the first question is due. */
  readonly firstAt: EpochMillis;
  /** No question follows the success. */
  readonly once?: boolean;
  ask(): ProbeAnswer | Promise<ProbeAnswer>;
  failed(message: string): void;
  /** The state turned. */
  turned(ok: boolean): void;
}

export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  #ok: boolean | undefined;
  #last: boolean | undefined;
  #inARow = 0;
  #timer: TimerHandle | undefined;
  #stopped = false;

  /** Asks at once, within this call, when the first question is due. */
  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    this.#at(options.firstAt);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #at(at: EpochMillis): void {
    const { clock } = this.#options;
    if (at <= clock.now() && this.#last === undefined) this.#ask();
    else this.#timer = clock.schedule(Math.max(0, at - clock.now()), () => this.#ask());
  }

  #ask(): void {
    const { clock, ask } = this.#options;
    if (this.#stopped) return;
    const askedAt = clock.now();
    const answer = ask();
    if (answer instanceof Promise) {
      answer.then(
        (given) => this.#take(given, askedAt),
        (problem: Error) => this.#take({ ok: false, message: problem.message }, askedAt),
      );
    } else if ((answer.tookMs ?? 0) > 0) {
      this.#timer = clock.schedule(answer.tookMs ?? 0, () => this.#take(answer, askedAt));
    } else this.#take(answer, askedAt);
  }

  #take(answer: ProbeAnswer, askedAt: EpochMillis): void {
    if (this.#stopped) return;
    const { spec, failed, turned } = this.#options;
    this.#inARow = answer.ok === this.#last ? this.#inARow + 1 : 1;
    this.#last = answer.ok;
    if (!answer.ok) failed(answer.message);
    if (this.#stopped) return;
    if (this.#inARow >= (answer.ok ? spec.successThreshold : spec.failureThreshold) && this.#ok !== answer.ok) {
      this.#ok = answer.ok;
      if (answer.ok && this.#options.once === true) this.stop();
      turned(answer.ok);
    }
    if (!this.#stopped) this.#next(answer, askedAt);
  }

  #next(answer: ProbeAnswer, askedAt: EpochMillis): void {
    const { periodMs } = this.#options.spec;
    const isSettled = this.#ok === answer.ok && answer.steadyUntil !== undefined;
    if (!isSettled) return this.#at(askedAt + periodMs);
    if (answer.steadyUntil === Number.POSITIVE_INFINITY) return;
    // The questions between would all get this answer.
    const periods = Math.max(1, Math.ceil(((answer.steadyUntil ?? 0) - askedAt) / periodMs));
    this.#at(askedAt + periods * periodMs);
  }
}
