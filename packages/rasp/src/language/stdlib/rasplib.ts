/**
 * The library that every program sees, written in RASP. Names, values and head counts are those of the original's rasplib; the text
 * is new. Its top-level names are protected, except `tokens`.
 */
import type { Source, Span } from "../source.js";

/** The name of the library as a source. */
const FILE = "<rasplib>";

/** Whether a node was made by the library's text, not by the program's. */
export const isOfLibrary = ({ span }: { readonly span?: Span | undefined }): boolean => span?.source.file === FILE;

export const rasplib: Source = {
  file: FILE,
  // Notes are beside the text and not in it, so that programs do not carry them.
  text: [
    `tokens = tokens_str;`,
    // Every row selects every position.
    `full_s = select(1, 1, ==);`,
    // In a row that selects n positions, position 0 has an nth of the mean.
    `length = round(1 / aggregate(full_s, indicator(indices == 0)));`,
    // How many positions each row selects. Position 0 is added to every row, so the mean of its indicator is one over the width;
    // where it was not selected before, 1 is subtracted.
    `def selector_width(sel) {
  first = select(indices, 0, ==);
  is_first = indicator(indices == 0);
  with_first = round(1 / aggregate(sel or first, is_first));
  return with_first - 1 + indicator(aggregate(sel and first, is_first) > 0);
}`,
    // Whether a row selects anything.
    `def has_focus(s) {
  return aggregate(s, 1, 0) > 0;
}`,
    // How many positions of the sequence hold the atom.
    `def count(seq, atom) {
  return round(length * aggregate(full_s, indicator(seq == atom)));
}`,
    // Whether the sequence holds the atom at any position.
    `def contains(seq, atom) {
  return aggregate(full_s, indicator(seq == atom)) > 0;
}`,
    `def max(a, b) {
  return a if a > b else b;
}`,
    `def min(a, b) {
  return a if a < b else b;
}`,
    // The mean over all positions.
    `def average(seq) {
  return aggregate(full_s, seq);
}`,
    // Each position takes the value at its location.
    `def load_from_location(seq, location) {
  return aggregate(select(indices, location, ==), seq);
}`,
    // Each position takes the value n positions before it.
    `def shift(seq, n, filler) {
  return aggregate(select(indices, indices - n, ==), seq, filler);
}`,
    // Where the value occurs for the last time.
    `def mark_last_instance(seq, val) {
  later = select(seq, val, ==) and select(indices, indices, >);
  return seq == val and not has_focus(later);
}`,
    // Where the value occurs for the first time.
    `def mark_first_instance(seq, val) {
  earlier = select(seq, val, ==) and select(indices, indices, <);
  return seq == val and not has_focus(earlier);
}`,
    `def select_from_last(seq, val) {
  return select(mark_last_instance(seq, val), True, ==);
}`,
    `def select_from_first(seq, val) {
  return select(mark_first_instance(seq, val), True, ==);
}`,
    // Stable and ascending by key: a position's rank is the number of smaller keys and of equal keys before it.
    `def sort(seq, key) {
  smaller = select(key, key, <);
  equal_before = select(key, key, ==) and select(indices, indices, <);
  rank = selector_width(smaller or equal_before);
  return aggregate(select(rank, indices, ==), seq);
}`,
    // The next position with the same value: of the equal positions the one that counts one more of them before it.
    `def select_next_identical(seq) {
  equal = select(seq, seq, ==);
  equal_before = selector_width(equal and select(indices, indices, <));
  return equal and select(equal_before, equal_before + 1, ==);
}`,
  ].join("\n"),
};
