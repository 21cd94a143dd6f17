/** Threads that decompile together: whatever they give each other, the report is that of one thread. */
import { randn, Rng } from "@selectron/core";
import { Gpt2, gpt2Config, gpt2Shapes } from "@selectron/nn";
import { decompile, readTask, type Decompiled, type Sequence, type Team } from "@selectron/rasp/decompile";
import type { Json } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";
import { parseData } from "../../../src/decompiler/gpt2/data/sequences.js";

const sizes = { n_layer: 1, n_head: 1, n_embd: 4, n_positions: 24, vocab_size: 4, n_inner: 4 };
const task = readTask({ vocab: ["a", "b", "<bos>", "<eos>"] }, 4);
const rng = new Rng(2);
const lines = Array.from({ length: 45 }, () => {
  const ids = [2, ...Array.from({ length: 2 + rng.int(6) }, () => rng.int(2)), 3];
  return JSON.stringify({ input_ids: ids, offset: rng.int(8) });
});
const sequences: readonly Sequence[] = parseData(lines.join("\n"), task, sizes.n_positions);

/** A model that repeats its input, or one of random weights, which no small program decides as. */
function modelOf(isRandom: boolean): Gpt2 {
  const own = new Rng(3);
  const tensors = new Map([...gpt2Shapes(gpt2Config(sizes))].map(([name, shape]) => [name, randn(shape, own)]));
  for (const [name, { data }] of tensors) {
    if (/ln_.*weight/.test(name)) data.fill(1);
    else if (!isRandom && /bias|wpe|c_proj/.test(name)) data.fill(0);
  }
  if (!isRandom) tensors.get("wte.weight")!.data.forEach((_, i, data) => (data[i] = i % 5 === 0 ? 3 : 0));
  return new Gpt2(gpt2Config(sizes), tensors);
}

/** A thread that answers every key that it comes to first. */
function first(answers: Map<string, Json>): Team {
  return {
    claim: () => true,
    give: (key, value) => void answers.set(key, JSON.parse(JSON.stringify(value)) as Json),
    take: () => undefined,
  };
}

/** A thread that finds some keys claimed, and not all of these answered. */
function later(
  answers: ReadonlyMap<string, Json>,
  taken: string[],
  of: (key: string) => "own" | "given" | "lost",
): Team {
  return {
    claim: (key) => of(key) === "own",
    give: () => undefined,
    take: (key) => {
      taken.push(key);
      return of(key) === "given" ? answers.get(key) : undefined;
    },
  };
}

describe.each([{ isRandom: false }, { isRandom: true }].slice(0, breadth({ short: 1, long: 2 })))(
  "a team on a model of random weights: $isRandom",
  ({ isRandom }) => {
    const model = modelOf(isRandom);
    const report = (team?: Team): Decompiled =>
      decompile(model, task, sequences, { seed: 0, ...(team ? { team } : {}) });

    it("has the report of one thread, and kinds of work with keys", () => {
      const [alone, answers] = [report(), new Map<string, Json>()];
      expect(report(first(answers))).toEqual(alone);
      const kinds = [...answers.keys()].map((key) => /^(head|fit|refine|interventions)/.exec(key)?.[0]);
      expect(new Set(kinds)).toEqual(new Set(["head", "fit", ...(isRandom ? ["refine", "interventions"] : [])]));
      const taken: string[] = [];
      const all = [...answers.keys()];
      const shared = later(answers, taken, (key) => (["own", "given", "lost"] as const)[all.indexOf(key) % 3] ?? "own");
      expect(report(shared)).toEqual(alone);
      expect(taken.length).toBeGreaterThan(1);
      expect(report(later(answers, taken, () => "given"))).toEqual(alone);
      expect(taken).toContain(all.at(-1));
    });
  },
);
