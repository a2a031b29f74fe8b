// What target verification asks, and what it needs to know (traffic.md §2.10). Plain data between `client-targets.ts`,
// which asks the cluster and AWS, and `rollout/plan/target-verification.ts`, which judges.

import type { ServicePort } from '../../api/kubernetes-types.ts';

/** Are the ready pods of this Service, those of one ReplicaSet, in the target groups that are bound to it? */
export interface TargetQuestion {
  readonly namespace: string;
  readonly service: string;
  readonly ports: readonly ServicePort[];
  /** Names of the ReplicaSet's pods begin so: endpoints of other pods are of before the Service was switched. */
  readonly podPrefix: string;
}

/** Of the groups that register pods by their addresses. None: there is nothing to verify. */
export interface TargetFacts {
  readonly groups: readonly GroupTargets[];
  /** Bindings that are not verified, because their port cannot be told. */
  readonly skipped: readonly { readonly arn: string; readonly why: string }[];
}

export interface GroupTargets {
  readonly arn: string;
  /** Ready endpoints. */
  readonly wanted: number;
  /** Those of them that are targets of the group, whatever their health. */
  readonly registered: number;
  /** Those of them that the load balancer finds healthy. */
  readonly healthy: number;
}

/** Pods get the name of their ReplicaSet, cut by the API server to leave room for five characters. */
export function podPrefixOf(replicaSetName: string): string {
  return `${replicaSetName}-`.slice(0, 58);
}
