/** npm run soak [-- --rounds N]: see soak.ts. Exit code 1 where a round answers otherwise than the first, or memory grows. */
import { Command } from "commander";
import { growth, soak } from "./soak.js";

/** Megabytes. */
const MOST_GROWTH = 10;

await new Command("soak")
  .description("long repeated work in one process: the same answers, and memory that stays flat")
  .option(
    "--rounds <n>",
    "rounds of training, compiling, verifying, checking, decompiling, running and a session",
    "300",
  )
  .action(async ({ rounds }: { readonly rounds: string }) => {
    const every = Math.ceil(Number(rounds) / 20);
    const held = await soak(Number(rounds), (round, megabytes) => {
      if (round % every === 0) console.log(`round ${round}: ${megabytes.toFixed(1)} MB in use`);
    });
    const grown = growth(held);
    console.log(
      `${rounds} rounds: ${grown.toFixed(1)} MB more at the end than in the beginning, at most ${MOST_GROWTH}`,
    );
    if (grown > MOST_GROWTH) process.exitCode = 1;
  })
  .parseAsync();
