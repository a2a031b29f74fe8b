// Deliberate differences from the reference, and traces that wait for a later part. An entry that nothing needs fails
// the test (design.md §5, "Deliberate differences").

import { managedAnnotationsKey } from '../../controller/traffic/nginx/canary-ingress.ts';
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
const oneHistory = 'BUG-9 (rollout.md §11): the revision history grows with the revision alone';
const noConflict = 'BUG-23 (rollout.md §8): no conflict with itself, so the new ReplicaSet is told';
const together =
  'goldens/README: two pods that get ready in separate status updates make an extra step of 1; 2 → 0 is as good';

const countsAsSized =
  'design.md §5.6: pods of a ReplicaSet that was just sized down are not reported as available beyond its new size';

const toldOnce =
  'goldens/README: phase events of experiments that the reference repeats from a stale copy (BUG, analysis.md §6.8)';

/** Annotations that the reference has not; an object is compared without them. */
export const ownAnnotations: Readonly<Record<string, string>> = {
  [managedAnnotationsKey]: 'SLIPWAY (traffic.md §3.3): what of a canary Ingress is ours, so that it can go again',
};

/** What stays of a canary that is kept shows in the counts until the next revision takes its place. */
const keptCounts = ['HPAReplicas', 'availableReplicas', 'readyReplicas', 'replicas', 'updatedReplicas'];

export const deliberateDifferences: readonly DeliberateDifference[] = [
  {
    trace: 'canary-abort-keeps-pods',
    point: 'status',
    on: 'Rollout/demo',
    rows: '67–70',
    lines: keptCounts,
    rule: keepsAbortedCanary,
  },
  {
    trace: 'canary-abort-keeps-pods',
    point: 'services',
    on: 'Service/canary selector',
    rows: '72–76',
    lines: ['want '],
    rule: 'S5 (traffic.md §1.8): an aborted canary Service does not flap between the two',
  },
  {
    trace: 'canary-abort-keeps-pods',
    point: 'events',
    on: 'Rollout/demo',
    rows: '67–76',
    lines: [
      'want Normal ScalingReplicaSet "Scaled down ReplicaSet demo-58dc9bf9d9 (revision 2) from 1 to 0"',
      "want Normal SwitchService \"Switched selector for service 'canary' from '647fdb4dfc' to '58dc9bf9d9'\"",
      'got  Normal RolloutUpdated "Rollout updated to revision 3"',
      'got  Normal NewReplicaSetCreated',
    ],
    rule: keepsAbortedCanary,
  },
  {
    trace: 'canary-dynamic-stable-scale-abort',
    point: 'status',
    on: 'Rollout/demo',
    rows: '64, 91',
    lines: ['availableReplicas: want 6 got 4', 'availableReplicas: want 5 got 4'],
    rule: countsAsSized,
  },
  ...(['status', 'final'] as const).map(
    (point): DeliberateDifference => ({
      trace: 'canary-dynamic-stable-scale-abort',
      point,
      on: 'Rollout/demo',
      rows: '64–100',
      lines: [`${point === 'final' ? 'status.' : ''}duration.totalManualPauseDurationSeconds: want 4 got 2`],
      rule: 'rollout.md §7.8: each pause is counted in whole seconds, so each of two may count one more or less',
    }),
  ),
  {
    trace: 'canary-dynamic-stable-scale-abort',
    point: 'services',
    on: 'Service/canary selector',
    rows: '129–130',
    lines: ['want '],
    rule: 'S5 (traffic.md §1.8): an aborted canary Service does not flap between the two',
  },
  {
    trace: 'canary-nginx-abort-retry',
    point: 'events',
    on: 'Rollout/demo',
    rows: '72–126',
    lines: ['got  Normal '],
    rule: 'goldens/README: the reference drops events after a burst; here it did after 23, as two more were not stored',
  },
  {
    trace: 'canary-no-steps-unavailable',
    point: 'replicaSets',
    on: 'ReplicaSet/demo-647fdb4dfc replicas',
    rows: '46–50',
    lines: ['want 1'],
    rule: together,
  },
  {
    trace: 'canary-no-steps-unavailable',
    point: 'events',
    on: 'Rollout/demo',
    rows: '46–50',
    lines: [
      'want Normal ScalingReplicaSet "Scaled down ReplicaSet demo-647fdb4dfc (revision 1) from 2 to 1"',
      'want Normal ScalingReplicaSet "Scaled down ReplicaSet demo-647fdb4dfc (revision 1) from 1 to 0"',
      'got  Normal ScalingReplicaSet "Scaled down ReplicaSet demo-647fdb4dfc (revision 1) from 2 to 0"',
    ],
    rule: together,
  },
  {
    trace: 'canary-no-steps-unavailable',
    point: 'final',
    on: 'ReplicaSet/demo-647fdb4dfc',
    rows: '46–50',
    lines: ['metadata.generation'],
    rule: together,
  },
  ...[
    { trace: 'canary-alb-experiment-weight', on: 'Experiment/demo-58dc9bf9d9-2-1', rows: '72, 73' },
    { trace: 'canary-experiment-step', on: 'Experiment/demo-58dc9bf9d9-2-0', rows: '48, 53, 55' },
  ].map(
    (found): DeliberateDifference => ({
      ...found,
      point: 'events',
      lines: ['want Normal TemplateProgressing', 'want Normal ExperimentPending'],
      rule: toldOnce,
    }),
  ),
  {
    trace: 'experiment-alone',
    point: 'events',
    on: 'Experiment/alone',
    rows: '26, 64–68',
    lines: [
      'want Normal TemplateRunning "Template \'one\' transitioned from Progressing -> Running"',
      'want Normal AnalysisRunSuccessful "AnalysisRun \'good\' transitioned from Running -> Successful"',
      "want Warning AnalysisRunFailed \"AnalysisRun 'bad' transitioned from Running -> Failed",
      'want Warning ExperimentFailed "Experiment transitioned from Running -> Failed"',
    ],
    rule: toldOnce,
  },
  {
    trace: 'invalid-then-fixed',
    point: 'status',
    on: 'Rollout/demo',
    rows: '16–28',
    lines: ['conditions.Progressing.last', 'conditions.Available.last', 'conditions.Completed.last', 'duration.'],
    rule: retriesAtOnce,
  },
  {
    trace: 'invalid-then-fixed',
    point: 'final',
    on: 'Rollout/demo',
    rows: '16–28',
    lines: ['status.conditions.Progressing.last', 'status.conditions.Completed.last', 'status.duration.'],
    rule: retriesAtOnce,
  },
  {
    trace: 'invalid-then-fixed',
    point: 'final',
    on: 'ReplicaSet/demo-647fdb4dfc',
    rows: '16–28',
    lines: ['metadata.creationTimestamp'],
    rule: retriesAtOnce,
  },
  {
    trace: 'invalid-then-fixed',
    point: 'final',
    on: 'Service/canary',
    rows: '16–28',
    lines: ['metadata.creationTimestamp'],
    rule: retriesAtOnce,
  },
  {
    trace: 'restart',
    point: 'status',
    on: 'Rollout/demo',
    rows: '78–107',
    lines: ['conditions.Progressing.last', 'updatedReplicas'],
    rule: stablePodsFirst,
  },
  {
    trace: 'restart',
    point: 'final',
    on: 'Rollout/demo',
    rows: '78–107',
    lines: ['status.conditions.Progressing.last'],
    rule: stablePodsFirst,
  },
  ...['ReplicaSet/demo-647fdb4dfc', 'ReplicaSet/demo-58dc9bf9d9'].map(
    (on): DeliberateDifference => ({
      trace: 'restart',
      point: 'final',
      on,
      rows: '78–107',
      lines: ['status.availableReplicas', 'status.readyReplicas'],
      rule: stablePodsFirst,
    }),
  ),
  ...['Ingress/demo contents', 'Ingress/demo-two contents'].map(
    (on): DeliberateDifference => ({
      trace: 'router-alb-two-ingresses',
      point: 'routers',
      on,
      rows: '17–20',
      lines: [
        'want {"annotations":{"kubernetes.io/ingress.class":"alb","rollouts.argoproj.io/managed-alb-annotations":"{\\"demo\\":[]}"}',
      ],
      rule: noEmptyBooks,
    }),
  ),
  {
    trace: 'router-alb-two-ingresses',
    point: 'events',
    on: 'Rollout/demo',
    rows: '17–20, 50–57',
    lines: [
      'want Normal PatchingALBIngress "Updating Ingress `demo` removing managed routes"',
      'want Normal PatchingALBIngress "Updating Ingress `demo-two` removing managed routes"',
      'want Normal PatchingALBIngress "Updating Ingress `demo` to headerRoute \'&{',
      'want Normal PatchingALBIngress "Updating Ingress `demo-two` to headerRoute \'&{',
      "got  Normal PatchingALBIngress \"Updating Ingress `demo` to headerRoute 'beta'",
      "got  Normal PatchingALBIngress \"Updating Ingress `demo-two` to headerRoute 'beta'",
    ],
    rule: `${noEmptyBooks}; §1.10: the event names the header route`,
  },
  ...['workload-ref-on-success', 'workload-ref-progressively'].flatMap((trace): DeliberateDifference[] => [
    {
      trace,
      point: 'replicaSets',
      on: 'ReplicaSet/demo-6b44c7fb45 rollout.argoproj.io/revision-history',
      rows: '40',
      lines: ['want "1'],
      rule: oneHistory,
    },
    {
      trace,
      point: 'final',
      on: 'ReplicaSet/demo-6b44c7fb45',
      rows: '40',
      lines: ['metadata.annotations.rollout.argoproj.io/revision-history'],
      rule: oneHistory,
    },
    {
      trace,
      point: 'events',
      on: 'Rollout/demo',
      rows: '16–25',
      lines: ['got  Normal NewReplicaSetCreated "Created ReplicaSet demo-6b44c7fb45 (revision 1)"'],
      rule: noConflict,
    },
  ]),
  {
    trace: 'workload-ref-progressively',
    point: 'status',
    on: 'Rollout/demo',
    rows: '30–40',
    lines: ['workloadObservedGeneration: want "1" got "2"'],
    rule: 'faster: the Deployment was scaled, and seen to be, while the last pods got ready',
  },
];

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
  [/^\s+(istio|smi|ambassador|appMesh|traefik|apisix|plugins):/m, 'this traffic router is built later'],
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
