// The watch of a table (spec/cli.md §7.1): a new row for each object of which a printed value changed, rows aligned
// and written in groups every 500 ms. Deletions are not marked (QUIRK). More than five failures in a row end it; they
// are as far apart as the reflector's back-off lets them be.

import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import type { Resource } from '../controller/kubernetes/resource.ts';
import type { Cluster } from './cluster.ts';
import { CliError, detailedExitCode } from './errors.ts';
import { type FollowOptions, follow, interruption } from './follow.ts';
import type { CliIo } from './io.ts';

export interface RowWatch<T> {
  readonly cluster: Cluster;
  readonly io: CliIo;
  readonly resource: Resource;
  readonly follow: Omit<FollowOptions, 'onProblem'>;
  /** What was printed of each object, by its key. */
  readonly printed: Map<string, string>;
  readonly rowOf: (object: T) => string;
  readonly print: (objects: readonly T[]) => void;
}

const groupMs = 500;
const toleratedFailures = 5;
/** Longer than the longest back-off: failures further apart than this are not in a row. */
const forgetAfterMs = 90_000;

export async function followRows<T extends KubernetesObject>(watch: RowWatch<T>): Promise<void> {
  const { cluster, io, resource, printed, rowOf, print } = watch;
  const changed = new Map<string, T>();
  let failures = 0;
  let failedAt = Number.NEGATIVE_INFINITY;
  let fail: (problem: string) => void = () => undefined;
  const failed = new Promise<string>((resolve) => {
    fail = resolve;
  });
  const informer = follow<T>(cluster, io, resource, {
    ...watch.follow,
    onProblem: (problem) => {
      io.stderr.write(`warning: ${problem}\n`);
      failures = io.clock.now() - failedAt > forgetAfterMs ? 1 : failures + 1;
      failedAt = io.clock.now();
      if (failures > toleratedFailures) fail(problem);
    },
  });
  informer.store.subscribe((_old, current, key) => {
    if (current !== undefined) changed.set(key, current);
  });
  const flush = (): void => {
    timer = io.clock.schedule(groupMs, flush);
    const rows = [...changed].filter(([key, object]) => printed.get(key) !== rowOf(object));
    changed.clear();
    if (rows.length === 0) return;
    for (const [key, object] of rows) printed.set(key, rowOf(object));
    print(rows.map(([, object]) => object));
  };
  let timer = io.clock.schedule(groupMs, flush);
  const problem = await Promise.race([failed, interruption(io)]);
  timer.cancel();
  informer.reflector.stop();
  if (typeof problem === 'string') throw new CliError(problem, { detailedCode: detailedExitCode.unreachable });
}
