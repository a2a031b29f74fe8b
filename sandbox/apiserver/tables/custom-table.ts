// Tables of custom resources: the printer columns of their CRD.

import type { JsonObject, TableStrategy } from '../kinds/types.ts';
import { defaultTable } from './default-table.ts';

export function customTable(_version: JsonObject): TableStrategy {
  return defaultTable;
}
