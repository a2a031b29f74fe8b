// The scale subresource of a custom resource: where its CRD says that replicas and selector are.

import { isObject, text } from '../json.ts';
import type { ApiObject, JsonObject, JsonValue, ScaleStrategy } from '../kinds/types.ts';

export function scaleStrategy(scale: JsonObject): ScaleStrategy {
  const specPath = fieldPath(text(scale.specReplicasPath));
  const statusPath = fieldPath(text(scale.statusReplicasPath));
  const selectorPath = fieldPath(text(scale.labelSelectorPath));
  return {
    specReplicasPath: specPath,
    specReplicas: (object) => count(valueAt(object, specPath)),
    statusReplicas: (object) => count(valueAt(object, statusPath)) ?? 0,
    selector: (object) => (selectorPath.length === 0 ? '' : text(valueAt(object, selectorPath))),
    setSpecReplicas: (object, replicas) => setAt(object, specPath, replicas),
  };
}

/** `.spec.replicas` → spec, replicas. */
function fieldPath(path: string): string[] {
  return path.split('.').filter((part) => part !== '');
}

function valueAt(object: ApiObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function setAt(object: ApiObject, path: readonly string[], value: number): void {
  let current: JsonObject = object;
  path.forEach((key, index) => {
    if (index === path.length - 1) {
      current[key] = value;
      return;
    }
    const next = current[key];
    const inner: JsonObject = isObject(next) ? next : {};
    current[key] = inner;
    current = inner;
  });
}
