/**
 * Folders of `selectron compile --format transformerlens`, read strictly and run by python/transformerlens.py: the paper's nine programs over the
 * benchmarks' vocabularies, and all programs of the ten lessons, beside the interpreter.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atomsEqual, causal, compile, transformerLensFolder } from "@selectron/rasp";
import { batchesOf } from "./inputs.mjs";
import { causalLessons, encoderLessons, paperPrograms } from "./programs.mjs";

/** All inputs of up to 5 tokens are asked, or of as many as there are no more than these. */
const MOST = { short: 1400, long: 120_000 };

/** The greatest length, up to 5, of which all inputs are asked. */
function everyLength(tokens, most) {
  let [length, inputs] = [0, 0];
  while (length < 5 && inputs + tokens ** (length + 1) <= most) inputs += tokens ** ++length;
  return length;
}

/** A folder, the inputs as ids and the classes that are right. */
function caseOf({ name, sop, vocabulary }, isCausal, maxLength, { folder, long }) {
  const model = compile(sop, { vocabulary, maxLength, causal: isCausal });
  const place = join(folder, `lens ${name}${isCausal ? " causal" : ""}, ${vocabulary.length} tokens`);
  mkdirSync(place, { recursive: true });
  for (const [file, contents] of transformerLensFolder(model)) writeFileSync(join(place, file), contents);
  const { classes, points } = model.card.outputs[0].decoding;
  const every = everyLength(vocabulary.length, long ? MOST.long : MOST.short);
  const options = { maxLength, every, random: long ? 500 : 100, seed: 23 };
  const asked = batchesOf(isCausal ? causal(sop) : sop, vocabulary, options).flat();
  // A class may have several points, of which each means its value.
  const known = new Map();
  const classesOf = (value) => {
    const key = typeof value + String(value);
    if (!known.has(key)) {
      known.set(
        key,
        [...classes.keys()].filter((c) => isRight(classes[c], value)),
      );
    }
    return known.get(key);
  };
  return {
    what: `${name}${isCausal ? ", causal" : ""}: all of up to ${every} of ${vocabulary.length} tokens`,
    folder: place,
    outputs: [{ first: 0, columns: points ? points[0].length : classes.length, points: points ?? null }],
    inputs: asked.map(({ input }) => model.encode(input)),
    expected: [asked.map(({ values }) => values.map(classesOf))],
  };
}

/** Floats need to be equal up to float32 only. */
const isRight = (answer, value) =>
  atomsEqual(answer, value) ||
  (typeof value === "number" && typeof answer === "number" && Math.abs(answer - value) <= 2 ** -24 * Math.abs(value));

/** @returns rows of the table */
export async function compareTransformerLens(context) {
  const decoders = causalLessons().slice(encoderLessons().length);
  const programs = [
    ...paperPrograms().map((program) => [program, false, 16]),
    ...encoderLessons().map((program) => [program, false, context.long ? 24 : 12]),
    ...decoders.filter((_, i) => context.long || i % 4 === 0).map((program) => [program, true, 16]),
  ];
  const rows = [];
  let jobs = [];
  const answer = async () => {
    const { place } = await context.python.inPlace("transformerlens.py", jobs);
    const found = JSON.parse(readFileSync(join(place, "answers.json"), "utf8"));
    rows.push(...found.map((answers, j) => row(jobs[j], answers)));
    jobs = [];
  };
  for (const [program, isCausal, maxLength] of programs) {
    jobs.push(caseOf(program, isCausal, maxLength, context));
    if (jobs.reduce((sum, { inputs }) => sum + inputs.length, 0) > MOST.short * 10) await answer();
  }
  if (jobs.length > 0) await answer();
  return rows;
}

function row({ what, inputs }, { hooked, bridge }) {
  const wrong = hooked.wrong + bridge.wrong;
  const first = wrong > 0 ? `, first ${JSON.stringify(hooked.first ?? bridge.first)}` : "";
  return {
    what,
    compared: `${inputs.length} inputs, ${wrong} wrong${first}`,
    failed: wrong > 0 || inputs.length === 0,
  };
}
