// No file needs itself by a detour. Those of the planners not even for a type: each question can be read without those that
// read it. All others not when they are loaded: what is half loaded has no values yet.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

type Imports = ReadonlyMap<string, readonly string[]>;

function sourcesOf(pattern: string): string[] {
  return globSync(pattern, { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
}

/** What each file imports of the project; `isWanted` judges what stands between `import` and `from`. */
function importsOf(files: readonly string[], isWanted: (names: string) => boolean): Imports {
  return new Map(
    files.map((file) => {
      const statements = readFileSync(root + file, 'utf8').matchAll(/^(?:import|export)\s([^;']*?)from '(\.[^']+)'/gm);
      const paths = [...statements].filter(([, names = '']) => isWanted(names)).map(([, , path = '']) => path);
      return [file, paths.map((path) => join(dirname(file), path))];
    }),
  );
}

/** Types alone are gone before anything is loaded. */
function isLoaded(names: string): boolean {
  if (names.startsWith('type ')) return false;
  const inner = /\{([^}]*)\}/.exec(names)?.[1];
  return inner === undefined || inner.split(',').some((name) => name.trim() !== '' && !name.trim().startsWith('type '));
}

function circlesIn(imports: Imports): string[] {
  return [...imports.keys()].flatMap((file) => circleOf(file, imports)?.join(' → ') ?? []);
}

/** The way from `file` back to itself, if there is one. */
function circleOf(file: string, imports: Imports): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [file];
  for (const at of queue) {
    for (const next of imports.get(at) ?? []) {
      if (next === file) return [...wayTo(at, cameFrom), file];
      if (cameFrom.has(next) || !imports.has(next)) continue;
      cameFrom.set(next, at);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(file: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const before = cameFrom.get(file);
  return before === undefined ? [file] : [...wayTo(before, cameFrom), file];
}

test('no planner imports itself by a detour', () => {
  const files = sourcesOf('controller/{rollout,traffic,explain,analysis,experiment}/**/*.ts');
  assert.ok(files.length > 150, `only ${files.length} files were read`);
  const imports = importsOf(files, () => true);
  assert.ok(imports.get('controller/rollout/plan.ts')?.includes('controller/rollout/plan/canary.ts'));
  assert.deepEqual(circlesIn(imports), []);
});

test('no file is loaded by what it loads', () => {
  const files = sourcesOf('{controller,cli,sandbox,scripts,test}/**/*.ts');
  assert.ok(files.length > 600, `only ${files.length} files were read`);
  const imports = importsOf(files, isLoaded);
  assert.ok(imports.get('sandbox/cluster.ts')?.includes('sandbox/node/node.ts'));
  assert.deepEqual(circlesIn(imports), []);
});

test('types alone load nothing', () => {
  assert.ok(!isLoaded('type { A } '));
  assert.ok(!isLoaded('{ type A, type B } '));
  assert.ok(isLoaded('{ type A, b } '));
  assert.ok(isLoaded('* as a '));
});
