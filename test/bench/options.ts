// What `npm run bench` is asked for: which benchmarks, and whether their tables are written down.

import { parseArgs } from 'node:util';

export type Asked =
  | { readonly kind: 'run'; readonly names: readonly string[]; readonly writes: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly problem: string };

/** Without a name all of `known` run. */
export function parseOptions(args: readonly string[], known: readonly string[]): Asked {
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true });
  const names = new Set<string>();
  let writes = false;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (!known.includes(token.value)) return mistake(`there is no benchmark ${token.value}`);
      names.add(token.value);
    } else if (token.kind === 'option') {
      if (token.name === 'help' || token.name === 'h') return { kind: 'help' };
      if (token.name !== 'write') return mistake(`there is no option ${token.rawName}`);
      if (token.value !== undefined) return mistake('--write takes no value');
      writes = true;
    }
  }
  return { kind: 'run', names: names.size === 0 ? known : known.filter((name) => names.has(name)), writes };
}

function mistake(problem: string): Asked {
  return { kind: 'mistake', problem };
}

/** `titles` by name. */
export function helpText(titles: Readonly<Record<string, string>>): string {
  const lines = Object.entries(titles).map(([name, title]) => `  ${name.padEnd(12)}${title}`);
  return `Usage: npm run bench -- [--write] [NAME…]

Measures, and prints each figure with its aim. Nothing fails for being slow. Benchmarks (all without a NAME; the fleet
and the analyses take some minutes):

${lines.join('\n')}

  --write     writes the tables of those that ran into docs/performance.md
  -h, --help  shows this`;
}
