/** Exported models with batches of different sizes, and the classes that the interpreter's values are; of looped ones the steps, too. */
import { readFileSync } from "node:fs";
import { Rng } from "@selectron/core";
import { compile, compileLooped, Evaluation, load, loopSteps } from "@selectron/rasp";

const programs = [
  ["01-reverse", "reverse", "abc"],
  ["02-histogram", "hist_bos", "abcd"],
  ["04-sort", "sort_bos", "abc"],
  ["06-dyck1", "dyck1_ptf", "()a"],
  ["08-dyck2-best", "dyck2_best", "(){}"],
];
const looped = [
  ["11-parity", "parity", "01"],
  ["15-cancelling", "unmatched", "()[]"],
  ["16-neighbours", "sorted", "abc"],
];
const MAX_LENGTH = 7;
const BATCHES = 6;

/** @returns for each model its bytes and batches: ids, their shape, and what each row's classes are from position 1 on */
export function onnxCases() {
  const rng = new Rng(1);
  const of =
    (make, outputOf, stepsOf = () => undefined) =>
    ([file, name, letters]) => {
      const sop = load(readFileSync(`examples/${file}.rasp`, "utf8")).sop(name);
      const model = make(sop, { vocabulary: letters, maxLength: MAX_LENGTH });
      const classes = outputOf(model.card).classes.map(String);
      const batches = Array.from({ length: BATCHES }, () => {
        const inputs = Array.from({ length: 1 + rng.int(4) }, () =>
          Array.from({ length: 1 + rng.int(MAX_LENGTH) }, () => letters[rng.int(letters.length)]),
        );
        const width = 1 + Math.max(...inputs.map((input) => input.length));
        const pad = (input) => [...model.encode(input), ...Array(width - 1 - input.length).fill(-1)];
        const wanted = inputs.map((input) =>
          new Evaluation(input).sop(sop).map((value) => classes.indexOf(String(value))),
        );
        const steps = stepsOf(sop, inputs);
        // A last row that is no input.
        const ids = [...inputs.flatMap(pad), ...Array(width).fill(1)];
        return { dims: [inputs.length + 1, width], ids, wanted, ...(steps ? { steps } : {}) };
      });
      return { name, bytes: [...model.toOnnx()], batches };
    };
  const stepsOf = (sop, inputs) => inputs.map((input) => loopSteps(sop, input)[0].steps);
  return [
    ...programs.map(of(compile, ({ outputs: [output] }) => output.decoding)),
    ...looped.map(of(compileLooped, ({ output }) => output, stepsOf)),
  ];
}
