// Which Service gets which hundredths (traffic.md §2.3)? Canary first, additional destinations in their order, stable last.

import type { TrafficDecision } from '../types.ts';
import type { AlbSettings } from './settings.ts';

export interface ServiceWeight {
  readonly serviceName: string;
  readonly weight: number;
}

/** Weights of another maximum become hundredths: AWS is told no other. */
export function splitOf(settings: AlbSettings, decision: TrafficDecision): ServiceWeight[] {
  const scaled = (weight: number) => Math.round((100 * weight) / decision.max);
  const canary = scaled(decision.desired);
  const additional = decision.additional.map(({ serviceName, weight }) => ({
    serviceName: serviceName ?? '',
    weight: scaled(weight),
  }));
  const stable = additional.reduce((left, destination) => left - destination.weight, 100 - canary);
  return [
    { serviceName: settings.canaryService, weight: canary },
    ...additional,
    { serviceName: settings.stableService, weight: Math.max(0, stable) },
  ];
}
