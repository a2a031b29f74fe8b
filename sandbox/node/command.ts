// What does a container's command do, as far as tests and Jobs need it? `sleep`, `exit`, `true`, `false` and `echo`, joined
// by `&&`, `||` and `;`: what it writes, when it ends and how. Anything else is believed to run on.

import type { Container } from '../../controller/api/kubernetes-types.ts';

export interface Exit {
  readonly afterMs: number;
  readonly code: number;
}

export interface Play {
  /** What is written, and how long after the start. */
  readonly lines: readonly { readonly afterMs: number; readonly text: string }[];
  /** Undefined when it runs on, or is not understood. */
  readonly exit: Exit | undefined;
}

/** What a process needs to begin: a `sleep 1` ends a little later than a second after its start. */
export const processStartMs = 10;

/** When and how the container's command ends by itself; undefined when it runs on (or is not understood). */
export function exitOf(container: Container): Exit | undefined {
  return playOf(container).exit;
}

export function playOf(container: Container): Play {
  const words = [...((container.command ?? []) as string[]), ...((container.args ?? []) as string[])];
  if (words.length === 0) return { lines: [], exit: undefined };
  const isShell = /^(?:.*\/)?(?:ba|da|a)?sh$/.test(words[0] ?? '') && words[1]?.endsWith('c') === true;
  if (!isShell) return { lines: linesOf(words, 0), exit: runSimple(words) };
  const lines: Play['lines'][number][] = [];
  let afterMs = 0;
  let code = 0;
  // `&&` goes on after success, `||` after failure, `;` and a new line always: enough for what tests and jobs say.
  for (const [, glue = '', text = ''] of (words[2] ?? '').matchAll(/(^|&&|\|\||;|\n)([^;&|\n]*)/g)) {
    const command = text.trim();
    if (command === '' || (glue === '&&' && code !== 0) || (glue === '||' && code === 0)) continue;
    const parts = command.split(/\s+/);
    const exit = runSimple(parts);
    if (exit === undefined) return { lines, exit };
    lines.push(...linesOf(parts, afterMs));
    afterMs += exit.afterMs;
    code = exit.code;
    if (command.startsWith('exit')) break;
  }
  return { lines, exit: { afterMs, code } };
}

/** What `echo` writes; into a file it writes nothing that a log would show. */
function linesOf([name = '', ...words]: readonly string[], afterMs: number): Play['lines'] {
  const text = words.join(' ');
  if (!/^(?:.*\/)?echo$/.test(name) || text.includes('>')) return [];
  return [{ afterMs, text: text.replace(/^(["'])(.*)\1$/, '$2') }];
}

function runSimple(words: readonly string[]): Exit | undefined {
  const name = (words[0] ?? '').replace(/^.*\//, '');
  if (name === 'true' || name === 'echo' || name === ':') return { afterMs: 0, code: 0 };
  if (name === 'false') return { afterMs: 0, code: 1 };
  if (name === 'exit') return { afterMs: 0, code: Number(words[1] ?? 0) };
  if (name !== 'sleep') return undefined;
  const [, amount, unit = 's'] = /^([0-9.]+)([smhd]?)$/.exec(words[1] ?? '') ?? [];
  if (amount === undefined) return undefined; // `sleep infinity`
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit || 's'] ?? 1000;
  return { afterMs: Number(amount) * unitMs, code: 0 };
}

/** A tag or name with `crash` ends with code 1 a second after each start. */
export function crashOf(image: string): Exit | undefined {
  return image.includes('crash') ? { afterMs: 1000, code: 1 } : undefined;
}
