// What the API server takes but warns of in pods and templates: names that are no host names, variables and ports that
// hide others.

import { equalJson, text } from '../json.ts';
import { objectAt, objectsAt } from './fields.ts';
import { labelName } from './name-rules.ts';
import type { ApiObject, JsonObject } from './types.ts';

/** Where a kind has its pod's spec: `[]` for a pod itself, else the way to its template. */
export function podWarnings(path: readonly string[]) {
  return (object: ApiObject, old: ApiObject | undefined): string[] => {
    const spec = objectAt(object, ...path, 'spec');
    if (spec === undefined || (old !== undefined && equalJson(spec, objectAt(old, ...path, 'spec')))) return [];
    const at = [...path, 'spec'].join('.');
    return ['initContainers', 'containers'].flatMap((list) =>
      objectsAt(spec, list).flatMap((container, index) => [
        ...hiddenPorts(container, `${at}.${list}[${index}]`),
        ...hiddenVariables(container, `${at}.${list}[${index}]`),
      ]),
    );
  };
}

/** Of a pod and of what names pods after itself. */
export function nameWarning(object: ApiObject, old: ApiObject | undefined, what: string): string[] {
  const problems = old === undefined ? labelName(text(object.metadata.name)) : [];
  if (problems.length === 0) return [];
  const told = `metadata.name: this is used in ${what}, which can result in surprising behavior`;
  return [`${told}; a DNS label is recommended: [${problems.join(' ')}]`];
}

function hiddenVariables(container: JsonObject, field: string): string[] {
  const seen = new Set<string>();
  return objectsAt(container, 'env').flatMap((variable, index) => {
    const name = text(variable.name);
    const isBuiltOn = variable.valueFrom === undefined && text(variable.value).includes(`$(${name})`);
    const hides = seen.has(name) && !isBuiltOn;
    seen.add(name);
    if (!hides) return [];
    return [`${field}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}

function hiddenPorts(container: JsonObject, field: string): string[] {
  const seen = new Map<string, number>();
  return objectsAt(container, 'ports').flatMap((port, index) => {
    const key = `${text(port.protocol)}/${text(port.hostIP)}/${String(port.hostPort ?? '')}/${String(port.containerPort)}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    if (first === undefined) return [];
    return [`${field}.ports[${index}]: duplicate port definition with ${field}.ports[${first}]`];
  });
}
