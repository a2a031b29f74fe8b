// How long passes over the objects of a kind take and how many fail: `<kind>_reconcile`, `<kind>_reconcile_error`
// (operations.md §9.1). The series of an object that is gone end 65 s later, longer than a scrape interval of a minute;
// a sweep finds those whose end nobody told of.

import { Counter, Histogram, type Registry } from 'prom-client';
import { objectKey } from '../kubernetes/resource.ts';
import type { Clock, TimerHandle } from '../lang/time.ts';

export interface ReconcileMetrics {
  /** The object exists. */
  observed(namespace: string, name: string): void;
  gone(namespace: string, name: string): void;
  reconciled(namespace: string, name: string, tookMs: number): void;
  failed(namespace: string, name: string): void;
  /** Something else is counted of it, which ends with the rest. */
  counts(namespace: string, name: string): void;
  stop(): void;
}

const buckets = [0.01, 0.15, 0.25, 0.5, 1];
const keepMs = 65_000;
const sweepMs = 15 * 60_000;

export function createReconcileMetrics(options: {
  readonly registry: Registry;
  readonly clock: Clock;
  /** `rollout`, `analysis_run`. */
  readonly kind: string;
  /** Ends what else is counted per object. */
  readonly dropped?: (namespace: string, name: string) => void;
}): ReconcileMetrics {
  const { registry, clock, kind, dropped } = options;
  const common = { labelNames: ['namespace', 'name'] as const, registers: [registry] };
  const noun = kind.replaceAll('_', ' ');
  const took = new Histogram({
    name: `${kind}_reconcile`,
    help: `Passes over a ${noun}, in seconds.`,
    buckets,
    ...common,
  });
  const errors = new Counter({
    name: `${kind}_reconcile_error`,
    help: `Errors while reconciling a ${noun}.`,
    ...common,
  });
  const present = new Set<string>();
  const counted = new Map<string, { readonly namespace: string; readonly name: string }>();

  function drop(key: string): void {
    const object = counted.get(key);
    if (object === undefined || present.has(key)) return;
    counted.delete(key);
    took.remove({ ...object });
    errors.remove({ ...object });
    dropped?.(object.namespace, object.name);
  }

  function counts(namespace: string, name: string): void {
    const key = objectKey(namespace, name);
    if (!counted.has(key)) counted.set(key, { namespace, name });
  }

  let sweep: TimerHandle;
  function sweepLater(): void {
    sweep = clock.schedule(sweepMs, () => {
      for (const key of [...counted.keys()]) drop(key);
      sweepLater();
    });
  }
  sweepLater();

  return {
    observed(namespace, name) {
      present.add(objectKey(namespace, name));
    },
    gone(namespace, name) {
      const key = objectKey(namespace, name);
      present.delete(key);
      if (counted.has(key)) clock.schedule(keepMs, () => drop(key));
    },
    reconciled(namespace, name, tookMs) {
      counts(namespace, name);
      took.observe({ namespace, name }, tookMs / 1000);
    },
    failed(namespace, name) {
      counts(namespace, name);
      errors.inc({ namespace, name });
    },
    counts,
    stop: () => sweep.cancel(),
  };
}
