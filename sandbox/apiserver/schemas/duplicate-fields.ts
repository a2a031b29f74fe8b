// Which members an object in a JSON text has twice. JSON.parse keeps the last and says nothing; the API server reports
// them like unknown fields.

/** `duplicate field "spec.replicas"`, in the order of the text, which must be valid JSON. */
export function duplicateFields(json: string): string[] {
  const found = new Set<string>();
  let at = 0;

  function skipBlanks(): void {
    while (at < json.length && (json[at] === ' ' || json[at] === '\n' || json[at] === '\t' || json[at] === '\r'))
      at += 1;
  }

  function readString(): string {
    const start = at;
    at += 1;
    while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    at += 1;
    return json.slice(start, at);
  }

  function readValue(path: string): void {
    skipBlanks();
    const first = json[at];
    if (first === '{') readObject(path);
    else if (first === '[') readArray(path);
    else if (first === '"') readString();
    else while (at < json.length && !',]} \n\t\r'.includes(json[at] ?? '')) at += 1;
    skipBlanks();
  }

  function readObject(path: string): void {
    const seen = new Set<string>();
    at += 1;
    skipBlanks();
    while (at < json.length && json[at] !== '}') {
      const key = JSON.parse(readString()) as string;
      const field = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) found.add(`duplicate field "${field}"`);
      seen.add(key);
      skipBlanks();
      at += 1;
      readValue(field);
      if (json[at] === ',') at += 1;
      skipBlanks();
    }
    at += 1;
  }

  function readArray(path: string): void {
    at += 1;
    skipBlanks();
    for (let index = 0; at < json.length && json[at] !== ']'; index += 1) {
      readValue(`${path}[${index}]`);
      if (json[at] === ',') at += 1;
      skipBlanks();
    }
    at += 1;
  }

  readValue('');
  return [...found];
}
