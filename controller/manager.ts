// The life of the controller process between "the flags are read" and "it has ended": check the API, listen, become
// the leader, run the controllers, stop in order (operations.md §§1, 5, 8, 16). Under a virtual clock and an in-memory
// Transport it is the same code.

import type { EventRecorder } from './kubernetes/events.ts';
import type { Fence } from './kubernetes/fence.ts';
import type { Logger } from './kubernetes/log.ts';
import type { Transport } from './kubernetes/transport.ts';
import type { Clock, Random } from './lang/time.ts';
import type { ControllerMetrics } from './telemetry/metrics.ts';

/** What every controller is given. */
export interface ControllerContext {
  readonly transport: Transport;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly recorder: EventRecorder;
  readonly metrics: ControllerMetrics;
  readonly scope: ControllerScope;
  readonly settings: ControllerSettings;
}

export interface ControllerScope {
  /** The one namespace that is watched; undefined: all. */
  readonly namespace: string | undefined;
  /** Empty: only objects without the instance label (operations.md §6.2). */
  readonly instanceId: string;
}

export interface ControllerSettings {
  readonly rolloutThreads: number;
  readonly resyncMs: number;
  readonly verifyRetryIntervalMs: number;
  readonly ephemeralMetadataThreads: number;
  readonly ephemeralMetadataPodRetries: number;
  readonly albIngressClasses: readonly string[];
  readonly nginxIngressClasses: readonly string[];
}

/** One controller: its informers, queue and workers. */
export interface Controller {
  readonly name: string;
  /** Starts the informers, resolves when all caches are synced, and only then lets workers run. */
  start(): Promise<void>;
  /** Takes no more keys; resolves when those at work are finished and the watches are closed. */
  stop(): Promise<void>;
}

export interface ManagerOptions {
  readonly scope: ControllerScope;
  readonly settings: ControllerSettings;
  /** The controller's own namespace: the lease lives there. */
  readonly namespace: string;
  /** Undefined: no election, this process always acts. */
  readonly leaderElection?: {
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
    readonly releaseOnExit: boolean;
  };
  /** Undefined: no listeners (simulations). */
  readonly ports?: { readonly metrics: number; readonly healthz: number };
}

export interface Manager {
  readonly isLeader: boolean;
  readonly cachesSynced: boolean;
  /** Resolves when this process leads and its controllers run. */
  leading(): Promise<void>;
  /** Resolves when the manager ended without being asked to: the lease was lost or can never be had. */
  readonly ended: Promise<string>;
  /** Finishes the write in flight of each worker, starts nothing, gives the lease back. */
  stop(): Promise<void>;
}

export interface ManagerDeps {
  readonly transport: Transport;
  /** A connection and a rate limit of its own, so that throttling cannot lose the lease. */
  readonly leaseTransport?: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  readonly options: ManagerOptions;
  readonly createControllers: (context: ControllerContext) => readonly Controller[];
}
