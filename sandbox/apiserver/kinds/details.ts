// What a kind adds to what all built-in kinds have in common.

import type { KindStrategy, ResourceKind, ScaleStrategy } from './types.ts';

export interface KindDetails {
  /** `base` is the strategy that the kind would have otherwise. */
  readonly strategy?: (base: KindStrategy) => Partial<KindStrategy>;
  readonly scale?: ScaleStrategy;
  readonly selectableFields?: ResourceKind['selectableFields'];
  /** `v1 X is deprecated in v1.2+`: told with every answer. */
  readonly deprecation?: string;
  readonly storedAs?: { readonly group: string; readonly plural: string };
  readonly toStored?: NonNullable<ResourceKind['toStored']>;
  readonly fromStored?: NonNullable<ResourceKind['fromStored']>;
}
