// What can go wrong between a controller and the cluster, as plain data: a script or a seed makes a list of it, the
// injector lets it happen (spec/sandbox.md §3, "faults").

export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type Fault =
  /** Every request of the verb (or all) takes so much longer: half on the way there, half on the way back. */
  | { readonly kind: 'latency'; readonly verb?: Verb; readonly ms: number; readonly forMs: number }
  /** The next requests of the verb (default: writes) are refused and not done. */
  | {
      readonly kind: 'refuse';
      readonly status: 409 | 429 | 500 | 503;
      readonly verb?: Verb;
      readonly times: number;
      readonly retryAfterSeconds?: number;
    }
  /** The connection is reset before the next requests are done, or after: then nobody knows that they were. */
  | { readonly kind: 'reset'; readonly isApplied: boolean; readonly verb?: Verb; readonly times: number }
  /** The next lists of a kind are those that were answered before. */
  | { readonly kind: 'stale-list'; readonly plural: string; readonly times: number }
  /** The next events of a kind come twice. */
  | { readonly kind: 'duplicate-events'; readonly plural: string; readonly times: number }
  /** The next events of a kind do not come; the watch ends with 410 a while later, as a real one that lost its place. */
  | { readonly kind: 'lose-events'; readonly plural: string; readonly times: number; readonly forMs: number }
  /** A half-open connection: nothing comes any more until it is found to be broken. */
  | { readonly kind: 'silence'; readonly plural: string; readonly forMs: number }
  /** Nobody is answered for a while, all watches end and their history is lost; objects and versions survive. */
  | { readonly kind: 'restart-api-server'; readonly forMs: number }
  /** The controller's wall clock is set forward or back. */
  | { readonly kind: 'clock-jump'; readonly ms: number }
  /** The process dies right after its n-th write from now was done; another one begins. */
  | { readonly kind: 'kill-controller'; readonly afterWrites: number }
  /** A second process acts at the same time, as after a lost lease that was not noticed. */
  | { readonly kind: 'second-leader'; readonly forMs: number };

export interface ScheduledFault {
  /** From the moment at which the script is run. */
  readonly atMs: number;
  readonly fault: Fault;
}

/** One line for the log. */
export function faultText({ kind, ...rest }: Fault): string {
  const details = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
  return [kind, ...details].join(' ');
}
