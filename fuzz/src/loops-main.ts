/**
 * npm run loops [-- --only TEXT] [-- --parts short,random,full] [-- --inputs N] [-- --large N]: see
 * loops/accept.ts. Exit code 1 where a step is wrong, a model is not proved, or the compiler refuses.
 */
import { readFileSync } from "node:fs";
import { RaspError } from "@selectron/rasp";
import { Command } from "commander";
import { useFastKernels } from "./kernels.js";
import { accept, type Outcome, type Part } from "./loops/accept.js";
import { LOOP_CASES } from "./loops/cases.js";

const readLesson = (file: string): string =>
  readFileSync(new URL(`../../examples/${file}.rasp`, import.meta.url), "utf8");

const counted = (count: number): string => count.toLocaleString("en");

function line({ inputs, withoutValue, steps, most, wrong, parameters, isProved, seconds }: Outcome): string {
  const values = withoutValue > 0 ? `, ${counted(withoutValue)} of them without a value` : "";
  const [compile, compare] = seconds.map((each) => each.toFixed(1));
  return [
    wrong === undefined ? `${counted(inputs)} inputs${values}` : `WRONG: ${wrong}`,
    `${counted(steps)} steps, at most ${counted(most)}`,
    `${counted(parameters)} parameters, ${isProved ? "proved" : "NOT PROVED"}`,
    `compile ${compile!} s, compare ${compare!} s`,
  ].join("; ");
}

interface Options {
  readonly only?: string;
  readonly parts: string;
  readonly inputs: string;
  readonly large: string;
}

await new Command("loops")
  .description("the lessons with loops as looped models, every step beside the interpreter")
  .option("--only <text>", "lessons and s-ops whose name has this text")
  .option("--parts <list>", "short, random, full", "short,random,full")
  .option("--inputs <n>", "inputs of the part random", "2000")
  .option("--large <n>", "inputs of the part full", "10")
  .action(async ({ only = "", parts, inputs, large }: Options) => {
    await useFastKernels();
    for (const part of parts.split(",") as Part[]) {
      for (const each of LOOP_CASES) {
        const name = `${part} ${each.file} ${each.name}`;
        if (!name.includes(only)) continue;
        try {
          const outcome = accept(each, part, Number(part === "full" ? large : inputs), readLesson);
          if (!outcome) continue;
          console.log(`${name}: ${line(outcome)}`);
          if (outcome.wrong !== undefined || !outcome.isProved) process.exitCode = 1;
        } catch (error) {
          if (!(error instanceof RaspError)) throw error;
          console.log(`${name}: REFUSED: ${error.message}`);
          process.exitCode = 1;
        }
      }
    }
  })
  .parseAsync();
