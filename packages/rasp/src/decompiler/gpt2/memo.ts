/** What a search keeps, so that a search that was interrupted continues where it stopped. */
import type { Json } from "../../language/text/value-json.js";

/** A store that outlives the process. */
export interface Memo {
  /** The value that was kept under a key. */
  readonly recall: (key: string) => Json | undefined;
  readonly keep: (key: string, value: Json) => void;
}

/** The value under a key; computed and kept if there is none. */
export function remembered(memo: Memo | undefined, key: string, compute: () => Json): Json {
  const known = memo?.recall(key);
  if (known !== undefined) return known;
  const value = compute();
  memo?.keep(key, value);
  return value;
}
