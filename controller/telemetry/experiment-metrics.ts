// The series about Experiments (operations.md §9.1).

import { Gauge, type Registry } from 'prom-client';
import { objectKey } from '../kubernetes/resource.ts';
import type { Clock } from '../lang/time.ts';
import type { ControllerMetrics } from './metrics.ts';
import { createReconcileMetrics } from './reconcile-metrics.ts';
import { createStates, phaseSamples } from './state-samples.ts';

type ExperimentMetricNames =
  | 'experimentObserved'
  | 'experimentGone'
  | 'experimentReconciled'
  | 'experimentReconcileFailed';

export function createExperimentMetrics(
  registry: Registry,
  clock: Clock,
): { readonly metrics: Pick<ControllerMetrics, ExperimentMetricNames>; stop(): void } {
  const common = { labelNames: ['namespace', 'name', 'phase'], registers: [registry] };
  const info = new Gauge({ name: 'experiment_info', help: 'Information about Experiment.', ...common });
  const phase = new Gauge({
    name: 'experiment_phase',
    help: '[DEPRECATED - use experiment_info] Phase of the Experiment.',
    ...common,
  });
  const states = createStates();
  const reconcile = createReconcileMetrics({ registry, clock, kind: 'experiment' });
  return {
    stop: reconcile.stop,
    metrics: {
      experimentObserved({ metadata, status }) {
        const at = { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
        const current = status?.phase || 'Pending';
        reconcile.observed(at.namespace, at.name);
        const told = { gauge: info, labels: { ...at, phase: current }, value: 1 };
        states.replace(objectKey(at.namespace, at.name), [told, ...phaseSamples(phase, at, current)]);
      },
      experimentGone(namespace, name) {
        states.replace(objectKey(namespace, name), []);
        reconcile.gone(namespace, name);
      },
      experimentReconciled: reconcile.reconciled,
      experimentReconcileFailed: reconcile.failed,
    },
  };
}
