/** The progress of long work on a terminal: one line on standard error that is drawn over. */
import { printable } from "@selectron/core";
import type { Context } from "../context.js";
import type { Io } from "../files/io.js";
import { clockText } from "./duration.js";

const BAR = 20;
/** Work that takes less, in milliseconds, shows nothing. */
const SHORT = 1000;
/** Characters. */
const LONGEST_PART = 60;
/** Milliseconds between two drawings. */
export const REDRAW = 100;

/** `done` of `total` steps of a stage are done. What is being done just now is `part`. */
export type Report = (stage: string, done: number, total: number, part?: string) => void;

/** A bar that is filled as far as the work is done. */
export function bar(done: number, total: number): string {
  const filled = Math.floor((BAR * Math.min(done, total)) / Math.max(total, 1));
  return "█".repeat(filled) + "░".repeat(BAR - filled);
}

/** A clock, in milliseconds. */
export const clock = (io: Io): number => io.now?.() ?? performance.now();

/** Replaces the line that the cursor is in. */
export const drawOver = (io: Io, line: string): void => io.err(`\r\x1b[K${line}`);

/**
 * Does work that takes time. After a second a line shows the stage and the time left in it; it goes when the work ends or fails. Where
 * standard error is no terminal, and with `--json`, there is none.
 */
export function withProgress<T>(
  { io }: Context,
  { json = false }: { readonly json?: boolean },
  work: (report: Report) => T,
): T {
  if (json || !io.isErrorTerminal) return work(() => undefined);
  const started = clock(io);
  let drawn = -Infinity;
  let stage = { name: "", began: started, from: 0 };
  try {
    return work((name, done, total, part) => {
      const now = clock(io);
      if (name !== stage.name) stage = stage.name === "" ? { ...stage, name } : { name, began: now, from: done };
      if (now - started < SHORT || now - drawn < REDRAW) return;
      drawn = now;
      const { began, from } = stage;
      const left = done > from ? ` · ${clockText(((now - began) / 1000 / (done - from)) * (total - done))} left` : "";
      const line = `${bar(done, total)} ${name} ${done}/${total}${part === undefined ? "" : ` · ${printable(part, LONGEST_PART)}`}${left}`;
      // What the terminal breaks into two lines is not drawn over. Some terminals do not say how wide they are: 0.
      drawOver(io, line.slice(0, (io.columns || Infinity) - 1));
    });
  } finally {
    if (drawn > -Infinity) drawOver(io, "");
  }
}
