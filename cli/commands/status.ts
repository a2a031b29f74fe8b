// `status ROLLOUT_NAME [--watch=false] [--timeout D]` (spec/cli.md §§3.15, 14.2).

import { shownPhaseOf } from '../../controller/api/phase.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { type Cluster, getObject } from '../cluster.ts';
import type { Call, Command } from '../command.ts';
import { CliError, detailedExitCode, singularNotFound, UsageError } from '../errors.ts';
import { follow, problemTeller } from '../follow.ts';
import { bareName, rollouts } from '../resources.ts';

export const statusCommand: Command = {
  name: 'status',
  short: 'Show the status of a rollout',
  long: 'Show the status of a rollout and wait until it is healthy or degraded; with --watch=false just show it. Exits with 1 if the rollout is degraded, or not healthy when the time is over.',
  examples: [
    '# Watch the rollout until it succeeds',
    'kubectl argo rollouts status guestbook',
    '',
    '# Show the rollout status once',
    'kubectl argo rollouts status guestbook --watch=false',
    '',
    '# Watch the rollout until it succeeds, fail if it takes more than 60 seconds',
    'kubectl argo rollouts status guestbook --timeout 60s',
  ],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  flags: [
    { name: 'watch', short: 'w', type: 'bool', usage: 'Watch the status until it is done', default: true },
    {
      name: 'timeout',
      short: 't',
      type: 'duration',
      usage: 'How long to watch before giving up, with a unit (1s, 2m, 3h); 0 means for ever',
      default: '0s',
    },
    { name: 'success-on-pause', type: 'bool', usage: 'A paused rollout ends the watch, with exit code 0' },
    { name: 'ignore-degraded', type: 'bool', usage: 'A degraded rollout does not end the watch' },
    { name: 'fail-on-delete', type: 'bool', usage: 'A deleted rollout ends the watch, with exit code 1' },
  ],
  run: status,
};

async function status(call: Call): Promise<number> {
  const { args, flags, io, connect } = call;
  if (args.length !== 1) throw new UsageError();
  const name = bareName(rollouts, args[0]!);
  const cluster = await connect();
  const rollout = await readRollout(cluster, name);
  if (flags.boolean('watch')) return watchStatus(call, cluster, rollout);
  const { phase, message } = shownPhaseOf(rollout);
  io.stdout.write(phase === 'Healthy' || phase === 'Degraded' ? `${phase}\n` : `${phase} - ${message}\n`);
  if (phase === 'Degraded') throw degraded(message);
  return phase === 'Paused' && call.detailedExitCodes ? detailedExitCode.paused : 0;
}

type End = 'final' | 'over' | 'deleted';

async function watchStatus({ flags, io }: Call, cluster: Cluster, first: Rollout): Promise<number> {
  const name = first.metadata.name ?? '';
  const problems = problemTeller(io);
  let latest = first;
  let line = '';
  const tell = (): boolean => {
    const { phase, message } = shownPhaseOf(latest);
    const next = message === '' ? phase : `${phase} - ${message}`;
    if (next !== line) io.stdout.write(`${next}\n`);
    line = next;
    if (phase === 'Degraded') return !flags.boolean('ignore-degraded');
    return phase === 'Healthy' || (phase === 'Paused' && flags.boolean('success-on-pause'));
  };
  if (!tell()) {
    const end = await new Promise<End>((resolve) => {
      const informer = follow<Rollout>(cluster, io, rollouts, {
        fieldSelector: `metadata.name=${name}`,
        onProblem: problems.tell,
      });
      const timeoutMs = flags.durationMs('timeout');
      const limit = timeoutMs > 0 ? io.clock.schedule(timeoutMs, () => finish('over')) : undefined;
      const interrupt = (): void => finish('over');
      const finish = (how: End): void => {
        limit?.cancel();
        informer.reflector.stop();
        io.signal?.removeEventListener('abort', interrupt);
        resolve(how);
      };
      informer.store.subscribe((_old, current) => {
        problems.forget();
        if (current !== undefined) {
          latest = current;
          if (tell()) finish('final');
        } else if (flags.boolean('fail-on-delete')) finish('deleted');
        else io.stderr.write(`${notFoundText(name)}\n`);
      });
      if (io.signal?.aborted) interrupt();
      else io.signal?.addEventListener('abort', interrupt, { once: true });
    });
    if (end === 'deleted') throw new CliError(notFoundText(name), { detailedCode: detailedExitCode.notFound });
    if (end === 'over') latest = await readRollout(cluster, name, new AbortController().signal);
  }
  const { phase, message } = shownPhaseOf(latest);
  if (phase === 'Degraded') throw degraded(message);
  if (phase === 'Healthy' || (phase === 'Paused' && flags.boolean('success-on-pause'))) return 0;
  throw new CliError('Rollout status watch exceeded timeout', { detailedCode: detailedExitCode.timeout });
}

/** `signal`: of its own where the command's has been aborted already. */
async function readRollout(cluster: Cluster, name: string, signal?: AbortSignal): Promise<Rollout> {
  try {
    return await getObject<Rollout>(cluster, rollouts, name, signal);
  } catch (error) {
    throw singularNotFound(error, 'rollout', name);
  }
}

function notFoundText(name: string): string {
  return `rollout.argoproj.io ${JSON.stringify(name)} not found`;
}

function degraded(message: string): CliError {
  return new CliError(`The rollout is in a degraded state with message: ${message}`, {
    detailedCode: detailedExitCode.degraded,
  });
}
