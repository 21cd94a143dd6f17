/** Exported models with batches of different sizes, and the classes that the interpreter's values are. */
import { readFileSync } from "node:fs";
import { Rng } from "@selectron/core";
import { compile, Evaluation, load } from "@selectron/rasp";

const programs = [
  ["01-reverse", "reverse", "abc"],
  ["02-histogram", "hist_bos", "abcd"],
  ["04-sort", "sort_bos", "abc"],
  ["06-dyck1", "dyck1_ptf", "()a"],
  ["08-dyck2-best", "dyck2_best", "(){}"],
];
const MAX_LENGTH = 7;
const BATCHES = 6;

/** @returns for each model its bytes and batches: ids, their shape, and what each row's classes are from position 1 on */
export function onnxCases() {
  const rng = new Rng(1);
  return programs.map(([file, name, letters]) => {
    const sop = load(readFileSync(`examples/${file}.rasp`, "utf8")).sop(name);
    const model = compile(sop, { vocabulary: letters, maxLength: MAX_LENGTH });
    const classes = model.card.outputs[0].decoding.classes.map(String);
    const batches = Array.from({ length: BATCHES }, () => {
      const inputs = Array.from({ length: 1 + rng.int(4) }, () =>
        Array.from({ length: 1 + rng.int(MAX_LENGTH) }, () => letters[rng.int(letters.length)]),
      );
      const width = 1 + Math.max(...inputs.map((input) => input.length));
      const pad = (input) => [...model.encode(input), ...Array(width - 1 - input.length).fill(-1)];
      const wanted = inputs.map((input) =>
        new Evaluation(input).sop(sop).map((value) => classes.indexOf(String(value))),
      );
      // A last row that is no input.
      return { dims: [inputs.length + 1, width], ids: [...inputs.flatMap(pad), ...Array(width).fill(1)], wanted };
    });
    return { name, bytes: [...model.toOnnx()], batches };
  });
}
