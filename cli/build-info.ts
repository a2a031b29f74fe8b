// Which Slipway this is. The bundler puts the facts of the build in place of SLIPWAY_BUILD; from the sources only the
// version of package.json is known.

import { readFileSync } from 'node:fs';

export interface BuildInfo {
  /** Without a leading `v`. */
  readonly version: string;
  /** Full hash, empty if unknown. */
  readonly commit: string;
  readonly treeState: 'clean' | 'dirty' | 'unknown';
  /** RFC 3339, empty if unknown. */
  readonly date: string;
  /** Whether the commit is the one tagged with the version. */
  readonly tagged: boolean;
}

declare const SLIPWAY_BUILD: BuildInfo | undefined;

export function buildInfo(): BuildInfo {
  if (typeof SLIPWAY_BUILD !== 'undefined') return SLIPWAY_BUILD;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return { version, commit: '', treeState: 'unknown', date: '', tagged: false };
}

/** `v1.2.3`, `v1.2.3+abcdef1`, `v1.2.3+abcdef1.dirty`, `v1.2.3+unknown` (spec/cli.md §3.18). */
export function versionText({ version, commit, treeState, tagged }: BuildInfo): string {
  if (commit === '') return `v${version}+unknown`;
  if (tagged && treeState === 'clean') return `v${version}`;
  return `v${version}+${commit.slice(0, 7)}${treeState === 'dirty' ? '.dirty' : ''}`;
}
