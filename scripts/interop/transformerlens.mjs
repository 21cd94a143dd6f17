/**
 * The folders of `selectron compile --format transformerlens` in PyTorch: the paper's nine programs over the benchmarks' vocabularies, and all
 * programs of the ten lessons, answer every input of up to 5 tokens (fewer over ten letters and more) and 500 longer ones at random like the
 * interpreter, from both layouts of weights, each read strictly. `node scripts/interop/transformerlens.mjs [NAME …]` runs it alone.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Rng } from "../../packages/core/dist/index.js";
import {
  causal,
  compile,
  encodeResult,
  evaluate,
  load,
  RaspError,
  transformerLensFolder,
} from "../../packages/rasp/dist/index.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const LETTERS = "abcdefghijklmnopqrstuvwxyzA";

/** The paper's programs, as the benchmark of lengths compiles them. */
const NINE = [
  ["reverse", "01-reverse", LETTERS.slice(0, 10)],
  ["hist_bos", "02-histogram", LETTERS.slice(0, 10)],
  ["hist_nobos", "02-histogram", LETTERS.slice(0, 10)],
  ["hist2_bos", "03-double-histogram", LETTERS.slice(0, 10)],
  ["sort_bos", "04-sort", LETTERS],
  ["sort_by_most_freq", "05-most-frequent", LETTERS.slice(0, 10)],
  ["dyck1_ptf", "06-dyck1", "()a"],
  ["dyck2_ptf", "07-dyck2", "(){}"],
  ["dyck2_best", "08-dyck2-best", "(){}"],
].map(([name, lesson, vocabulary]) => ({ name, lesson, vocabulary, maxLength: 16 }));

/** What each lesson is about, as its programs are tested. */
const LESSONS = [
  ...[
    ["reverse", "01-reverse", "abc"],
    ["hist_nobos", "02-histogram", "abc"],
    ["hist_bos", "02-histogram", "abc"],
    ["hist2_bos", "03-double-histogram", "abc"],
    ["sort_bos", "04-sort", "abc"],
    ["sort_by_most_freq", "05-most-frequent", "abc"],
    ["dyck1_ptf", "06-dyck1", "()a"],
    ["dyck2_ptf", "07-dyck2", "(){}"],
    ["dyck3_ptf", "07-dyck2", "()[]"],
    ["dyck2_best", "08-dyck2-best", "(){}"],
  ].map(([name, lesson, vocabulary]) => ({ name, lesson, vocabulary, maxLength: 24 })),
  ...[
    ...[
      "previous",
      "occurrence",
      "count_a",
      "seen_before",
      "most",
      "fewest",
      "where_most",
      "where_fewest",
      "first_place",
    ],
    ...[
      "last_place_of_previous",
      "first_b",
      "opening",
      "commonest",
      "mostly_a",
      "only_a",
      "later_of_two",
      "after_first",
    ],
    ...["place_after_first", "before_first"],
  ].map((name) => ({ name, lesson: "09-decoder-library", vocabulary: "abc", maxLength: 16, isCausal: true })),
  ...["copy", "reverse", "ordered"].map((name) => ({
    ...{ name, lesson: "10-next-token", vocabulary: "ab>", maxLength: 16, isCausal: true },
  })),
];

/** The most inputs that are tried one after the other; with SELECTRON_LONG=1 all of up to 5 of ten letters. */
const MOST = process.env.SELECTRON_LONG === "1" ? 120_000 : 12_000;
const RANDOM = 500;

/** Every input of up to 5 tokens, or of as many as `MOST` allows, and longer ones at random. */
function inputsOf({ vocabulary, maxLength }) {
  const inputs = [];
  let longest = 0;
  for (let words = [""]; longest < 5 && inputs.length + words.length * vocabulary.length <= MOST; longest++) {
    words = words.flatMap((word) => [...vocabulary].map((token) => word + token));
    inputs.push(...words);
  }
  const rng = new Rng(23);
  for (let run = 0; run < RANDOM; run++) {
    const length = longest + 1 + rng.int(maxLength - longest);
    inputs.push(Array.from({ length }, () => vocabulary[rng.int(vocabulary.length)]).join(""));
  }
  return { inputs, longest };
}

/** The program's values, or undefined where it has none. */
function valuesOf(sop, input) {
  try {
    return evaluate(sop, input);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const textOf = (value) => JSON.stringify(encodeResult([value]));

/** Compiles a program, writes its folder and has Python answer. Returns what it found. */
function answer(program, folder, python) {
  const { name, lesson, vocabulary, maxLength, isCausal = false } = program;
  const source = readFileSync(join(here, `../../examples/${lesson}.rasp`), "utf8");
  const sop = load(source, { file: `${lesson}.rasp` }).sop(name);
  const model = compile(sop, { vocabulary, maxLength, causal: isCausal });
  mkdirSync(folder, { recursive: true });
  for (const [file, contents] of transformerLensFolder(model)) writeFileSync(join(folder, file), contents);
  const { classes, points } = model.card.outputs[0].decoding;
  const known = new Map();
  classes.forEach((value, c) => known.set(textOf(value), [...(known.get(textOf(value)) ?? []), c]));
  const meant = isCausal ? causal(sop) : sop;
  const { inputs, longest } = inputsOf(program);
  const cases = inputs.map((input) => ({ input, values: valuesOf(meant, input) })).filter(({ values }) => values);
  const expected = cases.map(({ values }) => values.map((value) => classesOf(value, classes, known)));
  const asked = {
    folder,
    outputs: [{ first: 0, columns: points ? points[0].length : classes.length, points: points ?? null }],
    inputs: cases.map(({ input }) => [0, ...[...input].map((token) => 1 + vocabulary.indexOf(token))]),
    expected: [expected],
  };
  const ran = spawnSync(python, [join(here, "transformerlens.py")], {
    ...{ input: JSON.stringify(asked), encoding: "utf8", maxBuffer: 1 << 26, timeout: 600_000 },
  });
  if (ran.status !== 0) throw new Error(`${name}: ${python} failed: ${ran.stderr || ran.error}`);
  return { ...JSON.parse(ran.stdout), longest, tokens: vocabulary.length, parameters: model.stats.parameters };
}

/** The classes that a value of the program is: ints, floats and bools that are equal are one class, and a float need not be exact. */
function classesOf(value, classes, known) {
  const exact = known.get(textOf(value));
  if (exact) return exact;
  const near = classes.flatMap((other, c) =>
    typeof other !== "string" &&
    other !== null &&
    Math.abs(Number(other) - Number(value)) <= 2 ** -24 * Math.abs(Number(value))
      ? [c]
      : [],
  );
  return near;
}

/**
 * Holds every folder to the interpreter.
 *
 * @param python - one that has torch
 * @param say - told a line for each program
 * @returns how many answers of PyTorch were wrong
 */
export function transformerLens(python, say, names = []) {
  const place = mkdtempSync(join(tmpdir(), "selectron-lens-"));
  let wrong = 0;
  try {
    for (const [set, programs] of Object.entries({ nine: NINE, lessons: LESSONS })) {
      for (const program of programs) {
        if (names.length > 0 && !names.includes(program.name)) continue;
        const found = answer(program, join(place, `${set}-${program.lesson}-${program.name}`), python);
        wrong += found.hooked.wrong + found.bridge.wrong;
        const counts = `${found.inputs} inputs (all of up to ${found.longest} of ${found.tokens} tokens)`;
        say(
          `${program.name} (${program.lesson}): ${counts}, wrong: ${found.hooked.wrong} hooked, ${found.bridge.wrong} bridge`,
        );
        if (found.hooked.first ?? found.bridge.first) say(JSON.stringify(found.hooked.first ?? found.bridge.first));
      }
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return wrong;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = transformerLens(process.env.PYTHON ?? "/usr/bin/python3", console.log, process.argv.slice(2));
  if (wrong > 0) process.exitCode = 1;
}
