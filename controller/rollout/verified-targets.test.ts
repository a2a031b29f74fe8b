// Updates behind a load balancer that is told of pods late (traffic.md §2.8, §2.10; TV-78, TV-80): through the controller,
// the reads of the cluster and its events, on a simulated cluster whose AWS is played.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import {
  type Answers,
  eventsIn,
  patchRollout,
  rolloutIn,
  startAlbRollout,
  startLife,
  update,
} from '../../test/builders/alb-life.ts';
import { loadBalancerArn, targetGroupArn } from '../../test/builders/elbv2.ts';
import { bindServices, type LateTargets, playLateTargets } from '../../test/builders/late-targets.ts';
import { lookAtRollout } from './look.ts';
import type { OutsideAnswer } from './types.ts';

const lagMs = 45_000;
const weightsOf = (simulation: Simulation): Readonly<Record<string, number>> => {
  const annotations = simulation.controller.caches.ingresses.store.get('demo/demo')?.metadata.annotations;
  const action = JSON.parse(annotations?.['alb.ingress.kubernetes.io/actions.root'] ?? '{}');
  const groups: { ServiceName: string; Weight: number }[] = action.ForwardConfig?.TargetGroups ?? [];
  return Object.fromEntries(groups.map(({ ServiceName, Weight }) => [ServiceName, Weight]));
};

/** Obeys the Ingress at once. */
function balancerOf(simulation: Simulation): OutsideAnswer {
  const weights = weightsOf(simulation);
  const services = ['canary', 'stable'];
  const groups = services.map((name) => ({ name, arn: targetGroupArn(name), resourceId: `demo/demo-${name}:80` }));
  const forward = services.map((name) => ({ arn: targetGroupArn(name), weight: weights[name] ?? 0 }));
  const loadBalancer = { name: 'lb', arn: loadBalancerArn('lb') };
  return {
    is: 'loadBalancers',
    facts: [{ ingress: 'demo', loadBalancer, targetGroups: groups, forwards: [forward] }],
  };
}

interface Life {
  readonly simulation: Simulation;
  readonly played: LateTargets;
  /** Kinds of the questions so far. */
  readonly calls: string[];
}

/** `start` is told how questions are answered, and resolves before there is an update. */
async function live(start: (answers: Answers) => Promise<Simulation>): Promise<Life> {
  const calls: string[] = [];
  let played: LateTargets | undefined;
  const simulation = await start(async (call, its) => {
    calls.push(call.kind);
    if (call.kind === 'loadBalancers') return balancerOf(its);
    assert.ok(call.kind === 'targets' && played);
    return { is: 'targets', facts: await played.ask(call.question) };
  });
  played = playLateTargets(simulation);
  return { simulation, played, calls };
}

/** Readiness gates see to it that pods are in the canary's group before they are ready; those of stable come late. */
async function startCanary(verifiesTargetGroups: boolean, spec: object = {}): Promise<Life> {
  const canary = { steps: [{ setWeight: 20 }, { setWeight: 60 }] };
  const life = await live((answers) =>
    startAlbRollout({ answers, settings: { verifiesTargetGroups }, canary, spec: { replicas: 3, ...spec } }),
  );
  await bindServices(life.simulation, ['stable', 'canary']);
  await update(life.simulation, 'first');
  await life.simulation.clock.runFor(300_000);
  assert.equal((await rolloutIn(life.simulation)).status?.phase, 'Healthy');
  life.played.lagsMs = { stable: lagMs };
  return life;
}

/** Seconds in which requests were sent to a target group that had nobody to answer them. */
async function lostSeconds({ simulation, played }: Life, seconds: number): Promise<number> {
  let lost = 0;
  for (let second = 0; second < seconds; second += 1) {
    await simulation.clock.runFor(1000);
    const sentTo = Object.entries(weightsOf(simulation)).filter(([, weight]) => weight > 0);
    if (sentTo.some(([service]) => !played.answers(service))) lost += 1;
  }
  return lost;
}

async function promoted({ simulation }: Life, from: string | undefined): Promise<void> {
  for (let second = 0; second < 120; second += 1) {
    await simulation.clock.runFor(1000);
    if ((await rolloutIn(simulation)).status?.stableRS !== from) return;
  }
  assert.fail('it is not promoted within two minutes');
}

const stableOf = async ({ simulation }: Life) => (await rolloutIn(simulation)).status?.stableRS;
const targetEvents = async ({ simulation }: Life) =>
  (await eventsIn(simulation)).filter(({ reason }) => reason.startsWith('TargetGroup'));

test('TV-80 a canary whose stable target group gets the new pods late loses nothing', async () => {
  const life = await startCanary(true);
  const { simulation, calls } = life;
  const before = await stableOf(life);
  await update(simulation);
  const lost = await lostSeconds(life, 180);
  assert.equal(lost, 0);
  const { status } = await rolloutIn(simulation);
  assert.notEqual(status?.stableRS, before);
  assert.deepEqual([status?.phase, status?.replicas, status?.canary?.weights?.canary.weight], ['Healthy', 3, 0]);
  const told = await targetEvents(life);
  const ofStable = told.filter(({ message }) => message.includes(`(TargetGroup ${targetGroupArn('stable')})`));
  assert.ok(ofStable.some(({ message }) => message.endsWith('not verified: 0/3 endpoints registered')));
  assert.ok(ofStable.some(({ message }) => message.endsWith('verified: 3 endpoints registered')));
  assert.ok(ofStable.every(({ count }) => count <= 2)); // there were two updates
  const atRest = calls.length;
  await simulation.clock.runFor(3_600_000);
  assert.equal(calls.length, atRest, 'a Rollout at rest asks nothing');
  await simulation.stop();
});

test('and without the flag it loses what the group is late by: the played load balancer is no friend', async () => {
  const life = await startCanary(false);
  await update(life.simulation);
  const lost = await lostSeconds(life, 180);
  assert.ok(lost > 30, `${lost} s`);
  assert.deepEqual(life.calls, []);
  await life.simulation.stop();
});

test('TV-80 a controller that begins anew in the middle of the hold goes on holding', async () => {
  const life = await startCanary(true);
  const { simulation } = life;
  const before = await stableOf(life);
  await update(simulation);
  await promoted(life, before);
  assert.equal(weightsOf(simulation).canary, 100);
  await simulation.restartController();
  assert.equal(await lostSeconds(life, 20), 0);
  assert.equal(weightsOf(simulation).canary, 100);
  assert.equal(await lostSeconds(life, 60), 0);
  assert.equal(weightsOf(simulation).canary, 0);
  await simulation.stop();
});

test('§2.8 the hold is given up after the progress deadline; old pods stay until their targets are verified', async () => {
  const life = await startCanary(true, { progressDeadlineSeconds: 60 });
  const { simulation, played, calls } = life;
  const before = await stableOf(life);
  played.lagsMs = { stable: Number.POSITIVE_INFINITY };
  await update(simulation);
  await promoted(life, before);
  const asked = calls.length;
  await simulation.clock.runFor(50_000);
  assert.equal(weightsOf(simulation).canary, 100);
  assert.ok(calls.length - asked <= 6, `${calls.length - asked} questions within 50 s`);
  await simulation.clock.runFor(15_000);
  assert.equal(weightsOf(simulation).canary, 0);
  assert.equal((await targetEvents(life)).filter(({ reason }) => reason === 'TargetGroupHoldTimeout').length, 1);
  await simulation.clock.runFor(120_000);
  assert.equal((await rolloutIn(simulation)).status?.replicas, 6);
  played.lagsMs = {};
  await simulation.clock.runFor(60_000);
  const { status } = await rolloutIn(simulation);
  assert.deepEqual([status?.phase, status?.replicas], ['Healthy', 3]);
  await simulation.stop();
});

/** What `explain` sees, which does not know of the flag. */
function lookIn({ clock, transport }: Simulation) {
  const random = { next: () => 0.5 };
  return whileRunning(clock, lookAtRollout({ transport, clock, random, namespace: 'demo', name: 'demo' }));
}

const service = (name: string) => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: demo }
  ports: [{ port: 80, targetPort: 8080, name: http }]
`;
const blueGreen = `${service('active')}---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: demo }
spec:
  replicas: 3
  selector: { matchLabels: { app: demo } }
  template:
    metadata: { labels: { app: demo } }
    spec:
      containers: [{ name: demo, image: "demo:1", ports: [{ name: http, containerPort: 8080 }] }]
  strategy:
    blueGreen: { activeService: active, scaleDownDelaySeconds: 5 }
`;

async function startBlueGreen(isBound: boolean): Promise<Life> {
  const life = await live((answers) => startLife(blueGreen, { answers, settings: { verifiesTargetGroups: true } }));
  if (isBound) await bindServices(life.simulation, ['active']);
  await life.simulation.clock.runFor(60_000);
  assert.equal((await rolloutIn(life.simulation)).status?.phase, 'Healthy');
  life.played.lagsMs = { active: lagMs };
  return life;
}

test('§2.10 a blue/green update is promoted when the load balancer has its pods; the old ones stay until then', async () => {
  const life = await startBlueGreen(true);
  const { simulation, calls } = life;
  const before = await stableOf(life);
  await update(simulation);
  await simulation.clock.runFor(40_000);
  const waiting = (await rolloutIn(simulation)).status;
  assert.deepEqual([waiting?.stableRS, waiting?.replicas], [before, 6]);
  assert.equal(waiting?.blueGreen?.activeSelector, waiting?.currentPodHash);
  assert.equal(waiting?.message, 'waiting for post-promotion verification to complete');
  const look = await lookIn(simulation);
  assert.ok(look.plan.reasons.some(({ code }) => code === 'promotionAwaitsTargets'));
  assert.deepEqual([look.outstanding, look.behindSince], [[], undefined]);
  await simulation.clock.runFor(60_000);
  const { status } = await rolloutIn(simulation);
  assert.deepEqual([status?.phase, status?.stableRS, status?.replicas], ['Healthy', status?.currentPodHash, 3]);
  const atRest = calls.length;
  await simulation.clock.runFor(3_600_000);
  assert.equal(calls.length, atRest, 'a Rollout at rest asks nothing');
  await simulation.stop();
});

test('§2.10 an abort while the targets are waited for leads back to the old pods, which are all there', async () => {
  const life = await startBlueGreen(true);
  const { simulation } = life;
  const before = await stableOf(life);
  await update(simulation);
  await simulation.clock.runFor(40_000);
  await patchRollout(simulation, { status: { abort: true } }, '/status');
  await simulation.clock.runFor(5000);
  const { status } = await rolloutIn(simulation);
  assert.deepEqual([status?.blueGreen?.activeSelector, status?.stableRS, status?.phase], [before, before, 'Degraded']);
  await simulation.stop();
});

test('§2.10 where nobody knows of target group bindings a blue/green update is promoted at once, after one question', async () => {
  const life = await startBlueGreen(false);
  const { simulation, calls } = life;
  await update(simulation);
  await simulation.clock.runFor(40_000);
  const { status } = await rolloutIn(simulation);
  assert.deepEqual([status?.phase, status?.stableRS], ['Healthy', status?.currentPodHash]);
  assert.deepEqual([calls, await targetEvents(life)], [['targets'], []]);
  await simulation.stop();
});
