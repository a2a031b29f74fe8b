// `list rollouts`, `list experiments`, once or with -w (spec/cli.md §7).

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Experiment, Rollout } from '../../controller/api/types.generated.ts';
import { listAll } from '../../controller/kubernetes/list.ts';
import { collectionPath, objectKey, type Resource } from '../../controller/kubernetes/resource.ts';
import type { Call, Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import type { FlagSpec } from '../flags.ts';
import { experiments, rollouts } from '../resources.ts';
import { followRows } from '../row-watch.ts';
import { experimentListCells, formatExperimentList } from '../view/experiment-list.ts';
import { formatRolloutList, rolloutListCells } from '../view/rollout-list.ts';

const allNamespacesFlag: FlagSpec = {
  name: 'all-namespaces',
  short: 'A',
  type: 'bool',
  usage: 'List the objects of all namespaces',
};
const selectorFlag: FlagSpec = {
  name: 'selector',
  short: 'l',
  type: 'string',
  usage: 'Only objects with these labels (a=b,c in (d,e))',
};
const watchFlag: FlagSpec = {
  name: 'watch',
  short: 'w',
  type: 'bool',
  usage: 'Watch for changes and print what changed',
};

const rolloutsCommand: Command = {
  name: 'rollouts',
  aliases: ['ro', 'rollout'],
  short: 'List rollouts',
  examples: [
    '# List rollouts',
    'kubectl argo rollouts list rollouts',
    '',
    '# List rollouts from all namespaces',
    'kubectl argo rollouts list rollouts --all-namespaces',
    '',
    '# List rollouts and watch for changes',
    'kubectl argo rollouts list rollouts --watch',
  ],
  flags: [
    { name: 'name', type: 'string', usage: 'Only the rollout with this name' },
    { name: 'timestamps', type: 'bool', usage: 'Print the time of each row' },
    allNamespacesFlag,
    selectorFlag,
    watchFlag,
  ],
  run: (call) => {
    const options = {
      namespaces: call.flags.boolean('all-namespaces'),
      timestamps: call.flags.boolean('timestamps'),
    };
    return list<Rollout>(call, {
      resource: rollouts,
      cellsOf: (rollout) => rolloutListCells(rollout, options),
      format: (items, now, header) =>
        formatRolloutList(
          items.map((rollout) => rolloutListCells(rollout, options)),
          now,
          options,
          header,
        ),
    });
  },
};

const experimentsCommand: Command = {
  name: 'experiments',
  aliases: ['exp', 'experiment'],
  short: 'List experiments',
  examples: [
    '# List experiments',
    'kubectl argo rollouts list experiments',
    '',
    '# List experiments from all namespaces',
    'kubectl argo rollouts list experiments --all-namespaces',
    '',
    '# List experiments and watch for changes',
    'kubectl argo rollouts list experiments --watch',
  ],
  flags: [allNamespacesFlag, selectorFlag, watchFlag],
  run: (call) => {
    const options = { namespaces: call.flags.boolean('all-namespaces') };
    return list<Experiment>(call, {
      resource: experiments,
      cellsOf: (experiment) => experimentListCells(experiment, options),
      format: (items, now, header) => formatExperimentList(items, now, options, header),
    });
  },
};

export const listCommand: Command = {
  name: 'list',
  short: 'List rollouts or experiments',
  argumentWords: '<rollout|experiment>',
  subcommands: [experimentsCommand, rolloutsCommand],
  examples: [
    '# List rollouts',
    'kubectl argo rollouts list rollouts',
    '',
    '# List experiments',
    'kubectl argo rollouts list experiments',
  ],
};

interface Listing<T> {
  readonly resource: Resource;
  /** The values whose change makes a new row in a watch. */
  readonly cellsOf: (object: T) => readonly string[];
  readonly format: (items: readonly T[], now: number, header: boolean) => string;
}

async function list<T extends KubernetesObject>(
  call: Call,
  { resource, cellsOf, format }: Listing<T>,
): Promise<number> {
  const { args, flags, io, connect } = call;
  if (args.length > 0) throw new UsageError();
  const cluster = await connect();
  const name = flags.text('name');
  const labelSelector = flags.text('selector');
  const query = {
    ...(name === '' ? {} : { fieldSelector: `metadata.name=${name}` }),
    ...(labelSelector === '' ? {} : { labelSelector }),
  };
  const allNamespaces = flags.boolean('all-namespaces');
  const path = collectionPath(resource, allNamespaces ? undefined : cluster.namespace);
  const found = await listAll<T>(cluster.transport, path, query);
  const isWatching = flags.boolean('watch');
  if (found.length > 0 || isWatching) io.stdout.write(format(found, io.clock.now(), true));
  else io.stderr.write('No resources found.\n');
  if (!isWatching) return 0;
  const keyOf = ({ metadata }: T): string => objectKey(metadata.namespace, metadata.name ?? '');
  await followRows<T>({
    cluster,
    io,
    resource,
    follow: { ...query, allNamespaces },
    printed: new Map(found.map((object) => [keyOf(object), JSON.stringify(cellsOf(object))])),
    rowOf: (object) => JSON.stringify(cellsOf(object)),
    print: (objects) => io.stdout.write(format(objects, io.clock.now(), false)),
  });
  return 0;
}
