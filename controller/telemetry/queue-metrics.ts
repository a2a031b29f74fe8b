// workqueue_*: what client-go's queues tell (operations.md §9.2).

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { WorkQueueObserver } from '../kubernetes/work-queue.ts';
import type { Clock, EpochMillis } from '../lang/time.ts';

/** 1e-8 to 10 s, each ten times the one before. */
const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];

export function createQueueMetrics(registry: Registry, clock: Clock): WorkQueueObserver {
  const common = { labelNames: ['name'] as const, registers: [registry] };
  /** When the keys at work were taken, per queue: no more entries than workers. */
  const startedAt = new Map<string, EpochMillis[]>();
  const ages = (queue: string): number[] => (startedAt.get(queue) ?? []).map((at) => (clock.now() - at) / 1000);

  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Keys added.', ...common });
  const retries = new Counter({ name: 'workqueue_retries_total', help: 'Keys added after a back-off.', ...common });
  const depth = new Gauge({ name: 'workqueue_depth', help: 'Keys that wait for a worker.', ...common });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long keys waited for a worker.',
    buckets,
    ...common,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long workers took for a key.',
    buckets,
    ...common,
  });
  new Gauge({
    name: 'workqueue_unfinished_work_seconds',
    help: 'Sum of the times that the keys at work have taken so far.',
    ...common,
    collect() {
      for (const name of startedAt.keys())
        this.set(
          { name },
          ages(name).reduce((sum, age) => sum + age, 0),
        );
    },
  });
  new Gauge({
    name: 'workqueue_longest_running_processor_seconds',
    help: 'How long the key that has been at work for longest has taken so far.',
    ...common,
    collect() {
      for (const name of startedAt.keys()) this.set({ name }, Math.max(0, ...ages(name)));
    },
  });
  return {
    added(name, length) {
      adds.inc({ name });
      depth.set({ name }, length);
    },
    retried: (name) => retries.inc({ name }),
    taken(name, length, waitedMs) {
      depth.set({ name }, length);
      waited.observe({ name }, waitedMs / 1000);
      const running = startedAt.get(name);
      if (running === undefined) startedAt.set(name, [clock.now()]);
      else running.push(clock.now());
    },
    finished(name, tookMs) {
      worked.observe({ name }, tookMs / 1000);
      const running = startedAt.get(name) ?? [];
      const index = running.indexOf(clock.now() - tookMs);
      running.splice(Math.max(0, index), 1);
    },
  };
}
