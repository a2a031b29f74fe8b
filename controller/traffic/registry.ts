// Which routers does a Rollout use, in which order (traffic.md §1.4)? A key that no folder here serves yet is told
// apart by name, so that it is never passed over in silence.

import type { Rollout, TrafficRouting } from '../api/types.generated.ts';
import { albRouter } from './alb/objects.ts';
import { nginxRouter } from './nginx/objects.ts';
import type { Router } from './types.ts';

type RouterKey = Exclude<keyof TrafficRouting, 'managedRoutes' | 'maxTrafficWeight'>;

/** In the order in which they are called; `undefined`: not built in yet. */
const routers = {
  istio: undefined,
  nginx: nginxRouter,
  alb: albRouter,
  smi: undefined,
  ambassador: undefined,
  appMesh: undefined,
  traefik: undefined,
  apisix: undefined,
  plugins: undefined,
} as const satisfies Readonly<Record<RouterKey, Router | undefined>>;

export interface UsedRouters {
  readonly routers: readonly Router[];
  /** Keys of `trafficRouting` that are set but not built in. */
  readonly unsupported: readonly string[];
}

export function routersOf(rollout: Rollout): UsedRouters {
  const routing = rollout.spec.strategy?.canary?.trafficRouting;
  const found: Router[] = [];
  const unsupported: string[] = [];
  for (const [key, router] of Object.entries(routers)) {
    if (!isSet(routing?.[key as RouterKey])) continue;
    if (router) found.push(router);
    else unsupported.push(key);
  }
  return { routers: found, unsupported };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
