// The Experiment of a canary step: how it is made, what its outcome does, when it ends (analysis.md §6.9; traffic.md §1.7;
// vectors V-63, V-67, V-69, TV-43).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { at, condition, replicaSet, rolloutUid, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, rows, settle, shortWrite } from '../../../test/builders/rows.ts';
import { observe, type World } from '../../../test/builders/world.ts';
import type {
  CanaryStrategy,
  Experiment,
  ExperimentStatus,
  ExperimentStep,
  RolloutStatus,
} from '../../api/types.generated.ts';
import { plan } from '../plan.ts';
import type { Plan } from '../types.ts';

const base = `demo-${b}-2-0`;
const trial: ExperimentStep = { duration: '60s', templates: [{ name: 'trial', specRef: 'canary' }] };
const only = (experiment: ExperimentStep): CanaryStrategy => ({ steps: [{ experiment }, { setWeight: 50 }] });

function withExperiments(
  experiments: readonly Experiment[],
  { canary = only(trial), ...given }: Partial<Parameters<typeof midway>[0]> = {},
): World {
  const { more, ...rest } = given;
  return midway({
    canary,
    stable: { replicas: 10 },
    current: { replicas: 0 },
    ...rest,
    more: { experiments, ...more },
  });
}

function experiment(name: string, status: ExperimentStatus = {}, spec: Partial<Experiment['spec']> = {}): Experiment {
  const owner = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    name: 'demo',
    uid: rolloutUid,
    controller: true,
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      creationTimestamp: at(-30),
      labels: { 'rollouts-pod-template-hash': b },
      ownerReferences: [owner],
    },
    spec: { templates: [], ...spec },
    status,
  };
}

const current = (name = base): RolloutStatus => ({ canary: { currentExperiment: name } });

function created(planned: Plan): Experiment {
  const write = planned.writes.find(({ kind }) => kind === 'createExperiment');
  assert.ok(write?.kind === 'createExperiment', 'an Experiment is made');
  return write.object;
}

test('it is called after Rollout, hash, revision and step, and told of', () => {
  const planned = lawfulPlan(withExperiments([]), start);
  const { metadata, spec, status } = created(planned);
  assert.equal(metadata.name, base);
  assert.equal(metadata.labels?.['rollouts-pod-template-hash'], b);
  assert.deepEqual(metadata.annotations, { 'rollout.argoproj.io/revision': '2' });
  assert.equal(metadata.ownerReferences?.[0]?.uid, rolloutUid);
  assert.deepEqual([spec.duration, spec.analysisRunMetadata, status], ['60s', {}, {}]);
  assert.equal(planned.status.canary?.currentExperiment, base);
  const told = planned.writes.flatMap(({ events = [] }) => events.map(({ message }) => message));
  assert.ok(told.includes(`Created Experiment '${base}'`));
});

test('it has the labels of the Rollout, the instance of its controller among them, and what the step says of its runs', () => {
  const labels = { team: 'x', 'argo-rollouts.argoproj.io/controller-instance-id': 'blue' };
  const dryRun = [{ metricName: '.*' }];
  const analysisRunMetadata = { labels: { of: 'step' } };
  const world = withExperiments([], { canary: only({ ...trial, dryRun, analysisRunMetadata }) });
  const { rollout } = world;
  const labelled = { ...world, rollout: { ...rollout, metadata: { ...rollout.metadata, labels } } };
  const { metadata, spec } = created(lawfulPlan(labelled, start));
  assert.deepEqual(metadata.labels, { ...labels, 'rollouts-pod-template-hash': b });
  assert.deepEqual([spec.dryRun, spec.analysisRunMetadata], [dryRun, analysisRunMetadata]);
});

test('templates take pods, selector and minReadySeconds of the version that they name, and what the step adds', () => {
  const metadata = { labels: { side: 'old' }, annotations: { note: 'x' } };
  const step: ExperimentStep = {
    scaleDownDelaySeconds: 5,
    templates: [
      { name: 'baseline', specRef: 'stable', replicas: 2, metadata, service: { name: 'fixed' } },
      { name: 'candidate', specRef: 'canary', selector: { matchLabels: { own: 'yes' } } },
    ],
  };
  const stable = replicaSet({ image: 'demo:a', revision: 1, replicas: 10 });
  const ready = { ...stable, spec: { ...stable.spec, minReadySeconds: 7 } };
  const canary = replicaSet({ image: 'demo:b', revision: 2, replicas: 0 });
  const world = withExperiments([], {
    canary: only(step),
    spec: { progressDeadlineSeconds: 99 },
    more: { replicaSets: [ready, canary] },
  });
  const { spec } = created(lawfulPlan(world, start));
  const [baseline, candidate] = spec.templates;
  assert.deepEqual([spec.progressDeadlineSeconds, spec.scaleDownDelaySeconds], [99, 5]);
  assert.deepEqual([baseline?.replicas, baseline?.minReadySeconds, baseline?.service], [2, 7, { name: 'fixed' }]);
  assert.equal(baseline?.template.spec.containers[0]?.image, 'demo:a');
  assert.equal(baseline?.selector.matchLabels?.side, 'old');
  assert.equal(baseline?.template.metadata?.labels?.side, 'old');
  assert.deepEqual(baseline?.template.metadata?.annotations, { note: 'x' });
  assert.equal(candidate?.template.spec.containers[0]?.image, 'demo:b');
  assert.deepEqual([candidate?.selector, candidate?.service], [{ matchLabels: { own: 'yes' } }, undefined]);
});

test('a template with a weight gets a Service', () => {
  const step: ExperimentStep = { templates: [{ name: 'trial', specRef: 'canary', weight: 5 }] };
  const world = routedWorld(
    { canary: { ...routed, ...only(step) }, stable: { replicas: 10 }, current: { replicas: 0 }, status: weights(0) },
    { canary: a, stable: a },
  );
  assert.deepEqual(created(lawfulPlan(world, start)).spec.templates[0]?.service, {});
});

test('arguments of its analyses are those of the Rollout', () => {
  const args = [
    { name: 'new', valueFrom: { podTemplateHashValue: 'Latest' as const } },
    { name: 'old', valueFrom: { podTemplateHashValue: 'Stable' as const } },
    { name: 'who', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'its', value: '{{templates.trial.podTemplateHash}}' },
  ];
  const analyses = [{ name: 'check', templateName: 'check', requiredForCompletion: true, args }];
  const { spec } = created(lawfulPlan(withExperiments([], { canary: only({ ...trial, analyses }) }), start));
  assert.deepEqual(spec.analyses, [
    {
      name: 'check',
      templateName: 'check',
      requiredForCompletion: true,
      args: [
        { name: 'new', value: b },
        { name: 'old', value: a },
        { name: 'who', value: 'demo' },
        { name: 'its', value: '{{templates.trial.podTemplateHash}}' },
      ],
    },
  ]);
});

test('a name that is taken counts on with a dash; one of ours that still runs is taken over', () => {
  const ended = experiment(base, { phase: 'Failed' });
  const planned = lawfulPlan(withExperiments([ended]), start);
  assert.equal(created(planned).metadata.name, `${base}-1`);
  const same = experiment(base, { phase: 'Running' }, created(lawfulPlan(withExperiments([]), start)).spec);
  const adopted = lawfulPlan(withExperiments([same]), start);
  assert.deepEqual(adopted.writes.map(shortWrite), ['status']);
  assert.equal(adopted.status.canary?.currentExperiment, base);
});

test('a name that the store does not show is read before another one is tried', () => {
  const outcome = { problem: { class: 'exists', message: 'exists' }, since: start, attempts: 1 } as const;
  const world = withExperiments([]);
  const observed = observe({ ...world, ledger: { ...world.ledger, outcomes: { [`experiment/${base}`]: outcome } } });
  assert.deepEqual(plan(observed, start).needs, [{ kind: 'experiment', name: base }]);
  const foreign = { ...experiment(base), metadata: { name: base, uid: 'other' } };
  const read = plan({ ...observed, liveExperiments: { [base]: { is: 'present', value: foreign } } }, start);
  assert.equal(created(read).metadata.name, `${base}-1`);
});

test('S11 (operations.md): one that ended before the status named it is not made twice; an earlier try is', () => {
  const { spec } = created(lawfulPlan(withExperiments([]), start));
  const isOver = (world: World) => lawfulPlan(world, start).status.canary?.currentExperiment;
  const over = experiment(base, { phase: 'Failed' }, spec);
  const since = (seconds: number) => ({ ...over, metadata: { ...over.metadata, creationTimestamp: at(seconds) } });
  assert.equal(isOver(withExperiments([since(0)])), base);
  assert.equal(isOver(withExperiments([since(-3600)])), `${base}-1`, 'before this step began');
  const resumed = { ...current(), controllerPause: true };
  const inconclusive = { ...since(0), status: { phase: 'Inconclusive' } };
  assert.equal(isOver(withExperiments([inconclusive], { status: resumed })), `${base}-1`, 'somebody wants another one');
});

test('one that the status names and the store does not show is looked for before another one is made', () => {
  const unread = observe(withExperiments([], { status: current() }));
  assert.deepEqual(plan(unread, start).needs, [{ kind: 'experiment', name: base }]);
  const found = plan({ ...unread, liveExperiments: { [base]: { is: 'present', value: experiment(base) } } }, start);
  assert.deepEqual(found.writes, []);
  const gone = plan({ ...unread, liveExperiments: { [base]: { is: 'absent' } } }, start);
  assert.equal(created(gone).metadata.name, base);
});

rows([
  {
    name: 'without a stable ReplicaSet there is nothing to compare with',
    given: withExperiments([], { more: { replicaSets: [replicaSet({ image: 'demo:b', revision: 2, replicas: 0 })] } }),
    want: {
      reasons: ['experimentImpossible'],
      check: ({ writes }) => assert.ok(!writes.some(({ kind }) => kind === 'createExperiment')),
    },
  },
  {
    name: 'an Experiment that runs is waited for',
    given: withExperiments([experiment(base, { phase: 'Running', availableAt: at(-10) }, { duration: '60s' })], {
      status: current(),
    }),
    want: { writes: [], reasons: ['experimentRuns'] },
  },
  {
    name: 'one that is wrong is waited for, and why is told',
    given: withExperiments(
      [
        experiment(base, {
          conditions: [condition('InvalidSpec', 'True', 'InvalidSpec', 'no selector')],
        }),
      ],
      { status: current() },
    ),
    want: {
      check: (planned) => {
        const reason = planned.reasons.find(({ code }) => code === 'experimentRuns');
        assert.equal(reason?.data.message, 'no selector');
      },
    },
  },
  {
    name: 'a successful one ends the step',
    given: withExperiments([experiment(base, { phase: 'Successful' })], { status: current() }),
    want: {
      writes: ['status'],
      status: { currentStepIndex: 1, canary: {} },
      events: ['RolloutStepCompleted: Rollout step 1/2 completed (experiment)'],
    },
  },
  {
    name: 'V-63 a failed one aborts, and says why',
    given: withExperiments([experiment(base, { phase: 'Failed', message: 'too slow' })], { status: current() }),
    want: {
      status: { abort: true },
      check: ({ status }) => {
        const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
        assert.match(progressing?.message ?? '', /: Experiment analysis phase is error\/failed: too slow$/);
      },
    },
  },
  {
    name: 'an inconclusive one pauses',
    given: withExperiments([experiment(base, { phase: 'Inconclusive' })], { status: current() }),
    want: {
      status: {
        pauseConditions: [{ reason: 'InconclusiveExperiment', startTime: at(0) }],
        controllerPause: true,
        phase: 'Paused',
        canary: { currentExperiment: base },
      },
    },
  },
  {
    name: 'who takes the pause away starts another one',
    given: withExperiments([experiment(base, { phase: 'Inconclusive' })], {
      status: { ...current(), controllerPause: true },
    }),
    want: {
      check: (planned) => {
        assert.equal(created(planned).metadata.name, `${base}-1`);
        assert.equal(planned.status.canary?.currentExperiment, `${base}-1`);
      },
    },
  },
  {
    name: 'a pause of an inconclusive Experiment ends with its step: the pause step that is skipped to is honoured',
    given: withExperiments([experiment(base, { phase: 'Inconclusive' })], {
      canary: { steps: [{ experiment: trial }, { pause: {} }, { setWeight: 50 }] },
      step: 1,
      status: {
        ...current(),
        pauseConditions: [{ reason: 'InconclusiveExperiment', startTime: at(-1) }],
        controllerPause: true,
      },
    }),
    want: {
      check: (_planned, world) => {
        const { status } = settle(world, start).last;
        assert.deepEqual(
          [status.currentStepIndex, status.pauseConditions?.map(({ reason }) => reason)],
          [1, ['CanaryPauseStep']],
        );
      },
    },
  },
  {
    name: 'paused by an inconclusive analysis, Experiments are left as they are',
    given: withExperiments([experiment(base, { phase: 'Running' }), experiment('other', { phase: 'Running' })], {
      status: {
        ...current(),
        controllerPause: true,
        pauseConditions: [{ reason: 'InconclusiveAnalysisRun', startTime: at(-10) }],
      },
    }),
    want: {
      check: (planned) => {
        assert.ok(!planned.writes.some(({ kind }) => kind === 'terminateExperiment'));
        assert.equal(planned.status.canary?.currentExperiment, base);
      },
    },
  },
  {
    name: 'a step that was skipped has its Experiment ended, and the next step one of its own',
    given: withExperiments([experiment(base, { phase: 'Running' })], {
      canary: { steps: [{ experiment: trial }, { experiment: trial }] },
      step: 1,
      status: current(),
    }),
    want: {
      check: (planned) => {
        assert.equal(created(planned).metadata.name, `demo-${b}-2-1`);
        assert.ok(planned.writes.some(({ key }) => key === `terminate/${base}`));
        assert.equal(planned.status.canary?.currentExperiment, `demo-${b}-2-1`);
      },
    },
  },
  {
    name: 'V-67 an abort ends all of them',
    given: withExperiments([experiment(base, { phase: 'Running' })], {
      status: { ...current(), abort: true, abortedAt: at(-1) },
    }),
    want: {
      check: (planned) => {
        assert.ok(planned.writes.some(({ key }) => key === `terminate/${base}`));
        assert.equal(planned.status.canary?.currentExperiment, undefined);
      },
    },
  },
  {
    name: 'a full promotion ends all of them',
    given: withExperiments([experiment(base, { phase: 'Running' })], { status: { ...current(), promoteFull: true } }),
    want: {
      check: (planned) => assert.ok(planned.writes.some(({ key }) => key === `terminate/${base}`)),
    },
  },
  {
    name: 'finished ones are forgotten beyond the limits, and those without a ReplicaSet; by age, then by name',
    given: withExperiments(
      [
        experiment(base, { phase: 'Running' }),
        ...['p', 'q', 'r'].map((name) => experiment(name, { phase: 'Successful' })),
        experiment('bad', { phase: 'Error' }),
        { ...experiment('gone', { phase: 'Successful' }), metadata: { name: 'gone', uid: 'uid-gone' } },
      ],
      { status: current(), spec: { analysis: { successfulRunHistoryLimit: 1 } } },
    ),
    want: {
      check: ({ writes }) => {
        const deleted = writes.flatMap((write) => (write.kind === 'deleteExperiment' ? write.name : []));
        assert.deepEqual(deleted.toSorted(), ['gone', 'p', 'q']);
      },
    },
  },
]);

const share: ExperimentStep = {
  templates: [
    { name: 'base', specRef: 'stable', weight: 5 },
    { name: 'test', specRef: 'canary', weight: 15 },
  ],
};
const weighted: CanaryStrategy = { ...routed, steps: [{ setWeight: 20 }, { experiment: share }] };
const weightedName = `demo-${b}-2-1`;

function templateStatus(name: string, availableReplicas: number, serviceName = `svc-${name}`) {
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: availableReplicas, availableReplicas };
  return { name, ...counts, serviceName, podTemplateHash: `hash-${name}`, status: 'Running' };
}

function weightedWorld(status: ExperimentStatus, more: RolloutStatus = {}): World {
  const { canary } = weights(20);
  return routedWorld(
    {
      canary: weighted,
      step: 1,
      stable: { replicas: 10 },
      current: { replicas: 2 },
      status: { ...more, canary: { ...canary, ...more.canary, currentExperiment: weightedName } },
      more: { experiments: [experiment(weightedName, status)] },
    },
    { canary: b, stable: a },
  );
}

function additionalOf(planned: Plan): string[] {
  const { additional = [] } = planned.status.canary?.weights ?? {};
  return additional.map(({ serviceName, weight }) => `${serviceName} ${weight}`);
}

test('TV-43 its weights are taken from stable while it is Running, in the order of its statuses', () => {
  const statuses = { templateStatuses: [templateStatus('base', 1), templateStatus('test', 1)] };
  const planned = lawfulPlan(weightedWorld({ phase: 'Running', ...statuses }), start);
  assert.deepEqual(additionalOf(planned), ['svc-base 5', 'svc-test 15']);
  const { canary, stable } = planned.status.canary?.weights ?? {};
  assert.deepEqual([canary?.weight, stable?.weight], [20, 60]);
  for (const phase of ['Pending', 'Failed', 'Inconclusive']) {
    assert.deepEqual(additionalOf(lawfulPlan(weightedWorld({ phase, ...statuses }), start)), [], phase);
  }
});

test('TV-44 BUG (traffic.md §1.7): no requests for a template without a Service or without an available pod', () => {
  const status = { phase: 'Running', templateStatuses: [templateStatus('base', 0), templateStatus('test', 1, '')] };
  assert.deepEqual(additionalOf(lawfulPlan(weightedWorld(status), start)), []);
});

test('V-69 an aborted update takes the routes away first, says so, and ends the Experiment only then', () => {
  const running = { phase: 'Running', templateStatuses: [templateStatus('base', 1), templateStatus('test', 1)] };
  const { world } = settle(weightedWorld(running), start);
  const aborted = { ...world, rollout: { ...world.rollout, status: { ...world.rollout.status, abort: true } } };
  const { waves } = settle(aborted, start);
  const weightGone = waves.findIndex((wave) => additionalOf(wave).length === 0);
  const ended = waves.findIndex(({ writes }) => writes.some(({ kind }) => kind === 'terminateExperiment'));
  assert.ok(weightGone >= 0 && ended > weightGone, `weights in wave ${weightGone}, end in wave ${ended}`);
});
