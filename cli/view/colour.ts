// Which colour a text gets and how it is written (spec/cli.md §10). A coloured position without a colour of its own is
// wrapped with code 0, so that all rows have equally many invisible bytes.

export const colourCode = { none: 0, red: 31, green: 32, yellow: 33, brightBlue: 94 } as const;
export type ColourCode = (typeof colourCode)[keyof typeof colourCode];

/** Wraps a text in a colour, or leaves it as it is. */
export type Paint = (text: string, code: ColourCode) => string;

export const paintNothing: Paint = (text) => text;
export const paintAnsi: Paint = (text, code) => `\u001b[${code}m${text}\u001b[0m`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with the control character ESC
const escapeSequence = /\u001b\[[0-9;?]*[A-Za-z]/g;

export function stripEscapes(text: string): string {
  return text.replace(escapeSequence, '');
}

/** Terminal columns of a text: escape sequences take none, every character of ours takes one. */
export function visibleWidth(text: string): number {
  const visible = text.includes('\u001b') ? stripEscapes(text) : text;
  let width = 0;
  for (const _ of visible) width++;
  return width;
}

export function padEnd(text: string, width: number): string {
  const missing = width - visibleWidth(text);
  return missing > 0 ? text + ' '.repeat(missing) : text;
}

const iconColours: Readonly<Record<string, ColourCode>> = {
  '◷': colourCode.yellow,
  '?': colourCode.yellow,
  '◌': colourCode.brightBlue,
  '⚠': colourCode.red,
  '✖': colourCode.red,
  '✔': colourCode.green,
};

export function paintIcon(paint: Paint, icon: string): string {
  return paint(icon, iconColours[icon] ?? colourCode.none);
}

const tagColours: Readonly<Record<string, ColourCode>> = {
  canary: colourCode.yellow,
  stable: colourCode.green,
  active: colourCode.green,
  preview: colourCode.brightBlue,
  ping: colourCode.brightBlue,
  pong: colourCode.brightBlue,
};

/** Paints a tag, or a name in the colour of its tag. */
export function paintTag(paint: Paint, text: string, tag: string): string {
  return paint(text, tagColours[tag] ?? colourCode.none);
}
