// The events of the core, to the letter (rollout.md §9.8, operations.md §10.1): people match them, notifications are
// triggered by their reasons, and metrics carry them as labels.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from './events.ts';
import { stepText } from './steps.ts';

for (const [event, want] of [
  [events.rolloutUpdated('2'), 'Normal RolloutUpdated "Rollout updated to revision 2"'],
  [events.replicaSetCreated('web-1', '2'), 'Normal NewReplicaSetCreated "Created ReplicaSet web-1 (revision 2)"'],
  [
    events.replicaSetCreateError('Failed to create new replica set "web-1": quota'),
    'Warning ReplicaSetCreateError "Failed to create new replica set "web-1": quota"',
  ],
  [
    events.notCompleted('2', 'abc'),
    'Normal RolloutNotCompleted "Rollout not completed, started update to revision 2 (abc)"',
  ],
  [events.scaled('web-1', '2', 1, 3), 'Normal ScalingReplicaSet "Scaled up ReplicaSet web-1 (revision 2) from 1 to 3"'],
  [
    events.scaled('web-1', '2', 3, 0),
    'Normal ScalingReplicaSet "Scaled down ReplicaSet web-1 (revision 2) from 3 to 0"',
  ],
  [events.stepCompleted(1, 4, 'pause'), 'Normal RolloutStepCompleted "Rollout step 1/4 completed (pause)"'],
  [events.skipSteps('Rollback to stable ReplicaSets'), 'Normal SkipSteps "Rollback to stable ReplicaSets"'],
  [events.paused('CanaryPauseStep'), 'Normal RolloutPaused "Rollout is paused (CanaryPauseStep)"'],
  [events.resumed(), 'Normal RolloutResumed "Rollout is resumed"'],
  [events.switchedService('s', '', 'abc'), `Normal SwitchService "Switched selector for service 's' from '' to 'abc'"`],
  [
    events.aborted('Rollout aborted update to revision 2'),
    'Warning RolloutAborted "Rollout aborted update to revision 2"',
  ],
  [
    events.completed('2', 'abc', 'Completed all 3 canary steps'),
    'Normal RolloutCompleted "Rollout completed update to revision 2 (abc): Completed all 3 canary steps"',
  ],
] as const) {
  test(`§9.8 ${want}`, () => assert.equal(`${event.type} ${event.reason} "${event.message}"`, want));
}

for (const [step, want] of [
  [{ setWeight: 20 }, 'setWeight: 20'],
  [{ setWeight: 0 }, 'setWeight: 0'],
  [{ pause: {} }, 'pause'],
  [{ pause: { duration: '10s' } }, 'pause: 10s'],
  [{ pause: { duration: 10 } }, 'pause: 10'],
  [{ experiment: { templates: [] } }, 'experiment'],
  [{ analysis: {} }, 'analysis'],
  [{ setCanaryScale: { weight: 30, replicas: 3 } }, 'setCanaryScale{weight: 30}'],
  [{ setCanaryScale: { matchTrafficWeight: true, replicas: 3 } }, 'setCanaryScale{matchTrafficWeight: true}'],
  [{ setCanaryScale: { replicas: 3 } }, 'setCanaryScale{replicas: 3}'],
  [{ plugin: { name: 'acme/x' } }, 'plugin: acme/x'],
  [{ setHeaderRoute: { name: 'h' } }, 'setHeaderRoute: h'],
  [{ setMirrorRoute: { name: 'm' } }, 'setMirrorRoute: m'],
  [{ setWeight: 20, setCanaryScale: { replicas: 3 } }, 'setWeight: 20'],
  [{ setCanaryScale: {} }, 'invalid'],
  [{}, 'invalid'],
] as const) {
  test(`§6.3 ${JSON.stringify(step)} is called "${want}"`, () => assert.equal(stepText(step as never), want));
}
