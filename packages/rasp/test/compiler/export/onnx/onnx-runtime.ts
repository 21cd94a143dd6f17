/** Exported models in onnxruntime, as its users run them: with the file, token ids, and the card's classes. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect } from "vitest";
import { Evaluation, type Atom, type CompiledModel, type SOp } from "../../../../src/index.js";
import { atomKey } from "../../../../src/language/atom/compare.js";
import { namedOutputs } from "../../../../src/compiler/outputs.js";

export const open = (model: CompiledModel): Promise<InferenceSession> =>
  InferenceSession.create(model.toOnnx(), { intraOpNumThreads: 1, interOpNumThreads: 1 });

/** Feeds inputs of any lengths as one batch, padded with -1, and decodes each output's classes with the card alone. */
export async function runOnnx(
  session: InferenceSession,
  { card }: CompiledModel,
  inputs: readonly (readonly Atom[])[],
): Promise<Atom[][][]> {
  const width = 1 + Math.max(...inputs.map((input) => input.length));
  const ids = new BigInt64Array(inputs.length * width).fill(-1n);
  inputs.forEach((input, b) => {
    ids[b * width] = 0n;
    input.forEach((token, i) => (ids[b * width + i + 1] = BigInt(card.vocabulary.indexOf(token) + 1)));
  });
  const results = await session.run({ tokens: new Tensor("int64", ids, [inputs.length, width]) });
  return card.outputs.map(({ name, decoding }) => {
    const classes = results[card.outputs.length === 1 ? "classes" : `classes.${name}`]!;
    expect(classes.dims).toEqual([inputs.length, width]);
    const numbers = classes.data as BigInt64Array;
    return inputs.map((input, b) => input.map((_, i) => decoding.classes[Number(numbers[b * width + i + 1])]!));
  });
}

/** The inputs, in batches, on which onnxruntime's values are not the interpreter's. Every input must have a value. */
export async function wrongInOnnx(
  model: CompiledModel,
  program: SOp | Readonly<Record<string, SOp>>,
  inputs: readonly (readonly Atom[])[],
): Promise<(readonly Atom[])[]> {
  const session = await open(model);
  const keys = (values: readonly Atom[]): string => values.map(atomKey).join();
  const wrong: (readonly Atom[])[] = [];
  for (let from = 0; from < inputs.length; from += BATCH) {
    const batch = inputs.slice(from, from + BATCH);
    const answers = await runOnnx(session, model, batch);
    namedOutputs(program).forEach(({ sop }, o) => {
      wrong.push(...batch.filter((input, b) => keys(answers[o]![b]!) !== keys(new Evaluation(input).sop(sop))));
    });
  }
  return wrong;
}

const BATCH = 512;
