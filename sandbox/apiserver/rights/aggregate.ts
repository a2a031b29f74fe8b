// Keeps the rules of aggregated ClusterRoles at what the ClusterRoles that they select have, as the controller manager
// of a cluster does. Costs nothing where no ClusterRole is.

import { equalJson, text } from '../json.ts';
import { objectsAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { matchesLabels, requirementsOf } from '../selectors.ts';
import type { Storage } from '../storage.ts';
import type { ApiRequest, ApiResponse } from '../types.ts';
import { aggregationOf, rbacGroup } from './rbac.ts';

const resource = `${rbacGroup}/clusterroles`;

/** `write` goes through the front door. Returns how to end it. */
export function aggregateClusterRoles(storage: Storage, write: (request: ApiRequest) => ApiResponse): () => void {
  let due = false;
  const stop = storage.subscribe(resource, () => {
    if (due) return;
    due = true;
    // After the write that made it necessary, never within.
    queueMicrotask(() => {
      due = false;
      for (const role of storage.list(resource)) aggregate(storage, role, write);
    });
  });
  return stop;
}

function aggregate(storage: Storage, role: ApiObject, write: (request: ApiRequest) => ApiResponse): void {
  const selectors = aggregationOf(role);
  if (selectors === undefined) return;
  const rules = selectedRules(storage, text(role.metadata.name), selectors);
  if (equalJson(rules, objectsAt(role, 'rules'))) return;
  const name = text(role.metadata.name);
  write({
    method: 'PATCH',
    path: `/apis/${rbacGroup}/v1/clusterroles/${encodeURIComponent(name)}`,
    query: { fieldManager: 'clusterrole-aggregation-controller', force: true },
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: { apiVersion: `${rbacGroup}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
  });
}

/** Selector by selector, by name, each rule once. */
function selectedRules(storage: Storage, own: string, selectors: readonly JsonObject[]): JsonObject[] {
  const rules: JsonObject[] = [];
  for (const selector of selectors) {
    const requirements = requirementsOf(selector);
    for (const role of storage.list(resource)) {
      if (role.metadata.name === own) continue;
      if (!matchesLabels(requirements, role.metadata.labels as Record<string, unknown> | undefined)) continue;
      for (const rule of objectsAt(role, 'rules')) if (!rules.some((known) => equalJson(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
