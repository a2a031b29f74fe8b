// Which functions conditions know, beside those of their environment (analysis.md §4.2).

const withPredicate: Readonly<Record<string, readonly string[]>> = {
  all: ['value', 'predicate'],
  none: ['value', 'predicate'],
  any: ['value', 'predicate'],
  one: ['value', 'predicate'],
  filter: ['value', 'predicate'],
  map: ['value', 'predicate'],
  find: ['value', 'predicate'],
  findIndex: ['value', 'predicate'],
  findLast: ['value', 'predicate'],
  findLastIndex: ['value', 'predicate'],
  count: ['value', 'predicate?'],
  sum: ['value', 'predicate?'],
  groupBy: ['value', 'predicate'],
  sortBy: ['value', 'predicate', 'value?'],
  reduce: ['value', 'predicate', 'value?'],
};

/** Functions with a predicate, and what each of their arguments is; a question mark: may be left out. */
export const predicateArguments: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(withPredicate));

const plain = [
  'len type abs ceil floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace',
  'repeat join indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now',
  'duration date timezone first last get take keys values toPairs fromPairs reverse uniq concat flatten sort bitnot',
  'bitand bitor bitxor bitnand bitshl bitshr bitushr',
].join(' ');

export const functionNames: ReadonlySet<string> = new Set(plain.split(' '));
