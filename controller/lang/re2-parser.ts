// How the text of a regular expression is read, in the syntax of RE2.

import { ExpressionError } from './expression-lexer.ts';

export type Piece =
  | { readonly is: 'character'; readonly test: CharacterTest }
  /** Of the characters before and after a place; -1 where there is none. */
  | { readonly is: 'assert'; readonly test: (before: number, after: number) => boolean }
  | { readonly is: 'sequence' | 'choice'; readonly parts: readonly Piece[] }
  | { readonly is: 'repeat'; readonly part: Piece; readonly least: number; readonly most: number | undefined };

export type CharacterTest = (point: number) => boolean;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
}

export function parsePattern(pattern: string): Piece {
  return new PatternParser(pattern).parse();
}

const maximumRepeat = 1_000;
const maximumDepth = 200;
const newLine = 10;
const isWord: CharacterTest = (point) => point >= 0 && /\w/.test(String.fromCodePoint(point));
const classes: Readonly<Record<string, RegExp>> = { d: /[0-9]/, s: /[\t\n\f\r ]/, w: /[0-9A-Za-z_]/ };
const posix: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the class of ASCII
  ascii: /[\x00-\x7f]/,
  blank: /[\t ]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the class of control characters
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};
const escapes: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

class PatternParser {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, multiLine: false, dotAll: false };

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): Piece {
    const piece = this.#choice();
    if (this.#at < this.#pattern.length) throw this.#wrong(`unexpected ): \`${this.#pattern}\``);
    return piece;
  }

  #wrong(text: string): ExpressionError {
    return new ExpressionError(`error parsing regexp: ${text}`);
  }

  #peek(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #next(): number {
    const point = this.#pattern.codePointAt(this.#at);
    if (point === undefined) throw this.#wrong(`missing argument or closing: \`${this.#pattern}\``);
    this.#at += point > 0xffff ? 2 : 1;
    return point;
  }

  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#pattern) ?? undefined;
    if (match) this.#at += match[0].length;
    return match;
  }

  #choice(): Piece {
    this.#depth += 1;
    if (this.#depth > maximumDepth) throw this.#wrong('expression nests too deeply');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth -= 1;
    return { is: 'choice', parts };
  }

  #sequence(): Piece {
    const parts: Piece[] = [];
    while (this.#at < this.#pattern.length && !this.#peek('|') && !this.#peek(')')) {
      const part = this.#atom();
      if (part) parts.push(this.#repeated(part));
    }
    return { is: 'sequence', parts };
  }

  #repeated(part: Piece): Piece {
    const match = this.#match(/([*+?]|\{(\d+)(,(\d*))?\})\??/y);
    if (!match) return part;
    if (this.#peek('*') || this.#peek('+') || this.#peek('?')) {
      throw this.#wrong(`invalid nested repetition operator: \`${match[0]}${this.#pattern.charAt(this.#at)}\``);
    }
    const [text, , least, range, most] = match;
    if (text.startsWith('*')) return { is: 'repeat', part, least: 0, most: undefined };
    if (text.startsWith('+')) return { is: 'repeat', part, least: 1, most: undefined };
    if (text.startsWith('?')) return { is: 'repeat', part, least: 0, most: 1 };
    const from = Number(least);
    const to = range === undefined ? from : most ? Number(most) : undefined;
    if (from > maximumRepeat || (to !== undefined && (to > maximumRepeat || to < from))) {
      throw this.#wrong(`invalid repeat count: \`${text}\``);
    }
    return { is: 'repeat', part, least: from, most: to };
  }

  #atom(): Piece | undefined {
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return { is: 'character', test: this.#folded(this.#class()) };
    const { multiLine, dotAll } = this.#flags;
    if (this.#take('.')) return { is: 'character', test: (point) => dotAll || point !== newLine };
    if (this.#take('^')) return { is: 'assert', test: (before) => before < 0 || (multiLine && before === newLine) };
    if (this.#take('$')) return { is: 'assert', test: (_, after) => after < 0 || (multiLine && after === newLine) };
    const operator = this.#match(/[*+?]/y);
    if (operator) throw this.#wrong(`missing argument to repetition operator: \`${operator[0]}\``);
    if (this.#take('\\')) return this.#escape();
    return this.#literal(this.#next());
  }

  #literal(expected: number): Piece {
    return { is: 'character', test: this.#folded((point) => point === expected) };
  }

  #folded(test: CharacterTest): CharacterTest {
    if (!this.#flags.ignoreCase) return test;
    return (point) => {
      const text = String.fromCodePoint(point);
      return [text, text.toLowerCase(), text.toUpperCase()].some((form) => test(form.codePointAt(0) ?? -1));
    };
  }

  #group(): Piece | undefined {
    const before = this.#flags;
    if (this.#take('?') && !this.#match(/P?<[A-Za-z_][A-Za-z0-9_]*>/y)) {
      const match = this.#match(/([imsU]*)(?:-([imsU]+))?([:)])/y);
      if (!match) throw this.#wrong(`invalid or unsupported Perl syntax: \`(?${this.#pattern.charAt(this.#at)}\``);
      const [, on = '', off = '', end] = match;
      const flag = (letter: string, now: boolean) => (now || on.includes(letter)) && !off.includes(letter);
      this.#flags = {
        ignoreCase: flag('i', before.ignoreCase),
        multiLine: flag('m', before.multiLine),
        dotAll: flag('s', before.dotAll),
      };
      if (end === ')') return undefined; // to the end of the group around it
    }
    const piece = this.#choice();
    if (!this.#take(')')) throw this.#wrong(`missing closing ): \`${this.#pattern}\``);
    this.#flags = before;
    return piece;
  }

  #escape(): Piece {
    if (this.#take('b')) return { is: 'assert', test: (before, after) => isWord(before) !== isWord(after) };
    if (this.#take('B')) return { is: 'assert', test: (before, after) => isWord(before) === isWord(after) };
    if (this.#take('A')) return { is: 'assert', test: (before) => before < 0 };
    if (this.#take('z')) return { is: 'assert', test: (_, after) => after < 0 };
    const quoted = this.#match(/Q((?:(?!\\E)[\s\S])*)(?:\\E)?/y);
    if (quoted) {
      const parts = Array.from(quoted[1] ?? '', (character) => this.#literal(character.codePointAt(0) ?? 0));
      return { is: 'sequence', parts };
    }
    const test = this.#escapedClass();
    if (test) return { is: 'character', test };
    return this.#literal(this.#escapedPoint());
  }

  #escapedClass(): CharacterTest | undefined {
    const unicode = this.#match(/([pP])(?:\{(\^?)(\w+)\}|(\w))/y);
    if (unicode) {
      const [, letter, caret, long, short] = unicode;
      const isNegated = (letter === 'P') !== (caret === '^');
      return patternTest(this.#unicodeClass(long ?? short ?? ''), isNegated);
    }
    const match = this.#match(/[dswDSW]/y);
    if (!match) return undefined;
    const [name] = match;
    return patternTest(classes[name.toLowerCase()] ?? /./, name !== name.toLowerCase());
  }

  #unicodeClass(name: string): RegExp {
    for (const text of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
      try {
        return new RegExp(text, 'u');
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
    throw this.#wrong(`invalid character class range: \`\\p{${name}}\``);
  }

  #escapedPoint(): number {
    const hex = this.#match(/x(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/y);
    if (hex) {
      const point = Number.parseInt(hex[1] ?? hex[2] ?? '0', 16);
      if (point <= 0x10ffff) return point;
      throw this.#wrong(`invalid escape sequence: \`\\${hex[0]}\``);
    }
    if (this.#at >= this.#pattern.length) throw this.#wrong('trailing backslash at end of expression: ``');
    const point = this.#next();
    const letter = String.fromCodePoint(point);
    const known = escapes[letter];
    if (known !== undefined) return known;
    if (/[0-9A-Za-z]/.test(letter)) throw this.#wrong(`invalid escape sequence: \`\\${letter}\``);
    return point;
  }

  #class(): CharacterTest {
    const isNegated = this.#take('^');
    const tests: CharacterTest[] = [];
    for (let isFirst = true; isFirst || !this.#peek(']'); isFirst = false) {
      if (this.#at >= this.#pattern.length) throw this.#wrong(`missing closing ]: \`${this.#pattern}\``);
      tests.push(this.#classItem());
    }
    this.#at += 1;
    return (point) => tests.some((test) => test(point)) !== isNegated;
  }

  #classItem(): CharacterTest {
    const named = this.#match(/\[:(\^?)([a-z]+):\]/y);
    if (named) {
      const [, , name = ''] = named;
      const pattern = Object.hasOwn(posix, name) ? posix[name] : undefined;
      if (!pattern) throw this.#wrong(`invalid character class range: \`${named[0]}\``);
      return patternTest(pattern, named[1] === '^');
    }
    if (this.#peek('\\')) {
      const start = this.#at;
      this.#at += 1;
      const test = this.#escapedClass();
      if (test) return test;
      this.#at = start;
    }
    const low = this.#classPoint();
    if (!this.#peek('-') || this.#pattern.charAt(this.#at + 1) === ']') return (point) => point === low;
    this.#at += 1;
    const high = this.#classPoint();
    if (high < low) throw this.#wrong('invalid character class range');
    return (point) => point >= low && point <= high;
  }

  #classPoint(): number {
    return this.#take('\\') ? this.#escapedPoint() : this.#next();
  }
}

function patternTest(pattern: RegExp, isNegated: boolean): CharacterTest {
  return (point) => pattern.test(String.fromCodePoint(point)) !== isNegated;
}
