/** The programs that are compared: the lessons in examples/, and random ones. */
import { readFileSync } from "node:fs";
import { dataset, load, RaspError } from "@selectron/rasp";

/** File, s-op, tokens. */
const lessons = [
  ["01-reverse", "reverse", "abc"],
  ["02-histogram", "hist_nobos", "abc"],
  ["02-histogram", "hist_bos", "abc"],
  ["03-double-histogram", "hist2_bos", "abc"],
  ["04-sort", "sort_bos", "abc"],
  ["05-most-frequent", "sort_by_most_freq", "abc"],
  ["06-dyck1", "dyck1_ptf", "()a"],
  ["07-dyck2", "dyck2_ptf", "(){}"],
  ["07-dyck2", "dyck3_ptf", "()[]"],
  ["08-dyck2-best", "dyck2_best", "(){}"],
];
const decoderLessons = [
  ...[
    ["previous", "occurrence", "count_a", "seen_before", "most", "fewest", "where_most", "where_fewest", "first_place"],
    ["last_place_of_previous", "first_b", "opening", "commonest", "mostly_a", "only_a", "later_of_two", "after_first"],
    ["place_after_first", "before_first"],
  ].flatMap((names) => names.map((name) => ["09-decoder-library", name, "abc"])),
  ...["copy", "reverse", "ordered"].map((name) => ["10-next-token", name, "ab>"]),
];

const letters = (count) => "abcdefghijklmnopqrstuvwxyzA".slice(0, count);
/** The paper's nine, as the benchmark of lengths compiles them. */
const paper = [
  ["01-reverse", "reverse", letters(10)],
  ["02-histogram", "hist_bos", letters(10)],
  ["02-histogram", "hist_nobos", letters(10)],
  ["03-double-histogram", "hist2_bos", letters(10)],
  ["04-sort", "sort_bos", letters(27)],
  ["05-most-frequent", "sort_by_most_freq", letters(10)],
  ["06-dyck1", "dyck1_ptf", "()a"],
  ["07-dyck2", "dyck2_ptf", "(){}"],
  ["08-dyck2-best", "dyck2_best", "(){}"],
];

const lesson = ([file, name, tokens]) => ({
  name: `${file} ${name}`,
  sop: load(readFileSync(new URL(`../../examples/${file}.rasp`, import.meta.url), "utf8"), {
    file: `${file}.rasp`,
  }).sop(name),
  vocabulary: [...tokens],
});

/** The paper's nine programs over the vocabularies of the benchmarks. */
export const paperPrograms = () => paper.map(lesson);

/** The lessons for encoders. */
export const encoderLessons = () => lessons.map(lesson);

/** All lessons, those of decoders last: a causal model of any of them computes `causal(sop)`. */
export const causalLessons = () => [...lessons, ...decoderLessons].map(lesson);

/** Random programs, equal ones for equal seeds. */
export function* randomPrograms(count, seed) {
  const vocabulary = ["a", "b", "c"];
  const options = { count, seed, vocabulary, maxLength: 4, lines: 6, examples: 2 };
  let n = 0;
  for (const { sop } of dataset(options)) yield { name: `random program ${++n}`, sop, vocabulary };
}

/** What `make` gives; undefined where the compiler refuses the program. */
export function unlessRefused(make) {
  try {
    return make();
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}
