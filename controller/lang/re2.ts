// Regular expressions as RE2 reads them (analysis.md §3.8, §4.4), matched by a Thompson automaton: the time is linear in
// the text whatever the pattern, so that no pattern can stall the controller. No back-references, no look-around.

import { type Budget, createBudget } from './expression-budget.ts';
import { ExpressionError } from './expression-lexer.ts';
import { type Piece, parsePattern } from './re2-parser.ts';

export interface CompiledRegExp {
  /** Whether any part of the text matches. Throws an ExpressionError when that takes more than the budget. */
  test(text: string, budget?: Budget): boolean;
}

type Instruction =
  | { readonly is: 'character'; readonly test: (point: number) => boolean }
  | { readonly is: 'assert'; readonly test: (before: number, after: number) => boolean }
  | { readonly is: 'split'; first: number; second: number }
  | { readonly is: 'jump'; to: number }
  | { readonly is: 'match' };

const maximumInstructions = 20_000;
/** Steps of the automaton are small. */
const stepsPerCost = 4;

/** The same few patterns are asked again and again. */
const compiledBefore = new Map<string, readonly Instruction[]>();
const keptPatterns = 100;

/** Throws an ExpressionError for a pattern that RE2 does not take. */
export function compileRegExp(pattern: string, budget: Budget = createBudget()): CompiledRegExp {
  const program = compiledBefore.get(pattern) ?? compiled(pattern, budget);
  return { test: (text, allowed = budget) => run(program, text, allowed) };
}

function compiled(pattern: string, budget: Budget): readonly Instruction[] {
  if (pattern.length > maximumInstructions) throw new ExpressionError('error parsing regexp: expression too large');
  const program: Instruction[] = [];
  emit(parsePattern(pattern), program);
  push(program, { is: 'match' });
  budget.spend(pattern.length + program.length);
  if (compiledBefore.size >= keptPatterns) compiledBefore.clear();
  compiledBefore.set(pattern, program);
  return program;
}

function push(program: Instruction[], instruction: Instruction): void {
  if (program.length >= maximumInstructions) throw new ExpressionError('error parsing regexp: expression too large');
  program.push(instruction);
}

function emit(piece: Piece, program: Instruction[]): void {
  switch (piece.is) {
    case 'character':
      return push(program, { is: 'character', test: piece.test });
    case 'assert':
      return push(program, { is: 'assert', test: piece.test });
    case 'sequence':
      for (const part of piece.parts) emit(part, program);
      return;
    case 'choice':
      return emitChoice(piece.parts, program);
    case 'repeat':
      return emitRepeat(piece, program);
  }
}

function emitChoice(parts: readonly Piece[], program: Instruction[]): void {
  const jumps: { is: 'jump'; to: number }[] = [];
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1) {
      emit(part, program);
      continue;
    }
    const split = { is: 'split' as const, first: program.length + 1, second: 0 };
    push(program, split);
    emit(part, program);
    const jump = { is: 'jump' as const, to: 0 };
    push(program, jump);
    jumps.push(jump);
    split.second = program.length;
  }
  for (const jump of jumps) jump.to = program.length;
}

function emitRepeat(piece: Piece & { is: 'repeat' }, program: Instruction[]): void {
  for (let count = 0; count < piece.least; count += 1) emit(piece.part, program);
  if (piece.most === undefined) {
    const at = program.length;
    const split = { is: 'split' as const, first: at + 1, second: 0 };
    push(program, split);
    emit(piece.part, program);
    push(program, { is: 'jump', to: at });
    split.second = program.length;
    return;
  }
  const splits: { second: number }[] = [];
  for (let count = piece.least; count < piece.most; count += 1) {
    const split = { is: 'split' as const, first: program.length + 1, second: 0 };
    push(program, split);
    splits.push(split);
    emit(piece.part, program);
  }
  for (const split of splits) split.second = program.length;
}

function run(program: readonly Instruction[], text: string, budget: Budget): boolean {
  let steps = 0;
  let current = new Set<number>();
  let before = -1;

  /** True when a match is reached without another character. */
  function add(threads: Set<number>, start: number, after: number): boolean {
    const pending = [start];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      steps += 1;
      if (threads.has(at)) continue;
      threads.add(at);
      const instruction = program[at];
      if (!instruction || instruction.is === 'match') return true;
      if (instruction.is === 'jump') pending.push(instruction.to);
      else if (instruction.is === 'split') pending.push(instruction.second, instruction.first);
      else if (instruction.is === 'assert' && instruction.test(before, after)) pending.push(at + 1);
    }
    return false;
  }

  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  for (let index = 0; index <= points.length; index += 1) {
    const after = points[index] ?? -1;
    const closed = new Set<number>();
    for (const at of [...current, 0]) if (add(closed, at, after)) return true;
    budget.spend(1 + Math.floor(steps / stepsPerCost));
    steps = 0;
    current = new Set();
    for (const at of closed) {
      const instruction = program[at];
      if (after >= 0 && instruction?.is === 'character' && instruction.test(after)) current.add(at + 1);
    }
    before = after;
  }
  return false;
}
