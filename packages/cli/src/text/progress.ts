/** The progress of a long job: one line that is overwritten on a terminal, a line for each stage elsewhere. */
import type { Io } from "../files/io.js";
import { durationText } from "./duration.js";

const BAR = 20;

/** `report` shows that `done` steps of `total` are done in a stage, and the time left in it. */
export function progressLine(io: Io): {
  report: (stage: string, done: number, total: number) => void;
  end: () => void;
} {
  let current = "";
  let began = Date.now();
  let shown = 0;
  const overwrite = (text: string): void => io.err(`\r\x1b[2K${text}`);
  return {
    report: (stage, done, total) => {
      const now = Date.now();
      if (stage !== current) {
        [current, began, shown] = [stage, now, 0];
        if (!io.isTerminal) io.err(`${stage} …\n`);
      }
      if (!io.isTerminal || now - shown < 100) return;
      shown = now;
      const filled = Math.floor((BAR * done) / Math.max(1, total));
      const left = done === 0 ? "" : `, ${durationText(((now - began) / done) * (total - done))} left in this stage`;
      overwrite(`[${"#".repeat(filled)}${".".repeat(BAR - filled)}] ${stage}: ${done} of ${total}${left}`);
    },
    end: () => {
      if (io.isTerminal) overwrite("");
    },
  };
}
