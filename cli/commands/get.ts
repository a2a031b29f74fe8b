// `get rollout NAME`, `get experiment NAME`, once or with -w (spec/cli.md §§3.6, 11).

import { conditionTypes } from '../../controller/api/constants.ts';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Experiment, Rollout } from '../../controller/api/types.generated.ts';
import type { Resource } from '../../controller/kubernetes/resource.ts';
import type { Cluster } from '../cluster.ts';
import { choosePaint } from '../colour-choice.ts';
import type { Call, Command } from '../command.ts';
import { CliError, detailedExitCode, UsageError } from '../errors.ts';
import type { FlagSpec } from '../flags.ts';
import type { CliIo } from '../io.ts';
import { runLiveView } from '../live-view.ts';
import { bareName, experiments, rollouts } from '../resources.ts';
import { followPicture, type Picture, readExperiment, readRollout } from '../rollout-source.ts';
import { fitToWidth } from '../view/cut.ts';
import { drawExperiment } from '../view/experiment.ts';
import type { NamespaceObjects } from '../view/objects.ts';
import { drawRollout } from '../view/rollout.ts';
import type { TreeOptions } from '../view/tree.ts';
import { getAnalysisRunCommand } from './get-analysis-run.ts';

const viewFlags: readonly FlagSpec[] = [
  { name: 'no-color', type: 'bool', usage: 'Do not colorize output' },
  { name: 'watch', short: 'w', type: 'bool', usage: 'Watch live updates to the resource' },
];

const rolloutCommand: Command = {
  name: 'rollout',
  aliases: ['ro', 'rollouts'],
  short: 'Get details about a rollout',
  long: 'Get details about and visual representation of a rollout: its state, its revisions, their ReplicaSets and pods.',
  examples: [
    '# Get a rollout',
    'kubectl argo rollouts get rollout guestbook',
    '',
    '# Watch a rollouts progress',
    'kubectl argo rollouts get rollout guestbook -w',
    '',
    '# Watch it for 60 seconds at most (see "status --timeout" for a wait that fails)',
    'kubectl argo rollouts get rollout guestbook -w --timeout-seconds 60',
  ],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  flags: [
    ...viewFlags,
    { name: 'limit', type: 'int', usage: 'Show the newest revisions only, so many, and the stable one; 0 shows all' },
    { name: 'timeout-seconds', type: 'int', usage: 'With -w: stop after so many seconds; 0 means never' },
    { name: 'fail-on-timeout', type: 'bool', usage: 'With --timeout-seconds: exit with 1 when the time is over' },
  ],
  run: (call) => get(call, rolloutSubject),
};

const experimentCommand: Command = {
  name: 'experiment',
  aliases: ['exp', 'experiments'],
  short: 'Get details about an experiment',
  long: 'Get details about and visual representation of an experiment.',
  examples: [
    '# Get an experiment',
    'kubectl argo rollouts get experiment my-experiment',
    '',
    '# Watch experiment progress',
    'kubectl argo rollouts get experiment my-experiment -w',
  ],
  argumentWords: 'EXPERIMENT_NAME',
  completes: 'experiments',
  flags: viewFlags,
  run: (call) => get(call, experimentSubject),
};

export const getCommand: Command = {
  name: 'get',
  short: 'Get details about rollouts and experiments',
  argumentWords: '<rollout|experiment> RESOURCE_NAME',
  subcommands: [getAnalysisRunCommand(viewFlags), experimentCommand, rolloutCommand],
  examples: [
    '# Get a rollout',
    'kubectl argo rollouts get rollout guestbook',
    '',
    '# Watch a rollouts progress',
    'kubectl argo rollouts get rollout guestbook -w',
    '',
    '# Get an experiment',
    'kubectl argo rollouts get experiment my-experiment',
  ],
};

interface Subject<T> {
  readonly resource: Resource;
  readonly read: (cluster: Cluster, io: CliIo, name: string) => Promise<Picture<T>>;
  readonly draw: (root: T, objects: NamespaceObjects, options: TreeOptions) => string;
  /** What the picture leaves out; told on stderr. */
  readonly noteOf?: (root: T) => string | undefined;
}

const rolloutSubject: Subject<Rollout> = { resource: rollouts, read: readRollout, draw: drawRollout };
const experimentSubject: Subject<Experiment> = {
  resource: experiments,
  read: readExperiment,
  draw: drawExperiment,
  // An invalid one has neither phase nor message.
  noteOf: ({ status }) => {
    const invalid = status?.conditions?.find(({ type }) => type === conditionTypes.invalidSpec);
    return invalid && `the experiment is invalid: ${invalid.message}`;
  },
};

/** Once, or with `-w` until it is ended. */
export function showRollout(call: Call, cluster: Cluster, name: string): Promise<number> {
  return show(call, cluster, rolloutSubject, name);
}

export function showExperiment(call: Call, cluster: Cluster, name: string): Promise<number> {
  return show(call, cluster, experimentSubject, name);
}

async function get<T extends KubernetesObject>(call: Call, subject: Subject<T>): Promise<number> {
  const { args, connect } = call;
  if (args.length !== 1) throw new UsageError();
  return show(call, await connect(), subject, bareName(subject.resource, args[0]!));
}

async function show<T extends KubernetesObject>(
  { flags, io }: Call,
  cluster: Cluster,
  { resource, read, draw, noteOf }: Subject<T>,
  name: string,
): Promise<number> {
  const paint = choosePaint(flags, io);
  const revisionLimit = flags.number('limit');
  const options = { paint, ...(revisionLimit > 0 ? { revisionLimit } : {}) };
  const picture = await read(cluster, io, name);
  const note = noteOf?.(picture.root);
  if (note !== undefined) io.stderr.write(`note: ${note}\n`);
  if (!flags.boolean('watch')) {
    io.stdout.write(draw(picture.root, picture.objects, { ...options, now: io.clock.now() }));
    return 0;
  }
  const followed = followPicture(cluster, io, resource, picture);
  const ended = await runLiveView({
    io,
    ...(resource === rollouts ? { limitFlag: '--limit' } : {}),
    timeoutMs: flags.number('timeout-seconds') * 1000,
    onChange: (listener) => {
      followed.onChange = listener;
    },
    draw: (now) => {
      const { root, objects } = followed.current();
      const drawCut = (longestName?: number) =>
        draw(root, objects, { ...options, now, ...(longestName === undefined ? {} : { longestName }) });
      return fitToWidth(drawCut, io.terminal?.columns);
    },
  });
  followed.stop();
  if (ended === 'timeout' && flags.boolean('fail-on-timeout')) {
    throw new CliError('watch timed out', { detailedCode: detailedExitCode.timeout });
  }
  return 0;
}
