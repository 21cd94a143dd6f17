/** Models that are split into several safetensors files, with an index that says which tensor is where. */

import { checks, printable } from "@selectron/core";

/**
 * The names of the files, in the order of the index, from the parsed JSON of a `model.safetensors.index.json`. They lie in the index's
 * folder.
 *
 * @throws TypeError if it is no such index, or names a file outside its folder
 */
export function shardNames(index: unknown): string[] {
  const map: unknown =
    typeof index === "object" && index !== null ? (index as Record<string, unknown>)["weight_map"] : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new TypeError("shardNames: this is no index of shards: it has no weight_map from names of tensors to files.");
  }
  checks.check("shardNames: weight_map", map, checks.anObject("an object from names of tensors to files"));
  const names = new Set<string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== "string" || !/^[^/\\:\0]+\.safetensors$/.test(file)) {
      throw new TypeError(
        `shardNames: the index puts ${printable(tensor)} into ${printable(String(file))}; ` +
          "a shard is a .safetensors file in the index's folder.",
      );
    }
    names.add(file);
  }
  return [...names];
}
