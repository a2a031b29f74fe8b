// What the traffic decision says at a step whose pods are there: rows of routers change what they are about.

import type { TrafficDecision } from '../../controller/traffic/types.ts';

/** `desired` of `max` for the canary, the rest for stable, unless told. */
export function decision(given: Partial<TrafficDecision> = {}): TrafficDecision {
  const { desired = 25, max = 100 } = given;
  return {
    branch: 'G',
    desired,
    stable: max - desired,
    max,
    additional: [],
    canaryHash: 'bbb',
    stableHash: 'aaa',
    headerRoutes: [],
    mirrorRoutes: [],
    pinsCanaryServiceToStable: false,
    setsWeightBeforeHash: false,
    ...given,
  };
}
