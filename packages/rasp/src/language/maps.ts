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

/**
 * The value of a node, computed after those of the nodes that it needs, each once. In a loop, since graphs can be deep.
 */
export function computeAfter<Node, Value>(
  root: Node,
  known: Store<Node, Value>,
  needed: (node: Node) => readonly Node[],
  compute: (node: Node) => Value,
): Value {
  const open = [root];
  for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
    const missing = known.get(node) === undefined ? needed(node).filter((other) => known.get(other) === undefined) : [];
    if (missing.length > 0) {
      for (const other of missing) open.push(other);
      continue;
    }
    if (known.get(node) === undefined) known.set(node, compute(node));
    open.pop();
  }
  return known.get(root)!;
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
