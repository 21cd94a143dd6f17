/** Looped models in ONNX: what onnxruntime answers, and reading the files back. `npm run interop` runs other versions and the Web's. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import {
  causal,
  compile,
  CompiledModel,
  compileLooped,
  Evaluation,
  isLoopedModel,
  load,
  LoopedModel,
  loopSteps,
  ModelFileError,
  RaspError,
  type Atom,
  type SOp,
} from "../../../../src/index.js";
import { everyInput, randomInputs } from "../../../../src/compiler/verify/inputs.js";
import { breadth } from "../../../../../../test/long.js";
import { lessonSOp } from "../../lessons.js";

const NO_CLASS = -(2n ** 31n);

/** What onnxruntime makes of a batch: values by position and steps, undefined where it says that there are none. */
async function runIn(session: InferenceSession, model: LoopedModel, inputs: readonly (readonly Atom[])[]) {
  const width = 1 + Math.max(...inputs.map((input) => input.length));
  const ids = inputs.flatMap((input) => [...model.encode(input), ...Array<number>(width - 1 - input.length).fill(-1)]);
  const feeds = { tokens: new Tensor("int64", BigInt64Array.from(ids, BigInt), [inputs.length, width]) };
  const { classes, steps } = await session.run(feeds);
  expect([classes!.dims, steps!.dims]).toEqual([[inputs.length, width], [inputs.length]]);
  const numbers = classes!.data as BigInt64Array;
  return inputs.map((input, b) => {
    const taken = (steps!.data as BigInt64Array)[b]!;
    const row = numbers.subarray(b * width, (b + 1) * width);
    if (taken === NO_CLASS) {
      expect(row.every((id) => id === NO_CLASS)).toBe(true);
      return undefined;
    }
    return { values: input.map((_, i) => model.card.output.classes[Number(row[i + 1])]!), steps: Number(taken) };
  });
}

/** The interpreter's answers, undefined where there is none. */
function meant(sop: SOp, input: readonly Atom[]) {
  try {
    return { values: new Evaluation(input).sop(sop), steps: loopSteps(sop, input)[0]!.steps };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const open = (model: LoopedModel): Promise<InferenceSession> =>
  InferenceSession.create(model.toOnnx(), { intraOpNumThreads: 1, interOpNumThreads: 1 });

describe("in onnxruntime a looped model has the interpreter's answers and steps", () => {
  it.each([
    ["12-addition", "sum", "08+", false],
    ["15-cancelling", "unmatched", "()[]", false],
    ["16-neighbours", "sorted", "abc", true],
  ] as const)("%s, %s", async (file, name, vocabulary, decoder) => {
    const own = lessonSOp({ file, name });
    const sop = decoder ? causal(own) : own;
    const maxLength = breadth({ short: 4, long: 5 });
    const model = compileLooped(own, { vocabulary, maxLength, causal: decoder });
    const session = await open(model);
    const short = [...everyInput(model.vocabulary, breadth({ short: 2, long: 4 }))];
    const inputs = [...short, ...randomInputs(model.vocabulary, maxLength, breadth({ short: 40, long: 200 }), 1)];
    let compared = 0;
    for (let from = 0; from < inputs.length; from += 64) {
      // Of different lengths, with different numbers of steps.
      const batch = inputs.slice(from, from + 64).filter((input) => meant(sop, input));
      if (batch.length === 0) continue;
      expect(await runIn(session, model, batch)).toEqual(batch.map((input) => meant(sop, input)));
      compared += batch.length;
    }
    expect(compared).toBeGreaterThan(30);
  });
});

describe("a looped model in ONNX", () => {
  const sop = load("repeat (x = 0) until (x == indices) at most 3 { x = x + 1; }", { example: "ab" }).sop("x");
  const model = compileLooped(sop, { vocabulary: "ab", maxLength: 6 });

  it("says where the loop does not end, and the other rows of a batch have their answers", async () => {
    const session = await open(model);
    const inputs = ["ab", "ababab", "abba"].map((text) => [...text]);
    expect(await runIn(session, model, inputs)).toEqual([
      { values: [0n, 1n], steps: 1 },
      undefined,
      { values: [0n, 1n, 2n, 3n], steps: 3 },
    ]);
    const ids = BigInt64Array.of(0n, 1n, 2n, 1n, 1n, 2n);
    const { classes, steps, logits } = await session.run({ tokens: new Tensor("int64", ids, [2, 3]) });
    expect([...(classes!.data as BigInt64Array)].slice(3)).toEqual([NO_CLASS, NO_CLASS, NO_CLASS]);
    expect(steps!.data).toEqual(BigInt64Array.of(1n, NO_CLASS));
    const width = model.model.config.outputs;
    const numbers = Array.from(logits!.data as Float32Array);
    expect(numbers.slice(3 * width).every(Number.isNaN)).toBe(true);
    const nns = model.model.forward([[0, 1, 2]], {}, (position) => position > 0).logits.data;
    numbers.slice(0, 3 * width).forEach((logit, at) => expect(logit).toBeCloseTo(nns[at]!, 5));
  });

  it("comes back from its file, which is told apart from others", () => {
    const bytes = model.toOnnx();
    expect(bytes).toEqual(model.toOnnx());
    const again = LoopedModel.fromOnnx(bytes);
    expect(again.card).toEqual(model.card);
    expect(again.toSafetensors()).toEqual(model.toSafetensors());
    expect(isLoopedModel(bytes)).toBe(true);
    expect(() => CompiledModel.fromOnnx(bytes)).toThrow("the model in this file has a loop");
    const plain = compile(load("x = indices + 1;").sop("x"), { vocabulary: "ab", maxLength: 4 });
    expect(isLoopedModel(plain.toOnnx())).toBe(false);
    expect(() => LoopedModel.fromOnnx(plain.toOnnx())).toThrow("the model in this file has no loop");
    for (let length = 0; length < bytes.length; length += 997) {
      expect(() => LoopedModel.fromOnnx(bytes.subarray(0, length))).toThrow(ModelFileError);
    }
  });
});
