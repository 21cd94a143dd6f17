/** The ONNX file of a GPT-2 in onnxruntime: all at once, token by token from its cache, and padded. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { compile, gpt2Folder, readGpt2Folder, type Gpt2Program } from "../../../../src/index.js";
import { randomInputs } from "../../../../src/compiler/verify/inputs.js";
import { decoderLessons, lessons, lessonSOp } from "../../lessons.js";
import { breadth } from "../../../../../../test/long.js";

const SHORT = ["hist2_bos", "copy"];
const some = [...lessons, ...decoderLessons].filter(
  ({ name }) => breadth({ short: 0, long: 1 }) === 1 || SHORT.includes(name),
);

type Values = Record<string, Tensor>;
const ints = (rows: readonly (readonly number[])[]): Tensor =>
  new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

describe.each(some)("$name", async (lesson) => {
  const model = compile(lessonSOp(lesson), {
    vocabulary: lesson.vocabulary,
    maxLength: 6,
    causal: true,
    format: "gpt2",
  });
  const files = gpt2Folder(model);
  const own: Gpt2Program = readGpt2Folder((name) => files.get(name) as Uint8Array);
  const session = await InferenceSession.create(files.get("onnx/model.onnx") as Uint8Array);
  const { layers, heads, dModel, vocabularySize } = own.model.config;
  const parts = Array.from({ length: layers }).flatMap((_, layer) => [`${layer}.key`, `${layer}.value`]);
  const nothing = (batch: number): Values =>
    Object.fromEntries(
      parts.map((part) => [
        `past_key_values.${part}`,
        new Tensor("float32", new Float32Array(0), [batch, heads, 0, dModel / heads]),
      ]),
    );
  const run = async (
    ids: readonly (readonly number[])[],
    mask: readonly (readonly number[])[],
    positions: readonly (readonly number[])[],
    past: Values,
  ): Promise<Values> =>
    (await session.run({
      ...past,
      input_ids: ints(ids),
      attention_mask: ints(mask),
      position_ids: ints(positions),
    })) as Values;
  const chosen = ({ data }: Tensor, row: number): string => {
    const logits = (data as Float32Array).subarray(row * vocabularySize, (row + 1) * vocabularySize);
    return own.texts[logits.indexOf(Math.max(...logits))]!;
  };
  const inputs = [...randomInputs(model.card.vocabulary, 6, 6, 3)];
  const wanted = (row: readonly number[]): string[] => {
    const { data } = own.model.forward([[...row]]);
    const logits = new Tensor("float32", Float32Array.from(data), [1, row.length, vocabularySize]);
    return row.map((_, i) => chosen(logits, i)).slice(1);
  };

  it("answers as nn does", async () => {
    for (const input of inputs) {
      const row = own.encode(input);
      const { logits } = await run([row], [row.map(() => 1)], [[...row.keys()]], nothing(1));
      expect(row.map((_, i) => chosen(logits!, i)).slice(1)).toEqual(wanted(row));
    }
  });

  it("goes on from its cache", async () => {
    for (const input of inputs) {
      const row = own.encode(input);
      let past = nothing(1);
      const answers: string[] = [];
      for (const [i, id] of row.entries()) {
        const values = await run([[id]], [Array<number>(i + 1).fill(1)], [[i]], past);
        answers.push(chosen(values["logits"]!, 0));
        past = Object.fromEntries(parts.map((part) => [`past_key_values.${part}`, values[`present.${part}`]!]));
      }
      expect(answers.slice(1)).toEqual(wanted(row));
    }
  });

  it("hides padding on the left", async () => {
    const [long, short] = [own.encode(inputs[0]!.concat(inputs[1]!).slice(0, 6)), own.encode(inputs[2]!.slice(0, 1))];
    const gap = long.length - short.length;
    const padding = Array<number>(gap).fill(0);
    const { logits } = await run(
      [long, [...padding, ...short]],
      [long.map(() => 1), [...padding, ...short.map(() => 1)]],
      [[...long.keys()], [...padding, ...short.keys()]],
      nothing(2),
    );
    expect(chosen(logits!, 2 * long.length - 1)).toBe(wanted(short).at(-1));
    expect((logits!.data as Float32Array).every(Number.isFinite)).toBe(true);
  });
});
