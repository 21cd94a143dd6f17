/**
 * A runtime may start the sum of a matrix product from what the product is added to (BLAS gemm with beta = 1, torch.baddbmm). What an
 * anchor rounds comes out the same: the theorem of docs/numerics.md, and the certificate's check of what it needs.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { certify, type Certificate } from "../../../src/compiler/certify/certify.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { combineReads } from "../../../src/compiler/plan/ir/read.js";
import type { Head, Plan } from "../../../src/compiler/plan/ir/plan.js";
import { plan } from "../../../src/compiler/plan/planner.js";
import { checkedVocabulary } from "../../../src/compiler/values/vocabulary.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { load } from "../../../src/index.js";

const VOCABULARY = checkedVocabulary("abc", 5);

function planned(text: string): Plan {
  const domain = new Domain(VOCABULARY, 5, false);
  const { form, sops } = simplify([load(text, { example: "abc" }).sop("r")], domain);
  return plan([...sops.values()].slice(-1), form, domain);
}

const certificateOf = (text: string, change: (head: Head) => Head[] = (head) => [head]): Certificate => {
  const found = planned(text);
  return certify({ ...found, heads: found.heads.flatMap(change) }, VOCABULARY, 5);
};

/** The head as two, each of which writes a share of every value to the same coordinate. */
const halved = (head: Head, share: number): Head[] => {
  const part = (weight: number): Head => ({
    ...head,
    pattern: `${head.pattern} ${weight}`,
    counted: weight * head.counted,
    values: head.values.map((value) => ({
      ...value,
      read: combineReads([[weight, value.read]]),
      atBos: weight * value.atBos,
    })),
  });
  return [part(share), part(1 - share)];
};

describe("columns that are rounded", () => {
  const count = "r = selector_width(select(tokens, tokens, ==)) > 2;";
  const copy = 'b = select(indices, indices - 1, ==); r = (aggregate(b, tokens, "c") == "a") and indices % 2 == 0;';

  it.each([
    ["one product", count],
    ["one product for each coordinate", copy],
    ["a product for each of two heads", "r = selector_width(select(tokens, tokens, <) or select(indices, 2, ==)) > 2;"],
  ])("%s: proved", (_, text) => {
    expect(certificateOf(text).proved).toBe(true);
  });

  it("are not proved with two products that are no multiples of the anchor's step", () => {
    expect(certificateOf(count, (head) => halved(head, 1 / 2)).proved).toBe(true);
    // Each third is rounded to the anchor's step on its own.
    const [whole, thirds] = [certificateOf(count), certificateOf(count, (head) => halved(head, 1 / 3))];
    const errorOf = ({ bounds }: Certificate) => bounds.find(({ writer }) => writer === "attention")!.error;
    expect([errorOf(whole), errorOf(thirds) > 2 ** -8]).toEqual([0, true]);
    expect(certificateOf(copy, (head) => halved(head, 1 / 3)).proved).toBe(false);
  });

  it("are not proved where a part of the sum leaves the numbers with the anchor's step", () => {
    const opposed = (size: number) => (head: Head) => {
      const part = (factor: number): Head => ({
        ...head,
        pattern: `${head.pattern} ${factor}`,
        counted: Math.abs(factor) * head.counted,
        values: head.values.map((value) => ({ ...value, read: combineReads([[factor, value.read]]) })),
      });
      return [part(size + 1), part(-size)];
    };
    expect(certificateOf(count, opposed(1)).proved).toBe(true);
    expect(certificateOf(count, opposed(2 ** 21)).proved).toBe(false);
  });
});

it("adding products one by one to an anchor gives what adding their sum gives", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -8, max: 2 }),
      fc.array(
        fc.record({ multiple: fc.integer({ min: -500, max: 500 }), off: fc.double({ min: -1, max: 1, noNaN: true }) }),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      (power, products) => {
        const step = 2 ** power;
        const anchor = (3 / 4) * 2 ** 24 * step;
        // Their errors together stay below half a step.
        const written = products.map(({ multiple, off }) =>
          Math.fround(step * (multiple + (0.49 * off) / products.length)),
        );
        const fused = written.reduce((sum, product) => Math.fround(sum + product), anchor);
        const apart = Math.fround(anchor + written.reduce((sum, product) => Math.fround(sum + product), 0));
        const exact = anchor + step * products.reduce((sum, { multiple }) => sum + multiple, 0);
        expect([fused, apart]).toEqual([exact, exact]);
      },
    ),
    { seed: 1 },
  );
});
