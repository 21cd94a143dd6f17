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
const MOST = { short: 1400, long: 12_000 };

/** The greatest length, up to 5, of which all inputs are asked. */
function everyLength(tokens, most) {
  let [length, inputs] = [0, 0];
  while (length < 5 && inputs + tokens ** (length + 1) <= most) inputs += tokens ** ++length;
  return length;
}

/** A folder, the inputs as ids and the classes that are right. */
function caseOf({ name, sop, vocabulary }, isCausal, maxLength, { folder, long }) {
  const model = compile(sop, { vocabulary, maxLength, causal: isCausal });
  const place = join(folder, `lens ${name}${isCausal ? " causal" : ""}, ${vocabulary.length} tokens, ${maxLength}`);
  mkdirSync(place, { recursive: true });
  for (const [file, contents] of transformerLensFolder(model)) writeFileSync(join(place, file), contents);
  const { classes, points } = model.card.outputs[0].decoding;
  const every = everyLength(vocabulary.length, long ? MOST.long : MOST.short);
  const options = { maxLength, every, random: long ? 500 : 100, seed: 23 };
  const batches = batchesOf(isCausal ? causal(sop) : sop, vocabulary, options);
  // A value can be several classes: the number of the first one is the value's.
  const first = (value) => classes.findIndex((known) => isRight(known, value));
  const known = new Map();
  const numberOf = (value) => {
    const key = typeof value + String(value);
    if (!known.has(key)) known.set(key, first(value));
    return known.get(key);
  };
  return {
    what: `${name}${isCausal ? ", causal" : ""}: all of up to ${every} of ${vocabulary.length} tokens`,
    folder: place,
    outputs: [{ first: 0, columns: points ? points[0].length : classes.length, points: points ?? null }],
    batches: batches.map((batch) => batch.map(({ input }) => model.encode(input))),
    values: [classes.map(first)],
    expected: [batches.map((batch) => batch.map(({ values }) => values.map(numberOf)))],
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
    if (jobs.reduce((sum, { batches }) => sum + countOf(batches), 0) > MOST.short * 10) await answer();
  }
  if (jobs.length > 0) await answer();
  return rows;
}

const countOf = (batches) => batches.reduce((sum, batch) => sum + batch.length, 0);

function row({ what, batches }, { hooked, bridge }) {
  const inputs = countOf(batches);
  const wrong = hooked.wrong + bridge.wrong;
  const first = wrong > 0 ? `, first ${JSON.stringify(hooked.first ?? bridge.first)}` : "";
  return { what, compared: `${inputs} inputs, ${wrong} wrong${first}`, failed: wrong > 0 || inputs === 0 };
}
