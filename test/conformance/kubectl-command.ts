// One command of the list that kubectl is given (kubectl-commands.ts), and the manifests that several of them send.

import { fileURLToPath } from 'node:url';

export interface KubectlCommand {
  readonly args: string;
  readonly input?: string;
  /** Printed to stdout and stderr together. */
  readonly expect?: RegExp;
  /** Of a command that must fail. */
  readonly fails?: true;
  readonly env?: Readonly<Record<string, string>>;
  /** Its requests name what a server makes up (names of pods, versions): they cannot be sent to another one. */
  readonly once?: true;
}

const fixtures = fileURLToPath(new URL('../fixtures/kubectl', import.meta.url));

/** Words of a command line; `#` stands for a space within one, `FIXTURES` for the folder with manifests. */
export function wordsOf({ args }: KubectlCommand): string[] {
  return args.split(' ').map((word) => word.replaceAll('#', ' ').replace('FIXTURES', fixtures));
}

export const deployment = (image: string, more = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: ${image}
        ports: [{containerPort: 8080}]
${more}`;

export const service = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`;

export const configMap = (data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {${data}}
`;

export const blue = 'argoproj/rollouts-demo:blue';
export const yellow = 'argoproj/rollouts-demo:yellow';
