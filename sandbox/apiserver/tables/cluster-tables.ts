// Tables of configuration, namespaces, nodes, events, leases, budgets, autoscalers and rights.

import { text } from '../json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject, JsonValue, TableStrategy } from '../kinds/types.ts';
import { age, ageColumn, column, nameColumn, orNone, wide } from './columns.ts';

export const configMapTable: TableStrategy = {
  columns: [nameColumn, column('Data'), ageColumn],
  cells: (object, now) => [
    text(object.metadata.name),
    size(object.data) + size(object.binaryData),
    age(object.metadata.creationTimestamp, now),
  ],
};

export const secretTable: TableStrategy = {
  columns: [nameColumn, column('Type'), column('Data'), ageColumn],
  cells: (object, now) => [
    text(object.metadata.name),
    text(object.type),
    size(object.data),
    age(object.metadata.creationTimestamp, now),
  ],
};

export const serviceAccountTable: TableStrategy = {
  columns: [nameColumn, column('Secrets'), ageColumn],
  cells: (object, now) => [
    text(object.metadata.name),
    objectsAt(object, 'secrets').length,
    age(object.metadata.creationTimestamp, now),
  ],
};

export const namespaceTable: TableStrategy = {
  columns: [nameColumn, column('Status'), ageColumn],
  cells: (object, now) => [
    text(object.metadata.name),
    textAt(object, 'status', 'phase'),
    age(object.metadata.creationTimestamp, now),
  ],
};

export const quotaTable: TableStrategy = {
  columns: [nameColumn, column('Request'), column('Limit'), ageColumn],
  cells(object, now) {
    const [hard, used] = [objectAt(object, 'status', 'hard') ?? {}, objectAt(object, 'status', 'used') ?? {}];
    const names = Object.keys(hard).sort();
    const show = (isLimit: boolean): string =>
      names
        .filter((name) => /^limits\.(cpu|memory|ephemeral-storage)$/.test(name) === isLimit)
        .map((name) => `${name}: ${String(used[name] ?? 0)}/${String(hard[name])}`)
        .join(', ');
    return [text(object.metadata.name), show(false), show(true), age(object.metadata.creationTimestamp, now)];
  },
};

export const priorityClassTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Value', { type: 'integer' }),
    column('Global-Default', { type: 'boolean' }),
    ageColumn,
    column('PreemptionPolicy'),
  ],
  cells: (object, now) => [
    text(object.metadata.name),
    numberAt(object, 'value') ?? 0,
    object.globalDefault === true,
    age(object.metadata.creationTimestamp, now),
    text(object.preemptionPolicy),
  ],
};

function size(value: JsonValue | undefined): number {
  return Object.keys(objectAt(value) ?? {}).length;
}

export const nodeTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Status'),
    column('Roles'),
    ageColumn,
    column('Version'),
    wide('Internal-IP'),
    wide('External-IP'),
    wide('OS-Image'),
    wide('Kernel-Version'),
    wide('Container-Runtime'),
  ],
  cells(object, now) {
    const address = (type: string): string =>
      textAt(
        objectsAt(object, 'status', 'addresses').find((one) => one.type === type),
        'address',
      );
    const info = (field: string): string => textAt(object, 'status', 'nodeInfo', field);
    return [
      text(object.metadata.name),
      nodeStatus(object),
      orNone(nodeRoles(object)),
      age(object.metadata.creationTimestamp, now),
      info('kubeletVersion'),
      orNone(address('InternalIP')),
      orNone(address('ExternalIP')),
      info('osImage') || '<unknown>',
      info('kernelVersion') || '<unknown>',
      info('containerRuntimeVersion') || '<unknown>',
    ];
  },
};

function nodeStatus(node: ApiObject): string {
  const ready = objectsAt(node, 'status', 'conditions').find((one) => one.type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return objectAt(node, 'spec')?.unschedulable === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: ApiObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = objectAt(node.metadata, 'labels') ?? {};
  const roles = Object.keys(labels)
    .filter((key) => key.startsWith(prefix) && key.length > prefix.length)
    .map((key) => key.slice(prefix.length));
  const named = text(labels['kubernetes.io/role']);
  return [...new Set(named === '' ? roles : [...roles, named])].sort().join(',');
}

export const eventTable: TableStrategy = {
  columns: [
    column('Last Seen'),
    column('Type'),
    column('Reason'),
    column('Object'),
    wide('Subobject'),
    wide('Source'),
    column('Message'),
    wide('First Seen'),
    wide('Count'),
    column('Name', { format: 'name', wide: true }),
  ],
  cells(object, now) {
    const about = objectAt(object, 'involvedObject') ?? objectAt(object, 'regarding') ?? {};
    const first = object.firstTimestamp ?? object.deprecatedFirstTimestamp ?? object.eventTime;
    const last = object.lastTimestamp ?? object.deprecatedLastTimestamp;
    const series = objectAt(object, 'series');
    const seen = series?.lastObservedTime ?? last ?? first;
    const count = numberAt(series, 'count') ?? numberAt(object, 'count') ?? numberAt(object, 'deprecatedCount') ?? 1;
    return [
      age(seen, now),
      text(object.type),
      text(object.reason),
      text(about.name) === ''
        ? text(about.kind).toLowerCase()
        : `${text(about.kind).toLowerCase()}/${text(about.name)}`,
      text(about.fieldPath),
      eventSource(object),
      (text(object.message) || text(object.note)).trim(),
      age(first, now),
      count,
      text(object.metadata.name),
    ];
  },
};

function eventSource(event: ApiObject): string {
  const source = objectAt(event, 'source') ?? objectAt(event, 'deprecatedSource') ?? {};
  const component = text(source.component) || text(event.reportingComponent) || text(event.reportingController);
  const host = text(source.host) || text(event.reportingInstance);
  return host === '' ? component : `${component}, ${host}`;
}

export const leaseTable: TableStrategy = {
  columns: [nameColumn, column('Holder'), ageColumn],
  cells: (object, now) => [
    text(object.metadata.name),
    textAt(object, 'spec', 'holderIdentity'),
    age(object.metadata.creationTimestamp, now),
  ],
};

export const budgetTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Min Available'),
    column('Max Unavailable'),
    column('Allowed Disruptions', { type: 'integer' }),
    ageColumn,
  ],
  cells: (object, now) => [
    text(object.metadata.name),
    String(objectAt(object, 'spec')?.minAvailable ?? 'N/A'),
    String(objectAt(object, 'spec')?.maxUnavailable ?? 'N/A'),
    numberAt(object, 'status', 'disruptionsAllowed') ?? 0,
    age(object.metadata.creationTimestamp, now),
  ],
};

export const autoscalerTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Reference'),
    column('Targets'),
    column('MinPods'),
    column('MaxPods'),
    column('Replicas'),
    ageColumn,
  ],
  cells: (object, now) => [
    text(object.metadata.name),
    `${textAt(object, 'spec', 'scaleTargetRef', 'kind')}/${textAt(object, 'spec', 'scaleTargetRef', 'name')}`,
    autoscalerTargets(object),
    String(numberAt(object, 'spec', 'minReplicas') ?? '<unset>'),
    numberAt(object, 'spec', 'maxReplicas') ?? 0,
    numberAt(object, 'status', 'currentReplicas') ?? 0,
    age(object.metadata.creationTimestamp, now),
  ],
};

function autoscalerTargets(object: ApiObject): string {
  const old = numberAt(object, 'spec', 'targetCPUUtilizationPercentage');
  if (old !== undefined) {
    return `cpu: ${share(numberAt(object, 'status', 'currentCPUUtilizationPercentage'))}/${old}%`;
  }
  const current = objectsAt(object, 'status', 'currentMetrics');
  const texts = objectsAt(object, 'spec', 'metrics').map((metric, index) => metricText(metric, current[index]));
  if (texts.length === 0) return '<none>';
  return texts.length <= 2 ? texts.join(', ') : `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...`;
}

/** As upstream prints each type: an average for the whole is marked, resources are named. */
function metricText(metric: JsonObject, current: JsonObject | undefined): string {
  for (const type of ['resource', 'containerResource', 'pods', 'object', 'external']) {
    const source = objectAt(metric, type);
    if (source === undefined) continue;
    const isResource = type === 'resource' || type === 'containerResource';
    const name = isResource ? `${text(source.name)}: ` : '';
    const utilization = numberAt(source, 'target', 'averageUtilization');
    if (utilization !== undefined) {
      return `${name}${share(numberAt(current, type, 'current', 'averageUtilization'))}/${utilization}%`;
    }
    const target = objectAt(source, 'target');
    const kind = target?.averageValue === undefined ? 'value' : 'averageValue';
    const now = objectAt(current, type, 'current')?.[kind] ?? '<unknown>';
    const isShared = kind === 'averageValue' && (type === 'object' || type === 'external');
    return `${name}${now}/${target?.[kind]}${isShared ? ' (avg)' : ''}`;
  }
  return '<unknown type>';
}

function share(percent: number | undefined): string {
  return percent === undefined ? '<unknown>' : `${percent}%`;
}

export const bindingTable: TableStrategy = {
  columns: [nameColumn, column('Role'), ageColumn, wide('Users'), wide('Groups'), wide('ServiceAccounts')],
  cells(object, now) {
    const subjects = (kind: string): string =>
      objectsAt(object, 'subjects')
        .filter((one) => one.kind === kind)
        .map((one) => (kind === 'ServiceAccount' ? `${text(one.namespace)}/${text(one.name)}` : text(one.name)))
        .join(', ');
    return [
      text(object.metadata.name),
      `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`,
      age(object.metadata.creationTimestamp, now),
      subjects('User'),
      subjects('Group'),
      subjects('ServiceAccount'),
    ];
  },
};
