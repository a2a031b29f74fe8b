// The plain label maps that Services and templates have (lang/label-selector.ts is for selectors with expressions).

import type { StringMap } from '../../controller/api/kubernetes-types.ts';

export function selectsByMap(map: StringMap, labels: StringMap = {}): boolean {
  return Object.entries(map).every(([key, value]) => labels[key] === value);
}
