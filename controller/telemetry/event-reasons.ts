// The catalogue of event reasons: which the controllers use (operations.md §10), on what, and which of them no limit on
// event traffic may hold back, because they tell of a phase, an abort or a completion (design.md §5.11).

import type { RecordedEvent } from '../kubernetes/recorded-event.ts';

export interface EventReason {
  readonly on: readonly ('Rollout' | 'AnalysisRun' | 'Experiment')[];
  readonly important?: true;
}

const rollout: EventReason = { on: ['Rollout'] };
const importantRollout: EventReason = { on: ['Rollout'], important: true };

/** Reasons with a phase at their end stand here as `<prefix>*`. */
export const eventReasons = {
  RolloutAddedToInformer: rollout,
  RolloutUpdated: importantRollout,
  NewReplicaSetCreated: { on: ['Rollout', 'Experiment'] },
  ReplicaSetCreateError: { on: ['Rollout', 'Experiment'] },
  ReplicaSetUpdateError: { on: ['Experiment'] },
  ScalingReplicaSet: { on: ['Rollout', 'Experiment'] },
  RolloutNotCompleted: importantRollout,
  RolloutCompleted: importantRollout,
  RolloutStepCompleted: importantRollout,
  RolloutPaused: importantRollout,
  RolloutResumed: importantRollout,
  RolloutAborted: importantRollout,
  RolloutDeleted: importantRollout,
  SkipSteps: importantRollout,
  'AnalysisRun*': { on: ['Rollout', 'AnalysisRun', 'Experiment'], important: true },
  'Metric*': { on: ['AnalysisRun'] },
  'Experiment*': { on: ['Rollout', 'Experiment'], important: true },
  'Template*': { on: ['Experiment'] },
  SwitchService: importantRollout,
  TrafficWeightUpdated: importantRollout,
  TrafficRoutingError: rollout,
  WeightVerifyError: rollout,
  TargetGroupVerified: rollout,
  TargetGroupUnverified: rollout,
  TargetGroupVerifyError: rollout,
  LoadBalancerNotFound: rollout,
  StepPluginTransition: rollout,
  ReconciliationError: rollout,
  PatchingALBIngress: rollout,
  CreatingCanaryIngress: rollout,
  PatchingCanaryIngress: rollout,
  'Updated VirtualService': rollout,
  UpdatedDestinationRule: rollout,
  VirtualServiceNotFound: rollout,
  DestinationRuleNotFound: rollout,
  VirtualRouterNotFound: rollout,
  VirtualNodeNotFound: rollout,
  TrafficSplitCreated: rollout,
  TrafficSplitNotCreated: rollout,
  CanaryMappingWeightUpdate: rollout,
  AmbassadorMappingNotFound: rollout,
  AmbassadorMappingConfigError: rollout,
  CanaryMappingCreationError: rollout,
  CanaryMappingUpdateError: rollout,
  CanaryMappingCleanupError: rollout,
  TraefikServiceUpdateError: rollout,
  ApisixRouteUpdateError: rollout,
  ApisixRouteCreateError: rollout,
  ApisixRouteDeleteError: rollout,
} as const satisfies Readonly<Record<string, EventReason>>;

const table: Readonly<Record<string, EventReason>> = eventReasons;
const prefixes = Object.keys(table)
  .filter((name) => name.endsWith('*'))
  .map((name) => name.slice(0, -1));

export function isImportantEvent({ reason }: RecordedEvent): boolean {
  const prefix = prefixes.find((start) => reason.startsWith(start));
  return (table[reason] ?? (prefix === undefined ? undefined : table[`${prefix}*`]))?.important === true;
}
