/**
 * npm run soak [-- --rounds N] [-- --minutes N]: see soak.ts. Exit code 1 where a round answers otherwise than the first, memory grows, or, with
 * --minutes, the last quarter has more resident memory, or longer rounds as the yardstick measures them, than the second by more than 3 percent.
 */
import { Command } from "commander";
import { growth, soak, trend, type Measured, type Session } from "./soak.js";

/** What `npm run soak` builds of the page before it starts this: packages/playground/test/session. */
const PAGE = new URL("../../.cache/session/session.js", import.meta.url);

/** Megabytes. */
const MOST_GROWTH = 10;
/** A share. */
const MOST_TREND = 0.03;

const line = (round: number, { inUse, resident, milliseconds, computed, yardsticks }: Measured): string =>
  `round ${round}: ${inUse.toFixed(1)} MB in use, ${resident.toFixed(0)} MB resident, ` +
  `${milliseconds.toFixed(0)} ms, ${computed.toFixed(0)} ms of processors, ${yardsticks.toFixed(1)} yardsticks`;
const percent = (share: number): string => `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)} %`;

interface SoakOptions {
  readonly rounds: string;
  readonly minutes?: string;
}

await new Command("soak")
  .description("long repeated work in one process: the same answers, and memory that stays flat")
  .option(
    "--rounds <n>",
    "rounds of training, compiling, verifying, checking, decompiling, running, loops, a GPT-2, a session and the page",
    "300",
  )
  .option("--minutes <n>", "minutes in place of a number of rounds; trends are judged, too")
  .action(async ({ rounds, minutes }: SoakOptions) => {
    const limit = minutes === undefined ? Infinity : Number(minutes) * 60_000;
    const last = minutes === undefined ? Number(rounds) : Infinity;
    const every = minutes === undefined ? last / 20 : limit / 20;
    let next = every;
    const { session } = (await import(PAGE.href)) as { readonly session: Session };
    const began = performance.now();
    const held = await soak(
      session,
      (round) => round >= last || performance.now() - began > limit,
      (round, measured) => {
        if ((minutes === undefined ? round : performance.now() - began) < next) return;
        next += every;
        console.log(line(round, measured));
      },
    );
    const grown = growth(held.map(({ inUse }) => inUse));
    const trendOf = (what: keyof Measured): number => trend(held.map((each) => each[what]));
    const [resident, time] = [trendOf("resident"), trendOf("yardsticks")];
    console.log(
      `${held.length} rounds: ${grown.toFixed(1)} MB more at the end than in the beginning, at most ${MOST_GROWTH}\n` +
        `the last quarter beside the second: resident memory ${percent(resident)}, time of a round ${percent(time)} in yardsticks, ` +
        `${percent(trendOf("computed"))} of processors, ${percent(trendOf("milliseconds"))} on the clock`,
    );
    const isJudged = minutes !== undefined && held.length >= 100;
    if (grown > MOST_GROWTH || (isJudged && Math.max(resident, time) > MOST_TREND)) process.exitCode = 1;
  })
  .parseAsync();
