/** Models that are split into several safetensors files, with an index that says which tensor is where. */

import { checks, jsonText, printable } from "@selectron/core";

/**
 * The names of the files, in the order of the index, from the parsed JSON of a `model.safetensors.index.json`. They lie in the index's
 * folder.
 *
 * @throws TypeError if it is no such index, or names a file outside its folder
 */
export const shardNames = (index: unknown): string[] => [...new Set(Object.values(shardMap(index)))];

/** The file of each tensor, by its name. Throws a TypeError as `shardNames` does. */
export function shardMap(index: unknown): Readonly<Record<string, string>> {
  const map: unknown =
    typeof index === "object" && index !== null ? (index as Record<string, unknown>)["weight_map"] : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new TypeError("shardNames: this is no index of shards: it has no weight_map from names of tensors to files.");
  }
  checks.check("shardNames: weight_map", map, checks.anObject("an object from names of tensors to files"));
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== "string" || !/^[^/\\:\0]+\.safetensors$/.test(file)) {
      throw new TypeError(
        `shardNames: the index puts ${printable(tensor)} into ${typeof file === "string" ? printable(file) : jsonText(file)}; ` +
          "a shard is a .safetensors file in the index's folder.",
      );
    }
  }
  return map as Readonly<Record<string, string>>;
}
