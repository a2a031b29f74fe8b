// Bundles the two programs into dist/: `slipway.js` and `slipway-controller.js`, each a few lines that switch Node's
// compile cache on and load the rest. What a command imports lazily stays a file of its own, so that `slipway --help`
// reads next to nothing (design.md §6).

import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type OnResolveArgs, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundled packages that are CommonJS look for these. */
const commonJsNames = `import { createRequire as slipwayCreateRequire } from 'node:module';
import { dirname as slipwayDirname } from 'node:path';
import { fileURLToPath as slipwayFileURLToPath } from 'node:url';
const require = slipwayCreateRequire(import.meta.url);
const __filename = slipwayFileURLToPath(import.meta.url);
const __dirname = slipwayDirname(__filename);`;

/** Only KubeConfig is used of the client library; its generated classes are left out. */
const shakeClientLibrary: Plugin = {
  name: 'shake-client-library',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^@kubernetes\/client-node$|client-node\/dist/ }, markSideEffectFree);
    onResolve({ filter: /^\./, namespace: 'file' }, (args) =>
      args.importer.includes('@kubernetes/client-node/') ? markSideEffectFree(args) : undefined,
    );
    async function markSideEffectFree({ path, kind, importer, resolveDir, pluginData }: OnResolveArgs) {
      if (pluginData === 'resolved') return undefined;
      const resolved = await resolve(path, { kind, importer, resolveDir, pluginData: 'resolved' });
      return { ...resolved, sideEffects: false };
    }
  },
};

/** The controller is to be small: V8 would let garbage pile up for as long as there is memory. Also in the Dockerfile. */
export const controllerNodeFlags = ['--optimize-for-size'];

interface BuildFacts {
  readonly version: string;
  readonly commit: string;
  readonly treeState: 'clean' | 'dirty' | 'unknown';
  readonly date: string;
  readonly tagged: boolean;
}

function git(...words: string[]): string | undefined {
  try {
    return execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch (error) {
    // No git, or no repository: a source archive is built all the same.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function buildFacts(): BuildFacts {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
  const commit = git('rev-parse', 'HEAD') ?? '';
  const changes = git('status', '--porcelain', '--untracked-files=no');
  return {
    version,
    commit,
    treeState: changes === undefined ? 'unknown' : changes === '' ? 'clean' : 'dirty',
    // The commit's date, not today's: the same sources give the same bundle.
    date: git('log', '-1', '--format=%cd', '--date=format-local:%Y-%m-%dT%H:%M:%SZ') ?? '',
    tagged: git('tag', '--points-at', 'HEAD')?.split('\n').includes(`v${version}`) ?? false,
  };
}

/** Runs on every Node, at least as far as saying that it is too old. */
function launcher(program: string, interpreter: string): string {
  return `#!/usr/bin/env ${interpreter}
import * as nodeModule from 'node:module';
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error('${program} needs Node 22.19 or newer; this is Node ' + process.versions.node);
  process.exit(1);
}
nodeModule.enableCompileCache();
await import('./${program}-main.js');
`;
}

export async function bundle(dist: string): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const result = await build({
    entryPoints: {
      'slipway-main': `${root}cli/main.ts`,
      'slipway-controller-main': `${root}controller/main.ts`,
      'health-worker': `${root}controller/telemetry/health-worker.ts`,
    },
    outdir: dist,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    // Of the clients of the AWS SDK only what is used; their CommonJS form would come whole.
    mainFields: ['module', 'main'],
    // Names stay whole: stacks in bug reports are read by people.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'linked',
    chunkNames: 'chunk-[hash]',
    banner: { js: commonJsNames },
    define: { SLIPWAY_BUILD: JSON.stringify(buildFacts()) },
    plugins: [shakeClientLibrary],
    metafile: true,
    logLevel: 'warning',
  });
  const programs = { slipway: 'node', 'slipway-controller': ['-S node', ...controllerNodeFlags].join(' ') };
  for (const [program, interpreter] of Object.entries(programs)) {
    const path = `${dist}/${program}.js`;
    writeFileSync(path, launcher(program, interpreter));
    chmodSync(path, 0o755);
  }
  const size = Object.values(result.metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
  const start = statSync(`${dist}/slipway-main.js`).size;
  console.log(`dist: ${Math.round(size / 1024)} KiB in all, slipway starts with ${Math.round(start / 1024)} KiB`);
}

if (import.meta.main) await bundle(`${root}dist`);
