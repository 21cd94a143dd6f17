/** Maps that are filled as they are read. */

/** The part of Map and WeakMap that `getOrInsert` needs. */
interface Store<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** The value at a key; where there is none yet, the one that `make` gives, which stays. Values are never undefined. */
export function getOrInsert<K, V>(map: Store<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

/** Items by a key, in their order; keys in the order of their first items. */
export function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) getOrInsert(groups, keyOf(item), () => []).push(item);
  return groups;
}

/** A function of two arguments that computes each result once. */
export function memoised<A, B, R>(compute: (a: A, b: B) => R): (a: A, b: B) => R {
  const results = new Map<A, Map<B, R>>();
  return (a, b) => {
    const row = getOrInsert(results, a, () => new Map<B, R>());
    return getOrInsert(row, b, () => compute(a, b));
  };
}
