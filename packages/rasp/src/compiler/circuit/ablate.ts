/**
 * Puts a circuit to the test. All edges outside it are cut together, each replaced by its mean over the inputs or by what it was on another
 * input of the same length: no answer may change. Each edge inside is cut alone, replaced by another input's or by nothing: some answer has
 * to change, or the edge is redundant. Edges are cut at the reader's input, after its layer norm where there is one.
 */
import { Rng } from "@selectron/core";
import { getOrInsert } from "../../language/maps.js";
import { componentsOf } from "./components.js";
import { pairsOf, type SeenEdge } from "./edges.js";
import { forward, type Cuts, type Pass, type Replaced } from "./forward.js";
import type { Stack } from "./stack.js";

/** The answers of a pass, as one text for each position after BOS. */
export type Answers = (logits: Float32Array) => readonly string[];

/** What cutting the edges of a circuit did. */
export interface AblationReport {
  /** On how many inputs the edges outside were cut. */
  readonly inputs: number;
  /** How many edges were cut together: those outside, and those whose content is constant. */
  readonly outside: number;
  /** The inputs on which that changed an answer, by how the edges were replaced. */
  readonly changed: { readonly mean: number; readonly resample: number };
  /** How many edges are inside. */
  readonly inside: number;
  /** Those whose cut changed no answer, as indices of the circuit's edges. */
  readonly redundant: readonly number[];
}

/** What a circuit is tried on. */
export interface Trial {
  readonly stack: Stack;
  /** Token ids of each input, BOS first: shorter ones first. */
  readonly inputs: readonly (readonly number[])[];
  readonly answers: Answers;
  /** Draws the other inputs. */
  readonly seed: number;
}

/** @param edges - those of which a reader sees something; what is constant is not inside */
export function ablate({ stack, inputs, answers, seed }: Trial, edges: readonly SeenEdge[]): AblationReport {
  const others = partners(inputs, new Rng(seed));
  const passes = new Passes(stack, inputs);
  const right = (input: number): readonly string[] => answers(passes.at(input).logits);
  const isChanged = (input: number, cuts: Cuts): boolean => {
    const given = answers(forward(stack, inputs[input]!, cuts).logits);
    return right(input).some((value, i) => value !== given[i]);
  };
  const inside = edges.flatMap(({ constant }, index) => (constant ? [] : [index]));
  const outside = outsideOf(stack, edges);
  const means = meansOf(inputs, passes);
  const cutAll = (by: (writer: number) => Float32Array): Cuts => {
    const replaced = outside.map((writers) => writers.map((writer): Replaced => ({ writer, by: by(writer) })));
    return (reader) => replaced[reader]!;
  };
  const changed = { mean: 0, resample: 0 };
  for (const input of inputs.keys()) {
    if (
      isChanged(
        input,
        cutAll((writer) => means[writer]!),
      )
    ) {
      changed.mean++;
    }
    if (
      isChanged(
        input,
        cutAll((writer) => passes.at(others[input]!).written[writer]!),
      )
    ) {
      changed.resample++;
    }
  }
  const isNeeded = ({ writer, reader }: SeenEdge): boolean =>
    inputs.some((_, input) =>
      [passes.at(others[input]!).written[writer]!, undefined].some((by) => {
        const cut = [{ writer, by }];
        return isChanged(input, (at) => (at === reader ? cut : NOTHING));
      }),
    );
  return {
    inputs: inputs.length,
    outside: outside.reduce((sum, writers) => sum + writers.length, 0),
    changed,
    inside: inside.length,
    redundant: inside.filter((index) => !isNeeded(edges[index]!)),
  };
}

const NOTHING: readonly Replaced[] = [];

/** For each reader the writers whose edges are not inside. */
function outsideOf(stack: Stack, edges: readonly SeenEdge[]): number[][] {
  const components = componentsOf(stack);
  const inside = new Set(edges.filter(({ constant }) => !constant).map(({ writer, reader }) => `${writer} ${reader}`));
  const writers: number[][] = components.readers.map(() => []);
  for (const { writer, reader } of pairsOf(components)) {
    if (!inside.has(`${writer} ${reader}`)) writers[reader]!.push(writer);
  }
  return writers;
}

/** For each input another one of its length, itself where there is none. */
function partners(inputs: readonly (readonly number[])[], rng: Rng): number[] {
  const byLength = new Map<number, number[]>();
  inputs.forEach(({ length }, i) => getOrInsert(byLength, length, (): number[] => []).push(i));
  return inputs.map(({ length }, i) => {
    const alike = byLength.get(length)!;
    const other = alike.length > 1 ? alike[rng.int(alike.length - 1)]! : i;
    return other === i ? alike.at(-1)! : other;
  });
}

/** The passes without cuts, the last ones of which are kept. */
class Passes {
  readonly #stack: Stack;
  readonly #inputs: readonly (readonly number[])[];
  readonly #kept = new Map<number, Pass>();

  constructor(stack: Stack, inputs: readonly (readonly number[])[]) {
    this.#stack = stack;
    this.#inputs = inputs;
  }

  at(input: number): Pass {
    const known = this.#kept.get(input);
    if (known) return known;
    const pass = forward(this.#stack, this.#inputs[input]!);
    if (this.#kept.size < MOST_KEPT) this.#kept.set(input, pass);
    return pass;
  }
}

const MOST_KEPT = 4096;

/** The mean of what each writer writes at each position, over the inputs that have it: [positions, dModel] each. */
function meansOf(inputs: readonly (readonly number[])[], passes: Passes): Float32Array[] {
  const sums: Float64Array[] = [];
  const counts: number[] = [];
  const longest = inputs.reduce((most, { length }) => Math.max(most, length), 0);
  inputs.forEach(({ length }, input) => {
    for (let i = 0; i < length; i++) counts[i] = (counts[i] ?? 0) + 1;
    passes.at(input).written.forEach((written, writer) => {
      const sum = (sums[writer] ??= new Float64Array((longest * written.length) / length));
      for (let i = 0; i < written.length; i++) sum[i]! += written[i]!;
    });
  });
  return sums.map((sum) => Float32Array.from(sum, (x, i) => x / counts[Math.floor((i * longest) / sum.length)]!));
}
