// Performs the actions of a recorded trace on the sandbox, each in the same state of the world as in the recording and
// as long after that state began, and compares what came of it (goldens/README, "traces/").

import { run } from '../../cli/run.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import type { Pass, RolloutControllerHooks } from '../../controller/rollout/controller.ts';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { assertStatusFitsSchema } from '../builders/status-schema.ts';
import { compareRuns, type Difference } from './compare.ts';
import { withoutUnawaited } from './differences.ts';
import { createKubectl } from './kubectl.ts';
import type { Moment } from './moments.ts';
import { podScripts } from './readiness.ts';
import { startRecorder } from './record.ts';
import { recordedWeb } from './recorded-web.ts';
import { writesAtRest } from './rest.ts';
import { type Action, type Fields, type History, readTrace, type Trace, worldAtEnd } from './trace.ts';
import { worldState } from './world-state.ts';

export interface TraceRun {
  readonly trace: Trace;
  readonly differences: readonly Difference[];
  readonly history: History;
  readonly passes: readonly Pass[];
  /** When the last action was performed. */
  readonly lastActionAt: EpochMillis;
  /** What hours after the end changed, and the world then; only where it was asked for. */
  readonly atRest?: { readonly writes: readonly string[]; readonly world: ReadonlyMap<string, Fields> };
}

const namespace = 'demo';
const startAt = Date.UTC(2026, 0, 1, 12);
/** How much longer than the reference a state may take to come. */
const patienceMs = 60_000;
/** The recorder looked this often; our counts are told as late (hold-status.ts). */
const grainMs = 50;

/** What may disturb the controller: the seam for faults. */
export interface Disturbance extends Pick<RolloutControllerHooks, 'faultsOf'> {
  readonly started?: (simulation: Simulation) => void;
}

export interface TraceOptions {
  readonly seed?: number;
  readonly disturbance?: Disturbance;
  /** Time goes on after the end, to see that nobody writes any more. */
  readonly rests?: boolean;
}

export async function runTrace(
  name: string,
  { seed = 1, disturbance: { started, ...faults } = {}, rests = false }: TraceOptions = {},
): Promise<TraceRun> {
  const trace = readTrace(name, worldState);
  const passes: Pass[] = [];
  const problems: Difference[] = [];
  const onError = (key: string, error: unknown) =>
    problems.push({ point: 'run', on: key, lines: [`    exception: ${error instanceof Error ? error.stack : error}`] });
  const onPass = (pass: Pass) => {
    passes.push(pass);
    if (pass.plan.writes.some(({ kind }) => kind === 'patchStatus')) {
      assertStatusFitsSchema(pass.observed.rollout, pass.plan.status);
    }
  };
  const simulation = createSimulation({
    seed,
    startAt,
    namespaces: [namespace],
    node: { script: podScripts(trace) },
    analysis: { http: recordedWeb, onError },
    hooks: { onPass, onError, ...faults },
  });
  await simulation.start();
  started?.(simulation);
  const startMs = simulation.clock.now();
  const recorder = startRecorder(simulation.transport, simulation.clock, namespace, startMs);
  const moments: Moment[] = [];
  try {
    for (const action of trace.actions) {
      const waited = await waitFor(
        simulation,
        recorder.world,
        action.before,
        `row ${action.row}: ${action.text}`,
        trace.name,
      );
      if (waited) problems.push(waited);
      await simulation.clock.runFor(action.atMs - action.stateSinceMs);
      moments.push({ oursMs: simulation.clock.now() - startMs, theirsMs: action.atMs });
      const failed = await perform(simulation, action);
      if (failed) problems.push(failed);
    }
    const waited = await waitFor(simulation, recorder.world, worldAtEnd(trace), 'the end', trace.name);
    if (waited) problems.push(waited);
    await simulation.clock.runFor(trace.endMs - trace.endStateSinceMs + grainMs);
    const history = recorder.history();
    const lastActionAt = startMs + (moments.at(-1)?.oursMs ?? 0);
    const differences = [...problems, ...compareRuns(trace, history, moments)];
    const run = { trace, history, passes: [...passes], lastActionAt, differences };
    if (!rests) return run;
    const writes = await writesAtRest(simulation);
    return { ...run, atRest: { writes, world: recorder.world } };
  } finally {
    recorder.stop();
    await simulation.stop();
  }
}

async function waitFor(
  simulation: Simulation,
  world: ReadonlyMap<string, Fields>,
  wanted: ReadonlyMap<string, Fields>,
  what: string,
  trace: string,
): Promise<Difference | undefined> {
  const stateOf = (objects: ReadonlyMap<string, Fields>) => worldState(withoutUnawaited(trace, objects));
  const want = stateOf(wanted);
  const until = simulation.clock.now() + patienceMs;
  let isReached = false;
  await simulation.clock.settle();
  while (!isReached && simulation.clock.now() <= until) {
    isReached = stateOf(world) === want;
    if (isReached) break;
    const next = simulation.clock.nextAt();
    if (next === undefined || next > until) break;
    await simulation.clock.runFor(next - simulation.clock.now());
  }
  if (isReached) return undefined;
  const got = stateOf(world).split('\n');
  const wantLines = want.split('\n');
  return {
    point: 'run',
    on: what,
    lines: [
      '    the world never got into this state:',
      ...wantLines.filter((line) => !got.includes(line)).map((line) => `    want ${line}`),
      ...got.filter((line) => !wantLines.includes(line)).map((line) => `    got  ${line}`),
    ],
  };
}

async function perform(simulation: Simulation, action: Action): Promise<Difference | undefined> {
  const kubectl = createKubectl(simulation.transport, namespace);
  try {
    if (action.text === 'apply') await whileRunning(simulation.clock, kubectl.apply(action.manifest ?? ''));
    else if (action.text.startsWith('kubectl argo rollouts ')) await runCli(simulation, action.text);
    else await whileRunning(simulation.clock, kubectl.run(action.text));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { point: 'run', on: `row ${action.row}: ${action.text}`, lines: [`    failed: ${text}`] };
  }
  return undefined;
}

/** A line of `kubectl argo rollouts …` by our own command line. */
export async function runCli(simulation: Simulation, line: string, inNamespace = namespace): Promise<void> {
  const argv = line.replace('kubectl argo rollouts ', '').split(' ');
  let output = '';
  const sink = {
    write(text: string) {
      output += text;
    },
  };
  const { clock, transport } = simulation;
  const code = await whileRunning(
    clock,
    run(argv, { transport, namespace: inNamespace, clock, random: { next: () => 0 }, stdout: sink, stderr: sink }),
  );
  if (code !== 0) throw new Error(`exit code ${code}: ${output.trim()}`);
}
