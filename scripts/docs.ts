// `npm run docs [-- --check]`: runs every command of the pages below on a fresh sandbox, in order, and writes the outputs
// into the pages; --check compares instead. Names of pages narrow it. A block that is run is fenced as `console`; a command's line starts with
// `$ `. What differs from run to run (ages, generated names, times) is compared by its shape.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCluster, root, type TestCluster } from '../test/e2e/cluster.ts';

export const pages = [
  'docs/getting-started.md',
  'docs/blue-green.md',
  'docs/experiments.md',
  'docs/when-it-stands-still.md',
];
/** These speak of a sandbox with a demo, or under load: each gets one of its own. */
export const pagesOfTheirOwn: Readonly<Record<string, { readonly demo?: boolean; readonly load?: boolean }>> = {
  'README.md': { demo: true },
  'docs/analysis/README.md': { load: true },
};

export interface DocCommand {
  readonly page: string;
  readonly line: number;
  readonly command: string;
  readonly written: string;
}

interface Block {
  readonly commands: readonly DocCommand[];
  /** Lines of the file, from the first inside the fence to the one before its end. */
  readonly from: number;
  readonly to: number;
}

export function readBlocks(page: string, text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let index = 0; index < lines.length; index++) {
    if (lines[index] !== '```console') continue;
    const from = index + 1;
    const to = lines.indexOf('```', from);
    const commands: { page: string; line: number; command: string; written: string }[] = [];
    for (let at = from; at < to; at++) {
      const line = lines[at] ?? '';
      const last = commands.at(-1);
      if (line.startsWith('$ ')) commands.push({ page, line: at + 1, command: line.slice(2), written: '' });
      else if (last !== undefined) last.written += `${line}\n`;
    }
    blocks.push({ commands, from, to });
    index = to;
  }
  return blocks;
}

export async function runCommand(cluster: TestCluster, command: string): Promise<string> {
  const answer = await cluster.run('sh', ['-c', `${command} 2>&1`]);
  return answer.stdout
    .replace(/[ \t]+$/gm, '')
    .replace(/\n*$/, '\n')
    .replace(/^\n$/, '');
}

/** Ages, generated suffixes, times, addresses and what was measured as placeholders, runs of blanks as one. */
export function shapeOf(output: string): string {
  return output
    .replace(/(-[a-f0-9]{6,10})-[a-z0-9]{5}\b/g, '$1-<pod>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
    .replace(/(□ [a-z-]+)-[a-z0-9]{5}\b/g, '$1-<pod>')
    .replace(/(?<![-\w])(\d+[dhms])+\b/g, '<age>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b10\.\d+\.\d+\.\d+\b/g, '<ip>')
    .replace(/\[\d+\.\d+(e-\d+)?\]/g, '[<value>]')
    .replace(/✔ \d+,✖ \d+/g, '✔ <n>,✖ <n>')
    .replace(/[ \t]+/g, ' ')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The page with the outputs of now; those of equal shape stay as they are written. */
export async function refreshPage(cluster: TestCluster, page: string, text: string): Promise<string> {
  const lines = text.split('\n');
  const fresh: string[] = [];
  let copied = 0;
  for (const { from, to, commands } of readBlocks(page, text)) {
    fresh.push(...lines.slice(copied, from));
    for (const { command, written } of commands) {
      const output = await runCommand(cluster, command);
      const kept = shapeOf(output) === shapeOf(written) ? written : output;
      fresh.push(`$ ${command}`, ...kept.split('\n').slice(0, -1));
    }
    copied = to;
  }
  return [...fresh, ...lines.slice(copied)].join('\n');
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  const stale: string[] = [];
  const refresh = async (own: readonly string[], sandbox: Parameters<typeof openCluster>[1]): Promise<void> => {
    const cluster = await openCluster('docs', sandbox);
    try {
      for (const page of own) {
        const file = join(root, page);
        const text = readFileSync(file, 'utf8');
        const fresh = await refreshPage(cluster, page, text);
        if (fresh === text) continue;
        stale.push(page);
        if (!check) writeFileSync(file, fresh);
      }
    } finally {
      await cluster.stop();
    }
  };
  const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  const chosen = (all: readonly string[]) => all.filter((page) => wanted.length === 0 || wanted.includes(page));
  if (chosen(pages).length > 0) await refresh(chosen(pages), {});
  for (const page of chosen(Object.keys(pagesOfTheirOwn))) await refresh([page], pagesOfTheirOwn[page]);
  console.log(
    stale.length === 0
      ? 'docs: every output is as written'
      : `docs: ${check ? 'stale' : 'rewritten'}: ${stale.join(', ')}`,
  );
  process.exitCode = check && stale.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
