// What the controller counts, as things happen (design.md §6: a scrape walks nothing). Only the shape lives here and a
// version that counts nothing; prometheus.ts is the one that is scraped. Names and labels: operations.md §9.

import type { AnalysisRun, AnalysisTemplate, Experiment, Rollout } from '../api/types.generated.ts';
import type { WorkQueueObserver } from '../kubernetes/work-queue.ts';

export interface ControllerMetrics extends WorkQueueObserver {
  /** A Rollout appeared or changed: rollout_info, rollout_info_replicas_*, rollout_phase. */
  rolloutObserved(rollout: Rollout): void;
  /** A Rollout is gone: its state series end now, its counters 65 s later. */
  rolloutGone(namespace: string, name: string): void;
  /** rollout_reconcile: one pass over a Rollout that exists. */
  rolloutReconciled(namespace: string, name: string, tookMs: number): void;
  /** rollout_reconcile_error. */
  rolloutReconcileFailed(namespace: string, name: string): void;
  /** rollout_events_total. */
  rolloutEvent(namespace: string, name: string, type: string, reason: string): void;
  /** After the status write that records the end of an update: rollout_duration_seconds and its parts. */
  rolloutFinished(duration: FinishedDuration): void;
  /** An Experiment appeared or changed: experiment_info, experiment_phase. */
  experimentObserved(experiment: Experiment): void;
  experimentGone(namespace: string, name: string): void;
  /** experiment_reconcile. */
  experimentReconciled(namespace: string, name: string, tookMs: number): void;
  /** experiment_reconcile_error. */
  experimentReconcileFailed(namespace: string, name: string): void;
  /** An AnalysisRun appeared or changed: analysis_run_info, _phase, _metric_type, _metric_phase. */
  analysisRunObserved(run: AnalysisRun): void;
  analysisRunGone(namespace: string, name: string): void;
  /** analysis_run_reconcile. */
  analysisRunReconciled(namespace: string, name: string, tookMs: number): void;
  /** analysis_run_reconcile_error. */
  analysisRunReconcileFailed(namespace: string, name: string): void;
  /** analysis_template_info, analysis_template_metric_info; templates of the cluster have the namespace "". */
  analysisTemplateObserved(template: AnalysisTemplate): void;
  analysisTemplateGone(namespace: string, name: string): void;
  /** controller_clientset_k8s_request_total. */
  request(labels: RequestLabels): void;
  /** slipway_watch_restarts_total. */
  watchRestarted(resource: string, reason: string): void;
  /** slipway_api_throttle_seconds. */
  throttled(waitedMs: number): void;
  /** slipway_conflicts_total. */
  conflict(): void;
  /** slipway_leader. */
  leading(isLeader: boolean): void;
}

export interface FinishedDuration {
  /** Promoted, FastPromoted, Aborted, Superseded, RolledBack or FastRolledBack. */
  readonly status: string;
  readonly totalSeconds: number;
  readonly manualPauseSeconds: number;
}

export interface RequestLabels {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly verb: string;
  readonly status_code: string;
}

/** For simulations and tests. */
export const noMetrics: ControllerMetrics = {
  added() {},
  retried() {},
  taken() {},
  finished() {},
  rolloutObserved() {},
  rolloutGone() {},
  rolloutReconciled() {},
  rolloutReconcileFailed() {},
  rolloutEvent() {},
  rolloutFinished() {},
  experimentObserved() {},
  experimentGone() {},
  experimentReconciled() {},
  experimentReconcileFailed() {},
  analysisRunObserved() {},
  analysisRunGone() {},
  analysisRunReconciled() {},
  analysisRunReconcileFailed() {},
  analysisTemplateObserved() {},
  analysisTemplateGone() {},
  request() {},
  watchRestarted() {},
  throttled() {},
  conflict() {},
  leading() {},
};
