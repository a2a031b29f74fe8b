// What an Ingress gets back when a Rollout no longer uses it (traffic.md §2.6): all traffic to one service, and nothing
// of its header routes. What cannot be read is left as it is.

import type { Ingress } from '../../api/kubernetes-types.ts';
import { goJson } from './annotations.ts';
import { bookkeepingKey, rolloutsOf } from './bookkeeping.ts';
import { withoutManagedPaths } from './paths.ts';

/** Predecessor of the bookkeeping annotation: never written, removed here. */
const deprecatedKey = 'rollouts.argoproj.io/managed-alb-actions';

interface TargetGroup {
  readonly ServiceName: string;
  readonly ServicePort: string;
  readonly Weight: number;
}

interface Action {
  readonly Type: string;
  readonly ForwardConfig: { readonly TargetGroups: readonly TargetGroup[]; readonly [key: string]: unknown };
}

/** The merge patch that takes `gone` off the Ingress; undefined when there is nothing to take off. */
export function cleanUpPatch(ingress: Ingress, gone: readonly string[]): unknown {
  const annotations = ingress.metadata.annotations ?? {};
  const books = rolloutsOf(annotations);
  const leaving = Object.entries(books ?? {}).filter(([rollout]) => gone.includes(rollout));
  if (!books || leaving.length === 0) return undefined;

  const staying = Object.fromEntries(Object.entries(books).filter(([rollout]) => !gone.includes(rollout)));
  const used = Object.values(staying).flat();
  const changed: Record<string, string | null> = {};
  const routes: string[] = [];
  for (const key of leaving.flatMap(([, keys]) => keys).filter((noted) => !used.includes(noted))) {
    const [prefix, name] = splitActionKey(key);
    if (name === undefined) continue;
    const condition = `${prefix}/conditions.${name}`;
    if (leaving.some(([, keys]) => keys.includes(condition))) {
      changed[key] = null;
      changed[condition] = null;
      routes.push(name);
    } else {
      const action = wholeAction(annotations[key], name);
      if (action !== undefined) changed[key] = action;
    }
  }
  changed[bookkeepingKey] = Object.keys(staying).length > 0 ? goJson(staying) : null;
  if (annotations[deprecatedKey] !== undefined) changed[deprecatedKey] = null;
  const rules = withoutManagedPaths(ingress.spec.rules, routes);
  return {
    metadata: {
      annotations: changed,
      ...(ingress.metadata.resourceVersion ? { resourceVersion: ingress.metadata.resourceVersion } : {}),
    },
    ...(routes.length > 0 ? { spec: { rules } } : {}),
  };
}

function splitActionKey(key: string): readonly [prefix: string, name: string | undefined] {
  const at = key.indexOf('/actions.');
  return at < 0 ? ['', undefined] : [key.slice(0, at), key.slice(at + '/actions.'.length)];
}

/**
 * Everything to the service of the action. SLIPWAY: a root service is not among the target groups; then everything
 * goes to the last of them, which is the stable one.
 */
function wholeAction(text: string | undefined, service: string): string | undefined {
  const action = parseAction(text);
  const groups = action?.ForwardConfig.TargetGroups ?? [];
  const chosen = groups.find((group) => group.ServiceName === service) ?? groups.at(-1);
  if (!action || !chosen) return undefined;
  return goJson({ ...action, ForwardConfig: { ...action.ForwardConfig, TargetGroups: [{ ...chosen, Weight: 100 }] } });
}

function parseAction(text: string | undefined): Action | undefined {
  if (text === undefined) return undefined;
  try {
    const action = JSON.parse(text) as Partial<Action> | null;
    return Array.isArray(action?.ForwardConfig?.TargetGroups) ? (action as Action) : undefined;
  } catch {
    return undefined;
  }
}
