/** The classes of exported models against plain loops, where they are equal too: the first of equal ones is chosen. */
import { Rng, tensor } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";
import type { OnnxOutput } from "../../../../src/compiler/export/onnx/chosen-class.js";
import { encoderToOnnx } from "../../../../src/compiler/export/onnx/encoder.js";
import { breadth } from "../../../../../../test/long.js";

/** One layer without heads and hidden units, whose logits are `logits[v]` for each token v. */
async function classesOf(logits: readonly (readonly number[])[], outputs: readonly OnnxOutput[]): Promise<number[][]> {
  const columns = logits[0]!.length;
  const config = {
    vocabularySize: logits.length,
    maxLength: logits.length,
    dModel: columns,
    outputs: columns,
    blocks: [],
  };
  const identity = logits[0]!.map((_, i) => logits[0]!.map((_, j) => (i === j ? 1 : 0)));
  const model = new TransformerEncoder(
    config,
    new Map([
      ["embedding.token.weight", tensor(logits.map((row) => [...row]))],
      ["unembedding.weight", tensor(identity)],
    ]),
  );
  const bytes = encoderToOnnx(model, { name: "test", text: "", metadata: {}, outputs });
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const ids = BigInt64Array.from(logits, (_, v) => BigInt(v));
  const results = await session.run({ tokens: new Tensor("int64", ids, [1, ids.length]) });
  return outputs.map(({ name }) => Array.from(results[name]!.data as BigInt64Array, Number));
}

const firstOf = (values: readonly number[], best: number): number => values.indexOf(best);

it("the largest logit, and of equal ones the first", async () => {
  const rng = new Rng(1);
  for (let run = 0; run < breadth({ short: 20, long: 500 }); run++) {
    const columns = 1 + rng.int(6);
    // Small whole numbers, so that most rows have equal ones; infinities and -0 too.
    const values = [-2, -1, -0, 0, 1, 2, 2 ** 127];
    const logits = Array.from({ length: 12 }, () =>
      Array.from({ length: columns }, () => values[rng.int(values.length)]!),
    );
    const [classes] = await classesOf(logits, [{ name: "classes", width: columns }]);
    expect(classes).toEqual(logits.map((row) => row.findIndex((value) => value === Math.max(...row))));
  }
});

it("the nearest point, and of equally near ones the first, of several outputs", async () => {
  const rng = new Rng(2);
  for (let run = 0; run < breadth({ short: 20, long: 500 }); run++) {
    const outputs = Array.from({ length: 2 }, (_, o) => {
      const width = 1 + rng.int(2);
      const points = Array.from({ length: 1 + rng.int(5) }, () => Array.from({ length: width }, () => rng.int(7) - 3));
      return { name: `classes.${o}`, width, points };
    });
    const total = outputs.reduce((sum, { width }) => sum + width, 0);
    const logits = Array.from({ length: 12 }, () => Array.from({ length: total }, () => (rng.int(15) - 7) / 2));
    const answers = await classesOf(logits, outputs);
    let from = 0;
    outputs.forEach(({ width, points }, o) => {
      const start = from;
      from += width;
      const nearest = logits.map((row) => {
        const distances = points.map((point) => Math.max(...point.map((p, c) => Math.abs(p - row[start + c]!))));
        return firstOf(distances, Math.min(...distances));
      });
      expect(answers[o]).toEqual(nearest);
    });
  }
});
