/**
 * Causal programs as folders of GPT-2s, as `selectron compile --format gpt2` writes them: the lessons and random programs, on every input
 * of up to 5 tokens and on random longer ones. nn's own Gpt2 is held to the interpreter, and PyTorch, transformers.js and ONNX Runtime to the
 * entries of the vocabulary that it gives.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tensor } from "@selectron/core";
import { atomsEqual, causal, compile, gpt2Folder, readGpt2Folder } from "@selectron/rasp";
import { batchesOf } from "./inputs.mjs";
import { causalLessons, randomPrograms, unlessRefused } from "./programs.mjs";

export const MAX_LENGTH = 8;

/** The index of the largest number of each row of a width. */
export function largest(data, width) {
  return Array.from({ length: data.length / width }, (_, row) => {
    let best = row * width;
    for (let i = best + 1; i < (row + 1) * width; i++) if (data[i] > data[best]) best = i;
    return best - row * width;
  });
}

/** A program's folder, and what is asked of it. Undefined where the compiler refuses the program. */
function folderOf({ name, sop, vocabulary }, place, { random }) {
  const options = { vocabulary, maxLength: MAX_LENGTH, causal: true, format: "gpt2" };
  const model = unlessRefused(() => compile(sop, options));
  if (!model) return undefined;
  const files = gpt2Folder(model);
  const folder = name.replaceAll(" ", "-");
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(place, folder, path)), { recursive: true });
    writeFileSync(join(place, folder, path), bytes);
  }
  const program = readGpt2Folder((path) => files.get(path));
  let [inputs, wrong] = [0, 0];
  const batches = batchesOf(causal(sop), vocabulary, { maxLength: MAX_LENGTH, every: 5, random, seed: 1 }).map(
    (batch) => {
      const [answers] = program.outputs(batch.map(({ input }) => input));
      inputs += batch.length;
      wrong += batch.filter(({ values }, b) => !values.every((value, i) => atomsEqual(value, answers[b][i]))).length;
      const ids = batch.map(({ input }) => program.encode(input));
      const { data } = program.model.forward(ids);
      return { texts: batch.map(({ input }) => input.join("")), ids, logits: Float32Array.from(data) };
    },
  );
  const { vocabularySize, layers, heads, dModel } = program.model.config;
  return { name, folder, program, batches, inputs, wrong, vocabularySize, layers, heads, dHead: dModel / heads };
}

/** The folders of the lessons and of random programs; a few of them where the run is short. */
export function makeFolders({ folder, long }) {
  const place = join(folder, "gpt2");
  const options = { random: long ? 500 : 100 };
  const lessons = causalLessons().filter((_, i) => long || i % 3 === 0);
  const programs = [...lessons, ...randomPrograms(long ? 300 : 20, 7)];
  return { place, folders: programs.flatMap((program) => folderOf(program, place, options) ?? []) };
}

/**
 * Rows of the table: one for each lesson, and one for all random programs.
 *
 * @param outcomes - for each folder how many inputs were compared, how many were wrong and the largest difference of a logit
 */
export function rowsOf(outcomes) {
  const isRandom = ({ name }) => name.startsWith("random");
  const random = outcomes.filter(isRandom);
  const sum = (key) => random.reduce((total, outcome) => total + outcome[key], 0);
  const worst = Math.max(0, ...random.map((outcome) => outcome.worst));
  const together = { name: `${random.length} random programs`, inputs: sum("inputs"), wrong: sum("wrong"), worst };
  return [...outcomes.filter((outcome) => !isRandom(outcome)), together].map(
    ({ name, inputs, wrong, worst, note }) => ({
      what: name,
      compared: `${inputs} inputs, ${wrong} wrong`,
      worst,
      failed: wrong > 0 || inputs === 0 || note !== undefined,
      note,
    }),
  );
}

/** How many of a batch's rows have another largest logit somewhere than nn's, from position 1 on, and the largest difference. */
export function compareBatch({ ids, logits }, theirs, width) {
  const [ours, other] = [largest(logits, width), largest(theirs, width)];
  const length = ids[0].length;
  const wrong = ids.filter((_, b) =>
    ids[b].some((__, i) => i > 0 && ours[b * length + i] !== other[b * length + i]),
  ).length;
  let worst = 0;
  logits.forEach((logit, i) => (worst = Math.max(worst, Math.abs(logit - theirs[i]))));
  return { wrong: theirs.length === logits.length ? wrong : ids.length, worst };
}

/** Compares all folders by a function of a folder and a batch, which gives logits. */
export async function compareFolders({ folders }, logitsOf) {
  const outcomes = [];
  for (const folder of folders) {
    let [wrong, worst] = [0, 0];
    for (const [i, batch] of folder.batches.entries()) {
      const outcome = compareBatch(batch, await logitsOf(folder, batch, i), folder.vocabularySize);
      wrong += outcome.wrong;
      worst = Math.max(worst, outcome.worst);
    }
    outcomes.push({ name: folder.name, inputs: folder.inputs, wrong, worst });
  }
  return rowsOf(outcomes);
}

/** nn's Gpt2 beside the interpreter. */
export const compareWithInterpreter = ({ gpt2 }) => rowsOf(gpt2().folders.map((each) => ({ ...each, worst: 0 })));

/** PyTorch beside nn's Gpt2. */
export async function compareInTorch({ python, gpt2 }) {
  const { place, folders } = gpt2();
  const jobs = folders.map(({ name, folder, batches }) => ({
    name,
    folder: join(place, folder),
    batches: batches.length,
  }));
  const given = new Map(
    folders.flatMap(({ name, batches }) => batches.map(({ ids }, i) => [`${name}.${i}`, tensor(ids)])),
  );
  const results = await python("gpt2_folders.py", jobs, given);
  return compareFolders(gpt2(), ({ name }, _, i) => results.get(`${name}.${i}`).data);
}
