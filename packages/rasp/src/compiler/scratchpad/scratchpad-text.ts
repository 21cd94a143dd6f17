/** What the tokens of a decoder with a scratchpad stand for: texts from inputs and lines, and lines from texts. */
import { atomKey } from "../../language/atom/compare.js";
import { describeAtom } from "../../language/atom/text.js";
import type { Atom } from "../../language/graph/node.js";
import { ModelFileError, ModelInputError } from "../model/errors.js";
import type { ModelCard, ScratchpadCard, ScratchpadLine } from "../model/model-card.js";
import type { WrittenLine } from "./written.js";

/** A value that a token stands for. */
interface Meant {
  readonly line: ScratchpadLine;
  readonly index: number;
  readonly value: Atom;
}

export class ScratchpadText {
  readonly card: ScratchpadCard;
  /** The elements of inputs. */
  readonly inputs: readonly Atom[];
  /** What an input ends with. */
  readonly #go: Atom;
  readonly #meant = new Map<string, Meant>();
  readonly #tokens = new Map<string, Atom>();

  /** @throws ModelFileError for a model that writes no scratchpad */
  constructor({ scratchpad, vocabulary }: Pick<ModelCard, "scratchpad" | "vocabulary">) {
    if (!scratchpad) {
      throw new ModelFileError("this model writes no scratchpad", "make one with `selectron compile --scratchpad`");
    }
    this.card = scratchpad;
    this.inputs = vocabulary.slice(0, scratchpad.inputs);
    this.#go = vocabulary[scratchpad.inputs]!;
    let next = scratchpad.inputs + 1;
    for (const line of scratchpad.lines) {
      for (const [index, values] of line.values.entries()) {
        for (const value of values) {
          const token = vocabulary[next++]!;
          this.#meant.set(atomKey(token), { line, index, value });
          this.#tokens.set(valueKey(line.name, index, value), token);
        }
      }
    }
  }

  /** An input and the token that ends it. @throws ModelInputError on an empty or too long input, and on an unknown token */
  prompt(input: readonly Atom[]): readonly Atom[] {
    const { maxLength } = this.card;
    if (input.length === 0) throw new ModelInputError("the input is empty", "give at least one token");
    if (input.length > maxLength) {
      throw new ModelInputError(
        `the input has ${input.length} tokens, and the model takes at most ${maxLength}`,
        `shorten it, or compile with --max-length ${input.length}`,
      );
    }
    const known = new Set(this.inputs.map(atomKey));
    const position = input.findIndex((atom) => !known.has(atomKey(atom)));
    if (position >= 0) {
      throw new ModelInputError(
        `token ${describeAtom(input[position]!)} at position ${position} is none of the input's: ${this.inputs.map(describeAtom).join(", ")}`,
        "use these tokens only, or compile with a --vocab that has it",
      );
    }
    return [...input, this.#go];
  }

  /** The token for a value of a line at a position; undefined where the line cannot have it. */
  tokenOf(line: string, position: number, value: Atom): Atom | undefined {
    return this.#tokens.get(valueKey(line, position, value));
  }

  /** The most tokens that are written behind an input of a length. */
  mostTokens(length: number): number {
    return length * mostLines(this.card.lines, this.card.maxSteps);
  }

  /** What was written behind an input of a length. @throws ModelFileError for tokens that are no whole lines */
  linesOf(tokens: readonly Atom[], length: number): readonly WrittenLine[] {
    const state = this.card.lines.find(({ part }) => part === "state");
    const lines: WrittenLine[] = [];
    let step = 0;
    for (let first = 0; first < tokens.length; first += length) {
      const meant = tokens.slice(first, first + length).map((token) => this.#meant.get(atomKey(token)));
      const line = meant[0]?.line;
      if (!line || meant.length < length || meant.some((one, i) => one?.line !== line || one.index !== i)) {
        throw new ModelFileError(
          `the model writes ${tokens
            .slice(first, first + length)
            .map(describeAtom)
            .join(" ")}, which is no line of ${length} values`,
          "its weights are not those of a compile; compile the program again",
        );
      }
      if (line === state) step++;
      lines.push({ name: line.name, step, values: meant.map((one) => one!.value) });
    }
    return lines;
  }
}

const valueKey = (line: string, index: number, value: Atom): string => `${line}[${index}]=${atomKey(value)}`;

/** How many lines there are at most. That the loop has ended is seen once more than there are steps. */
export function mostLines(lines: readonly Pick<ScratchpadLine, "part">[], maxSteps: number): number {
  const count = (...parts: readonly ScratchpadLine["part"][]): number =>
    lines.filter(({ part }) => parts.includes(part)).length;
  return count("before", "first", "ask", "after") + maxSteps * count("ask", "step", "state");
}
