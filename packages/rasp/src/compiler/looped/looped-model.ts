/** A program with a loop as a Transformer with a loop. */
import type { LoopedEncoder } from "@selectron/nn";
import { atomKey } from "../../language/atom/compare.js";
import { describeInput } from "../../language/atom/text.js";
import { errors } from "../../language/diagnostic.js";
import type { Atom } from "../../language/graph/node.js";
import { inputAtoms, type Input } from "../../language/interpret/tokens.js";
import type { Certificate } from "../certify/certify.js";
import { decode, widthOf, type Decoding } from "../plan/ir/decoding.js";

/** Where something is kept in the residual stream: a coordinate for each value. */
export interface KeptCoordinates {
  readonly name: string;
  readonly classes: readonly Atom[];
  readonly first: number;
}

/** What the certificate says of every number of steps. */
export interface LoopCertificate {
  /** Whether every decision has a margin that no rounding can use up, in every step. */
  readonly proved: boolean;
  /** Of the layers before the loop, those of a step, and those after it. */
  readonly parts: readonly Certificate[];
}

/** What a looped model did on an input. */
export interface LoopedRun {
  readonly values: readonly Atom[];
  readonly steps: number;
  /** The states of the loop after each application: [application][state][position]. */
  readonly states: readonly (readonly (readonly Atom[])[])[];
}

interface LoopedParts {
  readonly encoder: LoopedEncoder;
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  readonly kept: readonly KeptCoordinates[];
  /** How many of these, the first ones, are the program's states. */
  readonly states: number;
  readonly output: Decoding;
  readonly certificate: LoopCertificate;
}

export class LoopedModel {
  readonly encoder: LoopedEncoder;
  readonly certificate: LoopCertificate;
  readonly #parts: LoopedParts;
  readonly #ids: ReadonlyMap<string, number>;

  constructor(parts: LoopedParts) {
    this.encoder = parts.encoder;
    this.certificate = parts.certificate;
    this.#parts = parts;
    this.#ids = new Map(parts.vocabulary.map((token, t) => [atomKey(token), t + 1]));
  }

  /** @throws RaspError where the loop does not end within its limit */
  run(input: Input): LoopedRun {
    const atoms = inputAtoms(input);
    const ids = [0, ...atoms.map((atom) => this.#ids.get(atomKey(atom))!)];
    const { kept, output, states: count } = this.#parts;
    const states: (readonly (readonly Atom[])[])[] = [];
    const width = this.encoder.config.dModel;
    const { logits, times, ended } = this.encoder.forward(
      [ids],
      {},
      (position) => position > 0,
      ({ data }) => {
        states.push(
          kept.slice(0, count).map(({ classes, first }) =>
            atoms.map((_, i) => {
              const from = (i + 1) * width + first;
              const row = data.subarray(from, from + classes.length);
              return classes[row.reduce((best, value, c) => (value > row[best]! ? c : best), 0)]!;
            }),
          ),
        );
      },
    );
    if (!ended) {
      throw errors.loopLimit(
        `on ${describeInput(atoms)} this loop has not ended after ${times - 1} steps, the most that it may take`,
      );
    }
    const columns = widthOf(output);
    const values = atoms.map((_, i) => decode(output, logits.data.subarray((i + 1) * columns, (i + 2) * columns)));
    return { values, steps: times - 1, states };
  }
}
