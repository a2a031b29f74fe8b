// A load balancer that is told of pods late, played beside a simulated cluster: one target group per Service, into which
// the ready endpoints of the Service come some time after they are there, and out of which they go at once. It knows the
// share of requests that nobody would answer.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { askTargets } from '../../controller/traffic/alb/client-targets.ts';
import type { TargetQuestion } from '../../controller/traffic/alb/target-facts.ts';
import { type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { targetGroupArn } from './elbv2.ts';

interface Slice extends KubernetesObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
}

export interface LateTargets {
  /** Answers as the cluster and AWS would. */
  ask(question: TargetQuestion): ReturnType<typeof askTargets>;
  /** Target groups asked about, in order. */
  readonly asked: readonly string[];
  /** Whether the group of the Service has a target that still answers. */
  answers(service: string): boolean;
  /** By Service, from now on; those without register at once. */
  lagsMs: Readonly<Record<string, number>>;
}

const apis = ['elbv2.k8s.aws/v1beta1', 'eks.amazonaws.com/v1'];

export function playLateTargets({ clock, cluster, transport }: Simulation): LateTargets {
  /** By Service: address → when it became an endpoint. */
  const endpoints = new Map<string, Map<string, number>>();
  const asked: string[] = [];
  cluster.apiServer.storage.subscribe('discovery.k8s.io/endpointslices', ({ type, object }) => {
    const slice = object as unknown as Slice;
    const service = slice.metadata.labels?.['kubernetes.io/service-name'] ?? '';
    const before = endpoints.get(service);
    const ready =
      type === 'DELETED' ? [] : (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    const addresses = ready.flatMap((endpoint) => endpoint.addresses);
    endpoints.set(service, new Map(addresses.map((address) => [address, before?.get(address) ?? clock.now()])));
  });
  const registered = (service: string): string[] => {
    const known = [...(endpoints.get(service) ?? [])];
    return known.flatMap(([address, since]) => (clock.now() - since >= (played.lagsMs[service] ?? 0) ? address : []));
  };
  const played: LateTargets = {
    lagsMs: {},
    asked,
    ask: (question) =>
      askTargets(question, {
        transport,
        signal: new AbortController().signal,
        bindingApis: apis,
        connect: async () => ({
          async targetHealth(arn) {
            asked.push(arn);
            const service = [...endpoints.keys()].find((name) => targetGroupArn(name) === arn) ?? '';
            const state = { TargetHealth: { State: 'healthy' } } as const;
            return registered(service).map((Id) => ({ Target: { Id, Port: 8080 }, ...state }));
          },
        }),
      }),
    answers: (service) => registered(service).length > 0,
  };
  return played;
}

/** The CRD of AWS' load balancer controller, and one binding for each Service. */
export async function bindServices(
  { clock, transport }: Pick<Simulation, 'clock' | 'transport'>,
  services: readonly string[],
  namespace = 'demo',
): Promise<void> {
  const group = 'elbv2.k8s.aws';
  const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = {
    name: 'v1beta1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
  };
  const names = { plural: 'targetgroupbindings', kind: 'TargetGroupBinding' };
  const create = (path: string, body: object) => whileRunning(clock, transport.request({ verb: 'POST', path, body }));
  await create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `targetgroupbindings.${group}` },
    spec: { group, scope: 'Namespaced', names, versions: [version] },
  });
  for (const name of services) {
    await create(`/apis/${group}/v1beta1/namespaces/${namespace}/targetgroupbindings`, {
      apiVersion: `${group}/v1beta1`,
      kind: 'TargetGroupBinding',
      metadata: { name },
      spec: { targetGroupARN: targetGroupArn(name), targetType: 'ip', serviceRef: { name, port: 80 } },
    });
  }
}
