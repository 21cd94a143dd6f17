/** What the certificate of low precision needs: a plan or a weight that lacks it is not called proved. */
import { describe, expect, it } from "vitest";
import { certify, withWeights, type Certificate } from "../../../src/compiler/certify/certify.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { arithmeticOf } from "../../../src/compiler/plan/ir/arithmetic.js";
import type { Feature, Head, Plan } from "../../../src/compiler/plan/ir/plan.js";
import { combineReads } from "../../../src/compiler/plan/ir/read.js";
import { plan } from "../../../src/compiler/plan/planner.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { checkedVocabulary } from "../../../src/compiler/values/vocabulary.js";
import { compile, load, RaspError } from "../../../src/index.js";

const VOCABULARY = checkedVocabulary("abc", 5);
const TEXT = "r = selector_width(select(tokens, tokens, ==)) > 2;";

const planned = (() => {
  const sop = load(TEXT, { example: "abc" }).sop("r");
  const domain = new Domain(VOCABULARY, 5, false);
  const { form, sops } = simplify([sop], domain, () => undefined);
  return plan([sops.get(sop)!], form, domain, { arithmetic: arithmeticOf("bfloat16", "encoder", 5) });
})();

const certificateWith = (change: Partial<Plan>): Certificate => certify({ ...planned, ...change }, VOCABULARY, 5);
const withHead = (change: (head: Head) => Partial<Head>): Certificate =>
  certificateWith({ heads: planned.heads.map((head) => ({ ...head, ...change(head) })) });

describe("a plan is not proved", () => {
  it("unless nothing is wrong with it", () => expect(certificateWith({}).proved).toBe(true));

  it("where shares are not what rounding makes powers of two", () => {
    const { proved, where } = withHead(({ bosScore }) => ({ bosScore: bosScore + 0.004 }));
    expect([proved, where]).toEqual([false, "width, layer 1, shares"]);
    // Half as far is less than half the distance to the next number.
    expect(withHead(({ bosScore }) => ({ bosScore: bosScore + 0.0015 })).proved).toBe(true);
  });

  it("where unselected keys keep too much", () => {
    const less = ({ blocks }: Head): Partial<Head> => ({ blocks: blocks.map((block) => ({ ...block, unit: 12 })) });
    expect(withHead(less).proved).toBe(false);
  });

  it("where the leaks of a sum add up to too much", () => {
    const leaky = (unit: number): readonly Head[] =>
      planned.heads.map((head) => ({ ...head, blocks: head.blocks.map((block) => ({ ...block, unit })) }));
    const summed = planned.features.map((feature) => ({
      ...feature,
      branches: feature.branches.map((fns) => fns.map((fn) => ({ ...fn, input: combineReads([[15, fn.input]]) }))),
    }));
    // Alone a leak of e^-25 is lost; fifteen times it is not.
    expect(certificateWith({ heads: leaky(25) }).proved).toBe(true);
    expect(certificateWith({ heads: leaky(25), features: summed }).proved).toBe(false);
    expect(certificateWith({ features: summed }).proved).toBe(true);
  });

  it("where a head makes means", () => {
    expect(withHead(() => ({ purpose: "mean" }))).toMatchObject({
      proved: false,
      where: "width, layer 1: shares are no bfloat16 numbers",
    });
  });

  it.each([
    [
      "a query that is not",
      (head: Head) => ({ queries: head.queries.map((read) => combineReads([[257 / 256, read]], 1)) }),
    ],
    [
      "a value that is not",
      (head: Head) => ({
        values: head.values.map((value) => ({ ...value, read: combineReads([[257, value.read]]) })),
      }),
    ],
    [
      "a result that is not",
      (head: Head) => ({
        values: head.values.map((value) => ({ ...value, target: { ...value.target, largest: 257 } })),
      }),
    ],
    ["a default that is not", (head: Head) => ({ values: head.values.map((value) => ({ ...value, atBos: 257 })) })],
  ])("with %s a bfloat16 number", (_, change) => {
    const { proved, where } = withHead(change);
    expect(proved).toBe(false);
    expect(where).toMatch(/no bfloat16 numbers$/);
  });

  it("where hidden units have activations with too many digits", () => {
    const features = planned.features.map((feature): Feature => ({
      ...feature,
      branches: feature.branches.map((fns) => fns.map((fn) => ({ ...fn, highestInput: 200, largestInput: 200 }))),
    }));
    // The count that they read goes up to 5, and would have to be one of 200.
    const subspaces = new Map(
      planned.heads.flatMap(({ values }) => values.map(({ target }) => [target, { ...target, largest: 200 }])),
    );
    expect(subspaces.size).toBe(1);
    expect(certificateWith({ features }).proved).toBe(true);
    const moved = features.map((feature) => ({
      ...feature,
      branches: feature.branches.map((fns) => fns.map((fn) => ({ ...fn, input: combineReads([[60, fn.input]]) }))),
    }));
    expect(certificateWith({ features: moved }).where).toMatch(/operands are no bfloat16 numbers$/);
  });
});

it("a weight that is no number of the format is named", () => {
  const weights = [["blocks.0.value.weight", Float32Array.of(1, 257)]] as const;
  expect(withWeights(certificateWith({}), weights, "bfloat16")).toMatchObject({
    proved: false,
    where: "blocks.0.value.weight: the weight 257 is no bfloat16 number",
  });
});

describe("whole numbers end at 256, or 2048", () => {
  const proved = (text: string, precision: "bfloat16" | "tf32"): boolean | "refused" => {
    try {
      return compile(load(`r = ${text};`, { example: "a" }).sop("r"), { vocabulary: "ab", maxLength: 5, precision })
        .certificate.proved;
    } catch (error) {
      if (!(error instanceof RaspError)) throw error;
      return "refused";
    }
  };

  it.each([
    ['round(length * aggregate(full_s, 40 if tokens == "a" else 3))', true, true],
    ['round(length * aggregate(full_s, 60 if tokens == "a" else 3))', false, true],
    ['round(length * aggregate(full_s, 600 if tokens == "a" else 3))', false, false],
    ["aggregate(full_s, 9007199254740993)", true, true],
    ['aggregate(select(tokens, "b", ==), 9007199254740993 * indices)', false, false],
  ])("%s", (text, bfloat16, tf32) => {
    const [low, medium] = [proved(text, "bfloat16"), proved(text, "tf32")];
    expect([low === true, medium === true]).toEqual([bfloat16, tf32]);
  });
});
