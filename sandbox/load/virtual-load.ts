// A client with a fixed rate under the virtual clock. Every lost request is kept with its time and reason, so that a
// test can say which one was lost, and why.

import type { Clock, EpochMillis, TimerHandle } from '../../controller/lang/time.ts';
import type { MemoryProxy, ProxiedAnswer } from '../network/memory-proxy.ts';
import type { Load } from './load.ts';
import { Tally } from './tally.ts';

export interface VirtualLoadOptions {
  readonly clock: Clock;
  readonly proxy: MemoryProxy;
  /** The Host header; it decides which Ingress or Service serves. */
  readonly host: string;
  readonly path: string;
  readonly requestsPerSecond: number;
}

export interface LostRequest {
  readonly at: EpochMillis;
  readonly status: number;
  readonly service: string;
  readonly why: string;
}

export interface VirtualLoad extends Load {
  readonly lost: readonly LostRequest[];
}

export function startVirtualLoad(options: VirtualLoadOptions): VirtualLoad {
  const { clock, proxy, host, path } = options;
  const tally = new Tally();
  const lost: LostRequest[] = [];
  const gapMs = 1000 / options.requestsPerSecond;
  let dueAt = clock.now();
  let timer: TimerHandle | undefined;
  let stopped = false;

  function tick(): void {
    if (stopped) return;
    const startedAt = clock.now();
    proxy.send({ host, path, headers: {} }, (answer) => record(startedAt, answer));
    dueAt += gapMs;
    timer = clock.schedule(dueAt - clock.now(), tick);
  }

  function record(startedAt: EpochMillis, { status, headers, service, why }: ProxiedAnswer): void {
    if (stopped) return;
    const failed = status >= 500 || status === 404;
    if (failed) lost.push({ at: startedAt, status, service, why: why ?? `the pod answered ${status}` });
    tally.record(clock.now(), {
      version: headers?.['x-slipway-version'],
      podHash: headers?.['x-slipway-pod-template-hash'],
      failed,
      latencyMs: clock.now() - startedAt,
      ...(failed ? { failure: String(status) } : {}),
    });
  }

  tick();
  return {
    lost,
    summary: (windowSeconds) => tally.summary(clock.now(), windowSeconds),
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
