// The table of a kind that has no printer of its own: name and creation time.

import { text } from '../json.ts';
import type { TableStrategy } from '../kinds/types.ts';
import { column, nameColumn } from './columns.ts';

export const defaultTable: TableStrategy = {
  columns: [nameColumn, column('Created At', { type: 'date' })],
  cells: (object) => [text(object.metadata.name), object.metadata.creationTimestamp ?? null],
};
