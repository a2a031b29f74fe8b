// What a pod is said to do (spec/cli.md §5.8, §15.30).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../controller/api/kubernetes-types.ts';
import { iconOfPod } from './icons.ts';
import { summarizePod } from './pod-status.ts';

const done = { state: { terminated: { exitCode: 0 } } };
const running = { ready: true, state: { running: {} } };
const two = { containers: [{ name: 'a' }, { name: 'b' }] };
const threeInits = { containers: [{ name: 'a' }], initContainers: [{ name: 'x' }, { name: 'y' }, { name: 'z' }] };
const sidecar = { containers: [{ name: 'a' }], initContainers: [{ name: 'x', restartPolicy: 'Always' }] };

const rows: readonly (readonly [
  name: string,
  spec: object,
  status: object,
  text: string,
  ready: string,
  restarts?: number,
])[] = [
  ['a running pod', two, { phase: 'Running', containerStatuses: [running, running] }, '✔ Running', '2/2'],
  ['a pod that nobody has looked at', two, { phase: 'Pending' }, '◌ Pending', '0/2'],
  ['an evicted pod', two, { phase: 'Failed', reason: 'Evicted' }, '✖ Evicted', '0/2'],
  [
    'the second of three init containers',
    threeInits,
    { phase: 'Pending', initContainerStatuses: [done, { state: { running: {} } }] },
    '◌ Init:1/3',
    '0/1',
  ],
  [
    'an init container that failed, with its restarts',
    threeInits,
    { initContainerStatuses: [{ restartCount: 2, state: { terminated: { exitCode: 7 } } }] },
    '◌ Init:ExitCode:7',
    '0/1',
    2,
  ],
  [
    'an init container killed by a signal',
    threeInits,
    { initContainerStatuses: [{ state: { terminated: { exitCode: 137, signal: 9 } } }] },
    '◌ Init:Signal:9',
    '0/1',
  ],
  [
    'an init container that waits',
    threeInits,
    { initContainerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    '◌ Init:ImagePullBackOff',
    '0/1',
  ],
  [
    'a started sidecar goes on to the containers',
    sidecar,
    {
      phase: 'Running',
      initContainerStatuses: [{ name: 'x', started: true, ready: true, state: { running: {} } }],
      containerStatuses: [running],
    },
    '✔ Running',
    '1/1',
  ],
  [
    'a sidecar that is not ready holds the phase',
    sidecar,
    { phase: 'Pending', initContainerStatuses: [{ name: 'x', started: true, ready: false, state: { running: {} } }] },
    '◌ Pending',
    '0/1',
  ],
  [
    'a container that crashes, with its restarts',
    { containers: [{ name: 'a' }] },
    { phase: 'Running', containerStatuses: [{ restartCount: 17, state: { waiting: { reason: 'CrashLoopBackOff' } } }] },
    '✖ CrashLoopBackOff',
    '0/1',
    17,
  ],
  [
    'QUIRK: restarts of finished init containers are not counted',
    sidecar,
    { phase: 'Running', initContainerStatuses: [{ ...done, restartCount: 3 }], containerStatuses: [running] },
    '✔ Running',
    '1/1',
  ],
  [
    'QUIRK: the first container wins when several have a reason',
    two,
    {
      containerStatuses: [
        { state: { waiting: { reason: 'ErrImagePull' } } },
        { state: { terminated: { reason: 'OOMKilled' } } },
      ],
    },
    '⚠ ErrImagePull',
    '0/2',
  ],
  [
    'a completed container beside a running one',
    two,
    { containerStatuses: [{ state: { terminated: { reason: 'Completed' } } }, running] },
    '✔ Running',
    '1/2',
  ],
  [
    'a container that ended without a reason',
    two,
    { containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] },
    '✖ ExitCode:3',
    '0/2',
  ],
  ['an unknown reason', two, { reason: 'Preempting' }, '  Preempting', '0/2'],
  [
    'BUG B14: OOMKilled has an icon',
    two,
    { containerStatuses: [{ state: { terminated: { reason: 'OOMKilled' } } }] },
    '✖ OOMKilled',
    '0/2',
  ],
  ['BUG B14: so has StartError', two, { reason: 'StartError' }, '✖ StartError', '0/2'],
  ['an error', two, { reason: 'CreateContainerError' }, '⚠ CreateContainerError', '0/2'],
];

for (const [name, spec, status, text, ready, restarts = 0] of rows) {
  test(name, () => {
    const summary = summarizePod({ metadata: {}, spec, status } as unknown as Pod);
    assert.equal(`${iconOfPod(summary.status)} ${summary.status}`, text);
    assert.equal(`${summary.ready}/${summary.containers}`, ready);
    assert.equal(summary.restarts, restarts);
  });
}

test('a pod that is being deleted is Terminating, or Unknown when its node is lost', () => {
  const deleted = (reason?: string) =>
    summarizePod({
      metadata: { deletionTimestamp: 'x' },
      spec: two,
      status: { phase: 'Running', reason },
    } as unknown as Pod).status;
  assert.equal(deleted(), 'Terminating');
  assert.equal(deleted('NodeLost'), 'Unknown');
});
