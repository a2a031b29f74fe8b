// The hash of the canary steps (spec/rollout.md §2.4). When it changes the steps start again, so it must equal the
// reference's: it is frozen by test/fixtures/hash.

import type { CanaryStep } from '../api/types.generated.ts';
import { encodeSafely, fnv1a32 } from './fnv.ts';
import { goJson } from './go-json.ts';

const hashes = new WeakMap<readonly CanaryStep[], string>();

/** The hash of a list as it stands (it never changes, so it is looked at once); absent steps are hashed as `null`. */
export function hashSteps(steps: readonly CanaryStep[] | undefined): string {
  const known = steps && hashes.get(steps);
  if (known !== undefined) return known;
  const hash = encodeSafely(fnv1a32(goJson('[]CanaryStep', steps)));
  if (steps) hashes.set(steps, hash);
  return hash;
}

/** status.currentStepHash of a strategy: '' for blue-green; no steps and an empty list are the same. */
export function stepHashOf(strategy: { readonly canary?: { readonly steps?: readonly CanaryStep[] } }): string {
  if (!strategy.canary) return '';
  const { steps } = strategy.canary;
  return hashSteps(steps?.length ? steps : undefined);
}

/**
 * The hash that is kept: the stored one if a release of the reference rendered these very steps so, else today's. Until
 * 1.10 an explicit `clusterScope: false` was left out.
 */
export function keptStepHash(
  strategy: { readonly canary?: { readonly steps?: readonly CanaryStep[] } },
  stored: string | undefined,
): string {
  const today = stepHashOf(strategy);
  if (!stored || stored === today || !strategy.canary?.steps) return today;
  const text = JSON.stringify(strategy.canary.steps);
  if (!text.includes('"clusterScope":false')) return today;
  return hashSteps(withoutFalseScopes(strategy.canary.steps) as readonly CanaryStep[]) === stored ? stored : today;
}

/** Configuration of plugins is raw and stays as it is. */
function withoutFalseScopes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFalseScopes);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => !(key === 'clusterScope' && inner === false));
  return Object.fromEntries(kept.map(([key, inner]) => [key, key === 'plugin' ? inner : withoutFalseScopes(inner)]));
}
