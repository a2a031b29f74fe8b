#!/usr/bin/env node
// The controller process, as a table of contents: flags → log and metrics → cluster → manager → wait → stop
// (operations.md §§1, 16). Exit codes: 0 stopped or told what was asked for; 1 everything else.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { FlagProblem } from './flags.ts';
import { type ClusterAccess, CredentialsError } from './kubernetes/cluster-access.ts';
import { createHttpTransport } from './kubernetes/http-transport.ts';
import { loadClusterAccess } from './kubernetes/kubeconfig.ts';
import type { Logger } from './kubernetes/log.ts';
import { monotonicClock, systemClock, systemRandom } from './kubernetes/system-clock.ts';
import type { Transport } from './kubernetes/transport.ts';
import { type Manager, startManager } from './manager.ts';
import { type ControllerOptions, explainProblem, podNamespace, readCommandLine } from './options.ts';
import { StartProblem } from './start-check.ts';
import { type Health, startHealth } from './telemetry/health.ts';
import { ListenProblem } from './telemetry/listeners.ts';
import { createLogger } from './telemetry/log.ts';
import { createPrometheus, type Prometheus } from './telemetry/prometheus.ts';
import { reportRoundTrips } from './telemetry/requests.ts';
import { userAgent, version, versionText } from './telemetry/version.ts';

async function main(argv: readonly string[]): Promise<number> {
  const asked = readCommandLine(argv, process.env);
  if (asked.kind === 'help') return print(asked.text);
  if (asked.kind === 'version') return print(versionText());
  const { options } = asked;

  const log = createLogger(options.log);
  for (const warning of asked.warnings) log.warn({}, warning);
  const access = await loadClusterAccess(options.cluster, process.env);
  const namespace = watchedNamespace(options, access);
  const { metrics: metricsPort, healthz: healthzPort } = options.ports;
  const fields = { version, namespace: namespace ?? '', instanceID: options.instanceId, metricsPort, healthzPort };
  log.info(fields, 'slipway-controller starting');

  const health = startHealth();
  const prometheus = createPrometheus({ clock: systemClock, version });
  const wires = connect(options, access, { log, health, prometheus });
  const manager = await startManager({
    ...wires,
    clock: systemClock,
    monotonicClock,
    random: systemRandom,
    log,
    metrics: prometheus.metrics,
    scrape: prometheus.scrape,
    health,
    options: {
      scope: { namespace, instanceId: options.instanceId },
      isAnalysisOnly: options.isAnalysisOnly,
      settings: options.settings,
      namespace: options.controllerNamespace,
      ports: options.ports,
      ...(options.leaderElection === undefined
        ? {}
        : { leaderElection: { ...options.leaderElection, identity: `${hostname()}_${randomUUID()}` } }),
    },
  });
  const code = await untilItEnds(manager, log);
  wires.transport.close();
  wires.leaseTransport.close();
  prometheus.stop();
  return code;
}

/** Lease renewal has a connection and a rate limit of its own (operations.md §20.1). */
function connect(
  options: ControllerOptions,
  access: ClusterAccess,
  { log, health, prometheus }: { log: Logger; health: Health; prometheus: Prometheus },
): { transport: Transport; leaseTransport: Transport } {
  const report = reportRoundTrips({ metrics: prometheus.metrics, log, health, logLevel: options.log.requestLevel });
  const common = { access, clock: monotonicClock, random: systemRandom, userAgent, onRoundTrip: report };
  const { requestTimeoutMs, qps, burst } = options.api;
  const onThrottle = (waitedMs: number): void => prometheus.metrics.throttled(waitedMs);
  return {
    transport: createHttpTransport({ ...common, requestTimeoutMs, qps, burst, onThrottle }),
    leaseTransport: createHttpTransport({ ...common, requestTimeoutMs }),
  };
}

function watchedNamespace(options: ControllerOptions, access: ClusterAccess): string | undefined {
  if (!options.namespaced) return undefined;
  return options.namespaceFlag ?? access.namespace ?? podNamespace() ?? 'default';
}

async function untilItEnds(manager: Manager, log: Logger): Promise<number> {
  const signalled = new Promise<undefined>((resolve) => {
    let count = 0;
    const onSignal = (signal: string): void => {
      count += 1;
      if (count > 1) process.exit(1);
      log.info({ signal }, 'Signal received');
      resolve(undefined);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  const why = await Promise.race([signalled, manager.ended]);
  if (why !== undefined) {
    process.stderr.write(`Error: ${why}\n`);
    return 1;
  }
  await manager.stop();
  log.info({}, 'Stopped');
  return 0;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** Expected trouble is one line; anything else is a bug and keeps its stack. */
function tell(error: unknown): void {
  if (error instanceof FlagProblem) process.stderr.write(explainProblem(error));
  else if (isExpected(error)) process.stderr.write(`Error: ${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
}

function isExpected(error: unknown): error is Error {
  return error instanceof CredentialsError || error instanceof StartProblem || error instanceof ListenProblem;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  tell(error);
  process.exitCode = 1;
}
// Nothing is left to be waited for; whatever still holds the process after a lost lease is cut off.
setTimeout(() => process.exit(), 1_000).unref();
