/** Rounding to 16 bits against the formats' definitions, and the scale of losses. */
import { tensor } from "@selectron/core";
import { LossScaler, roundHalf } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** All finite float16 numbers from 0 on, from their bits. */
const halves = Array.from({ length: 0x7c00 }, (_, bits) => {
  const [exponent, fraction] = [bits >> 10, bits & 1023];
  return exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
});

describe("float16", () => {
  it("keeps every number that it holds", () => {
    expect(
      halves.every((value) => roundHalf("float16", value) === value && roundHalf("float16", -value) === -value),
    ).toBe(true);
  });

  it("takes the nearest number, of two as near the even one", () => {
    fc.assert(
      fc.property(fc.nat(0x7c00 - 2), fc.double({ min: 0, max: 1, noNaN: true }), (i, share) => {
        const [below, above] = [halves[i]!, halves[i + 1]!];
        const x = below + share * (above - below);
        const [down, up] = [x - below, above - x];
        const expected = down < up || (down === up && i % 2 === 0) ? below : above;
        expect(roundHalf("float16", x)).toBe(expected);
      }),
    );
    expect([65519, 65520, -70000, NaN].map((x) => roundHalf("float16", x))).toEqual([65504, Infinity, -Infinity, NaN]);
    expect(roundHalf("float16", 2 ** -26)).toBe(0);
  });
});

it("bfloat16 has eight significant bits and a large range", () => {
  expect([1 + 2 ** -9, 1 + 2 ** -7, 1e30].map((x) => roundHalf("bfloat16", x))).toEqual([
    1,
    1 + 2 ** -7,
    expect.closeTo(1e30, -28),
  ]);
  expect(roundHalf("bfloat16", 2 ** -40)).toBe(2 ** -40);
});

describe("a loss scaler", () => {
  const gradientOf = (scaler: LossScaler, factor: number) => {
    const w = tensor([1], [1], { requiresGrad: true });
    scaler.scaled(w.mul(factor).sum()).backward();
    const good = scaler.unscale(new Map([["w", w]]));
    return { good, gradient: w.grad!.item() };
  };

  it("keeps gradients that float16 loses", () => {
    expect(gradientOf(new LossScaler({ scale: 1 }), 2 ** -26).gradient).toBe(0);
    expect(gradientOf(new LossScaler(), 2 ** -26)).toEqual({ good: true, gradient: 2 ** -26 });
    expect(gradientOf(new LossScaler({ format: "bfloat16", scale: 1 }), 2 ** -26).gradient).toBe(2 ** -26);
  });

  it("halves where they leave the range, and doubles after good steps", () => {
    const scaler = new LossScaler({ scale: 4, every: 2 });
    expect(gradientOf(scaler, 30000).good).toBe(false);
    expect(scaler.scale).toBe(2);
    for (let i = 0; i < 2; i++) expect(gradientOf(scaler, 3)).toEqual({ good: true, gradient: 3 });
    expect(scaler.scale).toBe(4);
  });
});
