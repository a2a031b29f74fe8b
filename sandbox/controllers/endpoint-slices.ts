// EndpointSlices and Endpoints: which pods stand behind a Service, and may they get new requests? A terminating pod is
// no longer ready but may still serve; a finished one is gone.

import type { KubernetesObject, Pod, Service } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch, isEqualJson } from '../../controller/lang/merge-patch.ts';
import { unlessGone } from '../machinery/client.ts';
import type { Node } from '../machinery/nodes.ts';
import { makeControllerReference } from '../machinery/pods.ts';
import { keyOf, resources, splitKey } from '../machinery/resources.ts';
import { selectsByMap } from '../machinery/selector.ts';
import { Timers } from '../machinery/timers.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { type EndpointSliceContent, makeSlices, makeSubsets, type Subset } from './endpoint-content.ts';

interface EndpointSlice extends KubernetesObject, EndpointSliceContent {}

interface Endpoints extends KubernetesObject {
  readonly subsets?: readonly Subset[];
}

const serviceNameLabel = 'kubernetes.io/service-name';
const endpointsManagedBy = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
const managedBy = { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' };

/** With a delay pods that have gone get requests for so long, and new ones get none: what a slow cluster looks like. */
export function createEndpointSliceController(context: ControllerContext, delayMs = 0): Controller {
  const { client, clock, informers } = context;
  const services = informers.of<Service>(resources.services);
  const pods = informers.of<Pod>(resources.pods);
  const slices = informers.of<EndpointSlice>(resources.endpointSlices);
  const endpoints = informers.of<Endpoints>(resources.endpoints);
  const nodes = informers.of<Node>(resources.nodes);
  services.index('namespace', (service) => [service.metadata.namespace ?? '']);
  pods.index('namespace', (pod) => [pod.metadata.namespace ?? '']);
  slices.index('service', (slice) => [serviceKeyOf(slice)]);

  const queue = createWorkQueue({ name: 'endpointslice', clock, process: sync, report: context.report });
  services.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  /** The pods as they were `delayMs` ago; unused without a delay. */
  const late = new Map<string, Pod>();
  const delayed = new Timers(clock);
  pods.onChange((now, before) => {
    if (delayMs === 0) return enqueueFor(now, before);
    delayed.after(delayMs, () => {
      if (now === undefined) late.delete(keyOf(before!));
      else late.set(keyOf(now), now);
      enqueueFor(now, before);
    });
  });
  slices.onChange((now, before) => {
    const slice = now ?? before;
    if (slice !== undefined) queue.add(serviceKeyOf(slice));
  });

  function enqueueFor(now: Pod | undefined, before: Pod | undefined): void {
    for (const pod of [now, before]) {
      if (pod === undefined) continue;
      for (const service of services.find('namespace', pod.metadata.namespace ?? '')) {
        if (selectsPod(service, pod)) queue.add(keyOf(service));
      }
    }
  }

  function zoneOf(node: string): string | undefined {
    return nodes.get(node)?.metadata.labels?.['topology.kubernetes.io/zone'];
  }

  function podsIn(namespace: string): readonly Pod[] {
    if (delayMs === 0) return pods.find('namespace', namespace);
    return [...late.values()].filter(({ metadata }) => metadata.namespace === namespace);
  }

  async function sync(key: string): Promise<void> {
    const service = services.get(key);
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
    if (Object.keys(service.spec.selector ?? {}).length === 0 || service.spec.type === 'ExternalName') return;
    const members = podsIn(service.metadata.namespace ?? '')
      .filter((pod) => selectsPod(service, pod))
      .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
    await syncSlices(service, makeSlices(service, members, zoneOf));
    await syncEndpoints(service, makeSubsets(service, members));
  }

  async function syncSlices(service: Service, wanted: readonly EndpointSliceContent[]): Promise<void> {
    const { namespace, name = '' } = service.metadata;
    const present = slices
      .find('service', keyOf(service))
      .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
    const { pairs, surplus } = match(wanted, present);
    for (const { content, slice } of pairs) {
      if (slice === undefined) {
        const made = await client.create<EndpointSlice>(resources.endpointSlices, namespace, {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: {
            generateName: `${name}-`,
            namespace,
            labels: labelsFor(service),
            ownerReferences: [makeControllerReference(service, 'v1', 'Service')],
          },
          ...content,
        });
        slices.wrote(made);
      } else {
        const { endpoints: members, ports } = content;
        const labels = diffMergePatch(slice.metadata.labels, labelsFor(service));
        if (sameContent(slice, content) && labels === undefined) continue;
        const patch = { ...(labels !== undefined && { metadata: { labels } }), endpoints: members, ports };
        slices.wrote(
          await unlessGone(client.patch(resources.endpointSlices, namespace, slice.metadata.name ?? '', patch)),
        );
      }
    }
    for (const slice of surplus) {
      await unlessGone(client.delete(resources.endpointSlices, namespace, slice.metadata.name ?? ''));
      slices.removed(slice);
    }
  }

  async function syncEndpoints(service: Service, subsets: readonly Subset[]): Promise<void> {
    const { namespace, name = '' } = service.metadata;
    const present = endpoints.get(keyOf(service));
    const labels = { ...service.metadata.labels, ...headlessLabel(service), ...endpointsManagedBy };
    if (present === undefined) {
      endpoints.wrote(
        await client.create<Endpoints>(resources.endpoints, namespace, {
          apiVersion: 'v1',
          kind: 'Endpoints',
          metadata: { name, namespace, labels },
          ...(subsets.length > 0 && { subsets }),
        }),
      );
    } else {
      const labelled = diffMergePatch(present.metadata.labels, labels);
      if (isEqualJson(present.subsets ?? [], subsets) && labelled === undefined) return;
      const metadata = labelled === undefined ? {} : { metadata: { labels: labelled } };
      const patch = { ...metadata, subsets: subsets.length > 0 ? subsets : null };
      endpoints.wrote(await unlessGone(client.patch(resources.endpoints, namespace, name, patch)));
    }
  }

  // Endpoints have no owner reference: they go with their Service.
  services.onChange((now, before) => {
    if (now !== undefined || before === undefined) return;
    const left = endpoints.get(keyOf(before));
    if (left === undefined) return;
    const { namespace, name } = splitKey(keyOf(before));
    unlessGone(client.delete(resources.endpoints, namespace, name)).catch((problem: Error) => context.report(problem));
  });

  return {
    name: 'endpointslice',
    start: queue.start,
    stop() {
      queue.stop();
      delayed.clear();
    },
  };
}

/** Those of the Service, whenever they change, and those that say whose the slice is. */
function labelsFor(service: Service): Readonly<Record<string, string>> {
  return {
    ...service.metadata.labels,
    ...headlessLabel(service),
    ...managedBy,
    [serviceNameLabel]: service.metadata.name ?? '',
  };
}

interface Match {
  readonly pairs: readonly { readonly content: EndpointSliceContent; readonly slice: EndpointSlice | undefined }[];
  readonly surplus: readonly EndpointSlice[];
}

/** A slice stays with its ports, so that no endpoint is nowhere for a moment; what is left over is used again. */
function match(wanted: readonly EndpointSliceContent[], present: readonly EndpointSlice[]): Match {
  const free = [...present];
  const takeWhere = (is: (slice: EndpointSlice) => boolean): EndpointSlice | undefined => {
    const at = free.findIndex(is);
    return at < 0 ? undefined : free.splice(at, 1)[0];
  };
  const sure = wanted.map((content) => ({
    content,
    slice: takeWhere(({ ports = [] }) => isEqualJson(ports, content.ports)),
  }));
  const pairs = sure.map(({ content, slice }) => ({ content, slice: slice ?? takeWhere(() => true) }));
  return { pairs, surplus: free };
}

function headlessLabel(service: Service): Readonly<Record<string, string>> {
  const isHeadless = (service.spec as { readonly clusterIP?: string }).clusterIP === 'None';
  return isHeadless ? { 'service.kubernetes.io/headless': '' } : {};
}

function serviceKeyOf(slice: EndpointSlice): string {
  return `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`;
}

function selectsPod(service: Service, pod: Pod): boolean {
  const selector = service.spec.selector ?? {};
  return Object.keys(selector).length > 0 && selectsByMap(selector, pod.metadata.labels);
}

function sameContent(slice: EndpointSlice, content: EndpointSliceContent): boolean {
  return isEqualJson(slice.endpoints ?? [], content.endpoints) && isEqualJson(slice.ports ?? [], content.ports);
}
