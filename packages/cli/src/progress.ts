/** How far a long job is: one line on a terminal that is written over, a line for each stage elsewhere. */
import type { Io } from "./io.js";
import { durationText } from "./duration.js";

const BAR = 20;

/** Reports `done` of `of` in a stage, with the time left in it. */
export function progressLine(io: Io): { report: (stage: string, done: number, of: number) => void; end: () => void } {
  let current = "";
  let began = Date.now();
  let shown = 0;
  const overwrite = (text: string): void => io.err(`\r\x1b[2K${text}`);
  return {
    report: (stage, done, of) => {
      const now = Date.now();
      if (stage !== current) {
        [current, began, shown] = [stage, now, 0];
        if (!io.isTerminal) io.err(`${stage} …\n`);
      }
      if (!io.isTerminal || now - shown < 100) return;
      shown = now;
      const filled = Math.floor((BAR * done) / Math.max(1, of));
      const left = done === 0 ? "" : `, ${durationText(((now - began) / done) * (of - done))} left in this stage`;
      overwrite(`[${"#".repeat(filled)}${".".repeat(BAR - filled)}] ${stage}: ${done} of ${of}${left}`);
    },
    end: () => {
      if (io.isTerminal) overwrite("");
    },
  };
}
