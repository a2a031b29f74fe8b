// What do the metrics say once their arguments are in place (analysis.md §1.7)? Each metric is written as JSON,
// `{{args.x}}` is replaced in that text in one pass, and the text is read again.

import type { Argument, Metric } from '../../api/types.generated.ts';

/** Stands for a Secret where no secret may be known. */
export const secretPlaceholder = 'temp-for-secret';

export type Resolved<T> = { readonly value: T } | { readonly problem: string };

/** Names → values. `secrets` has the values of those that come from Secrets. */
export function argumentValues(
  args: readonly Argument[],
  secretOf: (argument: Argument) => string = () => secretPlaceholder,
): Resolved<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const argument of args) {
    if (argument.valueFrom?.secretKeyRef)
      values.set(argument.name, secretOf(argument)); // QUIRK: wins over `value`
    else if (argument.value !== undefined) values.set(argument.name, argument.value);
    else return { problem: `argument "${argument.name}" was not supplied` };
  }
  return { value: values };
}

export function resolveMetrics(
  metrics: readonly Metric[],
  values: ReadonlyMap<string, string>,
): Resolved<readonly Metric[]> {
  const resolved: Metric[] = [];
  for (const metric of metrics) {
    const result = resolveMetric(metric, values);
    if ('problem' in result) return result;
    resolved.push(result.value);
  }
  return { value: resolved };
}

export function resolveMetric(metric: Metric, values: ReadonlyMap<string, string>): Resolved<Metric> {
  const text = JSON.stringify(metric);
  if (!text.includes('{{')) return { value: metric };
  const replaced = substitute(text, (tag) => {
    const match = /^args\.(.+)$/s.exec(tag.trim());
    const value = match ? values.get(match[1] ?? '') : undefined;
    return value === undefined ? undefined : JSON.stringify(value).slice(1, -1);
  });
  if ('problem' in replaced) return replaced;
  try {
    return { value: JSON.parse(replaced.value) as Metric };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error.message };
    throw error;
  }
}

/** Replaces every `{{tag}}`; the last one that means nothing is the problem. */
export function substitute(text: string, meaningOf: (tag: string) => string | undefined): Resolved<string> {
  const parts: string[] = [];
  let problem: string | undefined;
  let at = 0;
  for (;;) {
    const start = text.indexOf('{{', at);
    if (start < 0) break;
    const end = text.indexOf('}}', start + 2);
    if (end < 0) {
      const rest = text.slice(at);
      return {
        problem: `Cannot find end tag="}}" in the template=${JSON.stringify(text)} starting from ${JSON.stringify(rest)}`,
      };
    }
    const tag = text.slice(start + 2, end);
    const value = meaningOf(tag);
    if (value === undefined) problem = `failed to resolve {{${tag}}}`;
    parts.push(text.slice(at, start), value ?? '');
    at = end + 2;
  }
  return problem === undefined ? { value: parts.join('') + text.slice(at) } : { problem };
}
