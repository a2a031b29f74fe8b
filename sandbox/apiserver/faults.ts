// Trouble on request (spec/sandbox.md §3, faults): delays, refusals, dropped watches and lost events, so that whoever
// talks to the server can be tried against them. Without a fault set nothing here costs anything.

import type { ApiRequest } from './types.ts';

/** What happens to a request that matches. */
export type Fault =
  | { readonly kind: 'delay'; readonly ms: number }
  /** Waits for something that the test decides on. */
  | { readonly kind: 'hold'; readonly until: () => Promise<void> }
  /** Refused before anything is done. */
  | {
      readonly kind: 'refuse';
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    }
  /** Done, but the caller gets no answer (status 0 in memory, a cut socket over HTTP). */
  | { readonly kind: 'lose-answer' }
  /** A watch ends without a word after so many frames. */
  | { readonly kind: 'drop-watch'; readonly afterFrames: number }
  /** The n-th frame (0 is the next) of a watch is not sent. */
  | { readonly kind: 'lose-frame'; readonly frame: number };

export interface FaultRule {
  readonly match: (request: ApiRequest) => boolean;
  readonly fault: Fault;
  /** How often it strikes. Default: always. */
  readonly times?: number;
}

export interface Faults {
  /** Returns a function that takes the rule out again. */
  add(rule: FaultRule): () => void;
  clear(): void;
  /** The first fault that strikes this request, and counts it. */
  strike(request: ApiRequest): Fault | undefined;
}

export function createFaults(): Faults {
  let rules: { rule: FaultRule; left: number }[] = [];
  return {
    add(rule) {
      const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY };
      rules.push(entry);
      return () => {
        rules = rules.filter((other) => other !== entry);
      };
    },
    clear() {
      rules = [];
    },
    strike(request) {
      const entry = rules.find((candidate) => candidate.left > 0 && candidate.rule.match(request));
      if (entry === undefined) return undefined;
      entry.left--;
      if (entry.left === 0) rules = rules.filter((other) => other !== entry);
      return entry.rule.fault;
    },
  };
}
