// Experiments and analysis runs as the command line prints them: the worked outputs E8, E9 and E14 to the column, and the
// table (spec/cli.md §§6, 7.2).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { FakeCluster } from '../../test/builders/fake-cluster.ts';
import { runCli } from '../../test/builders/run-cli.ts';
import { ago, type Made, object, replicaSet } from '../../test/builders/tree-objects.ts';

async function shown(argv: string, objects: readonly KubernetesObject[], namespace = 'shop'): Promise<string> {
  const { code, stdout, stderr } = await runCli(argv.split(' '), { transport: new FakeCluster(objects), namespace });
  assert.deepEqual([code, stderr], [0, '']);
  return stdout.replaceAll(/ +$/gm, '');
}

const canary = (
  counts: object,
  step: number,
  steps: readonly object[],
  hashes: object,
  replicas = 4,
): Partial<Made> => ({
  spec: { replicas, selector: { matchLabels: {} }, strategy: { canary: { steps } } },
  status: {
    phase: 'Progressing',
    message: 'more replicas need to be updated',
    currentStepIndex: step,
    ...counts,
    ...hashes,
  },
});

const minutes = 60;
const hours = 3600;
const days = 24 * hours;

test('§6 E8: a rollout with a background run, a finished step run, and one of Jobs', async () => {
  const counts = { replicas: 4, updatedReplicas: 2, readyReplicas: 4, availableReplicas: 4 };
  const steps = [{ setWeight: 50 }, { analysis: {} }, {}, { analysis: {} }, {}, {}];
  const hashes = { currentPodHash: '86c9f7b5d4', stableRS: '5d7b9c8f66' };
  const uid = '5e0d8a77-3f6c-4a3e-9b1e-6c0a1f2d9e44';
  const job = (n: number, phase: string, age: number) => ({
    phase,
    startedAt: ago(age),
    metadata: { 'job-name': `${uid}.smoke.${n}` },
  });
  const run = (name: string, age: number, phase: string, metricResults: readonly object[]) =>
    object('AnalysisRun', name, { age, owner: 'search', revision: 21, status: { phase, metricResults } });
  const objects = [
    object('Rollout', 'search', { age: 2 * 365 * days + 40 * days, ...canary(counts, 3, steps, hashes) }),
    ...replicaSet('search-86c9f7b5d4', {
      age: 19 * minutes,
      owner: 'search',
      revision: 21,
      image: 'registry.example/search:2.5',
      pods: [
        ['8tq2x', 19 * minutes],
        ['vw9rl', 4 * minutes + 3],
      ],
    }),
    ...replicaSet('search-5d7b9c8f66', {
      age: 20 * days,
      owner: 'search',
      revision: 20,
      image: 'registry.example/search:2.4',
      pods: [
        ['hz4kp', 20 * days],
        ['s9xmd', 3 * hours + 12 * minutes],
      ],
    }),
    run('search-86c9f7b5d4-21', 19 * minutes, 'Running', [
      { successful: 37, failed: 1 },
      { inconclusive: 2, error: 1 },
    ]),
    run('search-86c9f7b5d4-21-2', 6 * minutes, 'Successful', [{ successful: 5 }]),
    run('search-86c9f7b5d4-21-3', 61, 'Running', [
      { successful: 1, measurements: [job(1, 'Successful', 60), job(2, 'Running', 5)] },
    ]),
  ];
  assert.equal(
    await shown('get rollout search --no-color', objects),
    `Name:            search
Namespace:       shop
Status:          ◌ Progressing
Message:         more replicas need to be updated
Strategy:        Canary
  Step:          3/6
  SetWeight:     50
  ActualWeight:  50
Images:          registry.example/search:2.4 (stable)
                 registry.example/search:2.5 (canary)
Replicas:
  Desired:       4
  Current:       4
  Updated:       2
  Ready:         4
  Available:     4

NAME                                                     KIND         STATUS         AGE    INFO
⟳ search                                                 Rollout      ◌ Progressing  2y40d
├──# revision:21
│  ├──⧉ search-86c9f7b5d4                                ReplicaSet   ✔ Healthy      19m    canary
│  │  ├──□ search-86c9f7b5d4-8tq2x                       Pod          ✔ Running      19m    ready:1/1
│  │  └──□ search-86c9f7b5d4-vw9rl                       Pod          ✔ Running      4m3s   ready:1/1
│  ├──α search-86c9f7b5d4-21                             AnalysisRun  ◌ Running      19m    ✔ 37,✖ 1,? 2,⚠ 1
│  ├──α search-86c9f7b5d4-21-2                           AnalysisRun  ✔ Successful   6m     ✔ 5
│  └──α search-86c9f7b5d4-21-3                           AnalysisRun  ◌ Running      61s    ✔ 1
│     ├──⊞ 5e0d8a77-3f6c-4a3e-9b1e-6c0a1f2d9e44.smoke.1  Job          ✔ Successful   60s
│     └──⊞ 5e0d8a77-3f6c-4a3e-9b1e-6c0a1f2d9e44.smoke.2  Job          ◌ Running      5s
└──# revision:20
   └──⧉ search-5d7b9c8f66                                ReplicaSet   ✔ Healthy      20d    stable
      ├──□ search-5d7b9c8f66-hz4kp                       Pod          ✔ Running      20d    ready:1/1
      └──□ search-5d7b9c8f66-s9xmd                       Pod          ✔ Running      3h12m  ready:1/1
`,
  );
});

const nine = 'search-6fcb88d79b-22-0';

test('§6 E9: a rollout whose first step is an experiment', async () => {
  const counts = { replicas: 4, readyReplicas: 4, availableReplicas: 4 };
  const hashes = { currentPodHash: '6fcb88d79b', stableRS: '86c9f7b5d4' };
  const template = (name: string) => ({ 'experiment.argoproj.io/template-name': name });
  const set = (name: string, image: string, end: string) =>
    replicaSet(`${nine}-${name}`, {
      age: 124,
      owner: nine,
      annotations: template(name),
      image,
      pods: [[end, 124]],
    });
  const objects = [
    object('Rollout', 'search', {
      age: 2 * 365 * days + 43 * days,
      ...canary(counts, 0, [{ experiment: {} }, {}, {}], hashes),
    }),
    ...replicaSet('search-6fcb88d79b', {
      age: 125,
      owner: 'search',
      revision: 22,
      image: 'registry.example/search:2.6',
      pods: [],
    }),
    ...replicaSet('search-86c9f7b5d4', {
      age: 3 * days,
      owner: 'search',
      revision: 21,
      image: 'registry.example/search:2.5',
      pods: ['8tq2x', 'dd2fp', 'mv6sb', 'vw9rl'].map((end) => [end, 3 * days]),
    }),
    object('Experiment', nine, { age: 124, owner: 'search', revision: 22, status: { phase: 'Running' } }),
    ...set('baseline', 'registry.example/search:2.5', 'lq8cw'),
    ...set('candidate', 'registry.example/search:2.6', '6rzhd'),
    object('AnalysisRun', `${nine}-latency`, { age: 123, owner: nine, status: { phase: 'Pending' } }),
  ];
  assert.equal(
    await shown('get rollout search --no-color', objects),
    `Name:            search
Namespace:       shop
Status:          ◌ Progressing
Message:         more replicas need to be updated
Strategy:        Canary
  Step:          0/3
  SetWeight:     0
  ActualWeight:  0
Images:          registry.example/search:2.5 (stable, Σ:baseline)
                 registry.example/search:2.6 (Σ:candidate)
Replicas:
  Desired:       4
  Current:       4
  Updated:       0
  Ready:         4
  Available:     4

NAME                                                  KIND         STATUS         AGE    INFO
⟳ search                                              Rollout      ◌ Progressing  2y43d
├──# revision:22
│  ├──⧉ search-6fcb88d79b                             ReplicaSet   • ScaledDown   2m5s   canary
│  └──Σ search-6fcb88d79b-22-0                        Experiment   ◌ Running      2m4s
│     ├──⧉ search-6fcb88d79b-22-0-baseline            ReplicaSet   ✔ Healthy      2m4s
│     │  └──□ search-6fcb88d79b-22-0-baseline-lq8cw   Pod          ✔ Running      2m4s   ready:1/1
│     ├──⧉ search-6fcb88d79b-22-0-candidate           ReplicaSet   ✔ Healthy      2m4s
│     │  └──□ search-6fcb88d79b-22-0-candidate-6rzhd  Pod          ✔ Running      2m4s   ready:1/1
│     └──α search-6fcb88d79b-22-0-latency             AnalysisRun  ◷ Pending      2m3s
└──# revision:21
   └──⧉ search-86c9f7b5d4                             ReplicaSet   ✔ Healthy      3d     stable
      ├──□ search-86c9f7b5d4-8tq2x                    Pod          ✔ Running      3d     ready:1/1
      ├──□ search-86c9f7b5d4-dd2fp                    Pod          ✔ Running      3d     ready:1/1
      ├──□ search-86c9f7b5d4-mv6sb                    Pod          ✔ Running      3d     ready:1/1
      └──□ search-86c9f7b5d4-vw9rl                    Pod          ✔ Running      3d     ready:1/1
`,
  );
});

const message = 'Metric "p99" assessed Failed due to failed (1) > failureLimit (0)';

function failedExperiment(): KubernetesObject[] {
  const set = (name: string, image: string, end: string, restarts: number) =>
    replicaSet(`ab-headers-${name}`, {
      age: 10 * minutes,
      owner: 'ab-headers',
      annotations: { 'experiment.argoproj.io/template-name': name, 'scale-down-deadline': ago(-25) },
      image,
      pods: [[end, 10 * minutes, restarts]],
    });
  return [
    object('Experiment', 'ab-headers', {
      age: 10 * minutes,
      spec: { duration: '1h' },
      status: { phase: 'Failed', message, availableAt: ago(9 * minutes) },
    }),
    ...set('control', 'registry.example/web:a', '7ksc2', 0),
    ...set('treatment', 'registry.example/web:b', 'dg5nl', 2),
    object('AnalysisRun', 'ab-headers-p99', {
      age: 8 * minutes,
      owner: 'ab-headers',
      status: { phase: 'Failed', metricResults: [{ failed: 1 }] },
    }),
  ];
}

test('§6 E14: an experiment that failed, by itself', async () => {
  const want = `Name:            ab-headers
Namespace:       shop
Status:          ✖ Failed
Message:         ${message}
Images:          registry.example/web:a (Σ:control)
                 registry.example/web:b (Σ:treatment)

NAME                                KIND         STATUS     AGE  INFO
Σ ab-headers                        Experiment   ✖ Failed   10m
├──⧉ ab-headers-control             ReplicaSet   ✔ Healthy  10m  delay:25s
│  └──□ ab-headers-control-7ksc2    Pod          ✔ Running  10m  ready:1/1
├──⧉ ab-headers-treatment           ReplicaSet   ✔ Healthy  10m  delay:25s
│  └──□ ab-headers-treatment-dg5nl  Pod          ✔ Running  10m  ready:1/1,restarts:2
└──α ab-headers-p99                 AnalysisRun  ✖ Failed   8m   ✖ 1
`;
  for (const words of ['experiment ab-headers', 'exp ab-headers', 'experiments exp/ab-headers']) {
    assert.equal(await shown(`get ${words}`, failedExperiment()), want);
  }
});

test('§7.2 the table of experiments, of one namespace and of all', async () => {
  const running = { phase: 'Running', availableAt: ago(124) };
  const objects = [
    object('Experiment', nine, { age: 124, spec: { duration: '10m' }, status: running, namespace: 'lab' }),
    ...failedExperiment(),
    object('Experiment', 'open-ended', { age: 3 * hours + 12 * minutes, status: running }),
  ];
  assert.equal(
    await shown('list experiments', objects),
    `NAME        STATUS   DURATION  REMAINING  AGE
ab-headers  Failed   60m       -          10m
open-ended  Running  -         -          3h12m
`,
  );
  assert.equal(
    await shown('list exp -A', objects),
    `NAMESPACE  NAME                    STATUS   DURATION  REMAINING  AGE
lab        search-6fcb88d79b-22-0  Running  10m       7m56s      2m4s
shop       ab-headers              Failed   60m       -          10m
shop       open-ended              Running  -         -          3h12m
`,
  );
});
