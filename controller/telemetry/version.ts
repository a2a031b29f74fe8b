// Which program this is, for --version, the log, metrics and the API server.

import packageJson from '../../package.json' with { type: 'json' };

export const version = `v${packageJson.version}`;

/** Set by the build. */
export const commit: string = process.env.SLIPWAY_COMMIT ?? '';

/** The API server takes the part before the slash for the field manager (operations.md §15.2, T7). */
export const userAgent = `rollouts-controller/${version}`;

export function versionText(): string {
  const platform = `${process.platform}/${process.arch}`;
  return `slipway-controller: ${version}\n  NodeVersion: ${process.version}\n  Platform: ${platform}\n`;
}
