/**
 * The text of a program, from the outputs backwards: what heads write becomes a line with a name, and everything between heads an
 * expression of tokens, indices and earlier lines.
 */
import { decode } from "../../../compiler/plan/ir/decoding.js";
import { indicesNode, tokensNode, type Atom, type SOp } from "../../../language/graph/node.js";
import { Evaluation } from "../../../language/interpret/evaluation.js";
import { getOrInsert } from "../../../language/maps.js";
import type { Progress } from "../../common/search-options.js";
import { Cases } from "../expressions/cases.js";
import { choose, compare, constant, named, type Expression } from "../expressions/expression.js";
import { nameValues } from "../expressions/function.js";
import { HeadLines } from "./head-line.js";
import type { SharpRun } from "../run/sharp-run.js";
import type { Naming, PlacedLine, Situation } from "./naming.js";
import type { Sample } from "../run/sample.js";
import { statesOf, valueOf, type States } from "../run/residual-stream.js";
import type { Subspace } from "../run/subspace.js";
import type { CompiledWeights } from "../run/weights.js";

/** The expression for a subspace, and the atom that each of its values is. */
interface Name {
  readonly expression: Expression;
  readonly atoms: readonly Atom[];
}

/** The lines that compute the model's outputs. @throws NotHardError if a head does not do what a line can say */
export function nameProgram(weights: CompiledWeights, sample: Sample, run: SharpRun, progress: Progress): PlacedLine[] {
  return new Namer(weights, sample, run, progress).program();
}

class Namer implements Naming {
  readonly labels: ReadonlyMap<Subspace, readonly Atom[]>;
  readonly #lines: PlacedLine[] = [];
  readonly #names = new Map<Subspace, Name>();
  readonly #evaluations: readonly Evaluation[];
  readonly #counts = new Map<string, number>();
  readonly #headLines = new HeadLines(this);

  readonly weights: CompiledWeights;
  readonly sample: Sample;
  readonly run: SharpRun;
  readonly #progress: Progress;

  constructor(weights: CompiledWeights, sample: Sample, run: SharpRun, progress: Progress) {
    this.weights = weights;
    this.sample = sample;
    this.run = run;
    this.#progress = progress;
    this.labels = outputLabels(weights, run);
    this.#evaluations = sample.inputs.map((input) => new Evaluation(input));
  }

  program(): PlacedLine[] {
    for (const [n, { name, decoding }] of this.weights.outputs.entries()) {
      const reading = this.run.outputs[n]!;
      const subspaces = reading.parts.map(({ subspace }) => subspace);
      const { cases, places } = this.situation(subspaces);
      const read = (place: number): Atom =>
        decode(
          decoding,
          valueOf(
            reading,
            subspaces.map(({ at }) => at[place]!),
          ),
        );
      const result = asSOp(nameValues(cases, places.map(read)));
      this.#lines.push({ name, text: result.text, tabular: result.tabular === true });
    }
    return withoutAliases(
      this.#lines,
      this.weights.outputs.map(({ name }) => name),
    );
  }

  define(kind: string, text: string, tabular: boolean): string {
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    const name = `${kind}_${number}`;
    this.#lines.push({ name, text, tabular });
    return name;
  }

  /** The named subspaces that a subspace depends on: hidden units are functions of what they read, all others have names. */
  #rootsOf(subspace: Subspace): Subspace[] {
    const units = this.run.units.get(subspace);
    return units ? units.inputs.flatMap((input) => this.#rootsOf(input)) : [subspace];
  }

  situation(subspaces: readonly Subspace[]): Situation {
    const roots = this.run.subspaces.filter((root) =>
      subspaces.some((subspace) => this.#rootsOf(subspace).includes(root)),
    );
    const states = statesOf(roots, this.sample.token.length);
    const columns = roots.map((root, j) => {
      const { expression, atoms } = this.#nameOf(root);
      return [expression, states.tuples.map((tuple) => atoms[tuple[j]!]!)] as const;
    });
    return { cases: new Cases(states.tuples.length, new Map(columns)), places: placesOf(states) };
  }

  #nameOf(subspace: Subspace): Name {
    return getOrInsert(this.#names, subspace, () => this.#newName(subspace));
  }

  #newName(subspace: Subspace): Name {
    const { writer } = subspace;
    if (writer.kind === "tokens") {
      const { vocabulary } = this.weights;
      const text = vocabulary.every((token) => typeof token === "string");
      const tokens = text ? named(tokensNode("str"), "tokens") : named(tokensNode("asis"), "tokens_asis");
      return { expression: tokens, atoms: vocabulary };
    }
    if (writer.kind === "indices") {
      return { expression: named(indicesNode(), "indices"), atoms: subspace.values.map((_, i) => BigInt(i)) };
    }
    if (writer.kind === "units") throw new Error("hidden units have no name of their own");
    const { layer: own, heads: numbers } = writer;
    this.#progress("naming subspaces", this.#names.size, this.run.subspaces.length);
    const heads = this.run.heads.filter(({ layer, head }) => layer === own && numbers.includes(head));
    const found = this.#headLines.lineOf(heads, subspace);
    const line = this.#lines.findIndex(({ name }) => name === found.text);
    const place = { layer: own, coordinates: subspace.coordinates };
    if (line >= 0) this.#lines[line] = { ...this.#lines[line]!, place };
    return { expression: found, atoms: this.#atomsOf(found.sop, subspace) };
  }

  /** The interpreter's value of an s-op for each value of the subspace that holds it. */
  #atomsOf(sop: SOp, subspace: Subspace): Atom[] {
    const atoms: Atom[] = [];
    this.#evaluations.forEach((evaluation, n) => {
      const from = this.sample.starts[n]!;
      for (const [i, atom] of evaluation.sop(sop).entries()) atoms[subspace.at[from + i]!] ??= atom;
    });
    return atoms;
  }
}

/** Where a result is what another line computes, that line gets the result's name, so no line says `hist = width_1`. */
function withoutAliases(lines: readonly PlacedLine[], results: readonly string[]): PlacedLine[] {
  const names = new Map(lines.map(({ name }) => [name, name]));
  const isAlias = ({ text }: PlacedLine): boolean => names.get(text) === text && !results.includes(text);
  const kept = lines.filter((line) => {
    if (!results.includes(line.name) || !isAlias(line)) return true;
    names.set(line.text, line.name);
    return false;
  });
  return kept.map((line) => ({
    ...line,
    name: names.get(line.name)!,
    text: withNames(line.text, (name) => names.get(name) ?? name),
  }));
}

/** The text of an expression with other names; text in quotes stays. */
const withNames = (text: string, rename: (name: string) => string): string =>
  text.replace(/"(?:\\.|[^"\\])*"|\b[a-z]\w*/gi, (part) => (part.startsWith('"') ? part : rename(part)));

/** A constant as an s-op; in RASP an atom alone is none. */
function asSOp(result: Expression): Expression {
  if (result.sop.kind !== "constant") return result;
  return choose(compare(named(indicesNode(), "indices"), ">=", constant(0n)), result, result);
}

/** The first place of each state. */
function placesOf({ tuples, at }: States): number[] {
  const places = new Array<number>(tuples.length).fill(-1);
  for (let place = at.length - 1; place >= 0; place--) places[at[place]!] = place;
  return places;
}

/** The names of values that a head copies and an output reads alone: the atoms that the output reads them as. */
function outputLabels({ outputs }: CompiledWeights, run: SharpRun): ReadonlyMap<Subspace, readonly Atom[]> {
  const labels = new Map<Subspace, readonly Atom[]>();
  for (const [n, reading] of run.outputs.entries()) {
    const [only, ...others] = reading.parts;
    if (!only || others.length > 0 || only.subspace.coordinates.length === 1 || labels.has(only.subspace)) continue;
    const { decoding } = outputs[n]!;
    labels.set(
      only.subspace,
      only.subspace.values.map((_, id) => decode(decoding, valueOf(reading, [id]))),
    );
  }
  return labels;
}
