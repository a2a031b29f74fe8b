// The hash of the canary steps (spec/rollout.md §2.4). When it changes the steps start again, so it must equal the
// reference's: it is frozen by test/fixtures/hash.

import type { CanaryStep } from '../api/types.generated.ts';
import { encodeSafely, fnv1a32 } from './fnv.ts';
import { goJson } from './go-json.ts';

/** The hash of a list as it stands; absent steps are hashed as `null`. */
export function hashSteps(steps: readonly CanaryStep[] | undefined): string {
  return encodeSafely(fnv1a32(goJson('[]CanaryStep', steps)));
}

/** status.currentStepHash of a strategy: '' for blue-green; no steps and an empty list are the same. */
export function stepHashOf(strategy: { readonly canary?: { readonly steps?: readonly CanaryStep[] } }): string {
  if (!strategy.canary) return '';
  const { steps } = strategy.canary;
  return hashSteps(steps?.length ? steps : undefined);
}
