// The series about Rollouts (operations.md §9.1): states follow the objects as they change, counters go 65 s after
// their object, and nothing is kept of what no longer exists.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { conditionTypes } from '../api/constants.ts';
import type { Rollout } from '../api/types.generated.ts';
import { objectKey } from '../kubernetes/resource.ts';
import type { Clock } from '../lang/time.ts';
import type { ControllerMetrics } from './metrics.ts';
import { createReconcileMetrics } from './reconcile-metrics.ts';

type RolloutMetricNames =
  | 'rolloutObserved'
  | 'rolloutGone'
  | 'rolloutReconciled'
  | 'rolloutReconcileFailed'
  | 'rolloutEvent'
  | 'rolloutFinished';

const durationBuckets = [30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800];
const progressionBuckets = [30, 60, 120, 300, 600, 900, 1800, 3600];
const pauseBuckets = [0, 60, 300, 600, 1800, 3600, 7200, 14400, 28800];

const phases = ['Completed', 'Progressing', 'Paused', 'Timeout', 'Error', 'Abort'] as const;

export function createRolloutMetrics(
  registry: Registry,
  clock: Clock,
): { readonly metrics: Pick<ControllerMetrics, RolloutMetricNames>; stop(): void } {
  const registers = [registry];
  const byName = { labelNames: ['namespace', 'name'] as const, registers };
  const info = new Gauge({
    name: 'rollout_info',
    help: 'Information about rollout.',
    labelNames: ['namespace', 'name', 'strategy', 'traffic_router', 'phase'],
    registers,
  });
  const phase = new Gauge({
    name: 'rollout_phase',
    help: '[DEPRECATED - use rollout_info] Information on the state of the rollout.',
    labelNames: ['namespace', 'name', 'strategy', 'phase'],
    registers,
  });
  const replicas = {
    available: new Gauge({
      name: 'rollout_info_replicas_available',
      help: 'Available replicas per rollout.',
      ...byName,
    }),
    unavailable: new Gauge({
      name: 'rollout_info_replicas_unavailable',
      help: 'Unavailable replicas per rollout.',
      ...byName,
    }),
    desired: new Gauge({ name: 'rollout_info_replicas_desired', help: 'Desired replicas per rollout.', ...byName }),
    updated: new Gauge({ name: 'rollout_info_replicas_updated', help: 'Updated replicas per rollout.', ...byName }),
  };
  const events = new Counter({
    name: 'rollout_events_total',
    help: 'Rollout events by reason and type.',
    labelNames: ['namespace', 'name', 'type', 'reason'],
    registers,
  });
  const histogram = (name: string, help: string, buckets: number[]): Histogram<'status'> =>
    new Histogram({ name, help, buckets, labelNames: ['status'], registers });
  const total = histogram('rollout_duration_seconds', 'How long updates took in all.', durationBuckets);
  const progression = histogram(
    'rollout_progression_duration_seconds',
    'How long updates took without manual pauses.',
    progressionBuckets,
  );
  const manualPause = histogram(
    'rollout_manual_pause_duration_seconds',
    'How long updates waited for a person.',
    pauseBuckets,
  );

  /** The labels that each Rollout's state series have now. */
  const known = new Map<string, StateLabels>();
  /** By Rollout: the types and reasons of its events. */
  const told = new Map<string, Map<string, EventLabels>>();

  const dropState = (key: string): void => {
    const old = known.get(key);
    if (old === undefined) return;
    known.delete(key);
    const { namespace, name, strategy } = old;
    info.remove({ ...old });
    for (const each of phases) phase.remove({ namespace, name, strategy, phase: each });
    for (const gauge of Object.values(replicas)) gauge.remove({ namespace, name });
  };
  const reconcile = createReconcileMetrics({
    registry,
    clock,
    kind: 'rollout',
    dropped(namespace, name) {
      const key = objectKey(namespace, name);
      for (const labels of told.get(key)?.values() ?? []) events.remove({ ...labels });
      told.delete(key);
    },
  });

  return {
    stop: reconcile.stop,
    metrics: {
      rolloutObserved(rollout) {
        const labels = stateLabels(rollout);
        const { namespace, name, strategy } = labels;
        const key = objectKey(namespace, name);
        reconcile.observed(namespace, name);
        const old = known.get(key);
        if (old === undefined || !isSameState(old, labels)) {
          dropState(key);
          known.set(key, labels);
          info.set({ ...labels }, 1);
          for (const each of phases) {
            phase.set({ namespace, name, strategy, phase: each }, each === labels.phase ? 1 : 0);
          }
        }
        const { replicas: size = 0, availableReplicas = 0, updatedReplicas = 0 } = rollout.status ?? {};
        const at = { namespace, name };
        replicas.available.set(at, availableReplicas);
        replicas.unavailable.set(at, size - availableReplicas);
        replicas.desired.set(at, rollout.spec.replicas ?? 1);
        replicas.updated.set(at, updatedReplicas);
      },
      rolloutGone(namespace, name) {
        dropState(objectKey(namespace, name));
        reconcile.gone(namespace, name);
      },
      rolloutReconciled: reconcile.reconciled,
      rolloutReconcileFailed: reconcile.failed,
      rolloutEvent(namespace, name, type, reason) {
        const labels = { namespace, name, type, reason };
        const key = objectKey(namespace, name);
        const known = told.get(key) ?? new Map<string, EventLabels>();
        told.set(key, known.set(`${type} ${reason}`, labels));
        reconcile.counts(namespace, name);
        events.inc(labels);
      },
      rolloutFinished({ status, totalSeconds, manualPauseSeconds }) {
        total.observe({ status }, totalSeconds);
        progression.observe({ status }, totalSeconds - manualPauseSeconds);
        manualPause.observe({ status }, manualPauseSeconds);
      },
    },
  };
}

interface EventLabels {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly reason: string;
}

interface StateLabels {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: string;
  readonly traffic_router: string;
  readonly phase: string;
}

function isSameState(a: StateLabels, b: StateLabels): boolean {
  return a.strategy === b.strategy && a.traffic_router === b.traffic_router && a.phase === b.phase;
}

function stateLabels(rollout: Rollout): StateLabels {
  const { namespace = '', name = '' } = rollout.metadata;
  const { blueGreen, canary } = rollout.spec.strategy ?? {};
  return {
    namespace,
    name,
    strategy: blueGreen ? 'blueGreen' : canary ? 'canary' : 'none',
    traffic_router: routerOf(rollout),
    phase: metricPhaseOf(rollout),
  };
}

/** The last that is set in this order counts. QUIRK: Traefik, Apisix and plugins have no name here. */
const routers = [
  ['alb', 'ALB'],
  ['ambassador', 'Ambassador'],
  ['istio', 'Istio'],
  ['nginx', 'Nginx'],
  ['smi', 'SMI'],
  ['appMesh', 'AppMesh'],
] as const;

function routerOf(rollout: Rollout): string {
  const routing = rollout.spec.strategy?.canary?.trafficRouting;
  if (!routing) return '';
  return routers.findLast(([field]) => routing[field] !== undefined)?.[1] ?? '';
}

const phaseOfReason: Readonly<Record<string, string>> = {
  NewReplicaSetAvailable: 'Completed',
  RolloutPaused: 'Paused',
  ReplicaSetCreateError: 'Error',
  ProgressDeadlineExceeded: 'Timeout',
  RolloutAborted: 'Abort',
};

/** Not `status.phase`: from the reason of the condition Progressing, and InvalidSpec above all. */
export function metricPhaseOf({ status }: Rollout): string {
  const conditions = status?.conditions ?? [];
  if (conditions.some(({ type }) => type === conditionTypes.invalidSpec)) return 'InvalidSpec';
  const reason = conditions.find(({ type }) => type === conditionTypes.progressing)?.reason ?? '';
  return phaseOfReason[reason] ?? 'Progressing';
}
