// The writing commands, by the rows of spec/cli.md §15: which requests they send and what they say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { patchContentType } from '../../controller/kubernetes/transport.ts';
import { FakeCluster, refusal } from '../../test/builders/fake-cluster.ts';
import { runCli } from '../../test/builders/run-cli.ts';

const base = '/apis/argoproj.io/v1alpha1/namespaces/shop';

function rollout(name = 'web', spec: object = {}, status: object = {}): KubernetesObject {
  const steps = Array.from({ length: 8 }, (_, i) => (i % 2 ? { pause: {} } : { setWeight: 10 * (i + 1) }));
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, generation: 3 },
    spec: { strategy: { canary: { steps } }, ...spec },
    status: { observedGeneration: '3', ...status },
  } as KubernetesObject;
}

function patch(path: string, body: unknown) {
  return { verb: 'PATCH', path: base + path, body, contentType: patchContentType.merge };
}

const waiting = { pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-11-21T02:50:00Z' }] };

interface Row {
  readonly name: string;
  readonly given: readonly KubernetesObject[];
  readonly argv: string;
  readonly writes: readonly unknown[];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

const rows: readonly Row[] = [
  {
    name: '§15.1 abort patches the status subresource',
    given: [rollout()],
    argv: 'abort web',
    writes: [patch('/rollouts/web/status', { status: { abort: true } })],
    stdout: "rollout 'web' aborted\n",
  },
  {
    name: 'EXT: a name may have its kind before it',
    given: [rollout()],
    argv: 'abort ro/web',
    writes: [patch('/rollouts/web/status', { status: { abort: true } })],
    stdout: "rollout 'web' aborted\n",
  },
  {
    name: '§15.3 abort stops at the first rollout that fails',
    given: [rollout('a'), rollout('c')],
    argv: 'abort a b c',
    writes: [
      patch('/rollouts/a/status', { status: { abort: true } }),
      patch('/rollouts/b/status', { status: { abort: true } }),
      patch('/rollouts/b', { status: { abort: true } }),
    ],
    stdout: "rollout 'a' aborted\n",
    stderr: 'Error: rollouts.argoproj.io "b" not found\n',
    code: 1,
  },
  {
    name: '§15.4 pause patches the object',
    given: [rollout()],
    argv: 'pause web',
    writes: [patch('/rollouts/web', { spec: { paused: true } })],
    stdout: "rollout 'web' paused\n",
  },
  {
    name: '§15.5 promote ends a pause and keeps the step',
    given: [rollout('web', {}, { ...waiting, currentStepIndex: 1 })],
    argv: 'promote web',
    writes: [patch('/rollouts/web/status', { status: { pauseConditions: null } })],
    stdout: "rollout 'web' promoted\n",
  },
  {
    name: '§15.6 promote between pauses skips the step',
    given: [rollout('web', {}, { currentStepIndex: 2 })],
    argv: 'promote web',
    writes: [patch('/rollouts/web/status', { status: { pauseConditions: null, currentStepIndex: 3 } })],
    stdout: "rollout 'web' promoted\n",
  },
  {
    name: '§15.7 promote at the end stays at the end',
    given: [rollout('web', {}, { currentStepIndex: 8 })],
    argv: 'promote web',
    writes: [patch('/rollouts/web/status', { status: { pauseConditions: null, currentStepIndex: 8 } })],
    stdout: "rollout 'web' promoted\n",
  },
  {
    name: '§15.8 promote of a manually paused rollout unpauses after the status',
    given: [rollout('web', { paused: true }, { pauseConditions: [], currentStepIndex: 3 })],
    argv: 'promote web',
    writes: [
      patch('/rollouts/web/status', { status: { pauseConditions: null, currentStepIndex: 4 } }),
      patch('/rollouts/web', { spec: { paused: false } }),
    ],
    stdout: "rollout 'web' promoted\n",
  },
  {
    name: '§15.9 promote after an inconclusive analysis goes to the next step',
    given: [
      rollout(
        'web',
        {},
        {
          ...waiting,
          controllerPause: true,
          currentStepIndex: 1,
          canary: { currentStepAnalysisRunStatus: { name: 'x', status: 'Inconclusive' } },
        },
      ),
    ],
    argv: 'promote web',
    writes: [
      patch('/rollouts/web/status', { status: { pauseConditions: null, controllerPause: false, currentStepIndex: 2 } }),
    ],
    stdout: "rollout 'web' promoted\n",
  },
  {
    name: '§15.10 promote --full of a paused rollout',
    given: [rollout('web', { paused: true }, { currentPodHash: 'a', stableRS: 'b' })],
    argv: 'promote web --full',
    writes: [
      patch('/rollouts/web/status', { status: { promoteFull: true } }),
      patch('/rollouts/web', { spec: { paused: false } }),
    ],
    stdout: "rollout 'web' fully promoted\n",
  },
  {
    name: '§15.11 promote --full with nothing to do writes nothing and says so',
    given: [rollout('web', {}, { currentPodHash: 'a', stableRS: 'a' })],
    argv: 'promote web --full',
    writes: [],
    stdout: "rollout 'web' fully promoted\n",
    stderr: 'note: nothing to promote (already fully promoted)\n',
  },
  {
    name: '§3.11 promote --full that no controller has seen for 5 s is sent anyway',
    given: [rollout('web', {}, { observedGeneration: '2', currentPodHash: 'a', stableRS: 'a' })],
    argv: 'promote web --full',
    writes: [patch('/rollouts/web/status', { status: { promoteFull: true } })],
    stdout: "rollout 'web' fully promoted\n",
  },
  {
    name: '§15.12 the two skip flags exclude each other',
    given: [rollout()],
    argv: 'promote web -c -a',
    writes: [],
    stderr:
      'Flag shorthand -c has been deprecated, use without the flag instead ex: promote ROLLOUT_NAME\n' +
      'Flag shorthand -a has been deprecated, use --full instead\n' +
      'Error: Cannot use skip-current-step and skip-all-steps flags at the same time\n',
    code: 1,
  },
  {
    name: '§15.12 a blue-green rollout has no steps to skip',
    given: [rollout('bg', { strategy: { blueGreen: {} } })],
    argv: 'promote bg --skip-current-step',
    writes: [],
    stderr:
      'Flag --skip-current-step has been deprecated, use without the flag instead ex: promote ROLLOUT_NAME\n' +
      'Error: Cannot skip steps of a bluegreen rollout. Run without a flags\n',
    code: 1,
  },
  {
    name: '--skip-all-steps goes to the end and leaves pauses alone',
    given: [rollout('web', {}, { ...waiting, currentStepIndex: 1 })],
    argv: 'promote web -a',
    writes: [patch('/rollouts/web/status', { status: { currentStepIndex: 8 } })],
    stdout: "rollout 'web' promoted\n",
    stderr: 'Flag shorthand -a has been deprecated, use --full instead\n',
  },
  {
    name: '§15.13 restart --in',
    given: [rollout()],
    argv: 'restart web --in 10s',
    writes: [patch('/rollouts/web', { spec: { restartAt: '2026-11-21T02:50:35Z' } })],
    stdout: "rollout 'web' restarts in 10s\n",
  },
  {
    name: '§15.13 restart now',
    given: [rollout()],
    argv: 'restart web',
    writes: [patch('/rollouts/web', { spec: { restartAt: '2026-11-21T02:50:25Z' } })],
    stdout: "rollout 'web' restarts in 0s\n",
  },
  {
    name: '§15.13 restart with a wrong delay (BUG B3)',
    given: [rollout()],
    argv: 'restart web --in soon',
    writes: [],
    stderr: 'Error: time: invalid duration "soon"\n',
    code: 1,
  },
  {
    name: '§3.12 restart with a delay without a unit',
    given: [rollout()],
    argv: 'restart web --in 10',
    writes: [],
    stderr: 'Error: time: missing unit in duration "10"\n',
    code: 1,
  },
  {
    name: 'retry rollout takes the abort back',
    given: [rollout()],
    argv: 'retry ro web',
    writes: [patch('/rollouts/web/status', { status: { abort: false } })],
    stdout: "rollout 'web' retried\n",
  },
  {
    name: '§15.14 retry experiment erases its status',
    given: [{ ...rollout('ab'), kind: 'Experiment' }],
    argv: 'retry exp ab',
    writes: [patch('/experiments/ab', { status: null })],
    stdout: "experiment 'ab' retried\n",
  },
  {
    name: 'terminate analysisrun',
    given: [{ ...rollout('run'), kind: 'AnalysisRun' }],
    argv: 'terminate ar run',
    writes: [patch('/analysisruns/run', { spec: { terminate: true } })],
    stdout: "analysisRun 'run' terminated\n",
  },
  {
    name: 'terminate experiment says terminated (BUG B5)',
    given: [{ ...rollout('ab'), kind: 'Experiment' }],
    argv: 'terminate experiment ab',
    writes: [patch('/experiments/ab', { spec: { terminate: true } })],
    stdout: "experiment 'ab' terminated\n",
  },
];

for (const { name, given, argv, writes, stdout = '', stderr = '', code = 0 } of rows) {
  test(name, async () => {
    const cluster = new FakeCluster(given);
    assert.deepEqual(await runCli(argv.split(' '), { transport: cluster }), { code, stdout, stderr });
    assert.deepEqual(cluster.writes, writes);
  });
}

test('§15.2 abort without a status subresource patches the object', async () => {
  const cluster = new FakeCluster([rollout()]);
  cluster.refuse = ({ path }) =>
    path.endsWith('/status') ? refusal(404, 'NotFound', 'no such subresource') : undefined;
  const result = await runCli(['abort', 'web'], { transport: cluster });
  assert.deepEqual(result, { code: 0, stdout: "rollout 'web' aborted\n", stderr: '' });
  assert.deepEqual(cluster.writes, [
    patch('/rollouts/web/status', { status: { abort: true } }),
    patch('/rollouts/web', { status: { abort: true } }),
  ]);
});

test('promote without a status subresource sends the unified patch', async () => {
  const cluster = new FakeCluster([rollout('web', {}, { ...waiting, currentStepIndex: 1 })]);
  cluster.refuse = ({ path }) =>
    path.endsWith('/status') ? refusal(404, 'NotFound', 'no such subresource') : undefined;
  await runCli(['promote', 'web'], { transport: cluster });
  assert.deepEqual(
    cluster.writes.at(-1),
    patch('/rollouts/web', { spec: { paused: false }, status: { pauseConditions: null } }),
  );
});

test('promote --full waits until the controller has seen the spec', async () => {
  const stale = rollout('web', {}, { observedGeneration: '2', currentPodHash: 'a', stableRS: 'a' });
  const cluster = new FakeCluster([stale]);
  let reads = 0;
  cluster.refuse = ({ verb }) => {
    if (verb === 'GET' && ++reads === 3) cluster.put(rollout('web', {}, { currentPodHash: 'b', stableRS: 'a' }));
    return undefined;
  };
  await runCli(['promote', 'web', '--full'], { transport: cluster });
  assert.equal(reads, 3);
  assert.deepEqual(cluster.writes, [patch('/rollouts/web/status', { status: { promoteFull: true } })]);
});
