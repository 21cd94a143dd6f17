/** Values that are looked up by position are those that inputs reach. */
import { describe, expect, it } from "vitest";
import { evaluate, load } from "../../../src/index.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { checkedVocabulary } from "../../../src/compiler/values/vocabulary.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";

describe("aggregate(select(indices, at, ==), s)", () => {
  it.each([
    ["indices - 1", "tokens", '"-"'],
    ["length - 1 - indices", "indices", "0"],
    ['indices + 1 if tokens == "a" else 9', "tokens", '"-"'],
    ["2 * indices", "indices * indices", "-1"],
    ["indices / 2", "tokens", '"-"'],
    ["0", 'tokens if indices > 0 else "0"', '"-"'],
  ])("of %s looks up %s", (at, value, otherwise) => {
    const source = `x = aggregate(select(indices, ${at}, ==), ${value}, ${otherwise});`;
    const sop = load(source, { example: "ab" }).sop("x");
    const domain = new Domain(checkedVocabulary("ab", 5), 5);
    const normal = simplify([sop], domain).sops.get(sop)!;
    const reached = new Map<string, Set<string>>();
    for (const input of everyInput(["a", "b"], 5)) {
      evaluate(sop, input as string[]).forEach((result, i) => {
        const place = `${input.length} ${i}`;
        reached.set(place, (reached.get(place) ?? new Set()).add(String(result)));
      });
    }
    for (const [place, values] of reached) {
      const [length, position] = place.split(" ").map(Number);
      const found = domain.valuesAt(normal, length!, position!).atoms.map(String);
      expect(found.toSorted(), place).toEqual([...values].toSorted());
    }
  });
});
