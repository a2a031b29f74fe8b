// The pages of docs/analysis: every manifest is taken by the API server with strict validation, every condition is an
// expression, and every provider's example measures a service on loopback that answers as the real one does: once well
// and once badly. The walkthrough of the overview is run by test/e2e/docs.test.ts.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verdictOf } from '../controller/analysis/assess/verdict.ts';
import { createHttpClient } from '../controller/analysis/providers/http-client.ts';
import { providers } from '../controller/analysis/providers/registry.ts';
import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisTemplate, Rollout } from '../controller/api/types.generated.ts';
import { unknownFieldOf } from '../controller/api/unknown-field.ts';
import { functionNames, predicateArguments } from '../controller/lang/expression-functions.ts';
import { parseExpression } from '../controller/lang/expression-parser.ts';
import type { ExpressionValue } from '../controller/lang/expression-value.ts';
import { parseYamlDocuments } from '../controller/lang/yaml.ts';
import { realClock } from '../sandbox/clock.ts';
import { createSimulation, type Simulation, whileRunning } from '../sandbox/simulation.ts';
import { setAwsEnvironment } from './builders/aws-environment.ts';
import { documentedServices } from './builders/documented-services.ts';
import { type LoopbackService, startService } from './builders/loopback-service.ts';
import { runCli } from './conformance/run-trace.ts';

const folder = fileURLToPath(new URL('../docs/analysis/', import.meta.url));
const pages = globSync('*.md', { cwd: folder }).toSorted();

interface Page {
  readonly objects: readonly KubernetesObject[];
  /** Lines `slipway create analysisrun …`. */
  readonly commands: readonly string[];
}

function readPage(name: string): Page {
  const text = readFileSync(folder + name, 'utf8');
  const blocks = (language: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);
  return {
    objects: blocks('yaml').flatMap((block) =>
      parseYamlDocuments(block).map(({ value, problem }) => {
        assert.equal(problem, undefined, `${name}: ${problem?.reason}`);
        return value as KubernetesObject;
      }),
    ),
    commands: blocks('sh').flatMap((block) => block.split('\n').filter((line) => line.startsWith('slipway create '))),
  };
}

setAwsEnvironment({
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'swordfish',
});

test('every provider has a page, and every page is linked from the overview', () => {
  const told = new Set([...Object.values(documentedServices).map(({ provider }) => provider), 'job']);
  assert.deepEqual(
    providers.map(({ name }) => name).filter((name) => !told.has(name)),
    [],
  );
  assert.deepEqual([...Object.keys(documentedServices), 'job.md', 'conditions.md', 'README.md'].toSorted(), pages);
  const overview = readFileSync(`${folder}README.md`, 'utf8');
  for (const page of pages) assert.ok(page === 'README.md' || overview.includes(`(${page})`), page);
});

for (const page of pages) {
  test(`${page}: the manifests have no unknown field, and conditions are expressions`, () => {
    const { objects } = readPage(page);
    for (const object of objects) {
      if (object.apiVersion?.startsWith('argoproj.io/')) {
        assert.equal(unknownFieldOf(object.kind ?? '', object), undefined, object.metadata.name);
      }
      for (const metric of (object as AnalysisTemplate).spec?.metrics ?? []) {
        for (const condition of [metric.successCondition, metric.failureCondition]) {
          if (condition !== undefined) parseExpression(condition.replaceAll(/\{\{args\.[^}]+\}\}/g, '1'));
        }
      }
    }
  });
}

test('conditions.md: every line of its tables is so, and every function is named', () => {
  const text = readFileSync(`${folder}conditions.md`, 'utf8');
  const rows = [...text.matchAll(/^\| `(.+?)` \| `(.+?)` \| (true|false|an error) \|/gm)];
  assert.ok(rows.length > 25, String(rows.length));
  for (const [, result = '', condition = '', want] of rows) {
    const parsed = JSON.parse(result) as ExpressionValue;
    const isNumbers = Array.isArray(parsed) && parsed.every((item) => typeof item === 'number');
    // Lists of numbers as Prometheus gives them, and as JSON.
    for (const value of [parsed, ...(isNumbers ? [Float64Array.from(parsed as number[])] : [])]) {
      const { phase } = verdictOf({ successCondition: condition }, value, 0);
      assert.equal(phase, { true: 'Successful', false: 'Failed', 'an error': 'Error' }[want ?? ''], condition);
    }
  }
  const named = new Set(text.match(/[a-zA-Z0-9]+/g));
  const known = [...functionNames, ...predicateArguments.keys()].filter((name) => !name.startsWith('bit'));
  assert.deepEqual(
    known.filter((name) => !named.has(name)),
    [],
  );
});

let simulation: Simulation;
let service: LoopbackService;
const http = createHttpClient({ clock: realClock(), environment: {} });

/** Whatever the examples' addresses are, the service on loopback is asked; virtual time waits for it. */
function redirectedHttp(): typeof http {
  return {
    ...http,
    async send(request, signal) {
      const url = new URL(request.url);
      const own = new URL(service.address);
      url.protocol = own.protocol;
      url.host = own.host;
      return simulation.clock.waitFor(http.send({ ...request, url: url.href }, signal));
    },
  };
}

before(async () => {
  service = await startService();
  simulation = createSimulation({ analysis: { http: redirectedHttp() } });
  await simulation.start();
});
after(async () => {
  await simulation.stop();
  http.close();
  await service.close();
});

const plurals: Readonly<Record<string, string>> = {
  Secret: '/api/v1/%/secrets',
  ConfigMap: '/api/v1/%/configmaps',
  AnalysisTemplate: '/apis/argoproj.io/v1alpha1/%/analysistemplates',
  ClusterAnalysisTemplate: '/apis/argoproj.io/v1alpha1/clusteranalysistemplates',
  AnalysisRun: '/apis/argoproj.io/v1alpha1/%/analysisruns',
  Rollout: '/apis/argoproj.io/v1alpha1/%/rollouts',
};

/** As kubectl sends it: what the server does not know is refused. */
async function create(object: KubernetesObject): Promise<void> {
  const collection = plurals[object.kind ?? ''] ?? assert.fail(`${object.kind} has no path here`);
  const path = collection.replace('%', `namespaces/${object.metadata.namespace ?? 'default'}`);
  const query = { fieldValidation: 'Strict' };
  await whileRunning(simulation.clock, simulation.transport.request({ verb: 'POST', path, query, body: object }));
}

async function get<T>(path: string): Promise<T> {
  const full = `/apis/argoproj.io/v1alpha1/namespaces/default/${path}`;
  return (await whileRunning(simulation.clock, simulation.transport.request({ verb: 'GET', path: full }))).body as T;
}

/** Virtual time goes on in steps, and real time with it: sockets and files have no other. */
async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (let step = 0; step < 200 && !(await isDone()); step++) {
    await simulation.clock.runFor(15_000);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Runs a command of a page; the run that it made, once it has ended. */
async function runOf(command: string, name: string): Promise<AnalysisRun> {
  await runCli(simulation, `${command.replace(/^slipway /, '')} --name ${name}`, 'default');
  const read = () => get<AnalysisRun>(`analysisruns/${name}`);
  await until(async () => (await read()).status?.completedAt !== undefined);
  return read();
}

for (const [page, { outcomes, asks }] of Object.entries(documentedServices)) {
  test(`${page}: the examples measure what the service answers, well and badly`, async () => {
    const { objects, commands } = readPage(page);
    for (const object of objects) await create(object);
    assert.equal(commands.length, outcomes.length, 'each example has its answers');
    assert.equal(commands.length, objects.filter(({ kind }) => kind === 'AnalysisTemplate').length);
    for (const [index, command] of commands.entries()) {
      for (const { body, phase, value } of outcomes[index] ?? []) {
        service.answer = (request) => ({ status: 200, body: body(request) });
        const { status } = await runOf(command, `${page.replace('.md', '')}-${index}-${phase.toLowerCase()}`);
        const last = status?.metricResults?.[0]?.measurements?.at(-1);
        assert.deepEqual([status?.phase, last?.value], [phase, value], JSON.stringify(status));
      }
    }
    const asked = service.received.map(({ method, url, body }) => `${method} ${url} ${body}`);
    assert.ok(
      asked.some((line) => asks.test(line)),
      asked.join('\n'),
    );
  });
}

test('job.md: the Job decides', async () => {
  const { objects, commands } = readPage('job.md');
  for (const object of objects) await create(object);
  const { status } = await runOf(commands[0] ?? '', 'job-run');
  assert.equal(status?.phase, 'Successful', JSON.stringify(status));
  const metadata = status?.metricResults?.[0]?.measurements?.[0]?.metadata ?? {};
  assert.match(metadata['job-name'] ?? '', /\.integration-test\.1$/);
});

test('README.md: the example analyses its update, with its arguments and its secret', async () => {
  service.answer = () => ({ status: 200, body: '{"passed":0.99}' });
  for (const object of readPage('README.md').objects) await create(object);
  const read = () => get<Rollout>('rollouts/guestbook');
  const isHealthy = async () => (await read()).status?.phase === 'Healthy';
  await until(isHealthy);
  await runCli(simulation, 'set image guestbook guestbook=example.com/guestbook:2', 'default');
  await simulation.clock.runFor(5_000);
  await until(isHealthy);
  const { status } = await read();
  assert.equal(status?.stableRS, status?.currentPodHash);
  const { items } = await get<{ items: readonly AnalysisRun[] }>('analysisruns');
  const run = items.find(({ metadata }) => metadata.labels?.['rollout-type'] === 'Step');
  assert.deepEqual([run?.status?.phase, run?.status?.metricResults?.[0]?.count], ['Successful', 5]);
  const last = service.received.at(-1);
  assert.equal(last?.url, `/smoke?hash=${status?.currentPodHash}`);
  assert.equal(last?.headers.authorization, 'Bearer swordfish');
  assert.ok(!JSON.stringify(run).includes('swordfish'));
});
