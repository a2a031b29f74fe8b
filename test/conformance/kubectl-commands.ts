// What a person types at a cluster in an hour of ordinary work (issue list: apply, create, get, describe, explain, edit,
// patch, label, scale, rollout, wait, delete, logs, auth, …), in order, with what must be seen. The end-to-end test
// gives them to the real kubectl; the requests that this makes are recorded (record-kubectl.ts), and answered again
// without kubectl.

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

const deployment = (image: string, more = ''): string => `
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

const service = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
`;

const configMap = (data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {${data}}
`;

const blue = 'argoproj/rollouts-demo:blue';
const yellow = 'argoproj/rollouts-demo:yellow';

export const kubectlCommands: readonly KubectlCommand[] = [
  // The cluster itself.
  { args: 'version', expect: /Server Version: v1\.3\d/ },
  { args: 'cluster-info', expect: /Kubernetes control plane.* is running at/ },
  { args: 'config current-context', expect: /\S/ },
  { args: 'config view --minify', expect: /server: https:/ },
  { args: 'api-resources', expect: /rollouts\s+ro\s+argoproj\.io\/v1alpha1\s+true\s+Rollout/ },
  { args: 'api-resources --api-group=apps -o name', expect: /deployments\.apps\n/ },
  { args: 'api-versions', expect: /^argoproj\.io\/v1alpha1$/m },
  { args: 'get namespaces', expect: /default\s+Active/ },
  { args: 'get nodes -o wide', expect: /Ready/ },
  { args: 'get --raw /healthz', expect: /ok/ },
  { args: 'explain deployment.spec.strategy', expect: /FIELDS:[\s\S]*rollingUpdate/ },
  { args: 'explain rollout.spec.strategy.canary.steps', expect: /setWeight/ },
  { args: 'explain pods --recursive', expect: /terminationGracePeriodSeconds/ },
  // Create: typed commands send protobuf.
  { args: 'create namespace team', expect: /namespace\/team created/ },
  { args: 'create configmap cm --from-literal=a=b', expect: /configmap\/cm created/ },
  { args: 'create secret generic se --from-literal=user=me', expect: /secret\/se created/ },
  {
    args: 'create secret docker-registry dr --docker-server=x --docker-username=u --docker-password=p',
    expect: /created/,
  },
  { args: 'create serviceaccount robot', expect: /serviceaccount\/robot created/ },
  { args: 'create token robot', expect: /^ey\S+$/ },
  { args: 'create role reader --verb=get,list --resource=pods,deployments.apps', expect: /created/ },
  { args: 'create rolebinding reader --role=reader --serviceaccount=default:robot --user=jane', expect: /created/ },
  { args: 'create clusterrole nodes --verb=get --resource=nodes', expect: /created/ },
  { args: 'create clusterrole all-view --aggregation-rule=rbac.example.com/view=true', expect: /created/ },
  { args: 'create clusterrolebinding nodes --clusterrole=nodes --group=ops', expect: /created/ },
  { args: 'create quota limits --hard=configmaps=100', expect: /resourcequota\/limits created/ },
  {
    args: `create deployment other --image=${blue} --replicas=1 --port=8080`,
    expect: /deployment\.apps\/other created/,
  },
  { args: 'create job once --image=busybox -- sleep 1', expect: /job\.batch\/once created/ },
  {
    args: 'create cronjob nightly --image=busybox --schedule=0#0#*#*#* -- sleep 1',
    expect: /cronjob\.batch\/nightly created/,
  },
  { args: 'create job now --from=cronjob/nightly', expect: /job\.batch\/now created/, once: true },
  { args: 'create service clusterip cip --tcp=80:8080', expect: /service\/cip created/ },
  { args: 'create service nodeport np --tcp=80:8080', expect: /service\/np created/ },
  { args: 'create service externalname en --external-name=example.com', expect: /service\/en created/ },
  { args: 'create ingress ing --rule=a.example.com/*=cip:80', expect: /ingress\.networking\.k8s\.io\/ing created/ },
  { args: 'create poddisruptionbudget pdb --selector=app=web --min-available=1', expect: /created/ },
  { args: 'autoscale deployment other --min=1 --max=3', expect: /autoscaled/ },
  { args: 'create configmap cm --from-literal=a=b', fails: true, expect: /configmaps "cm" already exists/ },
  { args: 'create -f - --dry-run=server', input: service, expect: /service\/web created \(server dry run\)/ },
  {
    args: 'create -f -',
    input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nstray: 1\n',
    fails: true,
    expect: /unknown field "stray"/,
  },
  // Apply, from the client and from the server.
  {
    args: 'apply -f -',
    input: `${deployment(blue)}---${service}`,
    expect: /deployment\.apps\/web created\nservice\/web created/,
  },
  {
    args: 'apply -f -',
    input: `${deployment(blue)}---${service}`,
    expect: /deployment\.apps\/web unchanged\nservice\/web unchanged/,
  },
  { args: 'rollout status deployment/web --timeout=20s', expect: /successfully rolled out/, once: true },
  { args: 'diff -f -', once: true, input: deployment(yellow), fails: true, expect: /^\+\s+- image: .*yellow/m },
  { args: 'apply -f -', input: deployment(yellow), expect: /deployment\.apps\/web configured/ },
  {
    args: 'apply --server-side -f -',
    input: configMap('colour: blue'),
    expect: /configmap\/settings serverside-applied/,
  },
  {
    args: 'apply --server-side --field-manager=other -f -',
    input: configMap('colour: red'),
    fails: true,
    expect: /conflict with "kubectl": \.data\.colour/,
  },
  {
    args: 'apply --server-side --field-manager=other --force-conflicts -f -',
    input: configMap('colour: red'),
    expect: /serverside-applied/,
  },
  { args: 'apply view-last-applied deployment/web', expect: /rollouts-demo:yellow/ },
  { args: 'rollout status deployment/web --timeout=20s', expect: /successfully rolled out/, once: true },
  // Get in every form.
  { args: 'get deployments', expect: /^web\s+2\/2\s+2\s+2/m },
  { args: 'get deployment web -o wide', expect: /CONTAINERS\s+IMAGES[\s\S]*main\s+argoproj\/rollouts-demo:yellow/ },
  { args: 'get deployment web -o yaml', expect: /kind: Deployment/ },
  { args: 'get deployment web -o json', expect: /"kind": "Deployment"/ },
  { args: 'get deployment web -o jsonpath={.spec.replicas}', expect: /^2$/ },
  { args: 'get deployments -o custom-columns=N:.metadata.name,R:.spec.replicas', expect: /web\s+2/ },
  { args: 'get deployments -o name', expect: /deployment\.apps\/web/ },
  { args: 'get pods -l app=web --show-labels', expect: /app=web/ },
  { args: 'get pods -l app!=web,app', expect: /other-/ },
  { args: 'get pods --field-selector=status.phase=Running', expect: /Running/ },
  { args: 'get pods --sort-by=.metadata.name', expect: /web-/ },
  { args: 'get pods -A', expect: /NAMESPACE/ },
  { args: 'get all', expect: /replicaset\.apps\/web-/ },
  { args: 'get deployment web --subresource=status', expect: /web\s+2/ },
  { args: 'get deployments --chunk-size=1', expect: /other[\s\S]*web/ },
  { args: 'get deployment nobody', fails: true, expect: /deployments\.apps "nobody" not found/ },
  { args: 'get deployment nobody --ignore-not-found' },
  { args: 'get widgets', fails: true, expect: /the server doesn't have a resource type "widgets"/ },
  { args: 'get deployments -w --request-timeout=2s', expect: /web\s+2\/2/, once: true },
  { args: 'describe deployment web', expect: /Replicas:\s+2 desired \| 2 updated \| 2 total \| 2 available/ },
  { args: 'describe service web', expect: /Endpoints:\s+10\./ },
  { args: 'describe pods -l app=web', expect: /Status:\s+Running/, once: true },
  { args: 'describe node', expect: /Non-terminated Pods/, once: true },
  { args: 'events', expect: /ScalingReplicaSet/ },
  // Change.
  { args: 'label deployment web tier=front', expect: /labeled/ },
  { args: 'label deployment web tier=back', fails: true, expect: /already has a value/ },
  { args: 'annotate deployment web note=hello', expect: /annotated/ },
  {
    args: 'patch deployment web -p {"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"A","value":"b"}]}]}}}}',
    expect: /patched/,
  },
  { args: 'patch deployment web --type=merge -p {"spec":{"revisionHistoryLimit":3}}', expect: /patched/ },
  {
    args: 'patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":3}]',
    expect: /patched/,
  },
  { args: 'patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":2}}', expect: /patched/ },
  {
    args: 'patch deployment web -p {"spec":{"replicas":-1}}',
    fails: true,
    expect: /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
  },
  { args: 'scale deployment web --replicas=3', expect: /scaled/ },
  { args: 'set image deployment/web main=argoproj/rollouts-demo:green', expect: /image updated/ },
  { args: 'set env deployment/web B=c', expect: /env updated/ },
  { args: 'set resources deployment/web --limits=cpu=100m', expect: /resource requirements updated/ },
  { args: 'edit configmap cm', env: { KUBE_EDITOR: "perl -pi -e 's/a: b/a: c/'" }, expect: /configmap\/cm edited/ },
  { args: 'get configmap cm -o jsonpath={.data.a}', expect: /^c$/ },
  { args: 'edit configmap cm', env: { KUBE_EDITOR: 'true' }, expect: /Edit cancelled, no changes made/ },
  { args: 'replace -f -', once: true, input: configMap('colour: green'), expect: /configmap\/settings replaced/ },
  { args: 'rollout restart deployment/web', expect: /restarted/ },
  { args: 'rollout status deployment/web --timeout=20s', expect: /successfully rolled out/, once: true },
  { args: 'rollout history deployment/web', expect: /REVISION/ },
  { args: 'rollout pause deployment/web', expect: /paused/ },
  { args: 'rollout resume deployment/web', expect: /resumed/ },
  { args: 'rollout undo deployment/web', expect: /rolled back/, once: true },
  { args: 'expose deployment web --port=80 --name=exposed', expect: /service\/exposed exposed/ },
  // Pods.
  { args: `run solo --image=${blue}`, expect: /pod\/solo created/ },
  { args: 'wait --for=condition=Ready pod/solo --timeout=10s', expect: /condition met/ },
  { args: 'wait --for=jsonpath={.status.phase}=Running pod/solo --timeout=10s', expect: /condition met/ },
  { args: 'logs solo', expect: /serving blue/ },
  { args: 'logs solo --tail=1 --timestamps', expect: /^\d{4}-\S+Z / },
  { args: 'logs deployment/other', expect: /serving blue/, once: true },
  {
    args: 'exec solo -- ls',
    fails: true,
    expect: /^Error from server \(NotImplemented\): kubectl exec and cp are not supported by the sandbox[^\n]*\n$/,
  },
  { args: 'attach solo', fails: true, expect: /not supported by the sandbox/ },
  {
    args: 'port-forward solo 8080',
    fails: true,
    expect: /^error: [^\n]*port-forward is not supported by the sandbox[^\n]*\n$/,
  },
  { args: 'cp solo:/etc/hosts hosts', fails: true, expect: /not supported by the sandbox/ },
  { args: 'wait --for=condition=Complete job/once --timeout=20s', expect: /condition met/ },
  // Rights.
  { args: 'auth can-i create pods', expect: /^yes/ },
  { args: 'auth can-i --list', expect: /\*\.\*/ },
  { args: 'auth whoami', expect: /Username\s+admin/ },
  { args: 'auth whoami --as=jane --as-group=devs', expect: /Username\s+jane[\s\S]*devs/ },
  {
    args: 'auth reconcile -f -',
    once: true,
    input:
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader, namespace: default}\nrules: [{apiGroups: [""], resources: [pods], verbs: [watch]}]\n',
    expect: /reconciled/,
  },
  // The node, and the end.
  { args: 'cordon sandbox-node', expect: /cordoned/ },
  { args: 'uncordon sandbox-node', expect: /uncordoned/ },
  { args: 'taint nodes sandbox-node k=v:NoSchedule', expect: /tainted/ },
  { args: 'taint nodes sandbox-node k-', expect: /untainted/ },
  { args: 'drain sandbox-node --force --ignore-daemonsets --timeout=60s', expect: /drained/, once: true },
  { args: 'uncordon sandbox-node', expect: /uncordoned/ },
  { args: 'delete deployment other --cascade=orphan', expect: /deployment\.apps "other" deleted/ },
  { args: 'get replicasets -l app=other', expect: /other-/ },
  { args: 'delete deployment web --cascade=foreground --timeout=60s', expect: /deployment\.apps "web" deleted/ },
  { args: 'delete job once --cascade=background', expect: /job\.batch "once" deleted/ },
  { args: 'delete configmap,secret -l no=such', expect: /No resources found/ },
  { args: 'delete -f - --ignore-not-found', input: service, expect: /service "web" deleted/ },
  { args: 'delete ingress --all', expect: /"ing" deleted/ },
  { args: 'delete namespace team --timeout=60s', expect: /namespace "team" deleted/ },
];

/** Words of a command line; `#` stands for a space within one. */
export function wordsOf({ args }: KubectlCommand): string[] {
  return args.split(' ').map((word) => word.replaceAll('#', ' '));
}
