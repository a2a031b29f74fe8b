// Keeps the data plane at what the cluster says: every change of Services, Ingresses and EndpointSlices goes to the network.

import type { Ingress, Service } from '../../controller/api/kubernetes-types.ts';
import type { Clock } from '../../controller/lang/time.ts';
import type { Informers } from '../machinery/informers.ts';
import { resources } from '../machinery/resources.ts';
import type { EndpointSlice } from './endpoints.ts';
import type { Network } from './network.ts';

/** Keeps the network's routes and endpoints at what the cluster says; call before `informers.start()`. */
export function followNetwork(informers: Informers, network: Network, clock: Clock): void {
  const services = informers.of<Service>(resources.services);
  const ingresses = informers.of<Ingress>(resources.ingresses);
  const endpointSlices = informers.of<EndpointSlice>(resources.endpointSlices);
  let due = false;
  const changed = (): void => {
    if (due) return;
    due = true;
    // One table for a burst of changes.
    clock.schedule(0, () => {
      due = false;
      network.update({
        services: [...services.all()],
        ingresses: [...ingresses.all()],
        endpointSlices: [...endpointSlices.all()],
      });
    });
  };
  for (const informer of [services, ingresses, endpointSlices]) informer.onChange(changed);
}
