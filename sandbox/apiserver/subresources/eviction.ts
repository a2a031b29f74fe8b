// pods/eviction: a deletion that a disruption budget may refuse. The budget's status is kept by its controller; what an
// eviction uses up is taken off here (spec/sandbox.md §3, subresources).

import { readAnyObject } from '../body.ts';
import { type Call, keyOf, labelsOf, nameOf, namespaceOf, readOrRefuse, resourceOf, timestamp } from '../call.ts';
import { at, cloneJson, isObject, text } from '../json.ts';
import { objectsAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { badRequest, forbidden, Refusal, tooManyRequests } from '../refusals.ts';
import { matchesLabels, requirementsOf } from '../selectors.ts';
import { storageKey } from '../storage.ts';
import type { ApiResponse } from '../types.ts';
import { remove } from '../verbs/delete.ts';
import { answer } from '../verbs/list.ts';

const budgets = 'policy/poddisruptionbudgets';

export function evictPod(call: Call, name: string): ApiResponse {
  const eviction = readAnyObject(call, 'Eviction');
  const options = isObject(eviction.deleteOptions) ? eviction.deleteOptions : {};
  const preconditions = isObject(options.preconditions) ? options.preconditions : {};
  const named = text(at(eviction, 'metadata', 'name'));
  if (named !== '' && named !== name) throw badRequest('name in URL does not match name in Eviction object');
  const pod = readOrRefuse(call, name);
  const dryRun = call.dryRun || (Array.isArray(options.dryRun) && options.dryRun.includes('All'));
  if (needsBudget(pod)) useBudget(call, pod, dryRun);
  const marked = dryRun ? pod : markDisrupted(call, pod);
  remove(call, marked, {
    gracePeriodSeconds: typeof options.gracePeriodSeconds === 'number' ? options.gracePeriodSeconds : undefined,
    uid: text(preconditions.uid),
    resourceVersion: text(preconditions.resourceVersion),
    propagationPolicy: text(options.propagationPolicy),
    dryRun,
  });
  return answer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

/** Says in the pod's status why it goes, as kube-apiserver does before it deletes. */
function markDisrupted(call: Call, pod: ApiObject): ApiObject {
  if (pod.metadata.deletionTimestamp !== undefined) return pod;
  const draft = cloneJson(pod);
  const status = isObject(draft.status) ? draft.status : {};
  const others = (Array.isArray(status.conditions) ? status.conditions : []).filter(
    (condition) => at(condition, 'type') !== 'DisruptionTarget',
  );
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(call.context.now),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  draft.status = { ...status, conditions: [...others, condition] };
  return call.machinery.storage.put(resourceOf(call.kind), keyOf(pod), draft);
}

/** Pods that are over, pending or already going need no budget. */
function needsBudget(pod: ApiObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return (
    pod.metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Pending'
  );
}

function useBudget(call: Call, pod: ApiObject, dryRun: boolean): void {
  const { storage } = call.machinery;
  const found = storage.list(budgets, namespaceOf(pod)).filter((budget) => selects(budget, pod));
  if (found.length > 1) {
    throw new Refusal(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const [budget] = found;
  if (budget === undefined) return;
  const status = isObject(budget.status) ? budget.status : {};
  const allowed = Number(status.disruptionsAllowed ?? 0);
  const budgetName = nameOf(budget);
  if (Number(status.observedGeneration ?? 0) < Number(budget.metadata.generation ?? 0)) {
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10, [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budgetName} is still being processed by the server.`,
      },
    ]);
  }
  if (isFreeToGo(pod, budget, status)) return;
  const subject = { group: 'policy', plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget' };
  if (allowed < 0) throw forbidden(subject, budgetName, 'pdb disruptions allowed is negative');
  const disrupted = isObject(status.disruptedPods) ? cloneJson(status.disruptedPods) : {};
  if (Object.keys(disrupted).length > mostDisrupted) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(subject, budgetName, why);
  }
  if (allowed === 0) {
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0, [
      { reason: 'DisruptionBudget', message: whyNoneAllowed(budgetName, status) },
    ]);
  }
  if (dryRun) return;
  const draft = cloneJson(budget);
  disrupted[nameOf(pod)] = timestamp(call.context.now);
  draft.status = { ...cloneJson(status), disruptionsAllowed: allowed - 1, disruptedPods: disrupted };
  if (allowed === 1) sayInsufficient(draft.status, Number(budget.metadata.generation ?? 0), call.context.now);
  storage.put(budgets, storageKey(namespaceOf(budget), budgetName), draft);
}

const mostDisrupted = 2000;
const conditionType = 'DisruptionAllowed';

function whyNoneAllowed(name: string, status: JsonObject): string {
  const found = objectsAt(status, 'conditions').find(({ type }) => type === conditionType);
  if (found?.reason === 'SyncFailed') {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${text(found.message)}`;
  }
  const [needed, has] = [Number(status.desiredHealthy ?? 0), Number(status.currentHealthy ?? 0)];
  return `The disruption budget ${name} needs ${needed} healthy pods and has ${has} currently`;
}

/** The last one that was allowed: the condition says so at once, before the controller has counted. In place. */
function sayInsufficient(status: JsonObject, observedGeneration: number, now: number): void {
  const others = objectsAt(status, 'conditions').filter(({ type }) => type !== conditionType);
  status.conditions = [
    ...others,
    {
      type: conditionType,
      status: 'False',
      observedGeneration,
      lastTransitionTime: timestamp(now),
      reason: 'InsufficientPods',
      message: '',
    },
  ];
}

/** A pod that is not ready serves nobody: it may go while the others suffice, or always where the budget says so. */
function isFreeToGo(pod: ApiObject, budget: ApiObject, status: JsonObject): boolean {
  const conditions = at(pod, 'status', 'conditions');
  const ready = (Array.isArray(conditions) ? conditions : []).find((condition) => at(condition, 'type') === 'Ready');
  if (at(ready, 'status') === 'True') return false;
  if (at(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const needed = Number(status.desiredHealthy ?? 0);
  return needed > 0 && Number(status.currentHealthy ?? 0) >= needed;
}

function selects(budget: ApiObject, pod: ApiObject): boolean {
  const selector = at(budget, 'spec', 'selector');
  return isObject(selector) && matchesLabels(requirementsOf(selector), labelsOf(pod));
}
