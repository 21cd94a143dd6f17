/** What is said of layer norm holds for rows as GPT-2s have them, however a library computes in float32. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { layerNormConstant, layerNormErrors, streamSizes } from "../../../src/compiler/certify/layer-norm.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { arithmeticOf } from "../../../src/compiler/plan/ir/arithmetic.js";
import { plan } from "../../../src/compiler/plan/planner.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { checkedVocabulary } from "../../../src/compiler/values/vocabulary.js";
import { load } from "../../../src/index.js";
import { HABITS, normalised } from "../export/gpt2/plain-gpt2.js";

const planned = (() => {
  const sop = load("r = selector_width(select(tokens, tokens, ==));", { example: "abc" }).sop("r");
  const domain = new Domain(checkedVocabulary("abc", 6), 6, true);
  const { form, sops } = simplify([sop], domain, () => undefined);
  return plan([sops.get(sop)!], form, domain, { arithmetic: arithmeticOf("float32", "gpt2", 6) });
})();

const EPSILON = 1e-5;

/** Half of the coordinates of a row whose other half are their negatives, at most as large together as the stream is. */
function half(rng: Rng, count: number): number[] {
  const { norm } = streamSizes(planned);
  const numbers = Array.from({ length: count }, () => (rng.next() % 2 === 0 ? 0 : rng.next() / 2 ** 32));
  const size = Math.hypot(...numbers) || 1;
  return numbers.map((x) => Math.fround((0.999 * norm * x) / size));
}

describe.each(HABITS)("$name", (habits) => {
  it("gives every coordinate back within its bound", () => {
    const constant = layerNormConstant(planned);
    const errors = layerNormErrors(planned);
    const worst = { gain: 0, zero: 0 };
    const rng = new Rng(1);
    for (let row = 0; row < 200; row++) {
      const numbers = half(rng, 12);
      const all = Float32Array.from([...numbers, constant, ...numbers.map((x) => -x), -constant]);
      const gain = Math.sqrt((2 * constant ** 2) / all.length);
      const found = normalised(all, EPSILON, habits);
      numbers.forEach((x, c) => {
        const [plus, minus] = [gain * found[c]!, gain * found[numbers.length + 1 + c]!];
        // The mean is in both, and x and -x cancel it.
        if (x > 0) worst.gain = Math.max(worst.gain, Math.abs((plus - minus) / 2 - x) / x);
        else worst.zero = Math.max(worst.zero, Math.abs(plus), Math.abs(minus));
      });
    }
    expect(worst.gain).toBeGreaterThan(0);
    expect(worst.gain).toBeLessThanOrEqual(errors.common + errors.own);
    expect(worst.zero).toBeLessThanOrEqual(errors.zero);
  });
});
