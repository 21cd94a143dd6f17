/** What `compileLooped` makes: the weights, what is kept where in the residual stream, and how to read it. */
import { checks } from "@selectron/core";
import type { LoopedEncoder } from "@selectron/nn";
import { atomKey } from "../../language/atom/compare.js";
import { plainAtom, type Plain } from "../../language/atom/plain.js";
import { describeAtom, describeInput } from "../../language/atom/text.js";
import { errors } from "../../language/diagnostic.js";
import type { Atom } from "../../language/graph/node.js";
import { inputAtoms, type Input } from "../../language/interpret/tokens.js";
import type { Certificate } from "../certify/certify.js";
import { ModelInputError } from "../model/errors.js";
import { decode, widthOf, type Decoding } from "../plan/ir/decoding.js";

/** Where something is kept in the residual stream: a coordinate for each value. */
export interface KeptCoordinates {
  readonly name: string;
  readonly classes: readonly Atom[];
  readonly first: number;
}

/** The bound that shows that a looped model cannot differ from its program, whatever number of steps an input takes. */
export interface LoopCertificate {
  /** Whether every decision has a margin that no rounding can use up, in every step. */
  readonly proved: boolean;
  /** Of the layers before the loop, those of a step, and those after it. */
  readonly parts: readonly Certificate[];
}

/** What a looped model did on an input. */
export interface LoopedRun {
  /** The value at each position. */
  readonly values: readonly Atom[];
  /** How many steps it took. The layers of the loop are applied once more, which finds that all positions have halted. */
  readonly steps: number;
  /** The names of the loop's states. */
  readonly names: readonly string[];
  /** The states after each step: `[step][state][position]`. */
  readonly states: readonly (readonly (readonly Atom[])[])[];
}

/** What a looped model is made of. */
export interface LoopedParts {
  readonly model: LoopedEncoder;
  readonly vocabulary: readonly Atom[];
  readonly kept: readonly KeptCoordinates[];
  /** How many of these, the first ones, are the program's states. */
  readonly states: number;
  readonly output: Decoding;
  readonly certificate: LoopCertificate;
}

/** A program with a loop as a Transformer with a loop: it runs on inputs, and its states can be read after every step. */
export class LoopedModel {
  static {
    checks.guardMethods(LoopedModel);
  }

  /** The weights. */
  readonly model: LoopedEncoder;
  /** The elements of its inputs. */
  readonly vocabulary: readonly Atom[];
  readonly certificate: LoopCertificate;
  readonly #parts: LoopedParts;
  readonly #ids: ReadonlyMap<string, number>;

  /** @internal */
  constructor(parts: LoopedParts) {
    this.model = parts.model;
    this.vocabulary = parts.vocabulary;
    this.certificate = parts.certificate;
    this.#parts = parts;
    this.#ids = new Map(parts.vocabulary.map((token, t) => [atomKey(token), t + 1]));
  }

  /** The longest input. */
  get maxLength(): number {
    return this.model.config.maxLength - 1;
  }

  /**
   * The value at each position.
   *
   * @throws ModelInputError on an unknown token or a too long input
   * @throws RaspError where the loop does not end within its limit
   */
  run(input: Input): Plain[] {
    return this.steps(input).values.map(plainAtom);
  }

  /**
   * The values, and the states of the loop after every step.
   *
   * @throws ModelInputError on an unknown token or a too long input
   * @throws RaspError where the loop does not end within its limit
   */
  steps(input: Input): LoopedRun {
    const atoms = inputAtoms(input);
    const { kept, output, states: count } = this.#parts;
    const states = kept.slice(0, count);
    const applied: (readonly (readonly Atom[])[])[] = [];
    const isInput = (position: number): boolean => position > 0;
    const { logits, times, ended } = this.model.forward([this.#idsOf(atoms)], {}, isInput, ({ data }) =>
      applied.push(states.map((state) => this.#read(state, data, atoms.length))),
    );
    if (!ended) {
      throw errors.loopLimit(`on ${describeInput(atoms)} this loop has not ended after ${times - 1} steps, its limit`);
    }
    const columns = widthOf(output);
    const values = atoms.map((_, i) => decode(output, logits.data.subarray((i + 1) * columns, (i + 2) * columns)));
    // The last application changes nothing.
    return { values, steps: times - 1, names: states.map(({ name }) => name), states: applied.slice(0, -1) };
  }

  /** BOS and the input. @throws ModelInputError */
  #idsOf(atoms: readonly Atom[]): number[] {
    if (atoms.length > this.maxLength) {
      throw new ModelInputError(
        `the input has ${atoms.length} tokens; this model takes up to ${this.maxLength}`,
        "compile with a greater maximum length",
      );
    }
    const ids = atoms.map((atom) => {
      const id = this.#ids.get(atomKey(atom));
      if (id !== undefined) return id;
      throw new ModelInputError(
        `${describeAtom(atom)} is not in this model's vocabulary`,
        `it has ${this.vocabulary.map(describeAtom).join(", ")}`,
      );
    });
    return [0, ...ids];
  }

  /** The values of a state at each position of the input. */
  #read({ classes, first }: KeptCoordinates, stream: Float32Array, length: number): readonly Atom[] {
    const { dModel } = this.model.config;
    return Array.from({ length }, (_, i) => {
      const from = (i + 1) * dModel + first;
      const row = stream.subarray(from, from + classes.length);
      return classes[row.reduce((best, value, c) => (value > row[best]! ? c : best), 0)]!;
    });
  }
}
