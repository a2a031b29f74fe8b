// Does anybody write where nothing is left to do (design law 6)? After the end of a run time goes on: beyond every delay and
// deadline first, then hours with their resyncs, and a controller that begins anew.

import { isEqualJson } from '../../controller/lang/merge-patch.ts';
import type { Simulation } from '../../sandbox/simulation.ts';

const hourMs = 3_600_000;
/** Longer than any delay, pause or progress deadline of the scenarios. */
const lastDelayMs = 2 * hourMs;
/** Kinds that the controller and its clients write; whose status is written by others counts without it. */
const ours = new Set(['rollouts', 'analysisruns', 'experiments', 'services', 'ingresses']);
const shared = new Set(['replicasets', 'pods', 'jobs', 'deployments']);
const evented = new Set(['Rollout', 'AnalysisRun', 'Experiment']);

interface Stored {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
  readonly reason?: string;
  readonly involvedObject?: { readonly kind: string };
}

function isOurs(resource: string, now: Stored, before: Stored | undefined): boolean {
  const plural = resource.split('/').at(-1) ?? '';
  if (plural === 'events') {
    // A new process tells that it has seen the Rollouts.
    return evented.has(now.involvedObject?.kind ?? '') && now.reason !== 'RolloutAddedToInformer';
  }
  return ours.has(plural) || (shared.has(plural) && (!before || !isEqualJson(wanted(now), wanted(before))));
}

function wanted({ metadata, status: _status, ...rest }: Stored): unknown {
  const { resourceVersion: _version, managedFields: _fields, ...others } = metadata;
  return { ...rest, metadata: others };
}

/** What was written at rest, one line each. */
export async function writesAtRest({ clock, cluster, restartController }: Simulation): Promise<readonly string[]> {
  await clock.runFor(lastDelayMs);
  const writes: string[] = [];
  const stop = cluster.apiServer.storage.subscribe('*', ({ type, resource, key, object, previous }) => {
    const now = object as unknown as Stored;
    if (!isOurs(resource, now, previous as unknown as Stored | undefined)) return;
    writes.push(`${type} ${resource} ${key} ${now.reason ?? ''}`.trim());
  });
  await clock.runFor(3 * hourMs);
  await restartController();
  await clock.runFor(hourMs);
  stop();
  return writes;
}
