// What the reference's plugin printed, to the character: test/fixtures/cli (copied from the recordings).

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { KubernetesObject, Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import { paintNothing } from './colour.ts';
import { drawExperiment } from './experiment.ts';
import { formatExperimentList } from './experiment-list.ts';
import type { NamespaceObjects } from './objects.ts';
import { drawRollout } from './rollout.ts';
import { formatRolloutList, rolloutListCells } from './rollout-list.ts';

interface Recording {
  readonly now: string;
  readonly objects: readonly KubernetesObject[];
  readonly commands: readonly { readonly args: readonly string[]; readonly stdout: string }[];
}

const folder = new URL('../../test/fixtures/cli/', import.meta.url);
const plain = { namespaces: false, timestamps: false };

for (const file of readdirSync(folder).filter((name) => /^[a-z].*\.json$/.test(name))) {
  const recording: Recording = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  for (const { args, stdout } of recording.commands.filter(({ args: [verb] }) => verb !== 'status')) {
    test(`draws ${file}: ${args.join(' ')}`, () => {
      const asRecorded = drawAtRecording(args, recording, stdout);
      assert.equal(asRecorded, stdout);
    });
  }
}

/** `now` was taken before the plugin started, which took some tenths of a second: the ages may be those of then. */
function drawAtRecording(args: readonly string[], { objects, now }: Recording, printed: string): string {
  const atOnce = draw(args, objects, Date.parse(now));
  const later = draw(args, objects, Date.parse(now) + 500);
  return later === printed ? later : atOnce;
}

function draw([verb, kind, name]: readonly string[], objects: Recording['objects'], now: number): string {
  const options = { now, paint: paintNothing };
  const ofKind = <T extends KubernetesObject>(wanted: string) => objects.filter(({ kind }) => kind === wanted) as T[];
  const all: NamespaceObjects = {
    replicaSets: ofKind<ReplicaSet>('ReplicaSet'),
    pods: ofKind<Pod>('Pod'),
    experiments: ofKind<Experiment>('Experiment'),
    analysisRuns: ofKind<AnalysisRun>('AnalysisRun'),
  };
  if (verb === 'get' && kind === 'rollout') return drawRollout(ofKind<Rollout>('Rollout')[0]!, all, options);
  if (verb === 'get')
    return drawExperiment(all.experiments.find(({ metadata }) => metadata.name === name)!, all, options);
  if (kind === 'experiments') return formatExperimentList(all.experiments, now, { namespaces: false });
  return formatRolloutList(
    ofKind<Rollout>('Rollout').map((rollout) => rolloutListCells(rollout, plain)),
    now,
    plain,
  );
}
