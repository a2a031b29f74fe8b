// Every option of `npm start` in one table: parsing, defaults and `--help` come from it.

import { isScenario, type ScenarioName, scenarioNames, scenarios } from './scenarios.ts';

export interface StartOptions {
  readonly port: number | undefined;
  readonly apiPort: number | undefined;
  readonly replicas: number | undefined;
  readonly rate: number;
  readonly nodes: number;
  readonly steps: readonly unknown[] | undefined;
  readonly scenario: ScenarioName;
  readonly manifests: string | undefined;
  readonly load: boolean;
  readonly demo: boolean;
  readonly controller: boolean;
  readonly startDelayMs: number;
  readonly propagationDelayMs: number;
  readonly endpointDelayMs: number;
  readonly allowLocalCommands: boolean;
  /** Folder in which the cluster is kept from one start to the next. */
  readonly state: string | undefined;
  readonly rbac: boolean;
  readonly plain: boolean;
}

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: StartOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly message: string };

interface Flag {
  readonly name: string;
  readonly value?: string;
  readonly help: string;
}

const flags: readonly Flag[] = [
  { name: 'port', value: 'N', help: 'port of the proxy (default 30080, or a free one when that is taken)' },
  { name: 'api-port', value: 'N', help: 'port of the API server (default: a free one)' },
  { name: 'scenario', value: 'NAME', help: 'what the demo shows (default canary); see below' },
  { name: 'strategy', value: 'NAME', help: 'canary or blue-green: the same as --scenario' },
  { name: 'replicas', value: 'N', help: 'of the demo (default 5; blue-green 2)' },
  {
    name: 'steps',
    value: 'LIST',
    help: "of the demo's canary: weights, pauses and durations, e.g. 25,pause,50,30s,75,30s",
  },
  { name: 'rate', value: 'N', help: 'requests per second of the load (default 50)' },
  { name: 'nodes', value: 'N', help: 'nodes of the cluster, in three zones (default 1; those of --state come back)' },
  { name: 'no-load', help: 'send no requests' },
  { name: 'no-demo', help: 'do not apply the demo' },
  { name: 'no-controller', help: 'do not run the rollout controller (run `npm run controller` against the cluster)' },
  { name: 'only-cluster', help: 'the same as --no-demo --no-load --no-controller' },
  { name: 'manifests', value: 'DIR', help: 'apply every .yaml, .yml and .json file of this folder after the start' },
  { name: 'start-delay', value: 'TIME', help: 'from the creation of a pod to its readiness (default 1s)' },
  {
    name: 'propagation-delay',
    value: 'TIME',
    help: 'from a change of weights to its effect in the proxy (default 0s)',
  },
  { name: 'state', value: 'DIR', help: 'keep the cluster in this folder, and go on from what is there' },
  { name: 'rbac', help: 'obey Roles and bindings; the controller runs with the rights that deploy/ ships' },
  { name: 'endpoint-delay', value: 'TIME', help: 'from a change of a pod to its Services (default 0s)' },
  {
    name: 'allow-local-commands',
    help: 'pods may run a command on this machine (annotation slipway.dev/command; it listens on $PORT)',
  },
  { name: 'plain', help: 'plain lines instead of the screen (also without a terminal or with NO_COLOR)' },
  { name: 'help', help: 'this text' },
];

const integerRanges: Readonly<Record<string, readonly [number, number]>> = {
  port: [1, 65535],
  'api-port': [1, 65535],
  replicas: [0, 200],
  rate: [1, 2000],
  nodes: [1, 10],
};

/** Reads `--name value` and `--name=value`; anything unknown is refused with the nearest help. */
export function parseStartOptions(argv: readonly string[]): ParsedOptions {
  const given = new Map<string, string>();
  for (let index = 0; index < argv.length; index++) {
    const arg = argv[index] ?? '';
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(arg === '-h' ? '--help' : arg) ?? [];
    const flag = flags.find((candidate) => candidate.name === name);
    if (flag === undefined) return wrong(`unknown option ${arg}`);
    if (flag.value === undefined) {
      if (inline !== undefined) return wrong(`--${name} takes no value`);
      given.set(name, '');
      continue;
    }
    const value = inline ?? argv[++index];
    if (value === undefined) return wrong(`--${name} needs a value (${flag.value})`);
    given.set(name, value);
  }
  if (given.has('help')) return { kind: 'help', text: helpText() };
  try {
    return { kind: 'run', options: readOptions(given) };
  } catch (error) {
    return wrong((error as Error).message);
  }
}

function readOptions(given: ReadonlyMap<string, string>): StartOptions {
  const integer = (name: string): number | undefined => {
    const text = given.get(name);
    if (text === undefined) return undefined;
    const [min, max] = integerRanges[name] ?? [0, Number.MAX_SAFE_INTEGER];
    if (!/^\d+$/.test(text) || Number(text) < min || Number(text) > max) {
      throw new Error(`--${name} ${text}: a whole number from ${min} to ${max} is needed`);
    }
    return Number(text);
  };
  const onlyCluster = given.has('only-cluster');
  const scenario = readScenario(given.get('scenario'), given.get('strategy'));
  if (scenario === 'blue-green' && given.has('steps')) throw new Error('--steps needs a canary');
  const steps = given.get('steps');
  return {
    port: integer('port'),
    apiPort: integer('api-port'),
    replicas: integer('replicas'),
    rate: integer('rate') ?? 50,
    nodes: integer('nodes') ?? 1,
    steps: steps === undefined ? undefined : parseSteps(steps),
    scenario,
    manifests: given.get('manifests'),
    load: !onlyCluster && !given.has('no-load'),
    demo: !onlyCluster && !given.has('no-demo'),
    controller: !onlyCluster && !given.has('no-controller'),
    startDelayMs: milliseconds('start-delay', given.get('start-delay') ?? '1s'),
    propagationDelayMs: milliseconds('propagation-delay', given.get('propagation-delay') ?? '0s'),
    state: given.get('state'),
    rbac: given.has('rbac'),
    endpointDelayMs: milliseconds('endpoint-delay', given.get('endpoint-delay') ?? '0s'),
    allowLocalCommands: given.has('allow-local-commands'),
    plain: given.has('plain'),
  };
}

function readScenario(scenario: string | undefined, strategy: string | undefined): ScenarioName {
  if (strategy !== undefined && strategy !== 'canary' && strategy !== 'blue-green') {
    throw new Error(`--strategy ${strategy}: canary or blue-green is needed`);
  }
  if (scenario === undefined) return strategy ?? 'canary';
  if (!isScenario(scenario)) throw new Error(`--scenario ${scenario}: ${scenarioNames.join(', ')} is needed`);
  if (strategy !== undefined && strategy !== scenario) {
    throw new Error(`--scenario ${scenario} and --strategy ${strategy} do not go together`);
  }
  return scenario;
}

/** `25,pause,50,30s` → the steps of a canary. */
function parseSteps(text: string): unknown[] {
  return text.split(',').map((part) => {
    const word = part.trim();
    if (word === 'pause') return { pause: {} };
    if (/^\d+%?$/.test(word)) {
      const weight = Number.parseInt(word, 10);
      if (weight > 100) throw new Error(`--steps ${word}: a weight is at most 100`);
      return { setWeight: weight };
    }
    if (/^\d+(s|m|h)$/.test(word)) return { pause: { duration: word } };
    throw new Error(`--steps ${word || '(empty)'}: a weight (25), "pause" or a duration (30s) is needed`);
  });
}

function milliseconds(name: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (match === null) throw new Error(`--${name} ${text}: a time such as 500ms, 2s or 1m is needed`);
  const unit = { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'];
  return Number(match[1]) * unit;
}

function wrong(message: string): ParsedOptions {
  return { kind: 'wrong', message: `${message}\nnpm start -- --help tells what can be chosen.` };
}

function helpText(): string {
  const rows = flags.map((flag) => ({ left: `--${flag.name}${flag.value ? ` ${flag.value}` : ''}`, help: flag.help }));
  const shows = Object.entries(scenarios).map(([left, { about }]) => ({ left, help: about }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  const line = ({ left, help }: { left: string; help: string }) => `  ${left.padEnd(width)}  ${help}`;
  return [
    'npm start -- [options]',
    '',
    'Starts an embedded Kubernetes cluster, the rollout controller, a demo application and a load of requests.',
    '',
    ...rows.map(line),
    '',
    'Scenarios:',
    '',
    ...shows.map(line),
    '',
  ].join('\n');
}
