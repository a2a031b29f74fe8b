// The published bundles, built now where they are missing.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../e2e/cluster.ts';

/** A path below the project. */
export function builtProgram(name: string): string {
  const file = join('dist', name);
  if (!existsSync(join(root, file)))
    spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit' });
  return file;
}
