/** A model written out weight by weight has the model's logits. */
import { randn, Rng } from "@selectron/core";
import { Gpt2, gpt2Config, gpt2Shapes } from "@selectron/nn";
import { Evaluation, load } from "@selectron/rasp";
import { faithfulProgram, readTask } from "@selectron/rasp/decompile";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** The largest difference from the model's logits, as a share of 1 + |logit|. */
function difference(model: Gpt2, config: unknown, ids: readonly number[], offset: number): number {
  const task = readTask(config, model.config.vocabularySize);
  const { source, tables } = faithfulProgram(model, task);
  const logits = load(source, { tables }).vector("logits");
  const { basis, data } = new Evaluation(
    ids.map((id) => task.vocabulary[id]!),
    offset,
  ).vector(logits);
  const positions = ids.map((_, i) => offset + i);
  const expected = (model.forward([ids], [positions]).toArray() as number[][][])[0]!;
  const places = task.vocabulary.map((token) => basis.find(token));
  return Math.max(
    ...expected.flatMap((row, i) =>
      row.map((x, v) => Math.abs(x - data[i * basis.size + places[v]!]!) / (1 + Math.abs(x))),
    ),
  );
}

it("holds for random weights", () => {
  const sizes = { n_layer: 2, n_head: 2, n_embd: 6, n_positions: 9, vocab_size: 4, n_inner: 5 };
  const config = gpt2Config(sizes);
  for (let seed = 0; seed < 5; seed++) {
    const rng = new Rng(seed);
    const parameters = new Map([...gpt2Shapes(config)].map(([name, shape]) => [name, randn(shape, rng)]));
    expect(difference(new Gpt2(config, parameters), sizes, [0, 3, 1, 1, 2, 0], seed % 4)).toBeLessThan(1e-4);
  }
});

const folder = fileURLToPath(new URL("../../../../../../shared/models/", import.meta.url));
const present = existsSync(`${folder}models`);
if (!present) {
  console.warn(`\n*** SKIPPED: no trained models at ${folder}; re-parameterising them is NOT tested. ***\n`);
}

describe.skipIf(!present)("trained models", () => {
  it("have the same logits as their programs, all twenty", () => {
    const names = present ? readdirSync(`${folder}models`).filter((file) => file.endsWith(".safetensors")) : [];
    expect(names).toHaveLength(20);
    const worst = Math.max(
      ...names.map((file) => {
        const config = JSON.parse(
          readFileSync(`${folder}models/${file.replace("safetensors", "json")}`, "utf8"),
        ) as unknown;
        const model = Gpt2.fromSafetensors(readFileSync(`${folder}models/${file}`), config);
        const [line] = readFileSync(`${folder}forward/${file.replace("safetensors", "jsonl")}`, "utf8").split("\n");
        const { input_ids: ids, position_ids: positions } = JSON.parse(line!) as Record<string, number[]>;
        return difference(model, config, ids!.slice(0, 40), positions![0]!);
      }),
    );
    console.log(
      `largest difference between a model's logits and its program's: ${worst.toExponential(1)} of 1 + |logit|`,
    );
    expect(worst).toBeLessThan(2e-3);
  });
});
