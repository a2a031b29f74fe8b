// The published bundles, built from the sources as they are now.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../scripts/build.ts';

let folder: string | undefined;

/** Where the bundle of that name is. It goes when this process ends. */
export async function builtProgram(name: string): Promise<string> {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    await bundle(made);
    folder = made;
  }
  return join(folder, name);
}
