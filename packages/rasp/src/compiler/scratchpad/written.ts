/** What the interpreter says that a decoder writes: the values of each line, in the order in which they are written. */
import type { Atom } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import type { Line, LinedProgram, LinePart } from "./lines.js";

/** A line that was written. */
export interface WrittenLine {
  /** Which s-op it is of. */
  readonly name: string;
  /** How many steps were complete before it, or are with it. */
  readonly step: number;
  /** The value at each position. */
  readonly values: readonly Atom[];
}

/** @throws RaspError where the program has no value on this input */
export function writtenLines({ lines, looped, wasHalted }: LinedProgram, input: readonly Atom[]): WrittenLine[] {
  const { loop } = looped;
  const evaluation = new Evaluation(input);
  const written: WrittenLine[] = [];
  const write = (part: LinePart, step: number, valuesOf: (line: Line) => readonly Atom[]): void => {
    for (const line of lines) if (line.part === part) written.push({ name: line.name, step, values: valuesOf(line) });
  };
  const values = ({ value }: Line): readonly Atom[] => evaluation.sop(value);
  write("before", 0, values);
  let steps = 0;
  evaluation.watch = {
    asked(ofLoop, step, halted) {
      if (ofLoop !== loop) return;
      if (step === 0) write("first", 0, ({ node }) => evaluation.sop(node));
      const areHalted = Array.from(halted, Boolean);
      write("ask", step, ({ node }) => (node === wasHalted ? areHalted : evaluation.sop(node)));
    },
    stepped(ofLoop, step, next) {
      if (ofLoop !== loop) return;
      steps = step + 1;
      write("step", step, ({ node }) => evaluation.sop(node));
      write("state", steps, ({ node }) => next[loop.states.findIndex((state) => state === node)]!);
    },
  };
  evaluation.sop(lines.at(-1)!.value);
  evaluation.watch = undefined;
  write("after", steps, values);
  return written;
}
