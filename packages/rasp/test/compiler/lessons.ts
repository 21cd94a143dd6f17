/** The paper's programs, as written in the lessons in examples/, with vocabularies to try them on. */
import { readFileSync } from "node:fs";
import { load, type SOp } from "../../src/index.js";

export interface Lesson {
  readonly file: string;
  readonly name: string;
  readonly vocabulary: string;
  /** (layers, heads per layer) as the original implementation counts them; the compiled model has no more layers. */
  readonly headsPerLayer: readonly number[];
}

/** Lessons 9 and 10, for decoders: uses of every definition of the library, and programs that write text. */
export const decoderLessons: readonly Omit<Lesson, "headsPerLayer">[] = [
  ...[
    ["previous", "occurrence", "count_a", "seen_before", "most", "fewest", "where_most", "where_fewest", "first_place"],
    ["last_place_of_previous", "first_b", "opening", "commonest", "mostly_a", "only_a", "later_of_two", "after_first"],
    ["place_after_first", "before_first"],
  ]
    .flat()
    .map((name) => ({ file: "09-decoder-library", name, vocabulary: "abc" })),
  ...["copy", "reverse", "ordered"].map((name) => ({ file: "10-next-token", name, vocabulary: "ab>" })),
];

export const lessons: readonly Lesson[] = [
  { file: "01-reverse", name: "reverse", vocabulary: "abc", headsPerLayer: [1, 1] },
  { file: "02-histogram", name: "hist_nobos", vocabulary: "abc", headsPerLayer: [2] },
  { file: "02-histogram", name: "hist_bos", vocabulary: "abc", headsPerLayer: [1] },
  { file: "03-double-histogram", name: "hist2_bos", vocabulary: "abc", headsPerLayer: [2, 1] },
  { file: "04-sort", name: "sort_bos", vocabulary: "abc", headsPerLayer: [1, 1] },
  { file: "05-most-frequent", name: "sort_by_most_freq", vocabulary: "abc", headsPerLayer: [2, 1, 1] },
  { file: "06-dyck1", name: "dyck1_ptf", vocabulary: "()a", headsPerLayer: [1, 1] },
  { file: "07-dyck2", name: "dyck2_ptf", vocabulary: "(){}", headsPerLayer: [1, 2, 1, 1] },
  { file: "07-dyck2", name: "dyck3_ptf", vocabulary: "()[]", headsPerLayer: [1, 2, 1, 1] },
  { file: "08-dyck2-best", name: "dyck2_best", vocabulary: "(){}", headsPerLayer: [1, 1, 1] },
];

export function lessonSOp({ file, name }: Pick<Lesson, "file" | "name">): SOp {
  const path = new URL(`../../../../examples/${file}.rasp`, import.meta.url);
  return load(readFileSync(path, "utf8"), { file: `${file}.rasp` }).sop(name);
}
