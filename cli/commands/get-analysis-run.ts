// `get analysisrun NAME`, once or with -w (EXT, spec/cli.md §14.6).

import type { AnalysisRun } from '../../controller/api/types.generated.ts';
import { getObject } from '../cluster.ts';
import { choosePaint } from '../colour-choice.ts';
import type { Call, Command } from '../command.ts';
import { singularNotFound, UsageError } from '../errors.ts';
import type { FlagSpec } from '../flags.ts';
import { follow, problemTeller } from '../follow.ts';
import { runLiveView } from '../live-view.ts';
import { analysisRuns, bareName } from '../resources.ts';
import { drawAnalysisRun } from '../view/analysis-run.ts';

export const getAnalysisRunCommand = (flags: readonly FlagSpec[]): Command => ({
  name: 'analysisrun',
  aliases: ['ar', 'analysisruns'],
  short: 'Get details about an analysis run',
  long: 'Get details about an analysis run: each metric with its limits, conditions and last measurements.',
  examples: [
    '# Get an analysis run',
    'kubectl argo rollouts get analysisrun guestbook-877894d5b-4',
    '',
    '# Watch what it measures',
    'kubectl argo rollouts get analysisrun guestbook-877894d5b-4 -w',
  ],
  argumentWords: 'ANALYSISRUN_NAME',
  completes: 'analysisruns',
  flags,
  run: getAnalysisRun,
});

async function getAnalysisRun({ args, flags, io, connect }: Call): Promise<number> {
  if (args.length !== 1) throw new UsageError();
  const name = bareName(analysisRuns, args[0]!);
  const cluster = await connect();
  const paint = choosePaint(flags, io);
  let shown: AnalysisRun;
  try {
    shown = await getObject<AnalysisRun>(cluster, analysisRuns, name);
  } catch (error) {
    throw singularNotFound(error, 'analysisrun', name);
  }
  const draw = (now: number) => drawAnalysisRun(shown, { paint, now });
  if (!flags.boolean('watch')) {
    io.stdout.write(draw(io.clock.now()));
    return 0;
  }
  const problems = problemTeller(io);
  const fieldSelector = `metadata.name=${name}`;
  const { store, reflector } = follow<AnalysisRun>(cluster, io, analysisRuns, {
    onProblem: problems.tell,
    fieldSelector,
  });
  await runLiveView({
    io,
    draw,
    timeoutMs: 0,
    onChange: (listener) => {
      store.subscribe((_before, now) => {
        shown = now ?? shown;
        problems.forget();
        listener();
      });
    },
  });
  reflector.stop();
  return 0;
}
