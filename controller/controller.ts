// What a controller is to the manager that runs it, and what it is given: the contract between `manager.ts` and the
// folders `rollout/`, `analysis/` and `experiment/`.

import type { AnalysisInformers } from './analysis/informers.ts';
import type { EventRecorder } from './kubernetes/events.ts';
import type { Fence } from './kubernetes/fence.ts';
import type { Logger } from './kubernetes/log.ts';
import type { Transport } from './kubernetes/transport.ts';
import type { Clock, Random } from './lang/time.ts';
import type { PluginHost } from './plugins/host.ts';
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
  /** Executables of users; shared, and ended by the manager. */
  readonly plugins: PluginHost;
  /** Shared: each controller follows what it needs. */
  readonly analyses: AnalysisInformers;
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
  readonly experimentThreads: number;
  readonly analysisThreads: number;
  readonly resyncMs: number;
  readonly verifyRetryIntervalMs: number;
  readonly ephemeralMetadataThreads: number;
  readonly ephemeralMetadataPodRetries: number;
  readonly albIngressClasses: readonly string[];
  readonly nginxIngressClasses: readonly string[];
  /** Ask AWS whether load balancers obey, and have the targets (`--aws-verify-target-group`). */
  readonly verifiesTargetGroups: boolean;
  /** Keys of the tag by which AWS' load balancer controller says whose a target group is; any of them counts. */
  readonly albResourceIdTags: readonly string[];
  /** `group/version` of TargetGroupBindings; each is asked for those that it has. */
  readonly targetGroupBindingApis: readonly string[];
}

/** One controller: its informers, queue and workers. */
export interface Controller {
  readonly name: string;
  /** Starts the informers, resolves when all caches are synced, and only then lets workers run. */
  start(): Promise<void>;
  /** Takes no more keys; resolves when those at work are finished and the watches are closed. */
  stop(): Promise<void>;
}
