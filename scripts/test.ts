// `npm test`: every *.test.ts of the project through Node's own runner. Arguments that are not options are path
// fragments which narrow the run (`npm test -- lang/quantity`); options go to `node --test`.

import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith('-'));
const fragments = args.filter((arg) => !arg.startsWith('-'));

const files = globSync('{controller,cli,dashboard,sandbox,scripts,test}/**/*.test.ts', { cwd: root })
  .filter((file) => fragments.length === 0 || fragments.some((fragment) => file.includes(fragment)))
  .toSorted();

if (files.length === 0) {
  console.error(`no test file matches ${fragments.join(', ')}`);
  process.exit(1);
}

const runner = spawn(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=600000', '--test-reporter=spec', ...options, ...files],
  { cwd: root, stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: `${root}/node_modules/.cache/compile` } },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
runner.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
