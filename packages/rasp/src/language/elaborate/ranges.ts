/** `range(...)` and `zip(...)`. */
import { errors } from "../diagnostic.js";
import { atomValue, describe, listValue, type Value } from "./value.js";

/** The longest list that `range` makes. */
const MAX_RANGE = 1_000_000n;

/** Python's `range` of one to three ints, as a list. */
export function range(args: readonly Value[]): Value {
  if (args.length > 3) throw errors.wrongKind(`range takes one to three ints, not ${args.length}`);
  const ints = args.map((value) => {
    if (value.kind === "atom" && (typeof value.atom === "bigint" || typeof value.atom === "boolean")) {
      return BigInt(value.atom);
    }
    throw errors.wrongKind(`range takes ints, not ${describe(value)}`, {
      suggestion: "it is the same for every input: range(10); the positions of an input are indices",
    });
  });
  const [start, stop, step] = ints.length === 1 ? [0n, ints[0]!, 1n] : [ints[0]!, ints[1]!, ints[2] ?? 1n];
  if (step === 0n) throw errors.rangeStep("the step of range cannot be 0");
  if ((stop - start) / step > MAX_RANGE) throw errors.overflow(`range makes lists of at most ${MAX_RANGE} ints`);
  const items: Value[] = [];
  for (let i = start; step > 0n ? i < stop : i > stop; i += step) items.push(atomValue(i));
  return listValue(items);
}

/** A list of the first items of several lists, of their second items, and so on. The lists have one length. */
export function zip(args: readonly Value[]): Value {
  const lists = args.map((value) => {
    if (value.kind === "list") return value.items;
    throw errors.wrongKind(`zip takes lists, not ${describe(value)}`, {
      ...(value.kind === "s-op" ? { suggestion: "s-ops combine position by position: indices + length" } : {}),
    });
  });
  const [first] = lists as [readonly Value[]];
  const other = lists.find((items) => items.length !== first.length);
  if (other) throw errors.wrongKind(`zip takes lists of one length, not of ${first.length} and ${other.length}`);
  return listValue(first.map((_, i) => listValue(lists.map((items) => items[i]!))));
}
