/** The oracle's s-ops as Transformers. The corpus was not made for the compiler, so it is a good sample of what people write. */
import { describe, expect, it } from "vitest";
import { compile, load, RaspError, readInput, verify, type Atom, type SOp } from "../../src/index.js";
import { oracleCases, oraclePresent, type OracleCase } from "./cases.js";
import { breadth } from "../../../../test/long.js";

/** Floats that depend on the order of a sum and are read by another s-op; strings and numbers in one mean. */
const REFUSED = ["float-098", "float-099", "randstr-019", "randstr-035"];

const SOPS = new Set(["int", "float", "string", "bool"]);

interface Sample {
  readonly id: string;
  readonly sop: SOp;
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
}

/** One sample for each program; `undefined` if the case is an error or has no input. */
function sampleOf({ id, program, expr, inputSrc }: OracleCase): Sample | undefined {
  try {
    const atoms = readInput(inputSrc);
    const sop = load(`${program}\nanswer_ = ${expr};`, { example: atoms }).sop("answer_");
    const vocabulary = [...new Set(atoms)].slice(0, 4);
    return vocabulary.length === 0 ? undefined : { id, sop, vocabulary, maxLength: Math.min(atoms.length, 5) };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

describe.skipIf(!oraclePresent)("the oracle's corpus, compiled", () => {
  it("models compute what the interpreter does, and are proved", { timeout: 600_000 }, () => {
    const cases = (oraclePresent ? oracleCases("rasp.jsonl") : []).filter(({ type }) => SOPS.has(String(type)));
    const every = breadth({ short: 5, long: 1 });
    const samples = cases.filter((_, n) => n % every === 0).flatMap((oracleCase) => sampleOf(oracleCase) ?? []);
    expect(samples.length).toBeGreaterThan(1000 / every);
    const [wrong, unproved, refused]: string[][] = [[], [], []];
    for (const { id, sop, vocabulary, maxLength } of samples) {
      try {
        const model = compile(sop, { vocabulary, maxLength });
        const exhaustive = vocabulary.length ** maxLength <= 100;
        const report = verify(sop, model, exhaustive ? { exhaustive } : { runs: 100, seed: 1 });
        if (!report.ok) wrong!.push(id);
        if (!model.certificate.proved) unproved!.push(`${id}: ${model.certificate.where}`);
      } catch (error) {
        if (!(error instanceof RaspError)) throw new Error(`${id}: ${(error as Error).message}`, { cause: error });
        refused!.push(id);
      }
    }
    expect(wrong).toEqual([]);
    expect(refused!.filter((id) => !REFUSED.includes(id))).toEqual([]);
    expect(unproved!.filter((said) => !said.includes("are one number in float32"))).toEqual([]);
  });
});
