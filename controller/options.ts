// Every flag and environment variable of the controller, in one table, and what they mean to the parts
// (operations.md §§1-2). The names, kinds and defaults are the reference's; Slipway's own begin with `--slipway-`.

import { readFileSync } from 'node:fs';
import { healthzPort, metricsPort } from './api/constants.ts';
import type { ControllerSettings } from './controller.ts';
import { type Flag, type FlagProblem, type FlagValue, FlagValueProblem, flagUsages, parseFlags } from './flags.ts';
import { type ClusterFlags, type Environment, serviceAccountFolder } from './kubernetes/kubeconfig.ts';
import { checkLeaseTimings } from './kubernetes/leader-election.ts';

const notOurs = 'set it in the kubeconfig';

const defaultResourceIdTag = 'ingress.k8s.aws/resource';
const defaultBindingApi = 'elbv2.k8s.aws/v1beta1';

export const controllerFlags: readonly Flag[] = [
  int('rollout-resync', 900, 'Seconds after which every Rollout is looked at again'),
  boolean('namespaced', false, 'Watch one namespace only: that of --namespace, of the context, or of the pod'),
  string('loglevel', 'info', 'The least level that is logged: trace, debug, info, warn, error, fatal or panic'),
  string('logformat', '', 'text or json'),
  int('kloglevel', 0, 'From 6 on each API request is logged, from 8 on with its body'),
  int('metricsPort', metricsPort, 'Port of /metrics'),
  { ...int('metricsport', metricsPort, ''), aliasOf: 'metricsPort', deprecated: 'use --metricsPort instead' },
  int('healthzPort', healthzPort, 'Port of /healthz, /livez and /readyz'),
  string('instance-id', '', 'Only act on objects whose controller-instance-id label has this value'),
  float('qps', 200, 'Requests per second to the API server'),
  int('burst', 400, 'Requests to the API server that may exceed the rate at once'),
  int('rollout-threads', 10, 'Rollouts that are worked on at the same time'),
  int('experiment-threads', 10, 'Experiments that are worked on at the same time'),
  int('analysis-threads', 30, 'AnalysisRuns that are worked on at the same time'),
  int('service-threads', 10, 'Services that are worked on at the same time'),
  int('ingress-threads', 10, 'Ingresses that are worked on at the same time'),
  int('ephemeral-metadata-threads', 10, 'Pods of one ReplicaSet whose metadata is written at the same time'),
  int('ephemeral-metadata-update-pod-retries', 3, 'Attempts to write the metadata of one pod'),
  string('aws-target-group-binding-api-version', defaultBindingApi, 'API version of TargetGroupBindings'),
  string('alb-tag-key-resource-id', defaultResourceIdTag, 'Tag of AWS load balancers that names the resource'),
  string('istio-api-version', 'v1alpha3', 'Version of networking.istio.io'),
  string('ambassador-api-version', 'getambassador.io/v2', 'API version of Ambassador Mappings'),
  string('traffic-split-api-version', 'v1alpha1', 'SMI version: v1alpha1, v1alpha2 or v1alpha3'),
  string('traefik-api-group', 'traefik.io', 'API group of TraefikServices'),
  string('traefik-api-version', 'traefik.io/v1alpha1', 'API version of TraefikServices'),
  string('ingress-api-version', '', 'networking/v1, or empty'),
  string('appmesh-crd-version', 'v1beta2', 'Version of appmesh.k8s.aws'),
  list('alb-ingress-classes', 'stringArray', 'alb', 'Ingress classes that an ALB controller serves; may be repeated'),
  list('nginx-ingress-classes', 'stringArray', 'nginx', 'Ingress classes that NGINX serves; may be repeated'),
  boolean('aws-verify-target-group', false, 'Verify weights and targets of ALBs through the AWS API'),
  {
    ...boolean('alb-verify-weight', false, ''),
    aliasOf: 'aws-verify-target-group',
    deprecated: 'use --aws-verify-target-group instead',
  },
  boolean('version', false, 'Print the version and exit'),
  { ...boolean('help', false, 'Print this text and exit'), shorthand: 'h' },
  boolean('leader-elect', true, 'Act only while holding the Lease'),
  duration('leader-election-lease-duration', '15s', 'How long a Lease that is not renewed is respected'),
  duration('leader-election-renew-deadline', '10s', 'How long the leader tries to renew before it gives up'),
  duration('leader-election-retry-period', '2s', 'Time between attempts to take or renew the Lease'),
  boolean('self-service-notification-enabled', false, 'Also read notification settings in the namespaces of Rollouts'),
  list('controllers', 'stringList', '', 'Only run these controllers; known: analysis'),
  string('enable-pprof-address', '', 'Accepted for compatibility'),
  boolean(
    'slipway-release-lease-on-exit',
    true,
    'Give the Lease back at the end, so that a standby takes over at once',
  ),

  string('kubeconfig', '', 'Path of the kubeconfig'),
  string('context', '', 'Context of the kubeconfig'),
  { ...string('namespace', '', 'Namespace that --namespaced watches'), shorthand: 'n' },
  { ...string('server', '', 'Address of the API server'), shorthand: 's' },
  string('token', '', 'Bearer token'),
  string('certificate-authority', '', 'File with the certificate authority of the API server'),
  string('client-certificate', '', 'File with the client certificate'),
  string('client-key', '', 'File with the client key'),
  boolean('insecure-skip-tls-verify', false, 'Do not check the certificate of the API server'),
  string('as', '', 'User to impersonate'),
  list('as-group', 'stringArray', '', 'Group to impersonate; may be repeated'),
  string('request-timeout', '0', 'Longest time of one request, such as 30s; 0: 30 s'),
  unsupported('cluster', 'string', 'choose a --context'),
  unsupported('user', 'string', 'choose a --context'),
  unsupported('tls-server-name', 'string', notOurs),
  unsupported('as-uid', 'string', notOurs),
  unsupported('username', 'string', notOurs),
  unsupported('password', 'string', notOurs),
  unsupported('proxy-url', 'string', notOurs),
  unsupported('disable-compression', 'boolean', 'responses are never compressed'),
];

/** For `--help`: the variables that are read, and what they mean. */
export const controllerVariables: readonly (readonly [name: string, help: string])[] = [
  ['POD_NAMESPACE', "The controller's own namespace: its Lease and its settings are there"],
  ['ROLLOUT_VERIFY_RETRY_INTERVAL', 'Seconds between attempts to verify weights and targets (10)'],
  ['KUBECONFIG', 'Paths of kubeconfigs, where --kubeconfig is not given'],
  [
    'HTTP_PROXY, HTTPS_PROXY, NO_PROXY',
    'Proxies for calls to metric providers, notification services and downloads of plugins',
  ],
];

export interface ControllerOptions {
  readonly cluster: ClusterFlags;
  /** `--namespace`. */
  readonly namespaceFlag: string | undefined;
  readonly namespaced: boolean;
  readonly instanceId: string;
  /** `--controllers=analysis`. */
  readonly isAnalysisOnly: boolean;
  /** Where the Lease is. */
  readonly controllerNamespace: string;
  readonly settings: ControllerSettings;
  readonly ports: { readonly metrics: number; readonly healthz: number };
  readonly log: { readonly level: LogLevel; readonly format: string; readonly requestLevel: number };
  readonly api: { readonly qps: number; readonly burst: number; readonly requestTimeoutMs: number };
  readonly leaderElection: LeaderElectionOptions | undefined;
}

interface LeaderElectionOptions {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly releaseOnExit: boolean;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export type CommandLine =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly options: ControllerOptions; readonly warnings: readonly string[] };

/** Throws a FlagProblem for what cannot be meant. */
export function readCommandLine(argv: readonly string[], env: Environment): CommandLine {
  const { values, warnings } = parseFlags(argv, controllerFlags);
  if (values.get('help') === true) return { kind: 'help', text: helpText() };
  if (values.get('version') === true) return { kind: 'version' };
  const notes = [...warnings];
  const options = makeOptions(new Values(values), env, notes);
  return { kind: 'run', options, warnings: notes };
}

/**
 * What is written about a command line that cannot be meant. Of one that cannot be read the usage (operations.md §1), the
 * error before it and once more behind it, because that is the end which a terminal and a log's tail show.
 */
export function explainProblem(problem: FlagProblem): string {
  const error = `Error: ${problem.message}\n`;
  if (problem instanceof FlagValueProblem) return `${error}See 'slipway-controller --help' for what can be set.\n`;
  return `${error}\n${usageText()}\n${error}`;
}

function usageText(): string {
  return `Usage:\n  slipway-controller [flags]\n\nFlags:\n${flagUsages(controllerFlags)}`;
}

function helpText(): string {
  const width = Math.max(...controllerVariables.map(([name]) => name.length)) + 3;
  const variables = controllerVariables.map(([name, help]) => `  ${name.padEnd(width)}${help}\n`).join('');
  return `The Slipway controller: progressive delivery for Kubernetes\n\n${usageText()}\nEnvironment:\n${variables}`;
}

class Values {
  readonly #values: ReadonlyMap<string, FlagValue>;
  constructor(values: ReadonlyMap<string, FlagValue>) {
    this.#values = values;
  }
  string(name: string): string {
    return this.#get(name) as string;
  }
  number(name: string): number {
    return this.#get(name) as number;
  }
  boolean(name: string): boolean {
    return this.#get(name) as boolean;
  }
  list(name: string): readonly string[] {
    return this.#get(name) as readonly string[];
  }
  #get(name: string): FlagValue {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`the table of flags has no --${name}`);
    return value;
  }
}

function makeOptions(values: Values, env: Environment, notes: string[]): ControllerOptions {
  checkControllers(values.list('controllers'));
  checkIngressVersion(values.string('ingress-api-version'));
  const namespace = values.string('namespace');
  return {
    cluster: {
      kubeconfig: values.string('kubeconfig'),
      context: values.string('context'),
      server: values.string('server'),
      token: values.string('token'),
      as: values.string('as'),
      asGroups: values.list('as-group'),
      certificateAuthority: values.string('certificate-authority'),
      clientCertificate: values.string('client-certificate'),
      clientKey: values.string('client-key'),
      insecureSkipTlsVerify: values.boolean('insecure-skip-tls-verify'),
    },
    namespaceFlag: namespace === '' ? undefined : namespace,
    namespaced: values.boolean('namespaced'),
    instanceId: values.string('instance-id'),
    isAnalysisOnly: values.list('controllers').length > 0,
    controllerNamespace: controllerNamespace(env),
    settings: {
      rolloutThreads: positive(values, 'rollout-threads'),
      experimentThreads: positive(values, 'experiment-threads'),
      analysisThreads: positive(values, 'analysis-threads'),
      resyncMs: values.number('rollout-resync') * 1000,
      verifyRetryIntervalMs: verifyRetryInterval(env, notes),
      ephemeralMetadataThreads: positive(values, 'ephemeral-metadata-threads'),
      ephemeralMetadataPodRetries: values.number('ephemeral-metadata-update-pod-retries'),
      albIngressClasses: values.list('alb-ingress-classes'),
      nginxIngressClasses: values.list('nginx-ingress-classes'),
      verifiesTargetGroups: values.boolean('aws-verify-target-group'),
      albResourceIdTags: resourceIdTags(values.string('alb-tag-key-resource-id')),
      targetGroupBindingApis: bindingApis(values.string('aws-target-group-binding-api-version')),
    },
    ports: { metrics: port(values, 'metricsPort'), healthz: port(values, 'healthzPort') },
    log: {
      level: logLevel(values.string('loglevel')),
      format: logFormat(values.string('logformat'), notes),
      requestLevel: values.number('kloglevel'),
    },
    api: {
      qps: values.number('qps'),
      burst: values.number('burst'),
      requestTimeoutMs: requestTimeout(values.string('request-timeout')),
    },
    leaderElection: values.boolean('leader-elect') ? leaderElection(values, env) : undefined,
  };
}

function leaderElection(values: Values, env: Environment): LeaderElectionOptions {
  const timings = {
    leaseDurationMs: values.number('leader-election-lease-duration'),
    renewDeadlineMs: values.number('leader-election-renew-deadline'),
    retryPeriodMs: values.number('leader-election-retry-period'),
  };
  const problem = checkLeaseTimings(timings);
  if (problem !== undefined) throw new FlagValueProblem(`leader election: ${problem}`);
  if (controllerNamespace(env) === '') {
    throw new FlagValueProblem('leader election: POD_NAMESPACE is empty, but the Lease needs a namespace');
  }
  return { ...timings, releaseOnExit: values.boolean('slipway-release-lease-on-exit') };
}

/** Unless told otherwise, EKS Auto Mode's tag counts too (traffic.md §2.9). */
function resourceIdTags(given: string): readonly string[] {
  return given === defaultResourceIdTag ? [given, 'ingress.eks.amazonaws.com/resource'] : [given];
}

/** Unless told otherwise, that of EKS Auto Mode counts too, where it is served (traffic.md §2.9). */
function bindingApis(given: string): readonly string[] {
  if (given === defaultBindingApi) return [given, 'eks.amazonaws.com/v1'];
  if (/^[^/]+\/[^/]+$/.test(given)) return [given];
  throw new FlagValueProblem(`--aws-target-group-binding-api-version: "${given}" is not of the form group/version`);
}

/** Set, even empty, POD_NAMESPACE wins; else the service account's namespace; else `argo-rollouts`. */
function controllerNamespace(env: Environment): string {
  const { POD_NAMESPACE: own } = env;
  if (own !== undefined) return own;
  return podNamespace() ?? 'argo-rollouts';
}

/** The namespace of this process's service account, where it is a pod. */
export function podNamespace(): string | undefined {
  try {
    const text = readFileSync(`${serviceAccountFolder}/namespace`, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const defaultVerifySeconds = 10;

function verifyRetryInterval(env: Environment, notes: string[]): number {
  const { ROLLOUT_VERIFY_RETRY_INTERVAL: text } = env;
  if (text === undefined || text === '') return defaultVerifySeconds * 1000;
  if (/^[0-9]+$/.test(text) && Number(text) > 0) return Number(text) * 1000;
  notes.push(
    `ROLLOUT_VERIFY_RETRY_INTERVAL "${text}" is no positive number of seconds: ${defaultVerifySeconds} is used`,
  );
  return defaultVerifySeconds * 1000;
}

const logLevels: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'fatal',
  panic: 'fatal',
};

function logLevel(text: string): LogLevel {
  const level = logLevels[text.toLowerCase()];
  if (level === undefined) throw new FlagValueProblem(`not a valid log level: "${text}"`);
  return level;
}

function logFormat(text: string, notes: string[]): string {
  const format = text.toLowerCase();
  if (format !== '' && format !== 'text' && format !== 'json') {
    notes.push(`Unknown format: ${text}. Using text logformat`);
  }
  return format === 'json' ? 'json' : 'text';
}

function checkControllers(names: readonly string[]): void {
  const unknown = names.find((name) => name !== 'analysis');
  if (unknown !== undefined) throw new FlagValueProblem(`unsupported controller: ${unknown}`);
}

function checkIngressVersion(text: string): void {
  if (text === 'extensions/v1beta1') {
    throw new FlagValueProblem('--ingress-api-version extensions/v1beta1 is not supported: only networking/v1 is');
  }
}

function requestTimeout(text: string): number {
  if (text === '0' || text === '') return 30_000;
  // kubectl takes a bare number for seconds.
  const { values } = parseFlags(
    [/^[0-9]+$/.test(text) ? `--request-timeout=${text}s` : `--request-timeout=${text}`],
    [duration('request-timeout', '0s', '')],
  );
  return values.get('request-timeout') as number;
}

function positive(values: Values, name: string): number {
  const value = values.number(name);
  if (value < 1) throw new FlagValueProblem(`--${name} must be at least 1`);
  return value;
}

function port(values: Values, name: string): number {
  const value = values.number(name);
  if (value < 0 || value > 65_535) throw new FlagValueProblem(`--${name} ${value} is no port`);
  return value;
}

function string(name: string, text: string, help: string): Flag {
  return { name, kind: 'string', default: text, help };
}
function int(name: string, value: number, help: string): Flag {
  return { name, kind: 'int', default: String(value), help };
}
function float(name: string, value: number, help: string): Flag {
  return { name, kind: 'float', default: String(value), help };
}
function boolean(name: string, value: boolean, help: string): Flag {
  return { name, kind: 'boolean', default: String(value), help };
}
function duration(name: string, text: string, help: string): Flag {
  return { name, kind: 'duration', default: text, help };
}
function list(name: string, kind: 'stringArray' | 'stringList', text: string, help: string): Flag {
  return { name, kind, default: text, help };
}
function unsupported(name: string, kind: 'string' | 'boolean', reason: string): Flag {
  return { name, kind, default: kind === 'boolean' ? 'false' : '', help: '', unsupported: reason };
}
