// What is asked of the outside (load balancers, step plugins), and what came of it (design.md §5.14). A wave starts a call
// and does not wait: the answer stands in the ledger, wakes the Rollout, and the next plan sees it. An answer is only good
// for the question that it was given to.

import type { CanaryStep, Rollout } from '../../api/types.generated.ts';
import type { EpochMillis } from '../../lang/time.ts';
import type { LoadBalancerFacts, LoadBalancerQuestion } from '../../traffic/alb/facts.ts';
import type { Ledger, Write } from '../types.ts';

export type OutsideCall =
  | { readonly kind: 'loadBalancers'; readonly questions: readonly LoadBalancerQuestion[] }
  | {
      readonly kind: 'stepPlugin';
      readonly operation: PluginOperation;
      readonly plugin: NonNullable<CanaryStep['plugin']>;
      /** As the plugin left it last. */
      readonly status?: Readonly<Record<string, unknown>> | undefined;
      readonly rollout: Rollout;
    };

export type PluginOperation = 'Run' | 'Terminate' | 'Abort';

export type OutsideAnswer =
  | { readonly is: 'loadBalancers'; readonly facts: readonly LoadBalancerFacts[] }
  | {
      readonly is: 'stepPlugin';
      readonly phase: 'Running' | 'Successful' | 'Failed' | 'Error';
      readonly message?: string;
      readonly status?: Readonly<Record<string, unknown>>;
      readonly requeueAfterMs?: number;
      /** The ConfigMap switches the plugin off: it counts as successful. */
      readonly isDisabled?: true;
    }
  | { readonly is: 'failed'; readonly message: string; readonly isThrottled: boolean };

export interface CallInFlight {
  readonly about: string;
  readonly since: EpochMillis;
}

export interface AnsweredCall {
  /** The question, as text. */
  readonly about: string;
  readonly startedAt: EpochMillis;
  readonly answeredAt: EpochMillis;
  /** Not to be asked again before: who was asked has too much to do. */
  readonly notBefore?: EpochMillis;
  readonly answer: OutsideAnswer;
}

export interface CallLedger {
  readonly inFlight: Readonly<Record<string, CallInFlight>>;
  readonly answers: Readonly<Record<string, AnsweredCall>>;
}

export const noCalls: CallLedger = { inFlight: {}, answers: {} };

/** What there is to this question: an answer, a call that goes on, or neither. */
export function outcomeOf(
  { calls = noCalls }: Ledger,
  key: string,
  about: string,
): { readonly answered?: AnsweredCall; readonly isInFlight: boolean } {
  const answered = calls.answers[key];
  return {
    ...(answered?.about === about ? { answered } : {}),
    isInFlight: calls.inFlight[key]?.about === about,
  };
}

/** One call for each key at a time: another question under the same key supersedes the one before. */
export function callWrite(key: string, about: string, call: OutsideCall): Write {
  return { kind: 'startCall', key, onFailure: 'continue', about, call };
}
