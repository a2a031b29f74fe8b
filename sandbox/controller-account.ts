// With RBAC the controller runs as it does on any cluster: under its service account, with the rights that deploy/
// ships. Applies these, and asks for a token.

import { readFileSync } from 'node:fs';
import { parseYamlDocuments } from '../controller/lang/yaml.ts';
import type { InMemoryTransport } from './apiserver/types.ts';
import { applyObjects } from './manifests.ts';

const namespace = 'argo-rollouts';
const rightsFile = new URL('../deploy/cluster/rbac.yaml', import.meta.url);
/** Nobody renews it. */
const aYearInSeconds = 365 * 24 * 3600;

export async function makeControllerAccount(transport: InMemoryTransport): Promise<string> {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'argo-rollouts', labels: { 'app.kubernetes.io/part-of': 'argo-rollouts' } },
  };
  const rights = parseYamlDocuments(readFileSync(rightsFile, 'utf8')).map(({ value }) => value);
  await applyObjects(transport, [account, ...rights] as Parameters<typeof applyObjects>[1], namespace);
  const { body } = await transport.request({
    verb: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/argo-rollouts/token`,
    body: { spec: { expirationSeconds: aYearInSeconds } },
  });
  return (body as { status: { token: string } }).status.token;
}
