/** Atoms and sequences of them, often of values that are equal or look alike across types: 0, 1, 1.0, True, "1". */
import fc from "fast-check";
import type { Atom } from "../../src/language/graph/node.js";

export const ints = fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }));
export const floats = fc.oneof(
  fc.constantFrom(0, 1, -0, 0.5, 1.5, 2 ** 53),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
);
export const strings = fc.oneof(fc.constantFrom("", "a", "b", "1"), fc.string({ maxLength: 3 }));
export const atoms: fc.Arbitrary<Atom> = fc.oneof(ints, floats, strings, fc.boolean());

/** A sequence of one type, or of ints and floats. */
export const sequences: fc.Arbitrary<readonly Atom[]> = fc.oneof(
  ...[strings, ints, floats, fc.boolean(), fc.oneof(ints, floats, fc.boolean())].map((atom) =>
    fc.array(atom as fc.Arbitrary<Atom>, { minLength: 1, maxLength: 8 }),
  ),
);
