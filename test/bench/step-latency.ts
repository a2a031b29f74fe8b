// How long after the last pod of a weight became ready does the next step begin? Read from the versions of pods and
// Rollouts as they are stored.

import type { Storage, StorageEvent } from '../../sandbox/apiserver/storage.ts';

export interface StepLatencies {
  readonly fromLastReadyMs: readonly number[];
}

interface Course {
  readyAt: number | undefined;
  index: number | undefined;
}

interface SeenStatus {
  readonly currentStepIndex?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** The pods of a Rollout carry its name as the label `app`. */
export function followSteps(storage: Storage): { stop(): StepLatencies } {
  const courses = new Map<string, Course>();
  const fromLastReadyMs: number[] = [];
  const courseOf = (name: string): Course => {
    const course = courses.get(name) ?? { readyAt: undefined, index: undefined };
    courses.set(name, course);
    return course;
  };
  const podChanged = ({ object, previous, type }: StorageEvent): void => {
    if (type === 'DELETED' || !isReady(object.status) || isReady(previous?.status)) return;
    const { app } = (object.metadata.labels ?? {}) as { app?: string };
    if (app !== undefined) courseOf(app).readyAt = performance.now();
  };
  const rolloutChanged = ({ object, type }: StorageEvent): void => {
    if (type === 'DELETED') return;
    const course = courseOf(String(object.metadata.name));
    const { currentStepIndex: index } = (object.status ?? {}) as SeenStatus;
    if (index === course.index) return;
    // A step that waited for pods ends after one of them became ready; a pause ends without any.
    const isForward = index !== undefined && course.index !== undefined && index > course.index;
    if (isForward && course.readyAt !== undefined) fromLastReadyMs.push(performance.now() - course.readyAt);
    course.index = index;
    course.readyAt = undefined;
  };
  const ends = [storage.subscribe('/pods', podChanged), storage.subscribe('argoproj.io/rollouts', rolloutChanged)];
  return {
    stop() {
      for (const end of ends) end();
      return { fromLastReadyMs };
    },
  };
}

function isReady(status: unknown): boolean {
  const { conditions } = (status ?? {}) as SeenStatus;
  return conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
