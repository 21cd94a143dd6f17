/** Twelve programs that encoders are trained on and decompiled from. */

/** A program with the s-op `answer`. */
export interface EncoderTask {
  readonly source: string;
  readonly vocabulary: readonly string[];
}

const ab = ["a", "b"];
const abc = ["a", "b", "c"];

const TWO_KEYS = `
first = not has_focus(select(tokens, tokens, ==) and select(indices, indices, <));
often = selector_width(select(tokens, tokens, ==));
ahead = select(often, often, >) or (select(often, often, ==) and select(indices, indices, <));
rank = selector_width(ahead and select(first, True, ==));
answer = aggregate(select(rank, indices, ==) and select(first, True, ==), tokens, "-");`;

export const ENCODER_TASKS: Readonly<Record<string, EncoderTask>> = {
  shift: { vocabulary: abc, source: 'answer = aggregate(select(indices, indices - 1, ==), tokens, "-");' },
  parity: { vocabulary: ab, source: 'answer = selector_width(select(tokens, "a", ==)) % 2 == 0;' },
  "first letter again": { vocabulary: abc, source: "answer = aggregate(select(indices, 0, ==), tokens) == tokens;" },
  "most frequent letter": {
    vocabulary: abc,
    source: "answer = aggregate(best(full_s, selector_width(select(tokens, tokens, ==))), tokens);",
  },
  palindrome: {
    vocabulary: ab,
    source:
      "mirrored = aggregate(select(indices, length - 1 - indices, ==), tokens);\n" +
      "answer = selector_width(select(indicator(mirrored == tokens), 0, ==)) == 0;",
  },
  balanced: {
    vocabulary: ["(", ")"],
    source:
      'depth = selector_width(select(tokens, "(", ==) and select(indices, indices, <=)) - selector_width(select(tokens, ")", ==) and select(indices, indices, <=));\n' +
      "answer = selector_width(select(depth, 0, <)) == 0 and aggregate(select(indices, length - 1, ==), depth) == 0;",
  },
  "two-key sort": { vocabulary: abc, source: TWO_KEYS },
  "last distinct": {
    vocabulary: abc,
    source:
      'answer = aggregate(best(select(tokens, tokens, !=) and select(indices, indices, <), indices), tokens, "-");',
  },
  alternating: {
    vocabulary: ab,
    source:
      'before = aggregate(select(indices, indices - 1, ==), tokens, "-");\n' +
      "answer = selector_width(select(indicator(before == tokens), 1, ==)) == 0;",
  },
  majority: {
    vocabulary: ab,
    source: 'answer = selector_width(select(tokens, "a", ==)) > selector_width(select(tokens, "b", ==));',
  },
  interval: {
    vocabulary: ["[", "]", "a"],
    source:
      'answer = aggregate(best(select(tokens, "a", !=) and select(indices, indices, <=), indices), tokens, "]") == "[";',
  },
  "every second": { vocabulary: abc, source: 'answer = aggregate(select(indices, 2 * indices, ==), tokens, "-");' },
};
