// The rules for names, label keys and label values, each answering with the API server's texts of what is wrong.

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedName})?`;

export type NameRule = (name: string) => readonly string[];

export const subdomainName: NameRule = (name) => [
  ...tooLong(name, 253),
  ...mismatch(
    name,
    subdomain1123,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    ['example.com'],
  ),
];

/** `*.example.com` */
export const wildcardName: NameRule = (name) => [
  ...tooLong(name, 253),
  ...mismatch(
    name,
    `\\*\\.${subdomain1123}`,
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    ['*.example.com'],
  ),
];

export const labelName: NameRule = (name) => {
  const problems = mismatch(
    name,
    label1123,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    ['my-name', '123-abc'],
  );
  const hasOnlyDots = problems.length > 0 && matches(subdomain1123, name);
  return [...tooLong(name, 63), ...(hasOnlyDots ? ['must not contain dots'] : problems)];
};

export const label1035Name: NameRule = (name) => [
  ...tooLong(name, 63),
  ...mismatch(
    name,
    label1035,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    ['my-name', 'abc-123'],
  ),
];

/** Names of RBAC objects: anything that can stand in a path. */
export const pathSegmentName: NameRule = (name) => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
};

/** `generateName` is held against the rule of the name as if something valid followed. */
export function asPrefix(rule: NameRule): NameRule {
  return (prefix) => rule(prefix.replace(/[-.]$/, 'a'));
}

/** Keys of labels and annotations, finalizers. */
export const qualified: NameRule = (key) => {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${must(qualifiedName, "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", ['MyName', 'my.name', '123-abc'])} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const problems: string[] = [];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined) problems.push(...subdomainName(prefix).map((problem) => `prefix part ${problem}`));
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push('name part must be no more than 63 bytes');
  if (!matches(qualifiedName, name)) {
    problems.push(
      `name part ${must(qualifiedName, "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", ['MyName', 'my.name', '123-abc'])}`,
    );
  }
  return problems;
};

export const labelValueRule: NameRule = (value) => [
  ...tooLong(value, 63),
  ...mismatch(
    value,
    labelValue,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    ['MyValue', 'my_value', '12345'],
  ),
];

/** Names of ports in containers and Ingress backends (IANA service names). */
export const portName: NameRule = (name) => {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
};

function tooLong(value: string, limit: number): string[] {
  return Buffer.byteLength(value) > limit ? [`must be no more than ${limit} bytes`] : [];
}

function mismatch(value: string, pattern: string, text: string, examples: readonly string[]): string[] {
  return matches(pattern, value) ? [] : [must(pattern, text, examples)];
}

const compiled = new Map<string, RegExp>();

function matches(pattern: string, value: string): boolean {
  let whole = compiled.get(pattern);
  if (whole === undefined) {
    whole = new RegExp(`^(?:${pattern})$`);
    compiled.set(pattern, whole);
  }
  return whole.test(value);
}

/** `(e.g. 'a',  or 'b', regex ...)`: the two blanks are the API server's. */
function must(pattern: string, text: string, examples: readonly string[]): string {
  const quoted = examples.map((example) => `'${example}'`).join(',  or ');
  return `${text} (e.g. ${quoted}, regex used for validation is '${pattern}')`;
}
