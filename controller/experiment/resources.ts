// Where Experiments live in the API. They have no status subresource (analysis.md §1.1).

import { group, version } from '../api/constants.ts';
import type { Resource } from '../kubernetes/resource.ts';

export const experiments: Resource = {
  group,
  version,
  plural: 'experiments',
  kind: 'Experiment',
  namespaced: true,
  statusSubresource: false,
};
