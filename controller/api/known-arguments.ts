// How a text of a metric reads to people: `{{args.x}}` with its value where the run tells one. Secrets stay placeholders,
// and so does what is not known; what is measured is resolved in controller/analysis.

import type { Argument } from './types.generated.ts';

export function withKnownArguments(text: string, args: readonly Argument[] = []): string {
  return text.replaceAll(/\{\{\s*args\.([^\s}]+)\s*\}\}/g, (placeholder, name: string) => {
    const known = args.find((argument) => argument.name === name);
    return known?.valueFrom === undefined ? (known?.value ?? placeholder) : placeholder;
  });
}
