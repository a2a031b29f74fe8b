// `create analysisrun` (spec/cli.md §3.4): a run made by hand of a template, in the cluster or in a file.

import { instanceIdLabel } from '../../controller/api/constants.ts';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisTemplate, Argument } from '../../controller/api/types.generated.ts';
import { collectionPath } from '../../controller/kubernetes/resource.ts';
import { getObject } from '../cluster.ts';
import type { Call, Command } from '../command.ts';
import { CliError } from '../errors.ts';
import { readObjects } from '../object-file.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates } from '../resources.ts';

export const createAnalysisRunCommand: Command = {
  name: 'analysisrun',
  aliases: ['ar'],
  short: 'Create an AnalysisRun from an AnalysisTemplate or a ClusterAnalysisTemplate',
  long: 'Create an AnalysisRun from an AnalysisTemplate or a ClusterAnalysisTemplate, of the cluster or of a file.',
  examples: [
    '# Create an analysis run from a template of the cluster',
    'kubectl argo rollouts create analysisrun --from my-template',
    '',
    '# Create an analysis run from a template in a file',
    'kubectl argo rollouts create analysisrun --from-file my-template.yaml',
    '',
    '# Give arguments',
    'kubectl argo rollouts create analysisrun --from my-template -a service=my-service -a threshold=0.95',
    '',
    '# From a ClusterAnalysisTemplate',
    'kubectl argo rollouts create analysisrun --global --from my-cluster-template',
  ],
  flags: [
    {
      name: 'argument',
      short: 'a',
      type: 'stringArray',
      usage: 'Argument of the template, NAME=VALUE; may be repeated',
    },
    { name: 'from', type: 'string', usage: 'Name of the template in the cluster' },
    { name: 'from-file', type: 'string', usage: 'File of the template, - for standard input' },
    { name: 'generate-name', type: 'string', usage: 'Beginning of the name; the server makes the rest' },
    { name: 'global', type: 'bool', usage: 'Use a ClusterAnalysisTemplate' },
    { name: 'instance-id', type: 'string', usage: 'Instance ID of the controller that is to carry it out' },
    { name: 'name', type: 'string', usage: 'Name of the run' },
  ],
  run: createAnalysisRun,
};

async function createAnalysisRun(call: Call): Promise<number> {
  const { flags, io, connect } = call;
  if ((flags.text('from') === '') === (flags.text('from-file') === '')) {
    throw new CliError('one of --from or --from-file must be specified');
  }
  const given = flags.list('argument').map(parseArgument);
  const template = await readTemplate(call);
  const { transport, namespace } = await connect();
  const metadata = { ...templateMetadata(template, flags.text('instance-id')), ...runName(call, template), namespace };
  const run = {
    ...template,
    kind: 'AnalysisRun',
    metadata,
    spec: { ...template.spec, args: mergedArguments(template.spec?.args, given) },
  };
  const { body } = await transport.request({ verb: 'POST', path: collectionPath(analysisRuns, namespace), body: run });
  io.stdout.write(`analysisrun.argoproj.io/${(body as KubernetesObject).metadata.name} created\n`);
  return 0;
}

interface GivenArgument {
  readonly name: string;
  readonly value: string;
}

function parseArgument(text: string): GivenArgument {
  const equals = text.indexOf('=');
  if (equals < 0) throw new CliError('arguments must be in the form NAME=VALUE');
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

async function readTemplate({ flags, io, connect }: Call): Promise<AnalysisTemplate> {
  const file = flags.text('from-file');
  if (file === '') {
    const resource = flags.boolean('global') ? clusterAnalysisTemplates : analysisTemplates;
    return getObject<AnalysisTemplate>(await connect(), resource, flags.text('from'));
  }
  // The kind is not looked at: both kinds of templates have the same fields.
  const [template] = await readObjects(io, file, { kind: 'AnalysisTemplate' });
  return template as AnalysisTemplate;
}

/** Both are always sent, perhaps empty. */
function runName({ flags }: Call, { metadata }: AnalysisTemplate): { name: string; generateName: string } {
  const name = flags.text('name');
  const generateName = name !== '' ? '' : flags.text('generate-name') || `${metadata?.name ?? ''}-`;
  if (name === '' && generateName === '-') throw new CliError('name is invalid');
  return { name, generateName };
}

/** Labels and annotations go with it; what belongs to the template's own life does not. */
function templateMetadata({ metadata }: AnalysisTemplate, instanceId: string): KubernetesObject['metadata'] {
  const { labels, annotations } = metadata ?? {};
  return {
    ...(annotations === undefined ? {} : { annotations }),
    // QUIRK: the label takes the place of all others.
    ...(instanceId !== '' ? { labels: { [instanceIdLabel]: instanceId } } : labels === undefined ? {} : { labels }),
  };
}

/** What the template does not declare is dropped, unless it declares nothing at all. */
function mergedArguments(
  declared: readonly Argument[] | undefined,
  given: readonly GivenArgument[],
): readonly Argument[] {
  if (declared === undefined) return given;
  return declared.map((argument) => {
    const value = given.findLast(({ name }) => name === argument.name)?.value;
    // BUG of the reference: it leaves a valueFrom beside the value, which the controller then prefers.
    if (value !== undefined) return { name: argument.name, value };
    if (argument.value !== undefined || argument.valueFrom !== undefined) return argument;
    throw new CliError(`args.${argument.name} was not resolved`);
  });
}
