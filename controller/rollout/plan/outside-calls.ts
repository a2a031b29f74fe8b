// What is asked of the outside (load balancers, step plugins), and what came of it (design.md §5.14). A wave starts a call
// and does not wait: the answer stands in the ledger, wakes the Rollout, and the next plan sees it. An answer is only good
// for the question that it was given to.

import type { AnsweredCall, CallLedger, Ledger, OutsideCall, Write } from '../types.ts';

export const noCalls: CallLedger = { inFlight: {}, answers: {} };

/** What there is to this question: an answer, a call that goes on, or neither; and what was told `last`, be it of before. */
export function outcomeOf(
  { calls = noCalls }: Ledger,
  key: string,
  about: string,
): { readonly answered?: AnsweredCall; readonly last?: AnsweredCall; readonly isInFlight: boolean } {
  const answered = calls.answers[key];
  const flight = calls.inFlight[key];
  const isInFlight = flight?.about === about;
  if (answered?.about === about) return { answered, last: answered, isInFlight };
  return { ...(isInFlight && flight.before ? { last: flight.before } : {}), isInFlight };
}

/** One call for each key at a time: another question under the same key supersedes the one before. */
export function callWrite(key: string, about: string, call: OutsideCall): Write {
  return { kind: 'startCall', key, onFailure: 'continue', about, call };
}
