/**
 * Encoders in Selectron's own files, read and run by python/encoder.py: compiled lessons on all inputs beside the interpreter, an encoder that
 * `selectron train` wrote, and one with norms after the sublayers.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeSafetensors, Rng, tensor } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { atomsEqual, causal, compile } from "@selectron/rasp";
import { readTrainedEncoder } from "@selectron/rasp/decompile";
import { batchesOf } from "./inputs.mjs";
import { causalLessons, encoderLessons } from "./programs.mjs";
import { difference } from "./python.mjs";

const MAX_LENGTH = 8;
const command = fileURLToPath(new URL("../../packages/cli/bin/selectron.js", import.meta.url));

/** A compiled model as a case: its file, batches of ids, and what the interpreter says. */
function compiledCase({ name, sop, vocabulary }, isCausal, folder, long) {
  const model = compile(sop, { vocabulary, maxLength: MAX_LENGTH, causal: isCausal });
  const program = isCausal ? causal(sop) : sop;
  const { classes } = model.card.outputs[0].decoding;
  const options = { maxLength: MAX_LENGTH, every: 5, random: long ? 500 : 100, seed: 1 };
  const batches = batchesOf(program, vocabulary, options).map((batch) => ({
    ids: batch.map(({ input }) => model.encode(input)),
    // The class of each value; a class may have several points, of which each means its value.
    wanted: batch.map(({ values }) => values),
  }));
  const file = join(folder, `${name}${isCausal ? " causal" : ""}.safetensors`);
  writeFileSync(file, model.toSafetensors());
  return {
    name: `${isCausal ? "causal" : "encoder"} ${name}`,
    file,
    batches,
    logits: (ids) => model.model.forward(ids),
    isRight: (answer, value) => atomsEqual(classes[answer], value),
  };
}

/** Random ids for a model that answers anything: only its logits are compared. */
const randomIds = (vocabularySize, maxLength) => {
  const rng = new Rng(3);
  return [1, 3, maxLength].map((length) => ({
    ids: Array.from({ length: 20 }, () => Array.from({ length }, () => rng.int(vocabularySize))),
  }));
};

function trainedCase(folder) {
  const output = join(folder, "trained");
  const words = ["train", "examples/04-sort.rasp", "--sop", "sort_bos", "--vocab", "a,b,c", "--max-length", "6"];
  const options = ["--steps", "20", "--width", "32", "--ffn", "64", "--heads", "2", "-o", output];
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  spawnSync(process.execPath, [command, ...words, ...options], { cwd });
  const file = join(output, "model.safetensors");
  const { model } = readTrainedEncoder(readFileSync(file));
  return { name: "trained by selectron train", file, batches: randomIds(3, 6), logits: (ids) => model.forward(ids) };
}

/** A random model in a file with our names. */
function drawnCase(name, changes, folder) {
  const config = {
    vocabularySize: 9,
    maxLength: 12,
    dModel: 24,
    blocks: Array.from({ length: 3 }, () => ({ heads: 3, dHead: 8, dFf: 40 })),
    outputs: 7,
    ...changes,
  };
  const model = new TransformerEncoder(config, new Rng(5));
  const file = join(folder, `${name}.safetensors`);
  writeFileSync(file, encodeSafetensors(model.parameters(), { "selectron.encoder": JSON.stringify({ config }) }));
  return { name, file, batches: randomIds(9, 12), logits: (ids) => model.forward(ids) };
}

/** @returns rows of the table */
export async function compareEncoders({ python, folder, long }) {
  const cases = [
    ...encoderLessons().map((program) => compiledCase(program, false, folder, long)),
    ...causalLessons()
      .filter((_, i) => long || i % 4 === 0)
      .map((program) => compiledCase(program, true, folder, long)),
    trainedCase(folder),
    drawnCase("norms after the sublayers, ReLU", { layerNorm: "post" }, folder),
    drawnCase("norms after, exact GELU, causal", { layerNorm: "post", activation: "geluExact", causal: true }, folder),
    drawnCase("norms before, GELU", { layerNorm: "pre", activation: "gelu", layerNormEpsilon: 1e-3 }, folder),
  ];
  const given = new Map(
    cases.flatMap(({ name, batches }) => batches.map(({ ids }, i) => [`${name}.${i}`, tensor(ids)])),
  );
  const results = await python(
    "encoder.py",
    cases.map(({ name, file }) => ({ name, file })),
    given,
  );
  return cases.map((each) => compared(each, results));
}

function compared({ name, batches, logits, isRight }, results) {
  let [worst, inputs, wrong] = [0, 0, 0];
  batches.forEach(({ ids, wanted }, i) => {
    const own = logits(ids).data;
    for (const theirs of ["logits", "own"].map((key) => results.get(`${name}.${i}.${key}`))) {
      if (theirs) worst = Math.max(worst, difference(own, theirs.data));
    }
    inputs += ids.length;
    const answers = results.get(`${name}.${i}.answers`)?.toArray();
    if (!wanted) return;
    // The answer at position 0 is that of BOS.
    wrong += wanted.filter((values, b) => !values.every((value, at) => isRight(answers[b][at + 1], value))).length;
  });
  const failed = wrong > 0 || !(worst <= (isRight ? 1e-3 : 1e-5));
  return { what: name, compared: `${inputs} inputs${isRight ? `, ${wrong} wrong` : ""}`, worst, failed };
}
