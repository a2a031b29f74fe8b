// The plugin of test/fixtures/go-plugin as an executable, built once: it needs Go and, the first time, its modules. Where
// these cannot be had, tests that want it are skipped, and say why.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const sources = join(root, 'test/fixtures/go-plugin');

export type BuiltPlugin = { readonly path: string } | { readonly missing: string };

/** Throws when it can be built but does not compile. */
export function buildGoPlugin(): BuiltPlugin {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(sources, file)));
  const folder = join(root, 'node_modules/.cache/go-plugin');
  const path = join(folder, `${process.arch}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return { path };
  const go = ['go', '/usr/local/go/bin/go'].find((name) => spawnSync(name, ['version']).status === 0);
  if (go === undefined) return { missing: 'there is no Go on this machine' };
  // As it is: nothing may change go.mod, and no other version of Go is fetched.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' };
  const run = (args: readonly string[], timeout: number) =>
    spawnSync(go, args, { cwd: sources, env, timeout, encoding: 'utf8' });
  const modules = run(['mod', 'download'], 20_000);
  if (modules.status !== 0)
    return { missing: `Go's modules cannot be had: ${modules.stderr.trim().split('\n').at(-1)}` };
  mkdirSync(folder, { recursive: true });
  const fresh = `${path}.${process.pid}`;
  const built = run(['build', '-ldflags=-s -w', '-o', fresh, '.'], 300_000);
  if (built.status !== 0) throw new Error(`the plugin does not compile: ${built.stderr}`);
  renameSync(fresh, path);
  return { path };
}
