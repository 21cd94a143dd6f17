/**
 * `npm run decompile-perfect --workspace @selectron/bench -- [TASK ...] [--budget SECONDS]`: what the search finds for perfect decisions,
 * for the benchmark's tasks and similar ones. There is no model: what the search misses here, it would miss in a model that never errs.
 */
import { Rng } from "@selectron/core";
import { parseData, perfectProgram, readTask } from "@selectron/rasp/decompile";
import { Argument, Command } from "commander";
import { duration } from "../arguments.js";
import { LANGUAGES } from "./languages.js";
import { freshData, SAMPLERS } from "./samplers.js";

const program = new Command("npm run decompile-perfect --workspace @selectron/bench --")
  .addArgument(new Argument("[tasks...]", "all of them if none is named").choices(Object.keys(SAMPLERS)))
  .option("--budget <seconds>", "for each task", duration, 240)
  .showHelpAfterError("(--help says more)")
  .parse();
const { budget } = program.opts<{ readonly budget: number }>();
const SPECIAL = ["<bos>", "<sep>", "<eos>", "<pad>"];

/** A task's symbols, in the order of the benchmark's vocabularies. */
function symbolsOf(name: string): string[] {
  const automaton = LANGUAGES[name];
  if (automaton) return [...new Set(automaton.next.flatMap((transitions) => Object.keys(transitions)))].sort();
  if (name === "majority") return Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
  if (name.startsWith("bin_")) return ["0", "1"];
  return Array.from({ length: name === "unique_bigram_copy" ? 16 : 150 }, (_, n) => String(n));
}

for (const name of program.args.length > 0 ? program.args : Object.keys(SAMPLERS)) {
  const vocabulary = [...symbolsOf(name), ...SPECIAL];
  const positions = vocabulary.length > 100 || name === "unique_bigram_copy" ? 303 : 156;
  const task = readTask(
    { vocab: vocabulary, head_type: name in LANGUAGES ? "multi_label_sigmoid" : "softmax" },
    vocabulary.length,
  );
  const read = (count: number, seed: number) =>
    parseData(freshData(name, vocabulary, positions, count, new Rng(seed)), task, positions);
  const began = performance.now();
  const { text, match } = perfectProgram(task, read(300, 3), read(500, 7), {
    expired: (share = 1) => performance.now() - began > 1000 * budget * share,
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`${name}: match ${match.share.toFixed(3)} of ${match.of}, ${seconds} s\n${text}`);
}
