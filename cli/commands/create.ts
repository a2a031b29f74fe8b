// `create -f FILE...` (spec/cli.md §3.3): what files hold is sent as it stands there. `create analysisrun` is a file of
// its own.

import { group } from '../../controller/api/constants.ts';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { collectionPath, type Resource } from '../../controller/kubernetes/resource.ts';
import type { Cluster } from '../cluster.ts';
import type { Call, Command } from '../command.ts';
import { CliError, UsageError } from '../errors.ts';
import { readObjects } from '../object-file.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates, experiments, rollouts } from '../resources.ts';
import { createAnalysisRunCommand } from './create-analysis-run.ts';
import { showExperiment, showRollout } from './get.ts';

export const createCommand: Command = {
  name: 'create',
  short: 'Create a Rollout, Experiment, AnalysisTemplate, ClusterAnalysisTemplate, or AnalysisRun resource',
  long: 'Create a Rollout, Experiment, AnalysisTemplate, ClusterAnalysisTemplate, or AnalysisRun from a file: one object a file.',
  examples: [
    '# Create an experiment and follow it',
    'kubectl argo rollouts create -f my-experiment.yaml -w',
    '',
    '# Create an analysis run from a template of the cluster',
    'kubectl argo rollouts create analysisrun --from my-template',
  ],
  flags: [
    { name: 'all-documents', type: 'bool', usage: 'Create every document of a file, not the first alone' },
    {
      name: 'filename',
      short: 'f',
      type: 'stringArray',
      usage: 'File of the object to create, - for standard input; may be repeated',
    },
    { name: 'no-color', type: 'bool', usage: 'Do not colorize output' },
    { name: 'watch', short: 'w', type: 'bool', usage: 'Follow the created Rollout or Experiment' },
  ],
  subcommands: [createAnalysisRunCommand],
  run: create,
};

async function create(call: Call): Promise<number> {
  const { flags, io, connect } = call;
  const files = flags.list('filename');
  const isWatched = flags.boolean('watch');
  if (files.length === 0) throw new UsageError();
  if (isWatched && files.length > 1) throw new CliError('Cannot watch multiple resources');
  const created: Created[] = [];
  for (const file of files) {
    for (const object of await readObjects(io, file, { all: flags.boolean('all-documents') })) {
      const one = await send(await connect(), object);
      io.stdout.write(`${one.resource.kind.toLowerCase()}.argoproj.io/${one.name} created\n`);
      created.push(one);
    }
  }
  const [last] = created;
  return isWatched && last ? follow(call, last) : 0;
}

interface Created {
  readonly resource: Resource;
  /** Its namespace is that of the object. */
  readonly cluster: Cluster;
  /** The server's, where the object has only the beginning of a name. */
  readonly name: string;
}

const kinds = [experiments, rollouts, analysisTemplates, clusterAnalysisTemplates, analysisRuns];

/** QUIRK: the namespace of the file wins over that of the command line. */
async function send({ transport, namespace: given }: Cluster, object: KubernetesObject): Promise<Created> {
  const resource = resourceOf(object);
  const namespace = object.metadata?.namespace || given;
  const { body } = await transport.request({ verb: 'POST', path: collectionPath(resource, namespace), body: object });
  return { resource, cluster: { transport, namespace }, name: (body as KubernetesObject).metadata.name ?? '' };
}

function resourceOf({ apiVersion = '', kind = '' }: KubernetesObject): Resource {
  const ownGroup = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const resource = ownGroup === group ? kinds.find((known) => known.kind === kind) : undefined;
  if (!resource) throw new CliError(`creates of ${ownGroup}/${kind} unsupported`);
  return resource;
}

/** BUG of the reference (B1): it follows nothing. */
async function follow(call: Call, { resource, cluster, name }: Created): Promise<number> {
  if (resource === rollouts) return showRollout(call, cluster, name);
  if (resource === experiments) return showExperiment(call, cluster, name);
  throw new CliError('Can only watch resources of type Rollout or Experiment');
}
