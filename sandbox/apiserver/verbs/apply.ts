// Server-side apply: placeholder
import type { Call } from '../call.ts';
import type { ApiObject } from '../kinds/types.ts';
import { Refusal } from '../refusals.ts';
import type { Part } from './update.ts';

export function applyObject(_call: Call, _name: string, _part: Part): { object: ApiObject; isNew: boolean } {
  throw new Refusal(501, 'NotImplemented', 'apply');
}
