/**
 * Interchange accuracy of the lines of a decompiled program in the compiled model. Where a line is in the model the weights have said; its
 * coordinates are taken from a run on another input of the same length, at all positions, and the text is run with the line's values of that
 * input. A compiled model has the right values where some input leads; so pairs count if what their lines and token are after the swap,
 * position by position, was seen on some input.
 */
import { noGrad, scope, tensor, type Rng, type Tensor } from "@selectron/core";
import type { Patcher } from "@selectron/nn";
import type { CompiledModel } from "../../compiler/model/compiled-model.js";
import { randomInputs } from "../../compiler/verify/inputs.js";
import { RaspError } from "../../language/diagnostic.js";
import { load } from "../../language/environment.js";
import { Copier } from "../../language/graph/copy.js";
import { stateNode } from "../../language/graph/loop.js";
import { tokensNode, topological, type Atom, type SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import type { Interchange } from "../common/interchange.js";
import { interchange, type Comparison, type Decisions, type Half, type Place } from "../interchange/measure.js";
import type { Span } from "./basis/span.js";
import type { LinePlace, PlacedLine } from "./naming/naming.js";

/** Pairs of inputs, and inputs that tell which values occur together. */
const [PAIRS, SEEN] = [150, 400];

/** A text and its lines. */
export interface PlacedProgram {
  readonly source: string;
  readonly lines: readonly PlacedLine[];
  /** The names of the model's outputs. */
  readonly results: readonly string[];
}

/** @param span - the vectors of the coordinates, if they are not the model's own */
export function compiledInterchange(
  model: CompiledModel,
  program: PlacedProgram,
  span: Span | undefined,
  rng: Rng,
): Interchange {
  return interchange(new CompiledComparison(model, program, span, rng));
}

interface CompiledPlace extends Place {
  readonly at: LinePlace;
}

/** Two inputs of one length. */
interface Pair {
  readonly base: readonly Atom[];
  readonly source: readonly Atom[];
}

class CompiledComparison implements Comparison<CompiledPlace> {
  readonly sites: readonly CompiledPlace[] = [];
  readonly #model: CompiledModel;
  readonly #program: PlacedProgram;
  readonly #span: Span | undefined;
  readonly #pairs: Readonly<Record<Half, readonly Pair[]>>;
  readonly #sop: (name: string) => SOp;
  /** The token and the values of all lines at a position, as they occur together. */
  readonly #seen: ReadonlySet<string>;

  constructor(model: CompiledModel, program: PlacedProgram, span: Span | undefined, rng: Rng) {
    this.#model = model;
    this.#program = program;
    this.#span = span;
    this.#pairs = { search: [], report: drawn(model, rng) };
    const loaded = load(program.source, { example: model.card.vocabulary });
    this.#sop = (name) => loaded.sop(name);
    const lines = [tokensNode("asis"), ...this.variables.map(this.#sop)];
    const inputs = randomInputs(model.card.vocabulary, model.card.maxLength, SEEN, rng.int(2 ** 31));
    this.#seen = new Set([...inputs].flatMap((input) => valuesOf(new Evaluation(input), lines)));
  }

  get variables(): string[] {
    return this.#program.lines.flatMap(({ name, place }) => (place ? [name] : []));
  }

  places(variable: string): CompiledPlace[] {
    const at = this.#program.lines.find(({ name }) => name === variable)!.place!;
    return [{ sites: [activationOf(at)], cost: 1, dimensions: at.coordinates.length, at }];
  }

  program(half: Half, variable: string | undefined): (Decisions | undefined)[] {
    const results = this.#program.results.map(this.#sop);
    if (variable === undefined) return this.#pairs[half].map(({ base }) => valuesOf(new Evaluation(base), results));
    const line = this.#sop(variable);
    const state = stateNode(line);
    const copier = new Copier();
    copier.images.set(line, state);
    const lines = this.variables.map(this.#sop);
    copier.copyAll(topological(...results, ...lines).filter((node) => node !== line));
    const [copies, lineCopies] = [results, lines].map((sops) => sops.map((sop) => copier.sop(sop)));
    return this.#pairs[half].map(({ base, source }) => {
      const values = lineOn(source, line);
      if (!values) return undefined;
      const swapped = new Evaluation(base).again(new Map([[state, values]]));
      const isSeen = valuesOf(swapped, [tokensNode("asis"), ...lineCopies!]).every((state) => this.#seen.has(state));
      return isSeen ? valuesOf(swapped, copies!) : undefined;
    });
  }

  unswapped(half: Half): Decisions[] {
    return decisionsOf(this.#model.outputs(this.#pairs[half].map(({ base }) => base)));
  }

  model(half: Half, places: readonly CompiledPlace[]): Decisions[][] {
    const pairs = this.#pairs[half];
    if (pairs.length === 0) return places.map(() => []);
    return scope(() =>
      noGrad(() => {
        const other = new Map<string, Tensor>();
        this.#model.outputs(
          pairs.map(({ source }) => source),
          (name, value) => void other.set(name, value),
        );
        return places.map(({ at }) => {
          const patch: Patcher = (name, value) =>
            name === activationOf(at) ? this.#swapped(value, other.get(name)!, at) : value;
          return decisionsOf(
            this.#model.outputs(
              pairs.map(({ base }) => base),
              undefined,
              patch,
            ),
          );
        });
      }),
    );
  }

  explains(): boolean {
    return false;
  }

  /** The activation with some coordinates as in another one. */
  #swapped(value: Tensor, other: Tensor, { coordinates }: LinePlace): Tensor {
    const width = value.shape.at(-1)!;
    const data = value.data.slice();
    for (let at = 0; at < data.length; at += width) {
      if (!this.#span) {
        for (const c of coordinates) data[at + c] = other.data[at + c]!;
        continue;
      }
      const difference = Float64Array.from({ length: width }, (_, d) => other.data[at + d]! - value.data[at + d]!);
      const parts = this.#span.coordinates(difference);
      for (const c of coordinates) {
        this.#span.vectors[c]!.forEach((x, d) => (data[at + d]! += parts[c]! * x));
      }
    }
    return tensor(data, value.shape);
  }
}

const activationOf = ({ layer }: LinePlace): string => `blocks.${layer}.attention.residual`;

/** Random inputs, each with another one of its length; every second one differs in one or two tokens. */
function drawn(model: CompiledModel, rng: Rng): Pair[] {
  const { vocabulary, maxLength } = model.card;
  const bases = [...randomInputs(vocabulary, maxLength, PAIRS, rng.int(2 ** 31))];
  return bases.map((base, p) => {
    if (p % 2 === 0) return { base, source: base.map(() => rng.pick(vocabulary)) };
    const changed = new Set([rng.int(base.length), rng.int(base.length)]);
    return { base, source: base.map((token, i) => (changed.has(i) ? rng.pick(vocabulary) : token)) };
  });
}

/** The values of a line; undefined where it has none, as a text that is not the model's everywhere may. */
function lineOn(input: readonly Atom[], line: SOp): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(line);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** The values of all results, position by position; one text where there is no value. */
function valuesOf(evaluation: Evaluation, results: readonly SOp[]): Decisions {
  try {
    return evaluation.input.map((_, i) => results.map((result) => textOf(evaluation.sop(result)[i]!)).join(", "));
  } catch (error) {
    if (error instanceof RaspError) return evaluation.input.map(() => "no value");
    throw error;
  }
}

/** The same for what a model gives, [output][input][position]. */
const decisionsOf = (outputs: readonly (readonly (readonly Atom[])[])[]): Decisions[] =>
  outputs[0]!.map((positions, n) =>
    positions.map((_, i) => outputs.map((output) => textOf(output[n]![i]!)).join(", ")),
  );

/** Numbers alike whether they are ints or floats; the model's floats are rounded to float32. */
const textOf = (atom: Atom): string =>
  typeof atom === "string"
    ? JSON.stringify(atom)
    : typeof atom === "boolean"
      ? String(atom)
      : Number(atom).toPrecision(6);
