// How far may an autoscaler go at once? Recommendations are stabilised over a window, and changes are limited by
// policies (`behavior`) or, without them, to the double or 4, and by minimum and maximum. Pure.

import type { EpochMillis } from '../../controller/lang/time.ts';

export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: string;
  readonly policies?: readonly { readonly type: string; readonly value: number; readonly periodSeconds: number }[];
  readonly tolerance?: string | number;
}

export interface Behavior {
  readonly scaleUp?: ScalingRules;
  readonly scaleDown?: ScalingRules;
}

/** What an autoscaler remembers from pass to pass (lost with the process, as upstream's is). */
export interface Memory {
  recommendations: { readonly at: EpochMillis; readonly replicas: number }[];
  changes: { readonly at: EpochMillis; readonly by: number }[];
}

export interface Limited {
  readonly replicas: number;
  readonly conditions: readonly {
    readonly type: 'AbleToScale' | 'ScalingLimited';
    readonly status: 'True' | 'False';
    readonly reason: string;
    readonly message: string;
  }[];
}

interface Request {
  readonly current: number;
  readonly proposed: number;
  readonly least: number;
  readonly most: number;
  readonly behavior: Behavior | undefined;
  readonly memory: Memory;
  readonly now: EpochMillis;
}

/** Upstream's --horizontal-pod-autoscaler-downscale-stabilization. */
const downscaleSeconds = 300;

export function limitReplicas(request: Request): Limited {
  const stable = stabilize(request);
  const able =
    stable === request.proposed
      ? { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
      : stable > request.proposed
        ? {
            reason: 'ScaleDownStabilized',
            message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
          }
        : {
            reason: 'ScaleUpStabilized',
            message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
          };
  const { replicas, reason, message } = clamp(request, stable);
  return {
    replicas,
    conditions: [
      { type: 'AbleToScale', status: 'True', ...able },
      { type: 'ScalingLimited', status: reason === 'DesiredWithinRange' ? 'False' : 'True', reason, message },
    ],
  };
}

/** Down to the highest, up to the lowest recommendation of the window. Notes the new one. */
function stabilize({ current, proposed, behavior, memory, now }: Request): number {
  const upMs = (behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
  const downMs = (behavior?.scaleDown?.stabilizationWindowSeconds ?? downscaleSeconds) * 1000;
  const recent = (ms: number): number[] =>
    memory.recommendations.filter(({ at }) => at > now - ms).map(({ replicas }) => replicas);
  const lowest = Math.min(proposed, ...recent(upMs));
  const highest = Math.max(proposed, ...recent(downMs));
  memory.recommendations = memory.recommendations.filter(({ at }) => at > now - Math.max(upMs, downMs));
  memory.recommendations.push({ at: now, replicas: proposed });
  // Without rules for it the highest recommendation counts, also on the way up.
  return behavior === undefined ? highest : Math.max(Math.min(current, highest), lowest);
}

interface Clamped {
  readonly replicas: number;
  readonly reason: string;
  readonly message: string;
}

function clamp(request: Request, desired: number): Clamped {
  const { current, least, most, behavior } = request;
  const fast = desired > current ? fastestUp(request) : fastestDown(request);
  if (desired > current) {
    const most1 = Math.min(fast, most);
    if (desired > most1) return most1 === most && fast >= most ? tooMany(most) : tooFast('Up', 'increasing', most1);
  } else if (desired < current && behavior !== undefined) {
    const least1 = Math.max(fast, least);
    if (desired < least1)
      return least1 === least && fast <= least ? tooFew(least) : tooFast('Down', 'decreasing', least1);
  }
  if (desired < least) return tooFew(least);
  if (desired > most) return tooMany(most);
  return {
    replicas: desired,
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  };
}

function tooMany(replicas: number): Clamped {
  const message = 'the desired replica count is more than the maximum replica count';
  return { replicas, reason: 'TooManyReplicas', message };
}

function tooFew(replicas: number): Clamped {
  const message = 'the desired replica count is less than the minimum replica count';
  return { replicas, reason: 'TooFewReplicas', message };
}

function tooFast(direction: 'Up' | 'Down', verb: string, replicas: number): Clamped {
  const message = `the desired replica count is ${verb} faster than the maximum scale rate`;
  return { replicas, reason: `Scale${direction}Limit`, message };
}

function fastestUp({ current, behavior, memory, now }: Request): number {
  const rules = behavior?.scaleUp;
  if (rules === undefined) return Math.max(2 * current, 4);
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = current - changed(memory, now, periodSeconds);
    return type === 'Percent' ? Math.ceil(start * (1 + value / 100)) : start + value;
  });
  return Math.max(current, rules.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits));
}

function fastestDown({ current, behavior, memory, now }: Request): number {
  const rules = behavior?.scaleDown;
  if (rules === undefined) return 0;
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = current - changed(memory, now, periodSeconds);
    return type === 'Percent' ? Math.floor(start * (1 - value / 100)) : start - value;
  });
  return Math.min(current, rules.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits));
}

/** How many more replicas there are than at the beginning of the period. */
function changed(memory: Memory, now: EpochMillis, periodSeconds: number): number {
  return memory.changes.filter(({ at }) => at > now - periodSeconds * 1000).reduce((sum, { by }) => sum + by, 0);
}

/** Changes older than this are asked for by no policy (the API's longest period is 30 minutes). */
const longestPeriodMs = 1_800_000;

export function noteChange(memory: Memory, by: number, now: EpochMillis): void {
  memory.changes = memory.changes.filter(({ at }) => at > now - longestPeriodMs);
  memory.changes.push({ at: now, by });
}
