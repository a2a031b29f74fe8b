// How much is each pod asked? The proxy tells every request it sent to a pod; under the virtual clock a fixed rate is
// offered to a Service instead, which costs no timer and falls evenly on its ready pods. Autoscalers read it.

import type { Clock } from '../../controller/lang/time.ts';

/** Rates are means over this many whole seconds, as a metrics pipeline would have them. */
const windowSeconds = 15;

export class LoadMeter {
  readonly #clock: Clock;
  /** Requests by `namespace/pod`, by whole second of the clock. */
  readonly #pods = new Map<string, Map<number, number>>();
  readonly #offered = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One request was sent to this pod. */
  record(namespace: string, pod: string): void {
    const key = `${namespace}/${pod}`;
    const seconds = this.#pods.get(key) ?? new Map<number, number>();
    this.#pods.set(key, seconds);
    const now = this.#second();
    const count = seconds.get(now);
    seconds.set(now, (count ?? 0) + 1);
    if (count !== undefined) return;
    for (const second of seconds.keys()) if (second < now - windowSeconds) seconds.delete(second);
  }

  forget(namespace: string, pod: string): void {
    this.#pods.delete(`${namespace}/${pod}`);
  }

  /** A load of so many requests per second on a Service, from now on. */
  offer(namespace: string, service: string, requestsPerSecond: number): void {
    this.#offered.set(`${namespace}/${service}`, requestsPerSecond);
  }

  offered(namespace: string, service: string): number {
    return this.#offered.get(`${namespace}/${service}`) ?? 0;
  }

  /** Services of a namespace to which a load is offered. */
  offeredServices(namespace: string): string[] {
    const prefix = `${namespace}/`;
    return [...this.#offered.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  /** Measured requests per second of a pod. */
  rate(namespace: string, pod: string): number {
    const now = this.#second();
    let count = 0;
    for (const [second, requests] of this.#pods.get(`${namespace}/${pod}`) ?? []) {
      if (second < now && second >= now - windowSeconds) count += requests;
    }
    return count / windowSeconds;
  }

  #second(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}
