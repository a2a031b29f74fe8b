// A fault script by chance: the same stream of random numbers gives the same script.

import type { Random } from '../../controller/lang/time.ts';
import type { Fault, ScheduledFault, Verb } from './types.ts';

const followedKinds = [
  'rollouts',
  'replicasets',
  'services',
  'ingresses',
  'analysisruns',
  'experiments',
  'analysistemplates',
  'deployments',
];
const verbs: readonly Verb[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

type Make = (random: Random) => Fault;

const makers: readonly Make[] = [
  (random) => ({ kind: 'latency', ms: below(random, 3000) + 1, forMs: 1000 * (1 + below(random, 60)) }),
  (random) => ({
    kind: 'latency',
    verb: pick(random, verbs),
    ms: below(random, 3000) + 1,
    forMs: 1000 * (1 + below(random, 60)),
  }),
  (random) => ({
    kind: 'refuse',
    status: 409,
    verb: pick(random, ['PUT', 'PATCH', 'DELETE']),
    times: 1 + below(random, 3),
  }),
  (random) => ({
    kind: 'refuse',
    status: pick(random, [429, 503]),
    times: 1 + below(random, 3),
    retryAfterSeconds: 1 + below(random, 5),
  }),
  (random) => ({ kind: 'refuse', status: pick(random, [500, 503]), times: 1 + below(random, 4) }),
  (random) => ({ kind: 'refuse', status: pick(random, [429, 500, 503]), verb: 'GET', times: 1 + below(random, 4) }),
  (random) => ({ kind: 'reset', isApplied: false, times: 1 + below(random, 3) }),
  (random) => ({ kind: 'reset', isApplied: true, times: 1 + below(random, 3) }),
  (random) => ({ kind: 'stale-list', plural: pick(random, followedKinds), times: 1 }),
  (random) => ({ kind: 'duplicate-events', plural: pick(random, followedKinds), times: 1 + below(random, 5) }),
  (random) => ({
    kind: 'lose-events',
    plural: pick(random, followedKinds),
    times: 1 + below(random, 3),
    forMs: 1000 * (1 + below(random, 60)),
  }),
  // Some last longer than clients wait for a sign of life.
  (random) => ({ kind: 'silence', plural: pick(random, followedKinds), forMs: 1000 * (1 + below(random, 180)) }),
  (random) => ({ kind: 'restart-api-server', forMs: 1000 * below(random, 30) }),
  (random) => ({ kind: 'clock-jump', ms: 1000 * (below(random, 120) - 60) }),
  (random) => ({ kind: 'kill-controller', afterWrites: 1 + below(random, 6) }),
  (random) => ({ kind: 'kill-controller', afterWrites: 1 + below(random, 6) }),
  (random) => ({ kind: 'second-leader', forMs: 1000 * (1 + below(random, 60)) }),
];

export function seededScript(
  random: Random,
  options: { readonly count: number; readonly withinMs: number },
): ScheduledFault[] {
  const script: ScheduledFault[] = [];
  for (let index = 0; index < options.count; index++) {
    script.push({ atMs: below(random, options.withinMs), fault: pick(random, makers)(random) });
  }
  return script.sort((a, b) => a.atMs - b.atMs);
}

function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit);
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[below(random, choices.length)]!;
}
