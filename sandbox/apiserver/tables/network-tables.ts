// Tables of services, endpoints and ingresses.

import { text } from '../json.ts';
import { numberAt, objectAt, objectsAt, textAt, textsAt } from '../kinds/fields.ts';
import { selectorText } from '../kinds/selector-rules.ts';
import type { ApiObject, JsonObject, TableStrategy } from '../kinds/types.ts';
import { age, ageColumn, column, nameColumn, orNone, wide } from './columns.ts';

export const serviceTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Type'),
    column('Cluster-IP'),
    column('External-IP'),
    column('Port(s)'),
    ageColumn,
    wide('Selector'),
  ],
  cells: (object, now) => [
    text(object.metadata.name),
    textAt(object, 'spec', 'type'),
    orNone(textAt(object, 'spec', 'clusterIP')),
    externalAddress(object),
    orNone(objectsAt(object, 'spec', 'ports').map(portText).join(',')),
    age(object.metadata.creationTimestamp, now),
    orNone(selectorText({ matchLabels: objectAt(object, 'spec', 'selector') ?? {} })),
  ],
};

function portText(port: JsonObject): string {
  const nodePort = numberAt(port, 'nodePort') ?? 0;
  return `${numberAt(port, 'port') ?? 0}${nodePort === 0 ? '' : `:${nodePort}`}/${text(port.protocol)}`;
}

function externalAddress(service: ApiObject): string {
  const external = textsAt(service, 'spec', 'externalIPs');
  switch (textAt(service, 'spec', 'type')) {
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName');
    case 'LoadBalancer': {
      const all = [...loadBalancerAddresses(service), ...external];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    default:
      return orNone(external.join(','));
  }
}

function loadBalancerAddresses(object: ApiObject): string[] {
  const entries = objectsAt(object, 'status', 'loadBalancer', 'ingress');
  return entries.map((entry) => text(entry.ip) || text(entry.hostname)).filter((address) => address !== '');
}

export const ingressTable: TableStrategy = {
  columns: [nameColumn, column('Class'), column('Hosts'), column('Address'), column('Ports'), ageColumn],
  cells: (object, now) => [
    text(object.metadata.name),
    orNone(textAt(object, 'spec', 'ingressClassName')),
    hosts(object),
    loadBalancerAddresses(object).join(','),
    objectsAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80',
    age(object.metadata.creationTimestamp, now),
  ],
};

function hosts(ingress: ApiObject): string {
  const found = objectsAt(ingress, 'spec', 'rules').map((rule) => text(rule.host) || '*');
  if (found.length === 0) return '*';
  return found.length <= 3 ? found.join(',') : `${found.slice(0, 3).join(',')} + ${found.length - 3} more...`;
}

export const ingressClassTable: TableStrategy = {
  columns: [nameColumn, column('Controller'), column('Parameters'), ageColumn],
  cells(object, now) {
    const parameters = objectAt(object, 'spec', 'parameters');
    const group = textAt(parameters, 'apiGroup');
    const kind = group === '' ? textAt(parameters, 'kind') : `${textAt(parameters, 'kind')}.${group}`;
    return [
      text(object.metadata.name),
      textAt(object, 'spec', 'controller'),
      parameters === undefined ? '<none>' : `${kind}/${textAt(parameters, 'name')}`,
      age(object.metadata.creationTimestamp, now),
    ];
  },
};

export const endpointsTable: TableStrategy = {
  columns: [nameColumn, column('Endpoints'), ageColumn],
  cells(object, now) {
    const found = objectsAt(object, 'subsets').flatMap((subset) => {
      const ports = objectsAt(subset, 'ports');
      const addresses = objectsAt(subset, 'addresses').map((address) => text(address.ip));
      if (ports.length === 0) return addresses;
      return ports.flatMap((port) => addresses.map((address) => `${address}:${numberAt(port, 'port') ?? 0}`));
    });
    return [text(object.metadata.name), shortList(found), age(object.metadata.creationTimestamp, now)];
  },
};

export const endpointSliceTable: TableStrategy = {
  columns: [nameColumn, column('AddressType'), column('Ports'), column('Endpoints'), ageColumn],
  cells(object, now) {
    const ports = objectsAt(object, 'ports').map((port) => String(numberAt(port, 'port') ?? '*'));
    const addresses = objectsAt(object, 'endpoints').flatMap((endpoint) => textsAt(endpoint, 'addresses'));
    return [
      text(object.metadata.name),
      textAt(object, 'addressType'),
      unset(shortList(ports)),
      unset(shortList(addresses)),
      age(object.metadata.creationTimestamp, now),
    ];
  },
};

function unset(value: string): string {
  return value === '<none>' ? '<unset>' : value;
}

function shortList(values: readonly string[]): string {
  if (values.length === 0) return '<none>';
  return values.length <= 3 ? values.join(',') : `${values.slice(0, 3).join(',')} + ${values.length - 3} more...`;
}

export const networkPolicyTable: TableStrategy = {
  columns: [nameColumn, column('Pod-Selector'), ageColumn],
  cells: (object, now) => [
    text(object.metadata.name),
    orNone(selectorText(objectAt(object, 'spec', 'podSelector'))),
    age(object.metadata.creationTimestamp, now),
  ],
};
