// What can a person do about what a Rollout waits for? Commands of `slipway`, the one that ends the waiting first.

import type { Rollout } from '../api/types.generated.ts';
import type { Reason, ReasonCode } from './reasons.ts';

/** `NAME` stands for the Rollout. */
const actions: { readonly [Code in ReasonCode]?: readonly string[] } = {
  pausedByUser: ['promote NAME (goes on)'],
  pausedAtStep: ['promote NAME (ends the pause now)'],
  pausedBeforePromotion: ['promote NAME (switches now)'],
  pausedInconclusive: ['promote NAME (takes the outcome as good)'],
  aborted: ['retry rollout NAME (starts the update again)', 'undo NAME (back to the version before)'],
  progressDeadlineExceeded: ['undo NAME (back to the version before)'],
  podsNotAvailable: ['get rollout NAME (shows what each pod waits for)'],
};

export function actionsFor(rollout: Rollout, reasons: readonly Reason[]): string[] {
  const { status } = rollout;
  if (reasons.some(({ code }) => code === 'specInvalid')) return []; // nothing is done before the spec is put right
  const isUpdating = status?.stableRS !== undefined && status.stableRS !== status.currentPodHash && !status.abort;
  const known = reasons.flatMap(({ code }) => actions[code] ?? []).filter(isFirstOfItsKind);
  const always = isUpdating ? ['abort NAME (back to stable)', 'promote NAME --full (skips what is left)'] : [];
  const name = rollout.metadata.name ?? '';
  return [...known, ...always].map((action) => action.replace('NAME', name));
}

/** One command is told once, also where it ends two things. */
function isFirstOfItsKind(action: string, index: number, all: readonly string[]): boolean {
  const command = (text: string) => text.split(' (')[0];
  return all.findIndex((other) => command(other) === command(action)) === index;
}
