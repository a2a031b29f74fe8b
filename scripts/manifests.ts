// The two files that people apply by hand, joined from the parts that kustomize takes one by one (operations.md §3):
// deploy/install.yaml for all namespaces with the CRDs, deploy/namespace-install.yaml for one namespace without them.

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const notice = '# Made from crds/ and deploy/ by "npm run generate". Do not edit.\n';

export function installManifests(): readonly (readonly [path: string, text: string])[] {
  const crds = globSync('crds/*.yaml', { cwd: root })
    .filter((path) => !path.endsWith('kustomization.yaml'))
    .sort();
  const controller = read('deploy/base/controller.yaml');
  return [
    ['deploy/install.yaml', joined([...crds.map(read), controller, read('deploy/cluster/rbac.yaml')])],
    ['deploy/namespace-install.yaml', joined([namespaced(controller), read('deploy/namespaced/rbac.yaml')])],
  ];
}

function read(path: string): string {
  return readFileSync(root + path, 'utf8');
}

function joined(parts: readonly string[]): string {
  return notice + parts.map((part) => `---\n${part}`).join('');
}

/** The same change as the patch of deploy/namespaced/kustomization.yaml. */
function namespaced(controller: string): string {
  const line = '          imagePullPolicy: IfNotPresent\n';
  if (controller.split(line).length !== 2)
    throw new Error('deploy/base/controller.yaml has another shape than expected');
  return controller.replace(line, `${line}          args:\n            - --namespaced\n`);
}
