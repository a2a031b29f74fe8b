// Reading plain JSON whose shape nobody has checked: what is not of the wanted type counts as absent.

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsAt(from: Fields, key: string): Fields | undefined {
  const value = from[key];
  return isFields(value) ? value : undefined;
}

export function listAt(from: Fields, key: string): readonly Fields[] {
  const value = from[key];
  return Array.isArray(value) ? value.map((item) => (isFields(item) ? item : {})) : [];
}

export function textAt(from: Fields, key: string): string {
  const value = from[key];
  return typeof value === 'string' ? value : '';
}

export function numberAt(from: Fields, key: string): number | undefined {
  const value = from[key];
  return typeof value === 'number' ? value : undefined;
}
