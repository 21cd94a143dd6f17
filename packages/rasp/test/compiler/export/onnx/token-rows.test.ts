/** Rows that are no input: an exported model gives them no class and no number, and the other rows of the batch their answers. */
import { Tensor, type InferenceSession } from "onnxruntime-node";
import { expect, it } from "vitest";
import { compile, load } from "../../../../src/index.js";
import { NO_CLASS } from "../../../../src/compiler/export/onnx/token-rows.js";
import { open } from "./onnx-runtime.js";

const [WIDTH, MAX] = [4, 3];
/** Every row of four ids from -3 to 5, of a model whose vocabulary has the tokens 1 and 2. */
const ids = [-3, -2, -1, 0, 1, 2, 3, 5];
const rows = Array.from({ length: ids.length ** WIDTH }, (_, n) =>
  Array.from({ length: WIDTH }, (_, i) => ids[Math.floor(n / ids.length ** i) % ids.length]!),
);
/** In words: BOS, tokens, padding. */
const isInput = (row: readonly number[]): boolean => /^0( [12])*( -1)*$/.test(row.join(" "));

async function run(session: InferenceSession, batch: readonly (readonly number[])[]) {
  const tokens = BigInt64Array.from(batch.flat(), BigInt);
  const dims = [batch.length, batch[0]!.length];
  const { logits, ...others } = await session.run({ tokens: new Tensor("int64", tokens, dims) });
  const perRow = logits!.data.length / batch.length;
  return batch.map((_, b) => ({
    logits: (logits!.data as Float32Array).slice(b * perRow, (b + 1) * perRow),
    classes: Object.values(others).flatMap(({ data }) =>
      Array.from((data as BigInt64Array).subarray(b * dims[1]!, (b + 1) * dims[1]!), Number),
    ),
  }));
}

it.each([
  ["a choice", "x = aggregate(select(indices, length - 1 - indices, ==), tokens);", false],
  ["a number", "x = selector_width(select(tokens, tokens, ==));", false],
  ["a causal one", "x = selector_width(select(tokens, tokens, ==));", true],
  ["one with marks", 'set example "a"\nx = 1 / (indices - 1);', false],
])("%s", async (_, text, causal) => {
  const model = compile(load(text).sop("x"), { vocabulary: "ab", maxLength: MAX, causal, mark: true });
  const session = await open(model);
  const answers = await run(session, rows);
  for (const [b, row] of rows.entries()) {
    const { logits, classes } = answers[b]!;
    if (!isInput(row)) {
      expect(new Set([...logits, ...classes])).toEqual(new Set([NaN, NO_CLASS]));
      continue;
    }
    const count = row.filter((id) => id > 0).length;
    const word = row.slice(1, count + 1).map((id) => "_ab"[id]!);
    const { outputs } = model.card;
    const { classes: values } = outputs[0]!.decoding;
    const given = classes.slice(1, count + 1).map((c) => values[c]);
    expect(given).toEqual(model.outputs([word])[0]![0]);
    expect(logits.every(Number.isFinite)).toBe(true);
  }
  expect(rows.filter(isInput)).toHaveLength(1 + 2 + 4 + 8);
});

it("a row of BOS alone is an input, and one without is none", async () => {
  const model = compile(load("x = tokens;").sop("x"), { vocabulary: "ab", maxLength: MAX });
  const session = await open(model);
  const alone = await run(session, [[0], [1], [-1], [-2]]);
  expect(alone.map(({ classes }) => classes[0] === NO_CLASS)).toEqual([false, true, true, true]);
});
