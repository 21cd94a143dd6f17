/**
 * Programs with wild numbers and deep nests: a model that is called proved agrees with its program on every input, and few programs
 * are unproved or refused. A run takes 150 programs, the long form 4,000; `WILD_PROGRAMS=20000 npx vitest run --project rasp wild-programs`
 * takes more, and `WILD_FROM=50000` begins at another seed.
 */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import { compile, cost, load, RaspError, verify } from "../../src/index.js";
import { wildProgram } from "../arbitrary/wild-program.js";
import { breadth } from "../../../../test/long.js";

const PROGRAMS = Number(process.env["WILD_PROGRAMS"] ?? breadth({ short: 150, long: 4000 }));
const FROM = Number(process.env["WILD_FROM"] ?? 0);

type End = "proved" | "unproved" | "refused" | "not tellable in float32";

/** How the compilation of the program of a seed ends, and in how many layers it is as the paper counts them. */
function endOf(seed: number): { readonly end: End; readonly layers: number } {
  const { source, vocabulary, maxLength, causal } = wildProgram(new Rng(seed));
  const sop = load(source, { example: [...vocabulary] }).sop("result");
  const { layers } = cost(sop);
  let model;
  try {
    model = compile(sop, { vocabulary, maxLength, causal });
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    expect(error.diagnostic.class, source).toBe("compile");
    const { code } = error.diagnostic;
    return {
      end:
        code === "RASP4002" || /numbers up to|float32 ends/.test(error.message) ? "not tellable in float32" : "refused",
      layers,
    };
  }
  const { proved, where } = model.certificate;
  if (proved) {
    expect(verify(sop, model, { exhaustive: true }), `seed ${seed}:\n${source}`).toMatchObject({ ok: true });
    return { end: "proved", layers };
  }
  return { end: /float32/.test(where) ? "not tellable in float32" : "unproved", layers };
}

it(
  `of ${PROGRAMS} programs none is proved and wrong, and few are unproved or refused`,
  { timeout: 1000 * PROGRAMS },
  () => {
    const counts: Record<End, number> = { proved: 0, unproved: 0, refused: 0, "not tellable in float32": 0 };
    for (let seed = FROM; seed < FROM + PROGRAMS; seed++) {
      const { end, layers } = endOf(seed);
      if (layers > 0) counts[end]++;
    }
    const layered = counts.proved + counts.unproved + counts.refused;
    expect(layered, "programs with layers").toBeGreaterThan(PROGRAMS / 3);
    expect(counts.unproved / layered, "unproved").toBeLessThan(0.01);
    expect(counts.refused / layered, "refused").toBeLessThan(0.01);
    expect(counts["not tellable in float32"] / layered, "with numbers that float32 does not tell apart").toBeLessThan(
      0.1,
    );
  },
);
