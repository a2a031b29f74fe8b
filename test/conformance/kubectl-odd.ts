// Between both halves: folders and kustomizations, every kind described, and what people write wrongly.

import { configMap, type KubectlCommand } from './kubectl-command.ts';

const metadata = 'metadata: {name: odd}';
const pod = (more: string): string =>
  `apiVersion: v1\nkind: Pod\n${metadata}\nspec: {containers: [{name: main, image: nginx${more}}]}\n`;

const workload = (kind: string): string => `
apiVersion: apps/v1
kind: ${kind}
${metadata}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: nginx}]}}
`;

const storage = `
apiVersion: v1
kind: PersistentVolume
${metadata}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}}
---
apiVersion: v1
kind: PersistentVolumeClaim
${metadata}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;

const others = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
${metadata}
spec: {podSelector: {}}
---
apiVersion: v1
kind: LimitRange
${metadata}
spec: {limits: [{type: Container, max: {cpu: "2"}}]}
`;

export const foldersAndOddities: readonly KubectlCommand[] = [
  // Folders and kustomizations.
  { args: 'apply -f FIXTURES/app/list.json', expect: /configmap\/shop created\nsecret\/shop created/ },
  { args: 'apply -k FIXTURES/overlay', expect: /deployment\.apps\/test-shop created/ },
  { args: 'diff -k FIXTURES/overlay', expect: /^$/, once: true },
  {
    args: 'apply -k FIXTURES/overlay --dry-run=server',
    expect: /deployment\.apps\/test-shop unchanged \(server dry run\)/,
  },
  { args: 'apply -k FIXTURES/overlay --dry-run=client', expect: /deployment\.apps\/test-shop configured \(dry run\)/ },
  { args: 'rollout status deployment/test-shop --timeout=20s', expect: /successfully rolled out/, once: true },
  {
    args: 'get deployment test-shop -o jsonpath={..configMapRef.name}',
    expect: /^test-shop-/,
  },
  { args: 'set serviceaccount deployment test-shop default', expect: /serviceaccount updated/ },
  { args: 'rollout history deployment/test-shop --revision=2', expect: /Service Account:\s+default/, once: true },
  { args: 'rollout undo deployment/test-shop --to-revision=1', expect: /rolled back/, once: true },
  {
    args: 'rollout undo deployment/test-shop --to-revision=77',
    fails: true,
    expect: /unable to find specified revision 77/,
    once: true,
  },
  { args: 'delete -k FIXTURES/overlay', expect: /"test-shop" deleted/, once: true },
  { args: 'wait --for=delete deployment/test-shop --timeout=20s', once: true },
  {
    args: 'replace --force -f -',
    once: true,
    input: configMap('colour: grey'),
    expect: /settings" deleted[\s\S]*replaced/,
  },
  // What a server says of what people write.
  {
    args: 'apply --server-side -f -',
    input: `apiVersion: v1\nkind: ConfigMap\n${metadata}\nstray: 1\n`,
    fails: true,
    expect:
      /^Error from server: failed to create typed patch object \(default\/odd; \/v1, Kind=ConfigMap\): \.stray: field not declared in schema\n$/,
  },
  {
    args: 'apply --server-side -f -',
    input: pod(', env: [{name: A, value: 1}]'),
    fails: true,
    expect:
      /\.spec\.containers\[name="main"\]\.env\[name="A"\]\.value: expected string, got &value\.valueUnstructured\{Value:1\}/,
  },
  {
    args: 'apply --server-side -f -',
    input: `apiVersion: v1\nkind: Secret\n${metadata}\nstringData: {k: v}\n`,
    expect: /serverside-applied/,
  },
  { args: 'get secret odd -o jsonpath={.data.k}', expect: /^dg==$/ },
  {
    args: 'create -f -',
    input: pod(', env: [{name: A, value: 1}]'),
    fails: true,
    expect: /cannot unmarshal number into Go struct field EnvVar\.spec\.containers\.env\.value/,
  },
  {
    args: 'create -f -',
    input: pod(', volumeMounts: [{name: v, mountPath: /v}]'),
    fails: true,
    expect: /spec\.containers\[0\]\.volumeMounts\[0\]\.name: Not found: "v"/,
  },
  {
    args: 'create -f -',
    input: pod(', resources: {limits: {cpu: some}}'),
    fails: true,
    expect: /quantities must match the regular expression/,
  },
  {
    args: 'patch deployment web --type=merge -p {"spec":{"strategy":{"type":"Recreate"}}}',
    fails: true,
    expect: /spec\.strategy\.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'/,
  },
  {
    args: 'patch deployment web --type=json -p [{"op":"remove","path":"/spec/nothing"}]',
    fails: true,
    expect: /The request is invalid: the server rejected our request/,
  },
  {
    args: 'create cronjob odd --image=busybox --schedule=nope',
    fails: true,
    expect: /expected exactly 5 fields, found 1: \[nope\]/,
  },
  {
    args: 'create quota odd --hard=gold=1',
    fails: true,
    expect: /spec\.hard\[gold\]: Invalid value: "gold": must be a standard resource for quotas/,
  },
  {
    args: 'create secret generic odd2 --type=kubernetes.io/basic-auth',
    fails: true,
    expect: /data\[username\]: Required value, data\[password\]: Required value/,
  },
  { args: 'create configmap Ünï', fails: true, expect: /Invalid value: "Ünï": a lowercase RFC 1123 subdomain/ },
  { args: 'create namespace Team', fails: true, expect: /Invalid value: "Team": a lowercase RFC 1123 label/ },
  {
    args: 'label configmap settings a#b=c',
    fails: true,
    expect: /metadata\.labels: Invalid value: "a b": name part must consist of/,
  },
  {
    args: 'get --raw /api/v1/namespaces?limit=some',
    fails: true,
    expect: /strconv\.ParseInt: parsing "some": invalid syntax/,
  },
  { args: 'auth can-i list pods --as=system:serviceaccount:default:robot', expect: /^yes/ },
  { args: '--token=nobody get pods', fails: true, expect: /You must be logged in to the server/, once: true },
  // Kinds that few people make, and their descriptions.
  { args: 'apply -f -', input: workload('StatefulSet'), expect: /^statefulset\.apps\/odd created\n$/ },
  {
    args: 'rollout status statefulset/odd --timeout=20s',
    expect: /partitioned roll out complete: 1 new pods have been updated/,
    once: true,
  },
  { args: 'rollout restart statefulset/odd', expect: /restarted/ },
  {
    args: 'rollout status statefulset/odd --timeout=20s',
    expect: /partitioned roll out complete: 1 new pods have been updated/,
    once: true,
  },
  { args: 'rollout history statefulset/odd', expect: /REVISION[\s\S]*\n1 [\s\S]*\n2 /, once: true },
  { args: 'rollout undo statefulset/odd', expect: /rolled back/, once: true },
  { args: 'describe statefulset odd', expect: /Replicas:\s+1 desired \| 1 total/ },
  {
    args: 'patch statefulset odd -p {"spec":{"serviceName":"other"}}',
    fails: true,
    expect: /updates to statefulset spec for fields other than 'replicas'/,
  },
  { args: 'apply -f -', input: workload('DaemonSet'), expect: /^daemonset\.apps\/odd created\n$/ },
  { args: 'rollout status daemonset/odd --timeout=20s', expect: /successfully rolled out/, once: true },
  { args: 'get daemonset odd', expect: /odd\s+2\s+2\s+2\s+2\s+2\s+<none>/, once: true },
  { args: 'describe daemonset odd', expect: /Desired Number of Nodes Scheduled: 2/ },
  { args: 'describe cronjob nightly', expect: /Schedule:\s+0 0 \* \* \*/ },
  { args: 'apply -f -', input: storage, expect: /persistentvolume\/odd created\npersistentvolumeclaim\/odd created/ },
  {
    args: 'get persistentvolume,persistentvolumeclaim',
    expect: /1Gi\s+RWO\s+Retain\s+Available[\s\S]*persistentvolumeclaim\/odd\s+Pending/,
  },
  { args: 'describe persistentvolumeclaim odd', expect: /Status:\s+Pending/ },
  {
    args: 'apply -f -',
    input: others,
    expect: /networkpolicy\.networking\.k8s\.io\/odd created\nlimitrange\/odd created/,
  },
  { args: 'describe networkpolicy odd', expect: /PodSelector:\s+<none>/ },
  { args: 'describe limitrange odd', expect: /Container\s+cpu\s+-\s+2/ },
  { args: 'describe namespace default', expect: /Status:\s+Active[\s\S]*Resource Limits/, once: true },
  { args: 'describe crd rollouts.argoproj.io', expect: /Accepted Names/ },
  { args: 'get endpoints kubernetes', expect: /kubernetes\s+127\.0\.0\.1:\d+/ },
  { args: 'explain node.status.addresses', expect: /a Node's address/ },
  {
    args: 'delete statefulset,daemonset,networkpolicy,limitrange,persistentvolume,persistentvolumeclaim,secret odd',
    expect: /persistentvolumeclaim "odd" deleted/,
  },
];
