/**
 * The independent checker follows the models that the compiler proves, and no changed weight that changes an answer gets past it. The
 * compiler's certificate and the checker's verdict agree: what is proved is never contradicted.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rng } from "@selectron/core";
import {
  check,
  CheckFileError,
  compile,
  CompiledModel,
  load,
  RaspError,
  verify,
  type Atom,
  type CheckReport,
  type SOp,
} from "../../src/index.js";
import { breadth } from "../../../../test/long.js";
import { BOOLS, DIGITS, LETTERS, NUMBERS, sopSourceOver } from "../arbitrary/program.js";
import { lessons, lessonSOp } from "../compiler/lessons.js";

const lengths = breadth({ short: 4, long: 24 });
/** Too many inputs to take one by one. */
const TOGETHER = { mostInputs: 0, steps: 1e9 };

describe(`lessons at length ${lengths}`, () => {
  it.each(lessons)("$name", { timeout: 3_600_000 }, (lesson) => {
    const sop = lessonSOp(lesson);
    const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: lengths, name: "result" });
    const report = check(model.toSafetensors(), { program: { result: sop }, ...TOGETHER });
    expect(report).toMatchObject({ verdict: "holds", everyInput: false, upToFloat32: false });
    expect(report.margins.every(({ margin, error }) => margin > error)).toBe(true);
  });
});

interface Case {
  readonly source: string;
  readonly vocabulary: readonly Atom[];
  readonly causal: boolean;
}

const cases: fc.Arbitrary<Case> = fc.oneof(
  ...[LETTERS, NUMBERS, BOOLS, DIGITS].map((alphabet) =>
    fc.record({
      source: sopSourceOver(alphabet),
      vocabulary: fc.constant(alphabet.vocabulary),
      causal: fc.boolean(),
    }),
  ),
);

interface Compiled extends Case {
  readonly sop: SOp;
  readonly model: CompiledModel;
}

/** Programs that compile and are called proved. */
function provedPrograms(count: number): Compiled[] {
  return fc.sample(cases, { numRuns: count, seed: 20261129 }).flatMap((drawn) => {
    try {
      const { source, vocabulary, causal } = drawn;
      const sop = load(`result = ${source};`, { example: vocabulary }).sop("result");
      const maxLength = vocabulary.length === 3 ? 3 : 4;
      const model = compile(sop, { vocabulary, maxLength, causal, name: "result" });
      return model.certificate.proved ? [{ ...drawn, sop, model }] : [];
    } catch (error) {
      if (error instanceof RaspError) return [];
      throw error;
    }
  });
}

const programs = provedPrograms(breadth({ short: 40, long: 500 }));

/** How often each verdict came. */
function verdicts(reports: readonly CheckReport[]): Record<CheckReport["verdict"], number> {
  const counts = { holds: 0, wrong: 0, unknown: 0 };
  for (const { verdict } of reports) counts[verdict]++;
  return counts;
}

describe("random programs that are called proved", () => {
  it.each([
    ["input by input", {}],
    ["all inputs of a length together", TOGETHER],
  ])("are followed, %s", { timeout: 3_600_000 }, (_, how) => {
    const reports = programs.map(({ sop, model }) =>
      check(model.toSafetensors(), { program: { result: sop }, ...how }),
    );
    const { holds, wrong } = verdicts(reports);
    expect(wrong).toBe(0);
    expect(holds).toBeGreaterThanOrEqual(Math.ceil(0.95 * programs.length));
  });

  it("are followed without the program", { timeout: 3_600_000 }, () => {
    const { holds, wrong } = verdicts(programs.map(({ model }) => check(model.toSafetensors())));
    expect(wrong).toBe(0);
    expect(holds).toBeGreaterThanOrEqual(Math.ceil(0.95 * programs.length));
  });
});

/** The model with one weight changed. */
function mutant(model: CompiledModel, rng: Rng): CompiledModel {
  const copy = CompiledModel.fromSafetensors(model.toSafetensors());
  const parameters = [...copy.model.parameters().values()].filter(({ data }) => data.some((weight) => weight !== 0));
  const { data } = parameters[rng.int(parameters.length)]!;
  const used = [...data.keys()].filter((i) => data[i] !== 0);
  // Mostly weights that are used; sometimes one that was 0.
  const at = rng.int(4) === 0 ? rng.int(data.length) : used[rng.int(used.length)]!;
  const changes = [0, -data[at]!, 2 * data[at]!, data[at]! / 2, data[at]! + 1, data[at]! - 1, data[at]! * 1.001];
  data[at] = changes[rng.int(changes.length)]!;
  return copy;
}

it("no changed weight that changes an answer is followed", { timeout: 3_600_000 }, () => {
  const rng = new Rng(1);
  let [changed, together] = [0, 0];
  const passed: string[] = [];
  for (const { source, sop, model } of programs) {
    for (let m = 0; m < breadth({ short: 2, long: 5 }); m++) {
      const broken = mutant(model, rng);
      if (verify(sop, broken, { exhaustive: true }).ok) continue;
      changed++;
      const bytes = broken.toSafetensors();
      if (check(bytes, { program: { result: sop } }).verdict === "holds") passed.push(source);
      if (check(bytes, { program: { result: sop }, ...TOGETHER }).verdict === "holds") together++;
    }
  }
  expect(changed).toBeGreaterThan(programs.length / 2);
  expect(passed).toEqual([]);
  expect(together).toBe(0);
});

describe("reports", () => {
  const sop = load("hist = selector_width(select(tokens, tokens, ==));").sop("hist");
  const model = compile(sop, { vocabulary: "ab", maxLength: 4, name: "hist" });
  const bytes = model.toSafetensors();

  it.each([20_000, 1])("tell how far they are, up to the end, with at most %i inputs one by one", (mostInputs) => {
    const told: [number, number][] = [];
    check(bytes, { program: { hist: sop }, mostInputs, onProgress: (...at) => told.push(at) });
    const [done, of] = told.at(-1)!;
    expect(done).toBe(of);
    expect(told.map(([n]) => n)).toEqual(told.map(([n]) => n).sort((a, b) => a - b));
    expect(told.length).toBeGreaterThan(2);
  });

  it("name every decision, with margin and error", () => {
    const { margins, ...report } = check(bytes, { program: { hist: sop } });
    expect(report).toEqual({
      verdict: "holds",
      precision: "float32",
      stopped: false,
      program: true,
      maxLength: 4,
      inputs: 30,
      everyInput: true,
      upToFloat32: false,
    });
    expect(margins.map(({ where }) => where)).toEqual(["hist, layer 1, attention", "decoding of hist"]);
    expect(margins.every(({ margin, error }) => margin === 0.5 && error > 0 && error < 1e-3)).toBe(true);
  });

  it("name an input on which the model is wrong", () => {
    const other = load("r = length;").sop("r");
    expect(check(bytes, { program: { hist: other } })).toMatchObject({
      verdict: "wrong",
      where: 'hist at position 0 of "a", "b" is not 2',
    });
  });

  it("say when the work is too much", () => {
    expect(check(bytes, { program: { hist: sop }, steps: 10 })).toMatchObject({
      verdict: "unknown",
      stopped: true,
      where: "the check takes more steps than it may",
    });
  });

  it("of a causal model are about the causal program", () => {
    const decoder = compile(sop, { vocabulary: "ab", maxLength: 4, causal: true, name: "hist" });
    for (const how of [{}, TOGETHER]) {
      expect(check(decoder.toSafetensors(), { program: { hist: sop }, ...how }).verdict).toBe("holds");
    }
  });

  it("of several outputs hold each to its s-op", () => {
    const outputs = { hist: sop, twice: load("r = 2 * selector_width(select(tokens, tokens, ==));").sop("r") };
    const both = compile(outputs, { vocabulary: "ab", maxLength: 4 }).toSafetensors();
    expect(check(both, { program: outputs }).verdict).toBe("holds");
    expect(check(both, { program: { hist: outputs.twice, twice: sop } }).verdict).toBe("wrong");
    expect(() => check(both, { program: { hist: sop } })).toThrow(/the model computes twice/);
  });

  it("are not made of other files", () => {
    expect(() => check(new Uint8Array(4))).toThrow(CheckFileError);
  });
});
