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
  /** The rule that is followed instead, and why. */
  readonly rule: string;
}

export const deliberateDifferences: readonly DeliberateDifference[] = [];

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
  readonly declared: readonly { readonly difference: Difference; readonly by: DeliberateDifference }[];
  readonly needless: readonly DeliberateDifference[];
}

export function judge(trace: string, differences: readonly Difference[]): Judged {
  const own = deliberateDifferences.filter((entry) => entry.trace === trace);
  const entryFor = ({ point, on }: Difference) => own.find((entry) => entry.point === point && entry.on === on);
  return {
    undeclared: differences.filter((difference) => !entryFor(difference)),
    declared: differences.flatMap((difference) => {
      const by = entryFor(difference);
      return by ? [{ difference, by }] : [];
    }),
    needless: own.filter((entry) => !differences.some((difference) => entryFor(difference) === entry)),
  };
}
