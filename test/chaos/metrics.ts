// The metric provider of chaos: mostly it finds a version good, sometimes bad, sometimes nothing; by chance, and in
// virtual time. Once calm is asked for, everything is good.

import type { Provider } from '../../controller/analysis/providers/contract.ts';
import { createProviderRegistry, type ProviderRegistry } from '../../controller/analysis/providers/registry.ts';
import type { Dice } from './dice.ts';

export interface ScriptedMetrics {
  readonly registry: ProviderRegistry;
  calm(): void;
}

export function scriptedMetrics(dice: Dice): ScriptedMetrics {
  let isCalm = false;
  const provider: Provider = {
    name: 'web',
    async run() {
      if (isCalm || dice.chance(0.85)) return { is: 'phase', phase: 'Successful', value: '1' };
      const phase = dice.pick(['Failed', 'Failed', 'Inconclusive', 'Error'] as const);
      return { is: 'phase', phase, value: '0', message: `the ${phase} of chance` };
    },
  };
  return {
    registry: createProviderRegistry([provider]),
    calm() {
      isCalm = true;
    },
  };
}
