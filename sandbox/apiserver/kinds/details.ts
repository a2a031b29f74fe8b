// What a kind adds to what all built-in kinds have in common.

import type { KindStrategy, ResourceKind, ScaleStrategy, Schema } from './types.ts';

export interface KindDetails {
  /** `base` is the strategy that the kind would have otherwise. */
  readonly strategy?: (base: KindStrategy) => Partial<KindStrategy>;
  readonly scale?: ScaleStrategy;
  readonly selectableFields?: ResourceKind['selectableFields'];
  readonly schema?: () => Schema;
  readonly storedAs?: { readonly group: string; readonly plural: string };
  readonly toStored?: NonNullable<ResourceKind['toStored']>;
  readonly fromStored?: NonNullable<ResourceKind['fromStored']>;
}
