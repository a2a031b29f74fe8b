// `promote ROLLOUT_NAME [--full]` (spec/cli.md §3.11).

import type { Rollout } from '../../controller/api/types.generated.ts';
import { sleep } from '../../controller/lang/time.ts';
import { type Cluster, getObject, isNotFound, mergePatch } from '../cluster.ts';
import type { Call, Command } from '../command.ts';
import { CliError, UsageError } from '../errors.ts';
import type { FlagValues } from '../flags.ts';
import type { CliIo } from '../io.ts';
import { makePromotePatches, type PromoteMode, type PromotePatches } from '../promote-patches.ts';
import { bareName, rollouts } from '../resources.ts';

export const promoteCommand: Command = {
  name: 'promote',
  short: 'Promote a rollout',
  long: 'Promote a rollout: end its pause, or skip the step it is in. With --full all remaining steps, pauses and analyses are skipped.',
  examples: [
    '# Promote a paused rollout',
    'kubectl argo rollouts promote guestbook',
    '',
    '# Fully promote a rollout to desired state, skipping steps, pauses and analysis',
    'kubectl argo rollouts promote guestbook --full',
  ],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  flags: [
    { name: 'full', type: 'bool', usage: 'Skip the remaining steps, pauses and analysis' },
    {
      name: 'skip-all-steps',
      short: 'a',
      type: 'bool',
      usage: 'Skip all remaining steps',
      deprecated: 'use --full instead',
    },
    {
      name: 'skip-current-step',
      short: 'c',
      type: 'bool',
      usage: 'Skip the current step',
      deprecated: 'use without the flag instead ex: promote ROLLOUT_NAME',
    },
  ],
  run: promote,
};

async function promote({ args, flags, connect, io }: Call): Promise<number> {
  if (args.length !== 1) throw new UsageError();
  const mode = chooseMode(flags);
  const cluster = await connect();
  const name = bareName(rollouts, args[0]!);
  let rollout = await getObject<Rollout>(cluster, rollouts, name);
  if (mode === 'full') rollout = await waitUntilObserved(rollout, cluster, io);
  refuseSkipping(rollout, mode);
  const patches = makePromotePatches(rollout, mode);
  if (patches.status === undefined && patches.spec === undefined) {
    io.stderr.write('note: nothing to promote (already fully promoted)\n');
  }
  await sendPatches(cluster, name, patches);
  io.stdout.write(`rollout '${rollout.metadata.name ?? name}' ${flags.boolean('full') ? 'fully ' : ''}promoted\n`);
  return 0;
}

function chooseMode(flags: FlagValues): PromoteMode {
  const current = flags.boolean('skip-current-step');
  const all = flags.boolean('skip-all-steps');
  if (current && all) {
    throw new CliError('Cannot use skip-current-step and skip-all-steps flags at the same time');
  }
  if (current) return 'skipCurrentStep';
  if (all) return 'skipAllSteps';
  return flags.boolean('full') ? 'full' : 'plain';
}

function refuseSkipping(rollout: Rollout, mode: PromoteMode): void {
  if (mode !== 'skipCurrentStep' && mode !== 'skipAllSteps') return;
  if (rollout.spec.strategy?.blueGreen) {
    throw new CliError('Cannot skip steps of a bluegreen rollout. Run without a flags');
  }
  if (!rollout.spec.strategy?.canary?.steps?.length) {
    throw new CliError('Cannot skip steps of a rollout without steps');
  }
}

async function sendPatches(cluster: Cluster, name: string, patches: PromotePatches): Promise<void> {
  let { spec } = patches;
  if (patches.status !== undefined) {
    try {
      await mergePatch(cluster, rollouts, name, patches.status, 'status');
    } catch (error) {
      if (!isNotFound(error)) throw error;
      spec = patches.unified;
    }
  }
  if (spec !== undefined) await mergePatch(cluster, rollouts, name, spec);
}

const observationLimitMs = 5000;
const observationPollMs = 100;

/**
 * Right after `set image` or `undo` the two hashes still match, and the reference's full promotion does nothing: the
 * decision waits until the controller has seen the spec, 5 s at most; then it is made for what the controller will see.
 */
async function waitUntilObserved(rollout: Rollout, cluster: Cluster, io: CliIo): Promise<Rollout> {
  const limit = io.clock.now() + observationLimitMs;
  let latest = rollout;
  while (!isObserved(latest)) {
    if (io.clock.now() >= limit) return withoutHashes(latest);
    await sleep(io.clock, observationPollMs);
    latest = await getObject<Rollout>(cluster, rollouts, rollout.metadata.name ?? '');
  }
  return latest;
}

function isObserved({ metadata, status }: Rollout): boolean {
  return `${metadata.generation ?? ''}` === (status?.observedGeneration ?? '');
}

/** Hashes that say nothing about the latest spec must not decide that there is nothing to promote. */
function withoutHashes(rollout: Rollout): Rollout {
  return { ...rollout, status: { ...rollout.status, currentPodHash: '', stableRS: 'unobserved' } };
}
