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
