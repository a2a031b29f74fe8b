// Where does the active Service point (rollout.md §5.4)? To the new revision once it carries everything and the pause is
// over; back to stable as soon as an abort finds a stable pod, whatever the state of the preview (BUG-7).

import { podTemplateHashLabel } from '../../api/constants.ts';
import { blueGreenOf, replicasOf } from '../../api/defaults.ts';
import { because } from '../../explain/reasons.ts';
import { isBlueGreenPauseOver, isFastTracked, isPrePromotionDone, isReadyForPause } from './blue-green-state.ts';
import { isHalted } from './halt.ts';
import { addReason, isAborted, newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import { hashOf, nameOf } from './replica-set.ts';
import { availableCount, lastingCount } from './replica-set-counts.ts';
import { isSaturated } from './saturation.ts';
import { planSelector, serviceNamed } from './services.ts';

export function planActiveService(pass: Pass): void {
  const name = blueGreenOf(pass.rollout)?.activeService ?? '';
  const known = serviceNamed(pass, name);
  const newRS = newReplicaSet(pass);
  if (known.is === 'failed') {
    addReason(pass, because('objectUnreadable', { kind: 'Service', name, message: known.problem.message }));
  }
  if (known.is !== 'present' || !newRS) return;
  const stableRS = stableReplicaSet(pass);
  if (isAborted(pass) && stableRS) {
    const available = lastingCount(stableRS);
    const isEmpty = replicasOf(pass.rollout) === 0 && lastingCount(newRS) === 0; // nobody answers, and nobody is to
    if (available > 0 || isEmpty) return planSelector(pass, name, known.value, hashOf(stableRS));
    return addReason(pass, because('serviceWaitsForPods', { service: name, replicaSet: nameOf(stableRS), available }));
  }
  if (isHalted(pass)) return;
  const selected = known.value.spec.selector?.[podTemplateHashLabel] ?? '';
  const isReady = isReadyForPause(pass);
  if (!isReady || !isSaturated(pass.rollout, newRS)) {
    // A smaller preview that is complete waits for its pause or its analysis, not for pods.
    if (selected !== hashOf(newRS) && !isReady) {
      const wanted = replicasOf(pass.rollout);
      addReason(pass, because('activeServiceHeld', { service: name, available: availableCount(newRS), wanted }));
    }
    return;
  }
  const isFree = isFastTracked(pass) || (isBlueGreenPauseOver(pass) && isPrePromotionDone(pass));
  planSelector(pass, name, known.value, isFree ? hashOf(newRS) : selected); // or only the annotation that it lacks
}
