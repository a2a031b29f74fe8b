// The block of labels above a tree (spec/cli.md §5.1).

import { type Paint, paintTag } from './colour.ts';
import type { ImageLine } from './images.ts';

const labelWidth = 17;

export type HeaderLine = readonly [label: string, value: string];

/** Each label padded to 17 columns; a label without a value of its own (`Replicas:`) stands alone. */
export function formatHeader(lines: readonly (HeaderLine | string)[]): string {
  return lines
    .map((line) => (typeof line === 'string' ? line : `${line[0].padEnd(labelWidth)}${line[1]}`))
    .map((line) => `${line}\n`)
    .join('');
}

export function imageHeaderLines(images: readonly ImageLine[], paint: Paint): HeaderLine[] {
  return images.map(({ image, tags }, i) => {
    const painted = tags.map((tag) => paintTag(paint, tag, tag)).join(', ');
    return [i === 0 ? 'Images:' : '', painted === '' ? image : `${image} (${painted})`];
  });
}
