import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { autoscalerTable } from './cluster-tables.ts';
import { age, humanDuration } from './columns.ts';
import { customTable } from './custom-table.ts';
import { podTable } from './pod-table.ts';

const now = Date.parse('2026-01-01T01:00:00Z');

test('durations read as kubectl prints them', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const rows: readonly (readonly [number, string])[] = [
    [-5 * second, '<invalid>'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [125 * second, '2m5s'],
    [10 * minute, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 5 * minute, '7h5m'],
    [47 * hour, '47h'],
    [50 * hour, '2d2h'],
    [8 * 24 * hour, '8d'],
    [800 * 24 * hour, '2y70d'],
  ];
  for (const [ms, text] of rows) assert.equal(humanDuration(ms), text);
  assert.equal(age(undefined, now), '<unknown>');
});

function pod(status: JsonObject, more: { metadata?: JsonObject; spec?: JsonObject } = {}): ApiObject {
  return {
    metadata: { name: 'p', creationTimestamp: '2026-01-01T00:59:55Z', ...more.metadata },
    spec: { containers: [{ name: 'c' }], ...more.spec },
    status,
  };
}

test('a pod has one word for its state', () => {
  const running = { name: 'c', ready: true, restartCount: 0, state: { running: {} } };
  const waiting = (reason: string): JsonObject => ({
    name: 'c',
    ready: false,
    restartCount: 3,
    state: { waiting: { reason } },
    lastState: { terminated: { finishedAt: '2026-01-01T00:59:30Z' } },
  });
  const rows: readonly (readonly [ApiObject, readonly string[]])[] = [
    [pod({ phase: 'Pending' }), ['0/1', 'Pending', '0']],
    [pod({ phase: 'Running', containerStatuses: [running] }), ['1/1', 'Running', '0']],
    [
      pod({ phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')] }),
      ['0/1', 'CrashLoopBackOff', '3 (30s ago)'],
    ],
    [pod({ phase: 'Pending', containerStatuses: [waiting('ErrImagePull')] }), ['0/1', 'ErrImagePull', '3 (30s ago)']],
    [
      pod({
        phase: 'Failed',
        containerStatuses: [{ name: 'c', restartCount: 0, state: { terminated: { exitCode: 2 } } }],
      }),
      ['0/1', 'ExitCode:2', '0'],
    ],
    [pod({ phase: 'Failed', reason: 'Evicted' }), ['0/1', 'Evicted', '0']],
    [
      pod(
        { phase: 'Running', containerStatuses: [running] },
        { metadata: { deletionTimestamp: '2026-01-01T01:00:00Z' } },
      ),
      ['1/1', 'Terminating', '0'],
    ],
    [
      pod(
        { phase: 'Pending', initContainerStatuses: [{ name: 'i', restartCount: 0, state: { running: {} } }] },
        { spec: { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }] } },
      ),
      ['0/1', 'Init:0/1', '0'],
    ],
  ];
  for (const [object, cells] of rows) assert.deepEqual(podTable.cells(object, now).slice(1, 4), cells);
});

test('the columns of a custom resource come from its CRD, an age when it has none', () => {
  const object: ApiObject = {
    metadata: { name: 'w', creationTimestamp: '2026-01-01T00:59:00Z' },
    spec: { size: 3, on: true },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const table = customTable({
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
      { name: 'Gone', type: 'string', jsonPath: '.spec.gone' },
    ],
  });
  assert.deepEqual(table.cells(object, now), ['w', 3, 'True', null]);
  assert.deepEqual(
    table.columns.map(({ name, priority }) => `${name} ${priority}`),
    ['Name 0', 'Size 0', 'Ready 1', 'Gone 0'],
  );
  assert.deepEqual(customTable({}).cells(object, now), ['w', '60s']);
});

test('an autoscaler shows what it aims at and what it measures, each type of metric in its way', () => {
  const metric = (type: string, key: string, more: JsonObject, target: JsonObject): JsonObject => ({
    type,
    [key]: { ...more, target },
  });
  const measured = (key: string, current: JsonObject): JsonObject => ({ [key]: { current } });
  const rows: readonly (readonly [specs: JsonObject[], current: JsonObject[], text: string])[] = [
    [[], [], '<none>'],
    [[metric('Pods', 'pods', {}, { averageValue: '30' })], [], '<unknown>/30'],
    [[metric('Pods', 'pods', {}, { averageValue: '30' })], [measured('pods', { averageValue: '33333m' })], '33333m/30'],
    [
      [metric('ContainerResource', 'containerResource', { name: 'cpu' }, { averageUtilization: 50 })],
      [measured('containerResource', { averageUtilization: 7 })],
      'cpu: 7%/50%',
    ],
    [
      [
        metric('External', 'external', {}, { averageValue: '5' }),
        metric('Object', 'object', {}, { value: '10' }),
        metric('Resource', 'resource', { name: 'memory' }, { averageValue: '1Gi' }),
      ],
      [measured('external', { averageValue: '4' }), measured('object', { value: '9' })],
      '4/5 (avg), 9/10 + 1 more...',
    ],
  ];
  for (const [metrics, currentMetrics, want] of rows) {
    const autoscaler: ApiObject = {
      metadata: { name: 'a' },
      spec: { scaleTargetRef: { kind: 'Rollout', name: 'r' }, maxReplicas: 3, metrics },
      status: { currentMetrics },
    };
    assert.equal(autoscalerTable.cells(autoscaler, now)[2], want);
  }
});
