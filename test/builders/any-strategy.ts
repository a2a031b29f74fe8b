// Strategies that nobody thought of, for properties: every field of a canary with and without a router and of a
// blue/green, every kind of step but plugins and experiments, all of them valid, be it by an oversight of the reference:
// less than nothing, more than everything, two kinds in one step.

import fc from 'fast-check';
import type { CanaryStep, RolloutSpec } from '../../controller/api/types.generated.ts';

type Strategy = NonNullable<RolloutSpec['strategy']>;

/** The AnalysisTemplate that all of them name. */
export const checkTemplate = {
  apiVersion: 'argoproj.io/v1alpha1' as const,
  kind: 'AnalysisTemplate' as const,
  metadata: { name: 'check', namespace: 'shop' },
  spec: { metrics: [{ name: 'rate', provider: { web: { url: 'https://metrics.example/rate' } } }] },
};
const analysis = { templates: [{ templateName: 'check' }] };

export const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const upTo = (max: number) => fc.integer({ min: 0, max });
const delay = maybe(upTo(40));

/** Without the fields that are undefined. */
export function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as never;
}

const anyCanaryStep: readonly fc.Arbitrary<CanaryStep>[] = [
  fc.record({ setWeight: upTo(100) }),
  fc.record({ setWeight: upTo(100) }),
  fc.constant({ pause: {} }),
  fc.record({
    pause: fc.record({ duration: fc.oneof(upTo(100), fc.constantFrom('10', '5s', '1m30s', '500ms', '-0.5s')) }),
  }),
  fc.constant({ analysis }),
];

const routedStep: readonly fc.Arbitrary<CanaryStep>[] = [
  fc.record({ setCanaryScale: fc.record({ replicas: fc.integer({ min: -1, max: 8 }) }) }),
  fc.record({ setCanaryScale: fc.record({ weight: fc.integer({ min: -10, max: 200 }) }) }),
  fc.record({ setWeight: upTo(100), setCanaryScale: fc.record({ weight: upTo(100), replicas: upTo(8) }) }),
  fc.constant({ setCanaryScale: { matchTrafficWeight: true } }),
  fc.constant({ setCanaryScale: {} }),
];

const header = { headerName: 'x-user', headerValue: { exact: 'tester' } };
const headerStep: readonly fc.Arbitrary<CanaryStep>[] = [
  fc.constant({ setHeaderRoute: { name: 'testers', match: [header] } }),
  fc.constant({ setHeaderRoute: { name: 'testers' } }),
];

const stepsOf = (...kinds: readonly fc.Arbitrary<CanaryStep>[]) => fc.array(fc.oneof(...kinds), { maxLength: 5 });

/** Both zero would be invalid. */
const bounds = fc.constantFrom(
  {},
  { maxSurge: 1, maxUnavailable: 0 },
  { maxSurge: 0, maxUnavailable: 1 },
  { maxSurge: 2, maxUnavailable: 2 },
  { maxSurge: '50%', maxUnavailable: '25%' },
  { maxSurge: '1%', maxUnavailable: '1%' },
  { maxSurge: '100%', maxUnavailable: 0 },
  { maxSurge: 0, maxUnavailable: '100%' },
  { maxSurge: -1, maxUnavailable: 0 },
  { maxSurge: 1, maxUnavailable: '-10%' },
);

const antiAffinity = maybe(
  fc.constantFrom(
    { requiredDuringSchedulingIgnoredDuringExecution: {} },
    { preferredDuringSchedulingIgnoredDuringExecution: { weight: 5 } },
  ),
);
const inRole = (role: string) => maybe(fc.constant({ labels: { role }, annotations: { [role]: 'yes' } }));

const shared = {
  antiAffinity,
  canaryMetadata: inRole('canary'),
  stableMetadata: inRole('stable'),
  bounds,
  background: fc.boolean(),
  startingStep: upTo(2),
  replicaProgressThreshold: maybe(
    fc.constantFrom(
      { type: 'Percent' as const, value: 60 },
      { type: 'Percent' as const, value: 150 },
      { type: 'Pod' as const, value: 2 },
      { type: 'Pod' as const, value: 20 },
    ),
  ),
};

const withServices = { canaryService: 'canary', stableService: 'stable' };

function canaryOf<T extends { bounds: object; background: boolean; startingStep: number }>(given: T): Strategy {
  const { bounds: limits, background, startingStep, ...rest } = given;
  return {
    canary: defined({ ...rest, ...limits, analysis: background ? { ...analysis, startingStep } : undefined }) as never,
  };
}

/** Weights by counts of pods. */
export const basicCanary: fc.Arbitrary<Strategy> = fc
  .record({ ...shared, steps: stepsOf(...anyCanaryStep), services: fc.boolean() })
  .map(({ services, ...given }) => canaryOf({ ...given, ...(services ? withServices : {}) }));

const alb = { ingress: 'demo', rootService: 'root', servicePort: 80 };
const nginx = { stableIngress: 'nginx' };
const managedRoutes = [{ name: 'testers' }];
const pingPong = { pingPong: { pingService: 'ping', pongService: 'pong' } };

const routers = fc.oneof(
  fc.record({
    trafficRouting: fc.constant({ managedRoutes, alb }),
    steps: stepsOf(...anyCanaryStep, ...routedStep, ...headerStep),
    names: fc.constantFrom(withServices, pingPong),
  }),
  fc.record({
    trafficRouting: fc
      .record({ nginx: fc.constant(nginx), maxTrafficWeight: maybe(fc.constantFrom(100, 1000, 100_000_000)) })
      .map(defined),
    steps: stepsOf(...anyCanaryStep, ...routedStep),
    names: fc.constant(withServices),
  }),
  fc.record({
    trafficRouting: fc.constant({ alb, nginx }),
    steps: stepsOf(...anyCanaryStep, ...routedStep),
    names: fc.constant(withServices),
  }),
);

/** Weights by routers. */
export const routedCanary: fc.Arbitrary<Strategy> = fc
  .record({
    ...shared,
    router: routers,
    scaleDownDelaySeconds: delay,
    scaleDownDelayRevisionLimit: maybe(upTo(2)),
    abortScaleDownDelaySeconds: delay,
    minPodsPerReplicaSet: maybe(fc.constantFrom(-1, 0, 1, 2, 3, 12)),
    dynamicStableScale: fc.boolean(),
  })
  .map(({ router: { names, ...router }, ...given }) => {
    const { scaleDownDelaySeconds, ...rest } = given;
    // With a dynamic stable side this field would be invalid.
    const kept = given.dynamicStableScale ? rest : { ...rest, scaleDownDelaySeconds };
    return canaryOf({ ...kept, ...router, ...names });
  });

export const blueGreen: fc.Arbitrary<Strategy> = fc
  .record({
    autoPromotionEnabled: maybe(fc.boolean()),
    autoPromotionSeconds: maybe(upTo(30)),
    previewReplicaCount: maybe(fc.integer({ min: -1, max: 3 })),
    previewService: maybe(fc.constant('canary')),
    scaleDownDelaySeconds: delay,
    scaleDownDelayRevisionLimit: maybe(upTo(2)),
    abortScaleDownDelaySeconds: delay,
    antiAffinity,
    previewMetadata: inRole('preview'),
    activeMetadata: inRole('active'),
    prePromotionAnalysis: maybe(fc.constant(analysis)),
    postPromotionAnalysis: maybe(fc.constant(analysis)),
  })
  .map((given) => ({ blueGreen: { ...defined(given), activeService: 'stable' } }));

export const anyStrategy: fc.Arbitrary<Strategy> = fc.oneof(basicCanary, routedCanary, blueGreen);
