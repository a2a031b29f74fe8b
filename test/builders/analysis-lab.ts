// A cluster under virtual time for tests of AnalysisRuns: every web metric is answered by the test, which sees who asked
// and when, and all that was logged.

import { after } from 'node:test';
import type { Provider } from '../../controller/analysis/providers/contract.ts';
import { createProviderRegistry, providers } from '../../controller/analysis/providers/registry.ts';
import type { AnalysisRun, AnalysisRunSpec, Metric } from '../../controller/api/types.generated.ts';
import type { Logger } from '../../controller/kubernetes/log.ts';
import { createSimulation, type Simulation, type SimulationOptions, whileRunning } from '../../sandbox/simulation.ts';
import { type FakeAnswer, type FakeCall, fakeProvider } from './fake-provider.ts';

export const namespace = 'shop';
const running: Simulation[] = [];
after(async () => {
  for (const simulation of running) await simulation.stop();
});

/** What the test's metric measured. */
export const value = (result: number) => ({ is: 'value', result, value: String(result) }) as const;

export interface Lab {
  readonly simulation: Simulation;
  /** Every call of the web provider, with its time in milliseconds since the start. */
  readonly calls: { readonly metric: string; readonly kind: string; readonly atMs: number }[];
  readonly logged: string[];
  /** What each pass saw and planned, as JSON: the material of explanations and replays. */
  readonly passes: string[];
  create(name: string, spec: AnalysisRunSpec): Promise<void>;
  read(name: string): Promise<AnalysisRun>;
  merge(name: string, patch: object): Promise<void>;
  delete(name: string): Promise<void>;
  runFor(ms: number): Promise<void>;
}

export async function lab(
  answer: (call: FakeCall, index: number, lab: () => Simulation) => FakeAnswer,
  more: Partial<SimulationOptions> = {},
): Promise<Lab> {
  const calls: Lab['calls'] = [];
  const logged: string[] = [];
  const passes: string[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: Logger = {
    trace: note('trace'),
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => log,
  };
  const web: Provider = {
    ...fakeProvider('web', (call, index) => {
      calls.push({ metric: call.metric, kind: call.kind, atMs: simulation.clock.now() - startedAt });
      return answer(call, index, () => simulation);
    }),
  };
  const registry = createProviderRegistry(providers.map((provider) => (provider.name === 'web' ? web : provider)));
  const simulation: Simulation = createSimulation({
    ...more,
    namespaces: [namespace],
    log,
    analysis: { registry, onPass: (pass) => void passes.push(JSON.stringify(pass)) },
  });
  running.push(simulation);
  await simulation.start();
  const startedAt = simulation.clock.now();
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns`;
  const ask = (request: Parameters<Simulation['transport']['request']>[0]) =>
    whileRunning(simulation.clock, simulation.transport.request(request));
  return {
    simulation,
    calls,
    logged,
    passes,
    async create(name, spec) {
      const body = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata: { name }, spec };
      await ask({ verb: 'POST', path, body });
    },
    async read(name) {
      return (await ask({ verb: 'GET', path: `${path}/${name}` })).body as AnalysisRun;
    },
    async merge(name, patch) {
      const contentType = 'application/merge-patch+json';
      await ask({ verb: 'PATCH', path: `${path}/${name}`, body: patch, contentType });
    },
    async delete(name) {
      await ask({ verb: 'DELETE', path: `${path}/${name}` });
    },
    runFor: (ms) => simulation.clock.runFor(ms),
  };
}

/** A metric that the test answers. */
export const web = (name: string, fields: Partial<Metric> = {}): Metric => ({
  name,
  provider: { web: { url: 'http://a' } },
  ...fields,
});
