// Deliberate differences from the reference, and traces that wait for a later part. An entry that nothing needs fails
// the test (design.md §5, "Deliberate differences").

import type { Difference, Point } from './compare.ts';

export interface DeliberateDifference {
  readonly trace: string;
  readonly point: Point;
  /** The object that differs, as it is printed. */
  readonly on: string;
  /** The rows of the trace that are not followed. */
  readonly rows: string;
  /** Beginnings of the lines that may differ; without them every line may. */
  readonly lines?: readonly string[];
  /** The rule that is followed instead, and why. */
  readonly rule: string;
}

const keepsAbortedCanary = 'BUG-5 (rollout.md §11): abortScaleDownDelaySeconds 0 keeps the aborted canary';
const noEmptyBooks = 'traffic.md §2.4: an Ingress that has nothing of ours gets no bookkeeping annotation';
const retriesAtOnce = 'operations.md §7: an invalid Rollout is looked at again at once when what it lacked appears';
const stablePodsFirst = 'BUG-17 (rollout.md §11): a restart takes the pods of the stable ReplicaSet first';
const keepsResume = 'BUG-8 (rollout.md §11): a resume is remembered until the active Service was switched';

export const deliberateDifferences: readonly DeliberateDifference[] = [];

/** Objects that waiting passes over, because a rule of ours keeps them in another state than the recording's. */
const unawaited: readonly { readonly trace: string; readonly key: string; readonly rule: string }[] = [
  { trace: 'canary-abort-keeps-pods', key: 'ReplicaSet/demo-58dc9bf9d9', rule: keepsAbortedCanary },
  { trace: 'restart', key: 'ReplicaSet/demo-647fdb4dfc', rule: stablePodsFirst },
  { trace: 'restart', key: 'ReplicaSet/demo-58dc9bf9d9', rule: stablePodsFirst },
];

/**
 * Rows in which pods are let get ready at once: the reference read a count that was gone a moment later, which no order
 * of whole milliseconds repeats (goldens/README: "2 → 0 is as good").
 */
export const readyTogether: readonly { readonly trace: string; readonly fromRow: number; readonly toRow: number }[] = [
  { trace: 'canary-no-steps-unavailable', fromRow: 40, toRow: 50 },
  { trace: 'canary-back-to-stable-midway', fromRow: 83, toRow: 86 },
];

export function withoutUnawaited<T>(trace: string, world: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const keys = unawaited.filter((entry) => entry.trace === trace).map((entry) => entry.key);
  return keys.length === 0 ? world : new Map([...world].filter(([key]) => !keys.includes(key)));
}

/** A trace needs what its manifests name. The first pattern that matches says what it waits for. */
const laterParts: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^kind: (AnalysisRun|AnalysisTemplate|ClusterAnalysisTemplate)$/m, 'analysis is built later'],
  [/^kind: Experiment$|^\s+- experiment:/m, 'experiments are built later'],
  [/^\s+(nginx|istio|smi|ambassador|appMesh|traefik|apisix|plugins):/m, 'this traffic router is built later'],
];

export function leftForLater(manifests: readonly string[]): string | undefined {
  return laterParts.find(([pattern]) => manifests.some((manifest) => pattern.test(manifest)))?.[1];
}

export interface Judged {
  readonly undeclared: readonly Difference[];
  readonly declared: readonly DeliberateDifference[];
  readonly needless: readonly DeliberateDifference[];
}

export function judge(trace: string, differences: readonly Difference[]): Judged {
  const own = deliberateDifferences.filter((entry) => entry.trace === trace);
  const used = new Set<DeliberateDifference>();
  const undeclared = differences.filter((difference) => !isDeclared(difference, own, used));
  return {
    undeclared,
    declared: own.filter((entry) => used.has(entry)),
    needless: own.filter((entry) => !used.has(entry)),
  };
}

/** Every line must be meant; lines that only say where (they end in a colon) need no entry. */
function isDeclared(
  { point, on, lines }: Difference,
  entries: readonly DeliberateDifference[],
  used: Set<DeliberateDifference>,
): boolean {
  const fitting = entries.filter((entry) => entry.point === point && entry.on === on);
  const told = lines.filter((line) => !line.endsWith(':') && !line.startsWith('    …'));
  const needed = told.map((line) =>
    fitting.find((entry) => !entry.lines || entry.lines.some((start) => line.trim().startsWith(start))),
  );
  if (fitting.length === 0 || needed.some((entry) => entry === undefined)) return false;
  for (const entry of needed) if (entry) used.add(entry);
  return true;
}
