// Choices by chance, for scenarios and actions.

import type { Random } from '../../controller/lang/time.ts';

export interface Dice {
  /** A whole number in [0, limit). */
  below(limit: number): number;
  pick<T>(choices: readonly T[]): T;
  chance(share: number): boolean;
}

export function makeDice(random: Random): Dice {
  const below = (limit: number): number => Math.floor(random.next() * limit);
  return { below, pick: (choices) => choices[below(choices.length)]!, chance: (share) => random.next() < share };
}
