// `set image ROLLOUT_NAME CONTAINER=IMAGE...` (spec/cli.md §3.14).

import type { Container, PodTemplateSpec } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { objectPath } from '../../controller/kubernetes/resource.ts';
import { sleep } from '../../controller/lang/time.ts';
import { type Cluster, getObject, isConflict } from '../cluster.ts';
import type { Call, Command } from '../command.ts';
import { CliError, UsageError } from '../errors.ts';
import { bareName, rollouts } from '../resources.ts';
import { getTemplateHolder, withTemplate } from '../workload.ts';

const imageCommand: Command = {
  name: 'image',
  short: 'Update the image of a rollout',
  long: 'Set the image of one or more containers of a rollout. A quoted * stands for all of them.',
  examples: [
    '# Set rollout image',
    'kubectl argo rollouts set image my-rollout www=image:v2',
    '',
    '# Set the image of every container',
    "kubectl argo rollouts set image my-rollout '*=image:v2'",
  ],
  argumentWords: 'ROLLOUT_NAME CONTAINER=IMAGE',
  completes: 'rollouts',
  run: setImage,
};

export const setCommand: Command = {
  name: 'set',
  short: 'Update various values on resources',
  argumentWords: 'COMMAND',
  subcommands: [imageCommand],
  examples: imageCommand.examples ?? [],
};

interface ImageChange {
  readonly container: string;
  readonly image: string;
}

/** Waits between the attempts to write; a conflict after the last one is the error. */
const retryDelaysMs = [10, 50, 250, 1000];

async function setImage({ args, connect, io }: Call): Promise<number> {
  const [word, ...assignments] = args;
  if (word === undefined || assignments.length === 0 || !assignments.every((text) => text.includes('='))) {
    throw new UsageError();
  }
  const changes = assignments.map(parseChange);
  const name = bareName(rollouts, word);
  const cluster = await connect();
  for (const delayMs of [...retryDelaysMs, undefined]) {
    try {
      io.stdout.write(`${await updateOnce(cluster, name, changes)} image updated\n`);
      return 0;
    } catch (error) {
      if (delayMs === undefined || !isConflict(error)) throw error;
      await sleep(io.clock, delayMs);
    }
  }
  return 1;
}

function parseChange(text: string): ImageChange {
  const equals = text.indexOf('=');
  return { container: text.slice(0, equals), image: text.slice(equals + 1) };
}

/** What was updated, e.g. `rollout "guestbook"`. */
async function updateOnce(cluster: Cluster, name: string, changes: readonly ImageChange[]): Promise<string> {
  const rollout = await getObject<Rollout>(cluster, rollouts, name);
  const holder = await getTemplateHolder(cluster, rollout);
  if (holder === undefined) {
    throw new CliError(`failed to set image: workload of type ${rollout.spec.workloadRef?.kind} is not supported`);
  }
  const template = changes.reduce(withImage, holder.template);
  const { resource, object } = holder;
  const ownName = object.metadata.name ?? name;
  await cluster.transport.request({
    verb: 'PUT',
    path: objectPath(resource, cluster.namespace, ownName),
    body: template === undefined ? object : withTemplate(holder, template),
  });
  return `${resource.kind.toLowerCase()} ${JSON.stringify(ownName)}`;
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

function withImage(template: PodTemplateSpec | undefined, { container, image }: ImageChange): PodTemplateSpec {
  const isMeant = ({ name }: Container) => container === '*' || name === container;
  const spec: { [field: string]: unknown } = { ...template?.spec };
  let found = false;
  for (const list of containerLists) {
    const containers = spec[list] as readonly Container[] | undefined;
    if (!containers?.some(isMeant)) continue;
    found = true;
    spec[list] = containers.map((one) => (isMeant(one) ? { ...one, image } : one));
  }
  if (!found) throw new CliError(`unable to find container named ${JSON.stringify(container)}`);
  return { ...template, spec: spec as unknown as PodTemplateSpec['spec'] };
}
