// Which program this is, for --version, the log, metrics and the API server. The bundler puts the facts of the build in
// place of SLIPWAY_BUILD; from the sources only the version of package.json is known.

import { readFileSync } from 'node:fs';

declare const SLIPWAY_BUILD: { readonly version: string; readonly commit: string } | undefined;

const build = typeof SLIPWAY_BUILD === 'undefined' ? { version: sourceVersion(), commit: '' } : SLIPWAY_BUILD;

export const version = `v${build.version}`;
export const { commit } = build;

/** The API server takes the part before the slash for the field manager (operations.md §15.2, T7). */
export const userAgent = `rollouts-controller/${version}`;

export function versionText(): string {
  const platform = `${process.platform}/${process.arch}`;
  const lines = [`slipway-controller: ${version}`, `  NodeVersion: ${process.version}`, `  Platform: ${platform}`];
  return `${lines.join('\n')}\n`;
}

function sourceVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
