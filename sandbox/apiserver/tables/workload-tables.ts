// Tables of what makes pods: counts, then images and selector when asked for more.

import { text } from '../json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../kinds/fields.ts';
import { selectorText } from '../kinds/selector-rules.ts';
import type { ApiObject, JsonObject, TableColumn, TableStrategy } from '../kinds/types.ts';
import { age, ageColumn, column, humanDuration, nameColumn, orNone, wide } from './columns.ts';

const imageColumns: readonly TableColumn[] = [wide('Containers'), wide('Images')];
const templateColumns: readonly TableColumn[] = [...imageColumns, wide('Selector')];

function integer(name: string): TableColumn {
  return column(name, { type: 'integer' });
}

function count(object: ApiObject, ...path: readonly string[]): number {
  return numberAt(object, ...path) ?? 0;
}

function images(template: JsonObject | undefined): [string, string] {
  const containers = objectsAt(template, 'spec', 'containers');
  return [
    containers.map((container) => text(container.name)).join(','),
    containers.map((container) => text(container.image)).join(','),
  ];
}

function ofTemplate(object: ApiObject): string[] {
  const selector = objectAt(object, 'spec', 'selector');
  return [...images(objectAt(object, 'spec', 'template')), orNone(selectorText(selector))];
}

export const deploymentTable: TableStrategy = {
  columns: [nameColumn, column('Ready'), column('Up-to-date'), column('Available'), ageColumn, ...templateColumns],
  cells: (object, now) => [
    text(object.metadata.name),
    `${count(object, 'status', 'readyReplicas')}/${count(object, 'spec', 'replicas')}`,
    count(object, 'status', 'updatedReplicas'),
    count(object, 'status', 'availableReplicas'),
    age(object.metadata.creationTimestamp, now),
    ...ofTemplate(object),
  ],
};

export const replicaSetTable: TableStrategy = {
  columns: [nameColumn, integer('Desired'), integer('Current'), integer('Ready'), ageColumn, ...templateColumns],
  cells: (object, now) => [
    text(object.metadata.name),
    count(object, 'spec', 'replicas'),
    count(object, 'status', 'replicas'),
    count(object, 'status', 'readyReplicas'),
    age(object.metadata.creationTimestamp, now),
    ...ofTemplate(object),
  ],
};

export const replicationControllerTable: TableStrategy = {
  columns: replicaSetTable.columns,
  cells(object, now) {
    const selector = objectAt(object, 'spec', 'selector') ?? {};
    return [...replicaSetTable.cells(object, now).slice(0, -1), orNone(selectorText({ matchLabels: selector }))];
  },
};

export const statefulSetTable: TableStrategy = {
  columns: [nameColumn, column('Ready'), ageColumn, ...imageColumns],
  cells: (object, now) => [
    text(object.metadata.name),
    `${count(object, 'status', 'readyReplicas')}/${count(object, 'spec', 'replicas')}`,
    age(object.metadata.creationTimestamp, now),
    ...images(objectAt(object, 'spec', 'template')),
  ],
};

export const daemonSetTable: TableStrategy = {
  columns: [
    nameColumn,
    ...['Desired', 'Current', 'Ready', 'Up-to-date', 'Available'].map(integer),
    column('Node Selector'),
    ageColumn,
    ...templateColumns,
  ],
  cells: (object, now) => [
    text(object.metadata.name),
    count(object, 'status', 'desiredNumberScheduled'),
    count(object, 'status', 'currentNumberScheduled'),
    count(object, 'status', 'numberReady'),
    count(object, 'status', 'updatedNumberScheduled'),
    count(object, 'status', 'numberAvailable'),
    orNone(selectorText({ matchLabels: objectAt(object, 'spec', 'template', 'spec', 'nodeSelector') ?? {} })),
    age(object.metadata.creationTimestamp, now),
    ...ofTemplate(object),
  ],
};

export const jobTable: TableStrategy = {
  columns: [nameColumn, column('Status'), column('Completions'), column('Duration'), ageColumn, ...templateColumns],
  cells: (object, now) => [
    text(object.metadata.name),
    jobStatus(object),
    completions(object),
    duration(object, now),
    age(object.metadata.creationTimestamp, now),
    ...ofTemplate(object),
  ],
  conditions(object) {
    const done = objectsAt(object, 'status', 'conditions').find(
      (one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True',
    );
    if (done === undefined) return undefined;
    const { reason, message } = done;
    return [{ type: 'Completed', status: 'True', reason: text(reason), message: text(message) }];
  },
};

function jobStatus(job: ApiObject): string {
  const isTrue = (type: string): boolean =>
    objectsAt(job, 'status', 'conditions').some((one) => one.type === type && one.status === 'True');
  for (const type of ['Complete', 'Failed']) if (isTrue(type)) return type;
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']) if (isTrue(type)) return type;
  return 'Running';
}

function completions(job: ApiObject): string {
  const succeeded = count(job, 'status', 'succeeded');
  const wanted = numberAt(job, 'spec', 'completions');
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallelism = count(job, 'spec', 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration(job: ApiObject, now: number): string {
  const [start, end] = [textAt(job, 'status', 'startTime'), textAt(job, 'status', 'completionTime')];
  if (start === '') return '';
  return humanDuration((end === '' ? now : Date.parse(end)) - Date.parse(start));
}

export const cronJobTable: TableStrategy = {
  columns: [
    nameColumn,
    column('Schedule'),
    column('Timezone'),
    column('Suspend', { type: 'boolean' }),
    integer('Active'),
    column('Last Schedule'),
    ageColumn,
    ...templateColumns,
  ],
  cells(object, now) {
    const last = objectAt(object, 'status')?.lastScheduleTime;
    return [
      text(object.metadata.name),
      textAt(object, 'spec', 'schedule'),
      orNone(textAt(object, 'spec', 'timeZone')),
      objectAt(object, 'spec')?.suspend === true ? 'True' : 'False',
      objectsAt(object, 'status', 'active').length,
      last === undefined ? '<none>' : age(last, now),
      age(object.metadata.creationTimestamp, now),
      ...images(objectAt(object, 'spec', 'jobTemplate', 'spec', 'template')),
      orNone(selectorText(objectAt(object, 'spec', 'jobTemplate', 'spec', 'selector'))),
    ];
  },
};

export const podTemplateTable: TableStrategy = {
  columns: [nameColumn, column('Containers'), column('Images'), column('Pod Labels')],
  cells: (object) => [
    text(object.metadata.name),
    ...images(objectAt(object, 'template')),
    orNone(selectorText({ matchLabels: objectAt(object, 'template', 'metadata', 'labels') ?? {} })),
  ],
};

export const controllerRevisionTable: TableStrategy = {
  columns: [nameColumn, column('Controller'), column('Revision'), ageColumn],
  cells(object, now) {
    const owner = objectsAt(object.metadata, 'ownerReferences').find((one) => one.controller === true);
    const group = textAt(owner, 'apiVersion').split('/')[0] ?? '';
    const controller =
      owner === undefined ? '<none>' : `${text(owner.kind).toLowerCase()}.${group}/${text(owner.name)}`;
    return [
      text(object.metadata.name),
      controller,
      count(object, 'revision'),
      age(object.metadata.creationTimestamp, now),
    ];
  },
};
