// The images of a node: which it has, and what a kubelet says while it gets one. A name with `missing` or
// `does-not-exist` is in no registry, a malformed one is refused; anything else is there as soon as it is asked for.

import { fnv1a32 } from '../../controller/lang/fnv.ts';
import { splitImage } from './catalogue.ts';
import { type Pull, pullOf } from './script.ts';

export interface PullProblem {
  readonly reason: 'ErrImagePull' | 'InvalidImageName' | 'ErrImageNeverPull';
  /** In the container's status, and in front of it in the event. */
  readonly message: string;
  readonly event: { readonly reason: string; readonly message: string };
}

export class ImageStore {
  readonly #present = new Set<string>();

  has(image: string): boolean {
    return this.#present.has(image);
  }

  add(image: string): void {
    this.#present.add(image);
  }
}

/** Whether the registry is asked though the image is there. */
export function isAlwaysPulled(image: string, policy: unknown): boolean {
  return policy === 'Always' || (policy === undefined && splitImage(image).tag === 'latest');
}

/** Undefined: it can be had. */
export function pullProblem(image: string, policy: unknown): PullProblem | undefined {
  const pull: Pull = pullOf(image);
  if (pull === 'ok') return undefined;
  if (pull === 'invalid') {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    return { reason: 'InvalidImageName', message, event: { reason: 'InspectFailed', message } };
  }
  if (policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return { reason: 'ErrImageNeverPull', message, event: { reason: 'ErrImageNeverPull', message } };
  }
  const name = fullNameOf(image);
  const message = `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
  return {
    reason: 'ErrImagePull',
    message,
    event: { reason: 'Failed', message: `Failed to pull image "${image}": ${message}` },
  };
}

export function pulledMessage(image: string, tookMs: number): string {
  const took = tookMs < 1000 ? `${tookMs}ms` : `${tookMs / 1000}s`;
  const bytes = 20_000_000 + (fnv1a32(image) % 80_000_000);
  return `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${bytes} bytes.`;
}

/** As containerd names it: `nginx` is `docker.io/library/nginx:latest`. */
function fullNameOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = isRegistry ? image : rest.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`;
  return path.includes('@') || path.lastIndexOf(':') > path.lastIndexOf('/') ? path : `${path}:latest`;
}
