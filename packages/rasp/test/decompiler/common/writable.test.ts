import { load } from "@selectron/rasp";
import fc from "fast-check";
import { expect, it } from "vitest";
import { writable } from "../../../src/decompiler/common/writable.js";
import { literal } from "../../../src/language/text/print.js";

/** Texts full of what literals cannot have, and of what stands for it. */
const text = fc.string({ unit: fc.constantFrom('"', "\n", "\r", "”", "␊", "␍", "′", "\\", "a"), maxLength: 3 });

it("gives different tokens different names that RASP can read, and keeps those that it can read", () => {
  fc.assert(
    fc.property(fc.uniqueArray(text), (tokens) => {
      const { names, renamed } = writable(tokens);
      expect(new Set(names).size).toBe(tokens.length);
      for (const [i, name] of names.entries()) {
        expect(load(`answer = tokens == ${literal(name)};`).sop("answer")).toBeDefined();
        const isRenamed = /["\n\r]/.test(tokens[i]!);
        expect(name === tokens[i]).toBe(!isRenamed);
        expect(renamed.some(({ token }) => token === tokens[i])).toBe(isRenamed);
      }
    }),
  );
});
