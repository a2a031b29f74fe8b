// A world that runs on: plans until nothing moves, then pods as the cluster would make them, second by second.

import type { Plan } from '../../controller/rollout/types.ts';
import { start } from './objects.ts';
import { settle, shortWrite } from './rows.ts';
import { type World, withPods } from './world.ts';

export interface Course {
  readonly world: World;
  /** The plan with which it came to rest. */
  readonly last: Plan;
  readonly waves: readonly Plan[];
}

/** `ready`: how many pods of a ReplicaSet become available; all of them unless told. */
export function course(given: World, seconds = 20, ready: Readonly<Record<string, number>> = {}): Course {
  let current = given;
  const waves: Plan[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const settled = settle(current, start + second * 1000);
    waves.push(...settled.waves);
    current = withPods(settled.world, ready);
  }
  const { world, last, waves: more } = settle(current, start + seconds * 1000);
  return { world, last, waves: [...waves, ...more] };
}

/** `scale demo-x 3`, in order. */
export function scalesOf(waves: readonly Plan[]): string[] {
  return waves.flatMap(({ writes }) => writes.map(shortWrite)).filter((text) => text.startsWith('scale'));
}

/** Hash → size. */
export function sizesOf({ replicaSets }: World): Record<string, number> {
  return Object.fromEntries(
    replicaSets.map(({ metadata, spec }) => [metadata.name?.replace('demo-', '') ?? '', spec.replicas ?? 1]),
  );
}
