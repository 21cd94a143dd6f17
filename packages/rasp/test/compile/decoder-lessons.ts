/** Lessons 9 and 10: every definition of the decoder library at work, and the programs that write. */
import type { Lesson } from "./lessons.js";

const decoder = (file: string, vocabulary: string) => (name: string): Omit<Lesson, "headsPerLayer"> => ({ file, name, vocabulary, causal: true }); // prettier-ignore

export const librarySOps = [
  "previous", "occurrence", "count_a", "seen_before", "most", "fewest", "where_most", "where_fewest", "first_place",
  "last_place_of_previous", "first_b", "opening", "commonest", "mostly_a", "only_a", "later_of_two", "after_first",
  "place_after_first", "before_first",
].map(decoder("09-decoder-library", "abc")); // prettier-ignore

export const writers = ["copy", "reverse", "ordered"].map(decoder("10-next-token", "ab>"));
