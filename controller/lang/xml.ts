// XML as web services answer with it: elements and text. Attributes, comments, instructions and document types are passed
// over; entities beyond the five of the standard and numbers are kept as they are written, so that nothing can grow.

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** All text directly inside, without the blanks around it. */
  readonly text: string;
}

const deepest = 100;
const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<[?!][^>]*>|<(\/?)([^\s/>]+)(?:"[^"]*"|'[^']*'|[^>"'])*?(\/?)>|[^<]+/g;

/** The outermost element; undefined where the text is no XML document. */
export function parseXml(text: string): XmlElement | undefined {
  const root: Open = { name: '', children: [], text: '' };
  const open: Open[] = [root];
  let end = 0;
  for (const match of text.matchAll(token)) {
    if (match.index !== end) return undefined;
    end = match.index + match[0].length;
    const [all, data, closing, name, empty] = match;
    const current = open.at(-1);
    if (!current) return undefined;
    if (data !== undefined) current.text += data;
    else if (name === undefined) current.text += all.startsWith('<') ? '' : withoutEntities(all);
    else if (closing === '/') {
      if (open.length < 2 || current.name !== name) return undefined;
      open.pop();
      current.text = current.text.trim();
    } else {
      const element: Open = { name, children: [], text: '' };
      current.children.push(element);
      if (empty !== '/') open.push(element);
      if (open.length > deepest) return undefined;
    }
  }
  const [first] = root.children;
  return open.length === 1 && end === text.length && root.text.trim() === '' ? first : undefined;
}

interface Open {
  readonly name: string;
  readonly children: Open[];
  text: string;
}

/** The element at a path of names below `element`, the first of each. */
export function xmlAt(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (current, name) => current?.children.find((child) => child.name === name),
    element,
  );
}

/** The text at a path; '' where there is none. */
export function xmlText(element: XmlElement | undefined, ...path: readonly string[]): string {
  return xmlAt(element, ...path)?.text ?? '';
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (all, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? all;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
