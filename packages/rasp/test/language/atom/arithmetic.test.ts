import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arithmetic, truth, unaryArithmetic, type ArithmeticOperator } from "../../../src/language/atom/arithmetic.js";
import { ratio, roundHalfEven } from "../../../src/language/atom/number.js";
import { RaspError } from "../../../src/language/diagnostic.js";
import type { Atom } from "../../../src/language/graph/node.js";

const errorClass = (compute: () => unknown): string => {
  try {
    compute();
  } catch (error) {
    if (error instanceof RaspError) return error.diagnostic.class;
    throw error;
  }
  return "none";
};

// The right-hand sides were computed by CPython 3.11.
describe("arithmetic is Python's", () => {
  it.each<[Atom, ArithmeticOperator, Atom, Atom]>([
    [1n, "+", 2n, 3n],
    [1n, "+", 2, 3],
    [true, "+", true, 2n],
    ["a", "+", "b", "ab"],
    [0.1, "+", 0.2, 0.30000000000000004],
    [2n ** 80n, "+", 1n, 1208925819614629174706177n],
    [3n, "-", true, 2n],
    [false, "*", -0.5, -0],
    ["ab", "*", 3n, "ababab"],
    [-2n, "*", "ab", ""],
    [true, "*", "x", "x"],
    [10n, "/", 5n, 2],
    [7n, "/", 2n, 3.5],
    [10n ** 400n, "/", 10n ** 399n, 10],
    [3n ** 50n, "/", 2n ** 64n + 1n, 38917.327893923924],
    [-7n, "%", 3n, 2n],
    [7n, "%", -3n, -2n],
    [-7.5, "%", 2n, 0.5],
    [5.5, "%", -2n, -0.5],
    [-0.5, "%", 1n, 0.5],
    [4, "%", -2, -0],
    [2n, "^", 10n, 1024n],
    [2n, "^", -1n, 0.5],
    [0n, "^", 0n, 1n],
    [-8, "^", 3n, -512],
    [2n, "^", 0.5, 1.4142135623730951],
    [10, "^", -4n, 0.0001],
    [1.1, "^", 100n, 13780.61233982238],
    [2.5, "^", -1.5, 0.25298221281347033],
    [1e-300, "^", 1.05, 1e-315],
    [10, "^", -320n, 1e-320],
  ])("%s %s %s", (left, op, right, expected) => {
    expect(arithmetic(op, left, right)).toBe(expected);
  });

  it.each<[Atom, ArithmeticOperator, Atom, string]>([
    [1n, "/", 0n, "zero-division"],
    [1.5, "%", false, "zero-division"],
    [0, "^", -1n, "zero-division"],
    [-8n, "^", 1 / 3, "type"],
    [1n, "+", "a", "type"],
    ["a", "*", 1.5, "type"],
    ["a", "%", 1n, "type"],
    ["a", "-", "a", "type"],
    [10n ** 400n, "*", 1, "overflow"],
    [10, "^", 400n, "overflow"],
    [10n ** 400n, "/", 3n, "overflow"],
    [10n, "^", 10n ** 10n, "overflow"],
    ["a", "*", 10n ** 12n, "overflow"],
  ])("%s %s %s is an error", (left, op, right, expected) => {
    expect(errorClass(() => arithmetic(op, left, right))).toBe(expected);
  });

  it("rounds half to even and keeps signs", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.675, 1e20].map(roundHalfEven)).toEqual([0n, 2n, 2n, 0n, -2n, 3n, 10n ** 20n]);
    expect(unaryArithmetic("-", true)).toBe(-1n);
    expect(unaryArithmetic("-", 0)).toBe(-0);
    expect(errorClass(() => unaryArithmetic("round", Infinity))).toBe("overflow");
    expect(errorClass(() => unaryArithmetic("round", NaN))).toBe("value");
    expect(errorClass(() => unaryArithmetic("-", ""))).toBe("type");
  });

  it("has Python's truth", () => {
    expect([0n, 0, "", false, NaN, "0", -1n, 0.1].map(truth)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });
});

describe("identities", () => {
  const int = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n });
  const nonZero = int.filter((n) => n !== 0n);

  it("the remainder has the divisor's sign and completes the floor quotient", () => {
    fc.assert(
      fc.property(int, nonZero, (a, b) => {
        const rest = arithmetic("%", a, b) as bigint;
        expect((a - rest) % b).toBe(0n);
        expect(b > 0n ? 0n <= rest && rest < b : b < rest && rest <= 0n).toBe(true);
      }),
    );
  });

  it("an int quotient is the float nearest to it", () => {
    const next = (x: number, up: boolean): number => {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, x);
      view.setBigInt64(0, view.getBigInt64(0) + (up === x > 0 ? 1n : -1n));
      return view.getFloat64(0);
    };
    // |n/d - x| as a fraction over a common power of two.
    const error = (n: bigint, d: bigint, x: number): bigint => {
      const scaled = BigInt(x * 2 ** 200) * d - n * 2n ** 200n;
      return scaled < 0n ? -scaled : scaled;
    };
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 90n }), fc.bigInt({ min: 1n, max: 2n ** 90n }), (n, d) => {
        const x = ratio(n, d);
        expect(error(n, d, x) <= error(n, d, next(x, true))).toBe(true);
        expect(error(n, d, x) <= error(n, d, next(x, false))).toBe(true);
      }),
    );
  });

  it("small ratios are JavaScript's division", () => {
    const small = fc.integer({ min: 1, max: 2 ** 31 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(ratio(BigInt(a), BigInt(b))).toBe(a / b);
      }),
    );
  });

  it("powers of floats by small ints agree with exact ones", () => {
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 9 }), (base, exponent) => {
        expect(arithmetic("^", base / 4, BigInt(exponent))).toBe(
          Number(BigInt(base) ** BigInt(exponent)) / 4 ** exponent,
        );
      }),
    );
  });

  it("square roots are correctly rounded", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(arithmetic("^", x, 0.5)).toBe(Math.sqrt(x));
      }),
    );
  });
});
