import type { Atom } from "./atom.js";

/** What an atom counts in the budget: 1, and 1 more for every 8 bytes of a long string or int. */
export function atomSize(atom: Atom): number {
  if (typeof atom === "string") return 1 + (atom.length >> 3);
  if (typeof atom !== "bigint" || BigInt.asIntN(64, atom) === atom) return 1;
  return 1 + (atom.toString(16).length >> 4);
}
