/**
 * Exported models in ONNX Runtime, at every level of its optimisation: onnxruntime-node of this repository and of transformers.js, and
 * onnxruntime-web in Node. Encoders beside the interpreter, also such with a loop, with batches of different lengths; GPT-2s with their caches beside nn's Gpt2.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { onnxCases } from "../runtimes/onnx-cases.mjs";
import { compareBatch } from "./gpt2-folders.mjs";

const LEVELS = ["disabled", "basic", "extended", "all"];
/** What a row has that is no input. */
const NO_CLASS = -(2 ** 31);

/** The runtimes, by name. */
function runtimesIn(packages) {
  const own = createRequire(import.meta.url)("onnxruntime-node");
  const [theirs, web] = [packages("onnxruntime-node"), packages("onnxruntime-web")];
  web.env.wasm.numThreads = 1;
  return [
    [`onnxruntime-node ${own.env.versions.node ?? own.env.versions.common}`, own, "cpu"],
    [`onnxruntime-node ${theirs.env.versions.node}`, theirs, "cpu"],
    [`onnxruntime-web ${web.env.versions.web.replace(/-.*/, "")}`, web, "wasm"],
  ];
}

/** How many rows of encoders were compared, and how many are wrong. */
async function encodersIn(ort, open, cases) {
  let [inputs, wrong] = [0, 0];
  for (const { bytes, batches } of cases) {
    const session = await open(Uint8Array.from(bytes));
    for (const { dims, ids, wanted, steps } of batches) {
      const { classes, steps: taken } = await session.run({
        tokens: new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), dims),
      });
      const numbers = Array.from(classes.data, Number);
      const row = (b) => numbers.slice(b * dims[1], (b + 1) * dims[1]);
      inputs += dims[0];
      wrong += wanted.filter(
        (values, b) =>
          row(b)
            .slice(1, values.length + 1)
            .join() !== values.join(),
      ).length;
      if (!row(wanted.length).every((id) => id === NO_CLASS)) wrong++;
      if (steps) wrong += steps.filter((count, b) => Number(taken.data[b]) !== count).length;
    }
    await session.release?.();
  }
  return { inputs, wrong };
}

/** The same of GPT-2s: all tokens at once, and the last one from the cache of those before. */
async function gpt2sIn(ort, open, { place, folders }) {
  let [inputs, wrong, worst] = [0, 0, 0];
  for (const each of folders) {
    const session = await open(new Uint8Array(readFileSync(join(place, each.folder, "onnx/model.onnx"))));
    const ints = (rows) =>
      new ort.Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0].length]);
    const run = async (rows, past) => {
      const before = past ? past[`present.0.key`].dims[2] : 0;
      const places = rows.map((row) => row.map((_, i) => before + i));
      const seen = rows.map((row) => Array(before + row.length).fill(1));
      const feeds = { input_ids: ints(rows), attention_mask: ints(seen), position_ids: ints(places) };
      for (const name of session.inputNames) {
        const [, layer, kind] = /^past_key_values\.(\d+)\.(key|value)$/.exec(name) ?? [];
        if (layer === undefined) continue;
        const dims = [rows.length, each.heads, 0, each.dHead];
        feeds[name] = past?.[`present.${layer}.${kind}`] ?? new ort.Tensor("float32", new Float32Array(0), dims);
      }
      return session.run(Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]])));
    };
    for (const batch of each.batches.filter(({ ids }) => ids.length > 1)) {
      const { logits } = await run(batch.ids);
      const outcome = compareBatch(batch, logits.data, each.vocabularySize);
      const past = await run(batch.ids.map((row) => row.slice(0, -1)));
      const last = (
        await run(
          batch.ids.map((row) => row.slice(-1)),
          past,
        )
      ).logits;
      const [length, width] = [batch.ids[0].length, each.vocabularySize];
      const ends = batch.ids.flatMap((_, b) => [
        ...batch.logits.subarray((b * length + length - 1) * width, (b + 1) * length * width),
      ]);
      const asBatch = { ids: batch.ids.map(() => [0, 0]), logits: pairs(ends, width) };
      const cached = compareBatch(asBatch, pairs([...last.data], width), width);
      inputs += batch.ids.length;
      wrong += outcome.wrong + cached.wrong;
      worst = Math.max(worst, outcome.worst, cached.worst);
    }
    await session.release?.();
  }
  return { inputs, wrong, worst };
}

/** Each row of a width twice, so that it is compared as the second position of two. */
const pairs = (data, width) =>
  Float32Array.from({ length: 2 * data.length }, (_, i) => data[Math.floor(i / (2 * width)) * width + (i % width)]);

/** @returns rows of the table */
export async function compareInOnnxRuntime({ packages, gpt2, long }) {
  const cases = onnxCases();
  const all = gpt2();
  const few = { ...all, folders: all.folders.filter((_, i) => i % (long ? 4 : 8) === 0) };
  const rows = [];
  for (const [name, ort, provider] of runtimesIn(packages)) {
    for (const level of LEVELS) {
      const options = { executionProviders: [provider], graphOptimizationLevel: level, logSeverityLevel: 3 };
      const open = (bytes) => ort.InferenceSession.create(bytes, options);
      for (const [what, { inputs, wrong, worst }] of [
        ["encoders", await encodersIn(ort, open, cases)],
        ["GPT-2s", await gpt2sIn(ort, open, few)],
      ]) {
        const failed = wrong > 0 || inputs === 0;
        rows.push({ what: `${name}, ${level}: ${what}`, compared: `${inputs} inputs, ${wrong} wrong`, worst, failed });
      }
    }
  }
  return rows;
}
