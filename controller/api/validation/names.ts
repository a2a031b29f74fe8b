// Kubernetes' rules for names, label keys and label values, each answering with its texts of what is wrong.

export type NameRule = (name: string) => readonly string[];

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedName})?`;
const envName = '[-._a-zA-Z][-._a-zA-Z0-9]*';

/** Names of containers, volumes, hosts. */
export const dnsLabel: NameRule = (name) => [
  ...longerThan(name, 63),
  ...unlessMatching(
    name,
    label1123,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    ['my-name', '123-abc'],
  ),
];

/** Names of most objects. */
export const dnsSubdomain: NameRule = (name) => [
  ...longerThan(name, 253),
  ...unlessMatching(
    name,
    subdomain1123,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    ['example.com'],
  ),
];

/** Keys of labels and annotations. */
export const qualified: NameRule = (key) => {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${qualifiedText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const name = parts.at(-1) ?? '';
  const ofPrefix = prefix === undefined ? [] : prefix === '' ? ['must be non-empty'] : dnsSubdomain(prefix);
  const ofName = name === '' ? ['must be non-empty'] : longerThan(name, 63);
  const texts = [...ofPrefix.map((text) => `prefix part ${text}`), ...ofName.map((text) => `name part ${text}`)];
  return matches(name, qualifiedName) ? texts : [...texts, `name part ${qualifiedText}`];
};

export const validLabelValue: NameRule = (value) => [
  ...longerThan(value, 63),
  ...unlessMatching(
    value,
    labelValue,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    ['MyValue', 'my_value', '12345'],
  ),
];

export const environmentName: NameRule = (name) => [
  ...unlessMatching(
    name,
    envName,
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
    ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
  ),
  ...(name === '.' || name === '..'
    ? [`must not be '${name}'`]
    : name.startsWith('..')
      ? ["must not start with '..'"]
      : []),
];

export const portName: NameRule = (name) => {
  const texts = [...longerThan(name, 15)];
  if (!/^[-a-z0-9]+$/.test(name)) texts.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) texts.push('must contain at least one letter (a-z)');
  if (name.includes('--')) texts.push('must not contain consecutive hyphens');
  if (/^-|-$/.test(name)) texts.push('must not begin or end with a hyphen');
  return texts;
};

export function portNumber(port: number): readonly string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

function longerThan(name: string, max: number): string[] {
  return name.length > max ? [`must be no more than ${max} bytes`] : [];
}

function matches(text: string, pattern: string): boolean {
  return new RegExp(`^${pattern}$`).test(text);
}

function unlessMatching(text: string, pattern: string, rule: string, examples: readonly string[]): readonly string[] {
  return matches(text, pattern) ? [] : [withExamples(rule, pattern, examples)];
}

/** QUIRK: two blanks stand before each "or". */
function withExamples(rule: string, pattern: string, examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const qualifiedText = withExamples(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualifiedName,
  ['MyName', 'my.name', '123-abc'],
);
