import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagProblem } from './flags.ts';
import { type ControllerOptions, controllerFlags, explainProblem, readCommandLine } from './options.ts';

function read(
  argv: readonly string[],
  env: Record<string, string> = {},
): { options: ControllerOptions; warnings: readonly string[] } {
  const line = readCommandLine(argv, { POD_NAMESPACE: 'own', ...env });
  assert.equal(line.kind, 'run');
  return line as { kind: 'run' } & ReturnType<typeof read>;
}

function problemOf(argv: readonly string[], env: Record<string, string> = {}): FlagProblem {
  try {
    read(argv, env);
  } catch (error) {
    assert.ok(error instanceof FlagProblem, String(error));
    return error;
  }
  return assert.fail('it should have been refused');
}

const refused = (argv: readonly string[], env?: Record<string, string>): string => problemOf(argv, env).message;

test('without flags everything has the default of the specification', () => {
  const { options, warnings } = read([]);
  assert.deepEqual(options.settings, {
    rolloutThreads: 10,
    experimentThreads: 10,
    analysisThreads: 30,
    resyncMs: 900_000,
    verifyRetryIntervalMs: 10_000,
    ephemeralMetadataThreads: 10,
    ephemeralMetadataPodRetries: 3,
    albIngressClasses: ['alb'],
    nginxIngressClasses: ['nginx'],
    verifiesTargetGroups: false,
    albResourceIdTags: ['ingress.k8s.aws/resource', 'ingress.eks.amazonaws.com/resource'],
    targetGroupBindingApis: ['elbv2.k8s.aws/v1beta1', 'eks.amazonaws.com/v1'],
  });
  assert.deepEqual(options.ports, { metrics: 8090, healthz: 8080 });
  assert.deepEqual(options.api, { qps: 200, burst: 400, requestTimeoutMs: 30_000 });
  assert.deepEqual(options.log, { level: 'info', format: 'text', requestLevel: 0 });
  assert.deepEqual(options.leaderElection, {
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
    releaseOnExit: true,
  });
  assert.deepEqual([options.namespaced, options.instanceId, options.controllerNamespace], [false, '', 'own']);
  assert.deepEqual(warnings, []);
});

/** The flags that the reference takes: a manifest needs only its image changed (operations.md §1). */
const referenceFlags = `rollout-resync namespaced loglevel logformat kloglevel metricsPort metricsport healthzPort
  instance-id qps burst rollout-threads experiment-threads analysis-threads service-threads ingress-threads
  ephemeral-metadata-threads ephemeral-metadata-update-pod-retries aws-target-group-binding-api-version
  alb-tag-key-resource-id istio-api-version ambassador-api-version traffic-split-api-version traefik-api-group
  traefik-api-version ingress-api-version appmesh-crd-version alb-ingress-classes nginx-ingress-classes
  aws-verify-target-group alb-verify-weight version leader-elect leader-election-lease-duration
  leader-election-renew-deadline leader-election-retry-period self-service-notification-enabled controllers
  enable-pprof-address kubeconfig context cluster user namespace server tls-server-name insecure-skip-tls-verify
  certificate-authority client-certificate client-key token as as-group as-uid username password proxy-url
  disable-compression request-timeout`.split(/\s+/);

test('the table has every flag of the reference, and of its own only some that begin with slipway-', () => {
  const names = new Set(controllerFlags.map(({ name }) => name));
  assert.deepEqual(
    referenceFlags.filter((name) => !names.has(name)),
    [],
  );
  const own = [...names].filter((name) => !referenceFlags.includes(name) && name !== 'help');
  assert.deepEqual(
    own.filter((name) => !name.startsWith('slipway-')),
    [],
  );
});

test('flags are read as pflag reads them', () => {
  const { options } = read([
    '--rollout-threads=3',
    '--loglevel',
    'WARNING',
    '--leader-elect=false',
    '--namespaced',
    '-n',
    'team',
    '-shttps://x',
    '--qps',
    '12.5',
    '--request-timeout=5',
  ]);
  assert.equal(options.settings.rolloutThreads, 3);
  assert.equal(options.log.level, 'warn');
  assert.equal(options.leaderElection, undefined);
  assert.deepEqual([options.namespaced, options.namespaceFlag], [true, 'team']);
  assert.equal(options.cluster.server, 'https://x');
  assert.deepEqual([options.api.qps, options.api.requestTimeoutMs], [12.5, 5_000]);
});

test('O1, O2: ingress classes are not split at commas, and the first use replaces the default', () => {
  assert.deepEqual(read(['--alb-ingress-classes=a,b']).options.settings.albIngressClasses, ['a,b']);
  assert.deepEqual(
    read(['--alb-ingress-classes', 'a', '--alb-ingress-classes', 'b']).options.settings.albIngressClasses,
    ['a', 'b'],
  );
});

test('old names mean the new ones, with a warning; the last one wins', () => {
  const { options, warnings } = read(['--metricsPort=1', '--metricsport=2', '--alb-verify-weight']);
  assert.equal(options.ports.metrics, 2);
  assert.deepEqual(warnings, [
    'Flag --metricsport has been deprecated, use --metricsPort instead',
    'Flag --alb-verify-weight has been deprecated, use --aws-verify-target-group instead',
  ]);
});

test('--controllers=analysis leaves Rollouts alone', () => {
  assert.equal(read([]).options.isAnalysisOnly, false);
  assert.equal(read(['--controllers=analysis']).options.isAnalysisOnly, true);
});

test('what cannot be meant is refused in one line', () => {
  assert.equal(refused(['--foo']), 'unknown flag: --foo');
  assert.equal(refused(['-x']), "unknown shorthand flag: 'x' in -x");
  assert.equal(refused(['start']), 'unknown argument "start": only flags are expected');
  assert.equal(refused(['--leader-elect', 'false']), 'unknown argument "false": only flags are expected');
  assert.equal(refused(['--loglevel']), 'flag needs an argument: --loglevel');
  assert.equal(refused(['--burst=many']), 'invalid argument "many" for "--burst" flag: an integer is expected');
  assert.equal(
    refused(['--leader-elect=maybe']),
    'invalid argument "maybe" for "--leader-elect" flag: true or false is expected',
  );
  assert.match(refused(['--leader-election-retry-period=2']), /a duration such as 1m30s is expected$/);
  assert.equal(refused(['--loglevel=loud']), 'not a valid log level: "loud"');
  assert.equal(refused(['--proxy-url=x']), '--proxy-url is not supported: set it in the kubeconfig');
  assert.equal(refused(['--controllers=rollout']), 'unsupported controller: rollout');
  assert.match(refused(['--ingress-api-version=extensions/v1beta1']), /only networking\/v1 is$/);
  assert.equal(refused(['--rollout-threads=0']), '--rollout-threads must be at least 1');
  assert.equal(refused(['--metricsPort=70000']), '--metricsPort 70000 is no port');
});

test('O3, O7: leader election with impossible timings or without a namespace is refused', () => {
  assert.match(refused(['--leader-election-lease-duration=10s']), /leaseDuration must be greater than renewDeadline$/);
  assert.match(refused([], { POD_NAMESPACE: '' }), /POD_NAMESPACE is empty/);
  assert.equal(read(['--leader-elect=false'], { POD_NAMESPACE: '' }).options.controllerNamespace, '');
});

test('TV-46 O4, BUG-15: the verification interval is taken from the environment; nonsense is warned of', () => {
  assert.equal(read([], { ROLLOUT_VERIFY_RETRY_INTERVAL: '30' }).options.settings.verifyRetryIntervalMs, 30_000);
  const { options, warnings } = read([], { ROLLOUT_VERIFY_RETRY_INTERVAL: 'soon' });
  assert.equal(options.settings.verifyRetryIntervalMs, 10_000);
  assert.match(warnings[0] ?? '', /no positive number of seconds/);
});

test('an unknown log format is warned of and means text', () => {
  const { options, warnings } = read(['--logformat=XML']);
  assert.equal(options.log.format, 'text');
  assert.deepEqual(warnings, ['Unknown format: XML. Using text logformat']);
  assert.equal(read(['--logformat=JSON']).options.log.format, 'json');
});

test('help names every flag that is supported, and the environment', () => {
  const line = readCommandLine(['--help'], {});
  assert.equal(line.kind, 'help');
  const { text } = line as { text: string };
  for (const { name, unsupported, aliasOf } of controllerFlags) {
    const isShown = new RegExp(`--${name}[ \n]`).test(text);
    assert.equal(isShown, unsupported === undefined && aliasOf === undefined, name);
  }
  assert.match(text, /POD_NAMESPACE/);
});

test('who mistypes a flag is shown the usage, and the error at both of its ends', () => {
  for (const argv of [['--foo'], ['--qps', 'fast'], ['rollouts']]) {
    const lines = explainProblem(problemOf(argv)).trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^Error: /);
    assert.ok(lines.includes('  slipway-controller [flags]'));
    assert.equal(lines.at(-1), lines[0]);
  }
});

test('who gives a flag a value that means nothing is told that alone, and where to read on', () => {
  for (const argv of [
    ['--loglevel', 'loud'],
    ['--metricsPort', '70000'],
    ['--controllers', 'x'],
  ]) {
    const lines = explainProblem(problemOf(argv)).trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^Error: /);
    assert.deepEqual(lines.slice(1), ["See 'slipway-controller --help' for what can be set."]);
  }
});
