// One pass of a blue/green update, as the ordered list of questions (rollout.md §3.6). It scales while it is paused, and all
// of it happens in one pass.

import { blueGreenOf } from '../../api/defaults.ts';
import { planAnalysis } from './analysis.ts';
import { planBlueGreenPause } from './blue-green-pause.ts';
import { planBlueGreenScale } from './blue-green-scale.ts';
import { blueGreenStatus, resetBlueGreenStatus } from './blue-green-status.ts';
import { planActiveService } from './blue-green-switch.ts';
import { planEphemeralMetadata } from './ephemeral-metadata.ts';
import { planExperiment } from './experiment.ts';
import { isHalted } from './halt.ts';
import { planHistoryLimit } from './history-limit.ts';
import { newReplicaSet, type Pass } from './pass.ts';
import type { Persisted } from './persist-status.ts';
import { hashOf } from './replica-set.ts';
import { planRestart } from './restart.ts';
import { planRevision } from './revisions.ts';
import { planSelector, serviceNamed } from './services.ts';

export function planBlueGreen(pass: Pass): Persisted {
  planRevision(pass);
  planPreviewService(pass);
  if (isBlueGreenChanged(pass)) return resetBlueGreenStatus(pass);
  const restart = planRestart(pass);
  planBlueGreenScale(pass);
  planHistoryLimit(pass);
  planBlueGreenPause(pass);
  planActiveService(pass);
  planExperiment(pass); // of a canary that this was before
  planAnalysis(pass);
  planEphemeralMetadata(pass);
  return blueGreenStatus(pass, restart.kind === 'done' ? restart.restartedAt : undefined);
}

/** The template is not the one that the status speaks of. */
export function isBlueGreenChanged(pass: Pass): boolean {
  const current = pass.status.currentPodHash ?? '';
  return current !== '' && current !== hashOf(newReplicaSet(pass));
}

/** At once, before the preview has a pod. */
function planPreviewService(pass: Pass): void {
  const name = blueGreenOf(pass.rollout)?.previewService;
  const newRS = newReplicaSet(pass);
  if (!name || !newRS || isHalted(pass)) return;
  const known = serviceNamed(pass, name);
  if (known.is === 'present') planSelector(pass, name, known.value, hashOf(newRS));
}
