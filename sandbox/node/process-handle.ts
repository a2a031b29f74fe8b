// The one process behind all containers of a pod: started once, however many ask for it, stopped once, and again from
// the beginning after that.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import type { ProbeAction, ProbeAnswer } from './probe.ts';
import type { PodContext, PodProcess, PodRuntime } from './runtime.ts';

export interface ProcessHandleOptions {
  readonly runtime: PodRuntime;
  readonly context: PodContext;
  pod(): Pod;
  /** False: whatever has just started is stopped again. */
  isWanted(): boolean;
}

export class ProcessHandle {
  readonly #options: ProcessHandleOptions;
  #starting: Promise<void> | undefined;
  #process: PodProcess | undefined;

  constructor(options: ProcessHandleOptions) {
    this.#options = options;
  }

  /** Resolves when it runs. Rejects when it cannot; the next call tries again. */
  start(): Promise<void> {
    this.#starting ??= this.#begin();
    return this.#starting;
  }

  async #begin(): Promise<void> {
    const { runtime, context, pod, isWanted } = this.#options;
    try {
      const process = await runtime.start(pod(), context);
      if (isWanted()) this.#process = process;
      else await process.stop();
    } catch (problem) {
      this.#starting = undefined;
      throw problem;
    }
  }

  async stop(graceMs = 0): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    this.#starting = undefined;
    await process.stop(graceMs);
  }

  drain(): void {
    this.#process?.drain();
  }

  probe(container: string, action: ProbeAction, timeoutMs: number): ProbeAnswer | Promise<ProbeAnswer> {
    return this.#process?.probe(container, action, timeoutMs) ?? { ok: false, message: 'not running' };
  }
}
