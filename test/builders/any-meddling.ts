// What others do to a Rollout's objects behind the controller's back, for properties: ReplicaSets sized or deleted by
// hand, Services pointed elsewhere, another strategy in the middle of an update, a controller that dies within a wave.

import fc from 'fast-check';
import { podTemplateHashLabel } from '../../controller/api/constants.ts';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { RolloutSpec } from '../../controller/api/types.generated.ts';
import { applyMergePatch } from '../../controller/lang/merge-patch.ts';
import { anyStrategy } from './any-strategy.ts';
import type { World } from './world.ts';

export type Meddling =
  | {
      readonly is: 'sized' /** Which of the ReplicaSets, counted by age. */;
      readonly at: number;
      readonly replicas: number;
    }
  | { readonly is: 'deleted'; readonly at: number }
  | { readonly is: 'pointed'; readonly service: string /** None: its hash is taken away. */; readonly at?: number }
  | { readonly is: 'strategy'; readonly strategy: NonNullable<RolloutSpec['strategy']> };

const at = fc.integer({ min: 0, max: 2 });

export const anyMeddling: fc.Arbitrary<Meddling> = fc.oneof(
  fc.record({ is: fc.constant('sized' as const), at, replicas: fc.integer({ min: 0, max: 10 }) }),
  fc.record({ is: fc.constant('deleted' as const), at }),
  fc.record(
    { is: fc.constant('pointed' as const), service: fc.constantFrom('stable', 'canary'), at },
    { requiredKeys: ['is', 'service'] },
  ),
  fc.record({ is: fc.constant('strategy' as const), strategy: anyStrategy }),
);

/** The world after it; as it was, when there is no such object. */
export function meddle(before: World, what: Meddling): World {
  switch (what.is) {
    case 'sized':
      return changed(before, before.replicaSets[what.at], (replicaSet) => ({
        ...replicaSet,
        metadata: { ...replicaSet.metadata, generation: (replicaSet.metadata.generation ?? 0) + 1 },
        spec: { ...replicaSet.spec, replicas: what.replicas },
      }));
    case 'deleted':
      return { ...before, replicaSets: before.replicaSets.filter((_, index) => index !== what.at) };
    case 'pointed': {
      const hash =
        what.at === undefined ? undefined : before.replicaSets[what.at]?.metadata.labels?.[podTemplateHashLabel];
      const patch = { spec: { selector: { [podTemplateHashLabel]: hash ?? null } } };
      const services = before.services.map((service) =>
        service.metadata.name === what.service ? applyMergePatch(service, patch) : service,
      );
      return { ...before, services };
    }
    case 'strategy': {
      const { rollout } = before;
      const metadata = { ...rollout.metadata, generation: (rollout.metadata.generation ?? 0) + 1 };
      return { ...before, rollout: { ...rollout, metadata, spec: { ...rollout.spec, strategy: what.strategy } } };
    }
  }
}

function changed(before: World, which: ReplicaSet | undefined, change: (replicaSet: ReplicaSet) => ReplicaSet): World {
  const replicaSets = before.replicaSets.map((replicaSet) => (replicaSet === which ? change(replicaSet) : replicaSet));
  return { ...before, replicaSets };
}
