// Where traffic goes by what is stored: the actions of an ALB, the canary Ingress of NGINX, the active Service of
// blue/green. In the simplest words, so that it can judge the real code.

import { podTemplateHashLabel } from '../../controller/api/constants.ts';
import type { Ingress, Service } from '../../controller/api/kubernetes-types.ts';
import type { CanaryStrategy, Rollout } from '../../controller/api/types.generated.ts';
import { albIngress, app, nginxIngress } from './names.ts';

export interface Target {
  readonly service: string;
  readonly weight: number;
  readonly selector: Readonly<Record<string, string>>;
  /** Of the version that the Service selects. */
  readonly hash: string | undefined;
}

interface Share {
  readonly service: string;
  readonly weight: number;
}

/** Whom production traffic is sent to. Nobody in a canary without a router: its pods are all behind one Service. */
export function targetsOf(
  rollout: Rollout | undefined,
  services: readonly Service[],
  ingresses: readonly Ingress[],
): Target[] {
  const strategy = rollout?.spec.strategy;
  const shares = strategy?.blueGreen
    ? [{ service: strategy.blueGreen.activeService ?? '', weight: 100 }]
    : strategy?.canary?.trafficRouting
      ? sharesOf(strategy.canary, ingresses)
      : [];
  return shares.flatMap(({ service, weight }) => {
    const found = services.find(({ metadata }) => metadata.name === service);
    const selector = found?.spec.selector as Readonly<Record<string, string>> | undefined;
    return selector ? [{ service, weight, selector, hash: selector[podTemplateHashLabel] }] : [];
  });
}

/** As the router of the strategy obeys them. */
function sharesOf({ trafficRouting, ...canary }: CanaryStrategy, ingresses: readonly Ingress[]): Share[] {
  const named = (name: string) => ingresses.find(({ metadata }) => metadata.name === name);
  if (!trafficRouting?.nginx) return forwardsOf(named(albIngress), 'root');
  const weight = Number(named(nginxCanary)?.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'] ?? 0);
  return [
    { service: canary.canaryService ?? '', weight },
    { service: canary.stableService ?? '', weight: 100 - weight },
  ];
}

export const nginxCanary = `${app}-${nginxIngress}-canary`;

interface TargetGroup {
  readonly ServiceName: string;
  readonly ServicePort: string;
  readonly Weight?: number;
}

const actionPrefix = 'alb.ingress.kubernetes.io/actions.';

function forwardsOf(ingress: Ingress | undefined, action: string): (Share & { readonly port: string })[] {
  const text = ingress?.metadata.annotations?.[`${actionPrefix}${action}`];
  if (text === undefined) return [];
  const { ForwardConfig } = JSON.parse(text) as { readonly ForwardConfig?: { readonly TargetGroups?: TargetGroup[] } };
  return (ForwardConfig?.TargetGroups ?? []).map(({ ServiceName, ServicePort, Weight = 1 }) => ({
    service: ServiceName,
    port: ServicePort,
    weight: Weight,
  }));
}

/** The shares of each of an Ingress's actions. */
export function actionsOf(ingress: Ingress): (Share & { readonly port: string })[][] {
  return actionNamesOf(ingress).map((name) => forwardsOf(ingress, name));
}

export function actionNamesOf({ metadata }: Ingress): string[] {
  const names = Object.keys(metadata.annotations ?? {}).filter((name) => name.startsWith(actionPrefix));
  return names.map((name) => name.slice(actionPrefix.length));
}
