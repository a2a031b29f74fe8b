// Whose is an annotation of an Ingress that several Rollouts share? SLIPWAY: a key that another Rollout has noted first
// is that Rollout's, until it lets go of it. Two that both set it would write over each other without end, and each
// would send the other's users to its own pods.

import type { Ingress } from '../../api/kubernetes-types.ts';
import type { Rollout } from '../../api/types.generated.ts';
import { actionKey, conditionKey } from './annotations.ts';
import { rolloutsOf } from './bookkeeping.ts';
import { type AlbSettings, readAlbSettings } from './settings.ts';

/** What a Rollout may write on its Ingresses. */
export interface IngressSharer {
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly ingresses: readonly string[];
  readonly keys: readonly string[];
}

/** Undefined: it has no load balancer of this kind. */
export function ingressSharer(rollout: Rollout): IngressSharer | undefined {
  const settings = readAlbSettings(rollout, rollout.status ?? {});
  if (!settings) return undefined;
  const { name = '', creationTimestamp = '' } = rollout.metadata;
  const routes = settings.managedRoutes.flatMap((route) => routeKeys(settings, route));
  const keys = [actionKey(settings, settings.rootService), ...routes];
  return { name, createdAt: creationTimestamp, ingresses: settings.ingresses, keys };
}

export function routeKeys(settings: AlbSettings, route: string): readonly string[] {
  return [actionKey(settings, route), conditionKey(settings, route)];
}

export interface Sharing {
  /** Noted by others, and not by this Rollout. */
  isForeign(key: string): boolean;
  /** Whether another Rollout has noted a header route of this name. */
  isForeignRoute(route: string): boolean;
  /** The Rollout that keeps this one from writing the key. */
  holderOf(key: string): string | undefined;
}

/** `sharers`: the other Rollouts that name one of the Ingresses of `own`. */
export function sharingOf(ingress: Ingress, own: IngressSharer, sharers: readonly IngressSharer[]): Sharing {
  const books = Object.entries(rolloutsOf(ingress.metadata.annotations ?? {}) ?? {});
  const notersOf = (key: string) => books.filter(([, keys]) => keys.includes(key)).map(([name]) => name);
  return {
    isForeign(key) {
      const noters = notersOf(key);
      return noters.length > 0 && !noters.includes(own.name);
    },
    isForeignRoute(route) {
      return books.some(
        ([name, keys]) => name !== own.name && keys.some((key) => key.endsWith(`/conditions.${route}`)),
      );
    },
    holderOf(key) {
      const noters = notersOf(key);
      const holders = sharers.filter(
        ({ name, ingresses, keys }) =>
          noters.includes(name) && keys.includes(key) && ingresses.includes(ingress.metadata.name ?? ''),
      );
      const isNoted = noters.includes(own.name);
      return holders.find((holder) => !isNoted || isBefore(holder, own))?.name;
    },
  };
}

/** Of two that have both noted a key, as they did before this rule, the older one keeps it. */
function isBefore(one: IngressSharer, other: IngressSharer): boolean {
  return one.createdAt === other.createdAt ? one.name < other.name : one.createdAt < other.createdAt;
}
