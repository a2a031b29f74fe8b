// Which of several processes may act: a Lease, taken and renewed exactly as client-go does, because the reference
// competes for the same object (operations.md §5). Leases are judged by when this process saw them change, never by
// the times written in them.

import type { Clock, Random } from '../lang/time.ts';
import type { Fence } from './fence.ts';
import type { Logger } from './log.ts';
import type { Transport } from './transport.ts';

export interface LeaderElection extends Fence {
  readonly isLeader: boolean;
  /** Resolves when the lease is held; rejects with LeaseUnavailable when it never can be. */
  acquire(): Promise<void>;
  /** Called once, when a lease that was held is lost. Not called by `stop`. */
  onLost(listener: (why: string) => void): void;
  /** Renews no more. With `release`, and if it is held, the lease is given back so that a standby takes over at once. */
  stop(release: boolean): Promise<void>;
}

export interface LeaderElectionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace: string;
  readonly name: string;
  /** `<hostname>_<random uuid>`. */
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}
