// A node that is lost by its user: `kubectl annotate node NAME sandbox.slipway.dev/lost=true` lets it and its pods fall
// silent, `kubectl annotate node NAME sandbox.slipway.dev/lost-` brings them back.

import type { Informers } from '../machinery/informers.ts';
import type { Node } from '../machinery/nodes.ts';
import { resources } from '../machinery/resources.ts';

export const lostAnnotation = 'sandbox.slipway.dev/lost';

export interface LossOptions {
  /** The nodes that can be lost: those that run here. */
  readonly names: readonly string[];
  lose(name: string): Promise<void>;
  recover(name: string): Promise<void>;
  report(problem: Error): void;
}

/** Call before the informers start. */
export function followLossAnnotation(informers: Informers, { names, lose, recover, report }: LossOptions): void {
  const lost = new Set<string>();
  informers.of<Node>(resources.nodes).onChange((now) => {
    const name = now?.metadata.name ?? '';
    if (now === undefined || !names.includes(name)) return;
    const isLost = now.metadata.annotations?.[lostAnnotation] === 'true';
    if (isLost === lost.has(name)) return;
    if (isLost) lost.add(name);
    else lost.delete(name);
    (isLost ? lose(name) : recover(name)).catch((problem: Error) =>
      report(new Error(`node ${name}: ${problem.message}`, { cause: problem })),
    );
  });
}
