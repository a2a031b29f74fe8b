// The rules for spec.strategy.canary, in order (rollout.md §1.3, traffic.md §1.2). QUIRK: paths lack the element
// `canary`.

import { writtenNumber } from '../../lang/int-or-percent.ts';
import { hasPlugins, maxSurgeOf, maxUnavailableOf } from '../defaults.ts';
import type { CanaryStrategy, RolloutSpec } from '../types.generated.ts';
import { sameService, validateAntiAffinity } from './blue-green.ts';
import { validateCanarySteps } from './canary-steps.ts';
import { type FieldErrors, invalid } from './field-error.ts';

const at = 'spec.strategy';
const needsServices = 'Canary service and Stable service must to be set to use Traffic Routing';

export function* validateCanary(spec: RolloutSpec, canary: CanaryStrategy): FieldErrors {
  yield* validateSurge(spec);
  const [stable, preview] = [canary.stableService ?? '', canary.canaryService ?? ''];
  if (stable !== '' && stable === preview)
    yield invalid(`${at}.stableService`, stable, sameService('stable and canary'));
  yield* validatePingPong(canary);
  if (needsServiceNames(canary)) {
    if (stable === '') yield invalid(`${at}.stableService`, '', needsServices);
    if (preview === '') yield invalid(`${at}.canaryService`, '', needsServices);
  }
  yield* validateRoutingOptions(canary);
  yield* validateCanarySteps(canary);
  yield* validateAntiAffinity(canary.antiAffinity);
}

function* validateSurge(spec: RolloutSpec): FieldErrors {
  const [surge, unavailable] = [maxSurgeOf({ spec }), maxUnavailableOf({ spec })];
  if (isZero(surge) && isZero(unavailable)) {
    yield invalid(`${at}.maxSurge`, surge, 'MaxSurge and MaxUnavailable both can not be zero');
  }
}

/** A percentage counts as its number. */
function isZero(value: number | string): boolean {
  return writtenNumber(value) === 0;
}

function* validatePingPong(canary: CanaryStrategy): FieldErrors {
  const { pingPong, trafficRouting: routing } = canary;
  if (!pingPong) return;
  const { pingService: ping, pongService: pong } = pingPong;
  if (routing && !routing.alb && !routing.istio && !hasPlugins(routing)) {
    const detail = 'Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only';
    yield invalid(`${at}.trafficRouting.alb`, null, detail);
  }
  const missing = 'Ping service and Pong service must to be set to use Ping-Pong feature';
  if (!ping) yield invalid(`${at}.pingPong.pingService`, '', missing);
  if (!pong) yield invalid(`${at}.pingPong.pongService`, '', missing);
  if (ping === pong) yield invalid(`${at}.pingPong.pingService`, ping, sameService('ping and pong'));
  if (routing?.alb && !routing.alb.rootService) {
    const detail = 'Root service field is required for the configuration with ALB and ping-pong feature enabled';
    yield invalid(`${at}.trafficRouting.alb.rootService`, '', detail);
  }
}

/** Routers that find the two versions by their Services. */
function needsServiceNames({ trafficRouting: routing, pingPong }: CanaryStrategy): boolean {
  if (!routing) return false;
  const { alb, istio, smi, apisix, ambassador, nginx, appMesh, traefik } = routing;
  if (smi || apisix || ambassador || nginx || appMesh || traefik) return true;
  return !pingPong && (alb !== undefined || (istio !== undefined && !istio.destinationRule));
}

function* validateRoutingOptions(canary: CanaryStrategy): FieldErrors {
  const { trafficRouting: routing, scaleDownDelaySeconds: delay, dynamicStableScale } = canary;
  if (!routing && delay !== undefined) {
    const detail = 'Canary scaleDownDelaySeconds can only be used with traffic routing';
    yield invalid(`${at}.scaleDownDelaySeconds`, delay, detail);
  }
  if (dynamicStableScale) {
    const only = 'Canary dynamicStableScale can only be used with traffic routing';
    if (!routing) yield invalid(`${at}.dynamicStableScale`, true, only);
    const both = 'Canary dynamicStableScale cannot be used with scaleDownDelaySeconds';
    if (delay !== undefined) yield invalid(`${at}.dynamicStableScale`, true, both);
  }
  const max = routing?.maxTrafficWeight;
  if (max !== undefined && !routing?.nginx && !hasPlugins(routing)) {
    const detail = 'Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins';
    yield invalid(`${at}.trafficRouting.maxTrafficWeight`, max, detail);
  }
  // SLIPWAY ("never stuck"): a share of nothing is no number of pods, which the reference sends to the API server in vain.
  if (max !== undefined && max <= 0) {
    yield invalid(`${at}.trafficRouting.maxTrafficWeight`, max, 'must be greater than 0');
  }
}
