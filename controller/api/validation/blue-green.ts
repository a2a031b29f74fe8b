// The rules for spec.strategy.blueGreen, in order (rollout.md §1.3). QUIRK: paths lack the element `blueGreen`.

import { revisionHistoryLimitOf, scaleDownDelayRevisionLimitOf } from '../defaults.ts';
import type { AntiAffinity, BlueGreenStrategy, RolloutSpec } from '../types.generated.ts';
import { type FieldErrors, invalid } from './field-error.ts';

const at = 'spec.strategy';

export function* validateBlueGreen(spec: RolloutSpec, strategy: BlueGreenStrategy): FieldErrors {
  const [active, preview] = [strategy.activeService ?? '', strategy.previewService ?? ''];
  if (active === preview) yield invalid(`${at}.activeService`, active, sameService('active and preview'));
  const limit = strategy.scaleDownDelayRevisionLimit;
  if (limit !== undefined && scaleDownDelayRevisionLimitOf({ spec }) > revisionHistoryLimitOf({ spec })) {
    const detail = "This rollout's revision history limit can not be smaller than the rollout's scale down limit";
    yield invalid(`${at}.scaleDownDelayRevisionLimit`, limit, detail);
  }
  yield* validateAntiAffinity(strategy.antiAffinity);
}

/** The text for two fields that name one Service. */
export function sameService(fields: string): string {
  return `This rollout uses the same service for the ${fields} services, but two different services are required.`;
}

export function* validateAntiAffinity(antiAffinity: AntiAffinity | undefined): FieldErrors {
  if (!antiAffinity) return;
  const preferred = antiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
  const isRequired = antiAffinity.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
  if ((preferred !== undefined) === isRequired) {
    const value = `antiAffinity.PreferredDuringSchedulingIgnoredDuringExecution: ${preferred !== undefined} antiAffinity.RequiredDuringSchedulingIgnoredDuringExecution: ${isRequired}`;
    yield invalid(`${at}.antiAffinity`, value, 'AntiAffinity must have exactly one strategy listed');
  }
  const weight = preferred?.weight;
  if (weight !== undefined && (weight < 1 || weight > 100)) {
    yield invalid(`${at}.antiAffinity.weight`, weight, 'AntiAffinity weight must be between 1-100');
  }
}
