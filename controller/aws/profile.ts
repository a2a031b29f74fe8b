// The settings of a profile: `~/.aws/config` and, over it, `~/.aws/credentials`, or the files that the environment
// names. A file that is not there is empty.

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ProviderError } from '../analysis/providers/contract.ts';
import type { AwsTools } from './tools.ts';

/** Keys in lower case, e.g. `aws_access_key_id`, `role_arn`. */
export type Profile = Readonly<Record<string, string>>;

export async function readProfile(named: string | undefined, environment: AwsTools['environment']): Promise<Profile> {
  const name = named || environment.AWS_PROFILE || 'default';
  const folder = join(environment.HOME ?? homedir(), '.aws');
  const config = await readSection(environment.AWS_CONFIG_FILE || join(folder, 'config'), [name, `profile ${name}`]);
  const shared = await readSection(environment.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'), [name]);
  return { ...config, ...shared };
}

async function readSection(file: string, names: readonly string[]): Promise<Profile> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
    throw new ProviderError(`a file of AWS settings cannot be read (${error.code ?? 'unknown cause'})`);
  });
  const entries: [string, string][] = [];
  let isWanted = false;
  for (const line of text.split('\n').map((line) => line.trim())) {
    const [, section] = /^\[\s*(.+?)\s*\]$/.exec(line) ?? [];
    if (section !== undefined) isWanted = names.includes(section);
    const [, key, value] = /^([^#;=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (isWanted && key !== undefined) entries.push([key.toLowerCase(), value ?? '']);
  }
  return Object.fromEntries(entries);
}
