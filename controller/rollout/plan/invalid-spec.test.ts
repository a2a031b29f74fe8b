// What an invalid spec says and does not do: vectors 14-20 of rollout.md §10.

import assert from 'node:assert/strict';
import { at, rollout, service } from '../../../test/builders/objects.ts';
import { rows } from '../../../test/builders/rows.ts';
import { world } from '../../../test/builders/world.ts';

rows([
  {
    name: 'vector 14: of two problems the first is reported, with the path without the strategy',
    given: world({
      rollout: rollout({
        blueGreen: { activeService: 'x', previewService: 'x', scaleDownDelayRevisionLimit: 11 },
      }),
      services: [service('x')],
    }),
    want: {
      writes: ['status'],
      status: { phase: 'Degraded', observedGeneration: '1', canary: null, blueGreen: null },
      check: (plan) =>
        assert.match(
          plan.status.message ?? '',
          /^InvalidSpec: The Rollout "demo" is invalid: spec\.strategy\.activeService: Invalid value: "x": This rollout uses the same service/,
        ),
    },
  },
  {
    name: 'vector 18: the same problem again is no patch',
    given: world({
      rollout: rollout({
        canary: { maxSurge: 0, maxUnavailable: 0 },
        status: {
          observedGeneration: '1',
          phase: 'Degraded',
          message:
            'InvalidSpec: The Rollout "demo" is invalid: spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
          conditions: [
            {
              type: 'InvalidSpec',
              status: 'True',
              reason: 'InvalidSpec',
              message:
                'The Rollout "demo" is invalid: spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero',
              lastUpdateTime: at(-5),
              lastTransitionTime: at(-5),
            },
          ],
        },
      }),
    }),
    want: { writes: [], reasons: ['specInvalid'] },
  },
  {
    name: 'vector 18: another problem replaces the condition with a fresh transition time',
    given: world({
      rollout: rollout({
        canary: { maxSurge: 0, maxUnavailable: 0 },
        status: {
          observedGeneration: '1',
          phase: 'Degraded',
          message: 'InvalidSpec: before',
          conditions: [
            {
              type: 'InvalidSpec',
              status: 'True',
              reason: 'InvalidSpec',
              message: 'before',
              lastUpdateTime: at(-5),
              lastTransitionTime: at(-5),
            },
          ],
        },
      }),
    }),
    want: {
      writes: ['status'],
      check: (plan) => assert.equal(plan.status.conditions?.[0]?.lastTransitionTime, at(0)),
    },
  },
  {
    name: 'vector 19: a missing active Service is an invalid spec',
    given: world({ rollout: rollout({ blueGreen: { activeService: 'active' } }) }),
    want: {
      writes: ['status'],
      status: {
        message:
          'InvalidSpec: The Rollout "demo" is invalid: spec.strategy.blueGreen.activeService: Invalid value: "active": service "active" not found',
      },
    },
  },
  {
    name: 'vector 20: a Service of another Rollout is an invalid spec',
    given: world({
      rollout: rollout({ canary: { canaryService: 's', stableService: 't' } }),
      services: [service('s', { managedBy: 'other' }), service('t')],
    }),
    want: {
      status: {
        message:
          'InvalidSpec: The Rollout "demo" is invalid: spec.strategy.canary.canaryService: Invalid value: "s": Service "s" is managed by another Rollout',
      },
    },
  },
]);
