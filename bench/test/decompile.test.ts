/** The benchmark's samplers, compared with the data that come with its models. */
import { Rng } from "@selectron/core";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../src/decompile/languages.js";
import { allowedAfter, freshData, SAMPLERS } from "../src/decompile/samplers.js";
import { Evaluation, load } from "@selectron/rasp";
import { ENCODER_TASKS } from "../src/decompile/encoder-tasks.js";
import { tableOf, type Row } from "../src/decompile/table.js";

const folder = fileURLToPath(new URL("../../../shared/models/", import.meta.url));
const present = existsSync(`${folder}tasks`);
if (!present) console.warn(`\n*** SKIPPED: no tasks at ${folder}; samplers are NOT compared with them. ***\n`);

const vocabularies: Readonly<Record<string, readonly string[]>> = {
  bce_D2: ["a", "b"],
  bce_D3: ["a", "b"],
  bce_aastar: ["a"],
  bce_ababstar: ["a", "b"],
  bce_tomita1: ["0", "1"],
  bce_tomita2: ["0", "1"],
  bce_tomita3: ["0", "1"],
  bce_tomita4: ["0", "1"],
  bce_012_0_2: ["0", "1", "2"],
};

describe.skipIf(!present)("languages", () => {
  it.each(Object.entries(vocabularies))("%s allows what the data allow", (name, symbols) => {
    const vocabulary = [...symbols, "<bos>", "<sep>", "<eos>"];
    for (const line of readFileSync(`${folder}tasks/${name}.jsonl`, "utf8").trim().split("\n")) {
      const { input_ids: ids, allowed_next: expected } = JSON.parse(line) as {
        readonly input_ids: readonly number[];
        readonly allowed_next: readonly (readonly number[])[];
      };
      const word = ids.slice(1, -1).map((id) => vocabulary[id]!);
      const allowed = allowedAfter(LANGUAGES[name]!, word)!.map((set) =>
        set.map((token) => vocabulary.indexOf(token)).sort((a, b) => a - b),
      );
      expect(allowed).toEqual(expected);
    }
  });
});

describe("samplers", () => {
  const numbers = Array.from({ length: 150 }, (_, n) => String(n));
  const vocabulary = [...numbers, ..."abcdefghijklmnopqrstuvwxyz+", "<bos>", "<sep>", "<eos>"];

  it.each(Object.keys(SAMPLERS))("%s gives complete lines, the same for the same seed", (task) => {
    const text = freshData(task, vocabulary, 400, 20, new Rng(1));
    expect(text).toBe(freshData(task, vocabulary, 400, 20, new Rng(1)));
    const lines = text.split("\n").map((line) => JSON.parse(line) as { input_ids: number[]; offset: number });
    expect(lines).toHaveLength(20);
    for (const { input_ids: ids, offset } of lines) {
      expect(ids).not.toContain(-1);
      expect(ids[0]).toBe(vocabulary.indexOf("<bos>"));
      expect(offset + ids.length).toBeLessThanOrEqual(400);
    }
  });

  it("add and count right", () => {
    const sample = SAMPLERS["addition"]!(7, new Rng(2))!;
    const [prompt, answer] = sample.tokens.slice(1, -1).join("").split("<sep>") as [string, string];
    const [a, b] = prompt.split("+").map((bits) => parseInt(bits, 2));
    expect(parseInt(answer, 2)).toBe(a! + b!);
    expect(SAMPLERS["count"]!(3, new Rng(2))!.tokens.slice(4)).toHaveLength(4);
    expect(SAMPLERS["count"]!(1, new Rng(2))).toBeUndefined();
    expect(SAMPLERS["bce_D2"]!(3, new Rng(2))).toBeUndefined();
  });
});

it("the table has our results and the paper's", () => {
  const share = { share: 1, of: 4, low: 0.5, high: 1 };
  const result = {
    refusal: undefined,
    match: share,
    lines: 2,
    parameters: 7,
    headline: {
      baselines: [
        { name: "constant", match: 0.1 },
        { name: "token table", match: 0.25 },
      ],
      classes: [],
    },
    randomStrings: { ...share, share: 0.5 },
    interchange: {
      variables: [{ variable: "tokens", sites: ["tokens past 0"], accuracy: share, unchanged: share, isFound: true }],
      unexplained: [{ site: "0.1", changed: 0.012 }],
      pairs: 4,
    },
    taskAccuracy: { model: 1, program: 1 },
  };
  const rows = [{ name: "m", seconds: 3, result }] as unknown as Row[];
  const text = tableOf(rows, { m: { outcome: "", selected: { match: 0.998, lines: 3 } } });
  expect(text).toContain(
    "| m | yes | 1.000 (0.500 to 1.000) | `tokens` 1.000, tokens past 0 | 0.1 1.2 % | 0.50 | 2, 7 | 0.25 | 1.00 | 3 | 0.998, 3 |",
  );
  expect(text).toContain(
    "Programs for 1 of 1 models, of which checkpoints count as one; the paper's authors publish 1",
  );
  expect(text).toContain("1 programs are causally confirmed");
});

describe("programs for encoders", () => {
  const told: readonly (readonly [string, string, readonly unknown[]])[] = [
    ["shift", "abc", ["-", "a", "b"]],
    ["parity", "aba", [true, true, true]],
    ["first letter again", "aba", [true, false, true]],
    ["most frequent letter", "cbb", ["b", "b", "b"]],
    ["palindrome", "aba", [true, true, true]],
    ["palindrome", "ab", [false, false]],
    ["balanced", "()", [true, true]],
    ["balanced", ")(", [false, false]],
    ["two-key sort", "bcc", ["c", "b", "-"]],
    ["last distinct", "aab", ["-", "-", "a"]],
    ["alternating", "aba", [true, true, true]],
    ["alternating", "abb", [false, false, false]],
    ["majority", "aab", [true, true, true]],
    ["interval", "a[a]", [false, true, true, false]],
    ["every second", "abc", ["a", "c", "-"]],
  ];

  it.each(told)("%s of %s", (name, input, values) => {
    const { source, vocabulary } = ENCODER_TASKS[name]!;
    const sop = load(source, { example: [...vocabulary] }).sop("answer");
    expect(new Evaluation([...input]).sop(sop)).toEqual(values);
  });

  it("are twelve", () => expect(Object.keys(ENCODER_TASKS)).toHaveLength(12));
});
