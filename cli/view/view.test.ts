// Weights, tags, order, delays, images and colours of the views (spec/cli.md §§5.3-5.6, 5.9, 7, 10, §15.24-31).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import { paintAnsi, paintNothing, stripEscapes, visibleWidth } from './colour.ts';
import { cutInMiddle, cutToWidth } from './cut.ts';
import { formatExperimentList } from './experiment-list.ts';
import { imagesOfRollout } from './images.ts';
import { noObjects } from './objects.ts';
import { scaleDownDelay, statusOfReplicaSet, tagsOfReplicaSet } from './replica-set.ts';
import { drawRollout } from './rollout.ts';
import { formatRolloutList, rolloutListCells } from './rollout-list.ts';
import { actualWeight, setWeight, stepText } from './weights.ts';

const now = Date.parse('2026-11-21T02:50:25Z');
const uid = 'uid-web';

function rollout(spec: object, status: object = {}, metadata: object = {}): Rollout {
  return { metadata: { name: 'web', namespace: 'shop', uid, ...metadata }, spec, status } as unknown as Rollout;
}

interface SetFields {
  readonly name?: string;
  readonly hash?: string;
  readonly revision?: number;
  readonly available?: number;
  readonly images?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

function replicaSet({
  name = 'web-1',
  hash = 'h',
  revision = 1,
  available = 1,
  images = ['x'],
  annotations,
}: SetFields): ReplicaSet {
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      creationTimestamp: '2026-11-21T02:50:15Z',
      labels: { 'rollouts-pod-template-hash': hash },
      annotations: { 'rollout.argoproj.io/revision': `${revision}`, ...annotations },
      ownerReferences: [{ apiVersion: '', kind: 'Rollout', name: 'web', uid }],
    },
    spec: {
      replicas: available,
      selector: {},
      template: { spec: { containers: images.map((image, i) => ({ name: `c${i}`, image })) } },
    },
    status: { replicas: available, availableReplicas: available },
  };
}

const four = [{ setWeight: 20 }, { pause: {} }, { setWeight: 40 }, { pause: {} }];
const canary = { strategy: { canary: { steps: four } } };
const routed = { strategy: { canary: { steps: four, trafficRouting: {} } } };

const weightRows: readonly (readonly [
  name: string,
  spec: object,
  status: object,
  step: string,
  set: number,
  actual: number,
])[] = [
  ['rounds the share down', canary, { currentStepIndex: 1, availableReplicas: 7 }, '1/4', 20, 28],
  ['takes the nearest weight before the step', canary, { currentStepIndex: 3, availableReplicas: 7 }, '3/4', 40, 28],
  ['knows no canary without available pods', canary, { currentStepIndex: 1 }, '1/4', 20, 0],
  ['is at the maximum after the last step', canary, { currentStepIndex: 4 }, '4/4', 100, 100],
  ['is at zero when aborted', canary, { abort: true, currentStepIndex: 0, availableReplicas: 4 }, '0/4', 0, 50],
  ['QUIRK: aborted without steps', { strategy: { canary: {} } }, { abort: true }, '', 0, 100],
  ['without steps has no step', { strategy: { canary: {} } }, { currentStepIndex: 0 }, '', 100, 100],
  ['without an index has no step', canary, {}, '', 20, 0],
  [
    'takes what the router confirmed',
    routed,
    { currentStepIndex: 2, availableReplicas: 7, canary: { weights: { canary: { weight: 25 } } } },
    '2/4',
    40,
    25,
  ],
  [
    'takes the wanted weight before the router said anything',
    routed,
    { currentStepIndex: 2, availableReplicas: 7 },
    '2/4',
    40,
    40,
  ],
];

for (const [name, spec, status, step, set, actual] of weightRows) {
  test(`a canary ${name}`, () => {
    const subject = rollout(spec, { currentPodHash: 'h', stableRS: 's', ...status });
    const sets = [replicaSet({ available: 2 })];
    assert.deepEqual([stepText(subject), setWeight(subject), actualWeight(subject, sets)], [step, set, actual]);
  });
}

const pingPong = { strategy: { canary: { pingPong: {} } } };
const blueGreen = { strategy: { blueGreen: {} } };
const tagRows: readonly (readonly [spec: object, status: object, tags: string])[] = [
  [canary, { stableRS: 'h', currentPodHash: 'h' }, 'stable'],
  [canary, { stableRS: 's', currentPodHash: 'h' }, 'canary'],
  [canary, { stableRS: 's', currentPodHash: 'c' }, ''],
  [pingPong, { stableRS: 'h', canary: { stablePingPong: 'ping' } }, 'stable,ping'],
  [pingPong, { stableRS: 'h' }, 'stable,pong'],
  [pingPong, { currentPodHash: 'h', canary: { stablePingPong: 'ping' } }, 'canary,pong'],
  [blueGreen, { stableRS: 'h', blueGreen: { activeSelector: 'h', previewSelector: 'h' } }, 'stable,active'],
  [blueGreen, { stableRS: 's', blueGreen: { activeSelector: 's', previewSelector: 'h' } }, 'preview'],
  [{}, { stableRS: 'h' }, ''],
];

for (const [spec, status, tags] of tagRows) {
  test(`tags of a ReplicaSet: ${JSON.stringify([spec, status])} → "${tags}"`, () => {
    assert.equal(tagsOfReplicaSet(rollout(spec, status), replicaSet({})).join(), tags);
  });
}

for (const [deadline, text] of [
  ['2026-11-21T02:50:42Z', '17s'],
  ['2026-11-21T02:50:24Z', 'passed'],
  ['garbage', ''],
  ['', undefined],
] as const) {
  test(`§15.28 a scale-down deadline "${deadline}" reads ${text}`, () => {
    assert.equal(scaleDownDelay(replicaSet({ annotations: { 'scale-down-deadline': deadline } }), now), text);
  });
}

test('a ReplicaSet progresses until its controller has seen its spec', () => {
  const set = replicaSet({});
  assert.equal(statusOfReplicaSet(set), 'Healthy');
  assert.equal(statusOfReplicaSet({ ...set, metadata: { ...set.metadata, generation: 2 } }), 'Progressing');
  const failed = { ...set.status, conditions: [{ type: 'ReplicaFailure', status: 'True' }] };
  assert.equal(statusOfReplicaSet({ ...set, status: failed }), 'ReplicaFailure');
  assert.equal(statusOfReplicaSet(replicaSet({ available: 0 })), 'ScaledDown');
});

test('§15.27 QUIRK: ReplicaSets of one revision stand in order of their names', () => {
  const objects = { ...noObjects, replicaSets: [replicaSet({ name: 'b' }), replicaSet({ name: 'a' })] };
  assert.match(drawRollout(rollout(canary), objects, { now, paint: paintNothing }), /⧉ a[\s\S]*⧉ b/);
});

test('QUIRK: tags of an image met twice are sorted, those of one met once are not', () => {
  const objects = {
    ...noObjects,
    replicaSets: [
      replicaSet({ name: 'a', hash: 'h', images: ['z', 'm'] }),
      replicaSet({ name: 'b', hash: 'p', revision: 2, images: ['m'] }),
    ],
  };
  const subject = rollout(blueGreen, { stableRS: 'h', blueGreen: { activeSelector: 'h', previewSelector: 'p' } });
  assert.deepEqual(imagesOfRollout(subject, objects), [
    { image: 'm', tags: ['active', 'preview', 'stable'] },
    { image: 'z', tags: ['stable', 'active'] },
  ]);
});

test('§15.29 counts of an analysis run are summed over its metrics', () => {
  const run = {
    metadata: { name: 'r', ownerReferences: [{ uid }] },
    spec: {},
    status: {
      phase: 'Error',
      metricResults: [
        { successful: 3, error: 1 },
        { successful: 1, failed: 2 },
      ],
    },
  } as unknown as AnalysisRun;
  const text = drawRollout(rollout(canary), { ...noObjects, analysisRuns: [run] }, { now, paint: paintNothing });
  assert.match(text, /AnalysisRun {2}⚠ Error +<unknown> {2}✔ 4,✖ 2,⚠ 1\n/);
});

test('§15.24 a spec that is not observed yet is Progressing', () => {
  const subject = rollout(canary, { phase: 'Healthy', observedGeneration: '4' }, { generation: 5 });
  assert.match(
    drawRollout(subject, noObjects, { now, paint: paintNothing }),
    /Status: +◌ Progressing\nMessage: +waiting for rollout spec update to be observed\n/,
  );
});

test('a name is wrapped once for each tag, and columns stay aligned', () => {
  const subject = rollout(blueGreen, { stableRS: 'h', blueGreen: { activeSelector: 'h' } });
  const objects = { ...noObjects, replicaSets: [replicaSet({ name: 'web-h' })] };
  const coloured = drawRollout(subject, objects, { now, paint: paintAnsi });
  assert.ok(coloured.includes('⧉ \u001b[32m\u001b[32mweb-h\u001b[0m\u001b[0m    ReplicaSet'));
  assert.ok(coloured.includes('\u001b[32mstable\u001b[0m,\u001b[32mactive\u001b[0m\n'));
  assert.equal(stripEscapes(coloured), drawRollout(subject, objects, { now, paint: paintNothing }));
});

test('§15.33 the table of rollouts is aligned as the reference aligns it', () => {
  const named = (name: string, spec: object, status: object) =>
    rollout(spec, status, { name, namespace: name === 'api' ? 'edge' : 'web' });
  const api = named(
    'api',
    {
      replicas: 4,
      strategy: { canary: { trafficRouting: {}, steps: [{ setWeight: 25 }, {}, { setWeight: 40 }, {}, {}] } },
    },
    {
      phase: 'Progressing',
      currentStepIndex: 2,
      replicas: 6,
      readyReplicas: 6,
      updatedReplicas: 2,
      availableReplicas: 6,
    },
  );
  const portal = named(
    'portal',
    { ...blueGreen, replicas: 2 },
    { phase: 'Paused', replicas: 4, readyReplicas: 2, updatedReplicas: 2, availableReplicas: 2 },
  );
  const both = { namespaces: true, timestamps: true };
  const table = formatRolloutList(
    [api, portal].map((one) => rolloutListCells(one, both)),
    now,
    both,
  );
  assert.equal(
    table,
    'TIMESTAMP             NAMESPACE  NAME        STRATEGY   STATUS        STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE\n' +
      '2026-11-21T02:50:25Z  edge       api         Canary     Progressing   2/5   40          6/6    4        2           6        \n' +
      '2026-11-21T02:50:25Z  web        portal      BlueGreen  Paused        -     -           2/4    2        2           2        \n',
  );
});

test('§7.2 an experiment shows what remains of its duration', () => {
  const experiment = (name: string, spec: object, status: object, age: string) =>
    ({ metadata: { name, creationTimestamp: age }, spec, status }) as unknown as Experiment;
  const table = formatExperimentList(
    [
      experiment(
        'ab-headers',
        { duration: '1h' },
        { phase: 'Failed', availableAt: '2026-11-21T02:40:25Z' },
        '2026-11-21T02:40:25Z',
      ),
      experiment(
        'search-22-0',
        { duration: '10m' },
        { phase: 'Running', availableAt: '2026-11-21T02:48:21Z' },
        '2026-11-21T02:48:21Z',
      ),
      experiment('open-ended', {}, { phase: 'Running' }, '2026-11-20T23:38:25Z'),
    ],
    now,
    { namespaces: false },
  );
  assert.equal(
    table,
    'NAME         STATUS   DURATION  REMAINING  AGE\n' +
      'ab-headers   Failed   60m       -          10m\n' +
      'search-22-0  Running  10m       7m56s      2m4s\n' +
      'open-ended   Running  -         -          3h12m\n',
  );
});

test('text is cut to a width without losing escape sequences, names in their middle', () => {
  const cut = cutToWidth('ab\u001b[31mcdef\u001b[0m', 4);
  assert.deepEqual([cut, visibleWidth(cut)], ['ab\u001b[31mc…\u001b[0m', 4]);
  assert.equal(cutToWidth('abcd', 4), 'abcd');
  assert.equal(cutInMiddle('checkout-6d9f7c4b58-2xk4p', 13), 'checko…-2xk4p');
  assert.equal(cutInMiddle('short', 13), 'short');
});
