// Which patches a promotion sends (the table of spec/cli.md §3.11, the writes of spec/rollout.md §6.6). Pure.

import type { Rollout } from '../controller/api/types.generated.ts';

export type PromoteMode = 'plain' | 'full' | 'skipCurrentStep' | 'skipAllSteps';

export interface PromotePatches {
  readonly status?: unknown;
  readonly spec?: unknown;
  /** Sent to the object where the status subresource does not exist. */
  readonly unified?: unknown;
}

const unpause = { paused: false };

export function makePromotePatches(rollout: Rollout, mode: PromoteMode): PromotePatches {
  const status = rollout.status ?? {};
  const stepCount = rollout.spec.strategy?.canary?.steps?.length ?? 0;
  const spec = rollout.spec.paused ? { spec: { spec: unpause } } : {};
  switch (mode) {
    case 'skipCurrentStep':
      return statusOnly({ currentStepIndex: nextStep(rollout) });
    case 'skipAllSteps':
      return statusOnly({ currentStepIndex: stepCount });
    case 'full':
      return {
        ...spec,
        ...(status.currentPodHash === status.stableRS ? {} : { status: { status: { promoteFull: true } } }),
        unified: { spec: unpause, status: { promoteFull: true } },
      };
    case 'plain':
      return { ...spec, ...plainStatusPatch(rollout, stepCount) };
  }
}

function plainStatusPatch(rollout: Rollout, stepCount: number): PromotePatches {
  const { pauseConditions, controllerPause, canary } = rollout.status ?? {};
  const isPaused = (pauseConditions?.length ?? 0) > 0;
  if (isPaused && controllerPause && canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive') {
    return {
      status: { status: { pauseConditions: null, controllerPause: false, currentStepIndex: nextStep(rollout) } },
      unified: { spec: unpause, status: { pauseConditions: null } },
    };
  }
  if (isPaused) {
    return {
      status: { status: { pauseConditions: null } },
      unified: { spec: unpause, status: { pauseConditions: null } },
    };
  }
  if (stepCount === 0) return {};
  const skipped = { pauseConditions: null, currentStepIndex: nextStep(rollout) };
  return { status: { status: skipped }, unified: { spec: unpause, status: skipped } };
}

function statusOnly(fields: object): PromotePatches {
  return { status: { status: fields }, unified: { status: fields } };
}

function nextStep(rollout: Rollout): number {
  const index = rollout.status?.currentStepIndex ?? 0;
  return index < (rollout.spec.strategy?.canary?.steps?.length ?? 0) ? index + 1 : index;
}
