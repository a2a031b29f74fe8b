// The kubeconfig of a running sandbox: where it is, whom to trust, the token. Readable by its owner alone, replaced in
// one step, and never `~/.kube/config` (spec/sandbox.md, "Being a server on somebody's machine").

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface KubeconfigFields {
  /** E.g. `https://127.0.0.1:34567`. */
  readonly server: string;
  /** PEM; absent over plain HTTP. */
  readonly ca?: string;
  readonly token: string;
  /** Default `slipway-sandbox`. */
  readonly name?: string;
  /** Default `default`. */
  readonly namespace?: string;
}

/** JSON is YAML: every client reads it. */
export function makeKubeconfig({
  server,
  ca,
  token,
  name = 'slipway-sandbox',
  namespace = 'default',
}: KubeconfigFields): string {
  const cluster = {
    server,
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    users: [{ name, user: { token } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

export function writeKubeconfig(path: string, fields: KubeconfigFields): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, makeKubeconfig(fields), { mode: 0o600 });
  renameSync(fresh, path);
}
