// Who may import whom (design.md §3). The test walks every import specifier itself and counts what it read: a checker
// that silently reads nothing passes everything.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** First match wins: the layer of a file. */
const layers: readonly (readonly [layer: string, pattern: RegExp])[] = [
  ['contract', /^controller\/(api|lang)\//],
  ['plan', /^controller\/(rollout|analysis|experiment)\/plan(\/|\.ts$)/],
  ['plan', /^controller\/(rollout|analysis|experiment)\/types\.ts$/],
  ['plan', /^controller\/analysis\/(assess|statistics)\//],
  ['plan', /^controller\/analysis\/providers\/([^/]+\/(request|response)|wire\/[^/]+)\.ts$/],
  ['plan', /^controller\/traffic\/(decide|types|registry|weights-status)\.ts$/],
  ['plan', /^controller\/traffic\/[^/]+\/(?!client)[^/]+\.ts$/],
  ['plan', /^controller\/(workload|explain)\//],
  ['kubernetes', /^controller\/kubernetes\//],
  ['shell', /^controller\//],
  ['cli', /^cli\//],
  ['dashboard', /^dashboard\//],
  ['sandbox', /^sandbox\//],
  ['test', /^(test|scripts)\//],
];

const allowed: Readonly<Record<string, readonly string[]>> = {
  contract: ['contract'],
  plan: ['contract', 'plan'],
  kubernetes: ['contract', 'kubernetes'],
  shell: ['contract', 'plan', 'kubernetes', 'shell'],
  cli: ['contract', 'kubernetes', 'cli'],
  dashboard: ['contract', 'kubernetes', 'dashboard'],
  sandbox: ['contract', 'sandbox'],
};

/** The only exceptions, each with its reason. A row that nothing uses fails the test. */
const exceptions: readonly { readonly from: RegExp; readonly to: RegExp; readonly why: string }[] = [
  {
    from: /^sandbox\/(main|simulation)\.ts$/,
    to: /^controller\/(manager|controller|options|kubernetes\/.*|telemetry\/.*|(rollout|analysis|experiment)\/(controller|types))(\.ts)?$/,
    why: 'they start the controller',
  },
  {
    from: /^cli\//,
    to: /^controller\/explain\//,
    why: 'sentences are told by the command line',
  },
  {
    from: /^cli\/commands\/explain\.ts$/,
    to: /^controller\/rollout\/look(-around)?\.ts$/,
    why: 'explain makes the plan that the controller makes (design.md §3)',
  },
  { from: /^sandbox\/node\//, to: /^controller\/kubernetes\//, why: 'it can play pods for a foreign API server' },
];

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s+(?:type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|import\(\s*'([^']+)'\s*\)/g;

interface Import {
  readonly from: string;
  readonly to: string;
}

function layerOf(file: string): string | undefined {
  return layers.find(([, pattern]) => pattern.test(file))?.[0];
}

function sourceFiles(): string[] {
  return globSync('{controller,cli,dashboard,sandbox}/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
}

function importsOf(file: string): string[] {
  return [...readFileSync(join(root, file), 'utf8').matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? '');
}

function projectImports(): Import[] {
  return sourceFiles().flatMap((file) =>
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => ({ from: file, to: normalize(join(dirname(file), specifier)) })),
  );
}

test('every import respects the layers', () => {
  const imports = projectImports();
  assert.ok(imports.length > 300, `only ${imports.length} imports were read`);
  const used = new Set<string>();
  const violations = imports.filter(({ from, to }) => {
    const fromLayer = layerOf(from);
    const toLayer = layerOf(to);
    assert.ok(fromLayer !== undefined, `${from} belongs to no layer`);
    if (toLayer !== undefined && allowed[fromLayer]?.includes(toLayer)) return false;
    const exception = exceptions.find((row) => row.from.test(from) && row.to.test(to));
    if (exception) used.add(exception.why);
    return exception === undefined && !/\.json$/.test(to);
  });
  assert.deepEqual(
    violations.map(({ from, to }) => `${from} → ${to}`),
    [],
  );
  assert.deepEqual(
    exceptions.map((row) => row.why).filter((why) => !used.has(why)),
    [],
    'exceptions that nothing needs',
  );
});

test('planners, api and lang import no I/O, read no clock and draw no random number (law 2)', () => {
  const pure = sourceFiles().filter((file) => ['contract', 'plan'].includes(layerOf(file) ?? ''));
  assert.ok(pure.length > 40, `only ${pure.length} pure files were read`);
  const offences = pure.flatMap((file) => {
    const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
    const found = [
      /\bDate\.now\(/,
      /new Date\(\)/,
      /Math\.random\(/,
      /structuredClone\(/,
      /\bprocess\./,
      /\bsetTimeout\(/,
    ]
      .filter((pattern) => pattern.test(code))
      .map((pattern) => `${file}: ${pattern.source}`);
    const io = importsOf(file)
      .filter((specifier) => specifier.startsWith('node:'))
      .map((specifier) => `${file}: imports ${specifier}`);
    return [...found, ...io];
  });
  assert.deepEqual(offences, []);
});
