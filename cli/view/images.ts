// Which images run, and in which role (spec/cli.md §5.4).

import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Experiment, Rollout } from '../../controller/api/types.generated.ts';
import type { NamespaceObjects } from './objects.ts';
import { compareText, inExperimentOrder, inReplicaSetOrder, ownedBy } from './owners.ts';
import { tagsOfReplicaSet } from './replica-set.ts';

const templateNameAnnotation = 'experiment.argoproj.io/template-name';

export interface ImageLine {
  readonly image: string;
  readonly tags: readonly string[];
}

export function imagesOfRollout(rollout: Rollout, objects: NamespaceObjects): ImageLine[] {
  const own = ownedBy(objects.replicaSets, rollout)
    .sort(inReplicaSetOrder)
    .flatMap((replicaSet) => imagesOfReplicaSet(replicaSet, imageOrder(tagsOfReplicaSet(rollout, replicaSet))));
  const tried = ownedBy(objects.experiments, rollout)
    .sort(inExperimentOrder)
    .flatMap((experiment) => taggedByTemplate(experiment, objects));
  return mergeImages([...own, ...tried]);
}

export function imagesOfExperiment(experiment: Experiment, objects: NamespaceObjects): ImageLine[] {
  return mergeImages(taggedByTemplate(experiment, objects));
}

function taggedByTemplate(experiment: Experiment, objects: NamespaceObjects): ImageLine[] {
  return ownedBy(objects.replicaSets, experiment)
    .sort(inReplicaSetOrder)
    .flatMap((replicaSet) => {
      const template = replicaSet.metadata.annotations?.[templateNameAnnotation];
      return imagesOfReplicaSet(replicaSet, template ? [`Σ:${template}`] : []);
    });
}

function imagesOfReplicaSet(replicaSet: ReplicaSet, tags: readonly string[]): ImageLine[] {
  if ((replicaSet.status?.replicas ?? 0) <= 0) return [];
  return (replicaSet.spec.template.spec?.containers ?? []).map(({ image = '' }) => ({ image, tags }));
}

const orderOfTags = ['canary', 'stable', 'active', 'preview', 'ping', 'pong'];

function imageOrder(tags: readonly string[]): string[] {
  return [...tags].sort((a, b) => orderOfTags.indexOf(a) - orderOfTags.indexOf(b));
}

/** QUIRK: tags are sorted only where an image was met more than once. */
function mergeImages(lines: readonly ImageLine[]): ImageLine[] {
  const byImage = new Map<string, readonly string[]>();
  for (const { image, tags } of lines) {
    const known = byImage.get(image);
    byImage.set(image, known === undefined ? tags : [...new Set([...known, ...tags])].sort(compareText));
  }
  return [...byImage].map(([image, tags]) => ({ image, tags })).sort((a, b) => compareText(a.image, b.image));
}
