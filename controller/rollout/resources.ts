// Where Rollouts live in the API. The layer below knows only the built-in kinds.

import { group, version } from '../api/constants.ts';
import type { Resource } from '../kubernetes/resource.ts';

export const rollouts: Resource = {
  group,
  version,
  plural: 'rollouts',
  kind: 'Rollout',
  namespaced: true,
  statusSubresource: true,
};
