/** What a readout decides on pairs of sequences, with a variable taken from the source. */
import { getOrInsert } from "../../../language/maps.js";
import type { Half } from "../../interchange/measure.js";
import { decide, type Observed } from "../data/observe.js";
import type { Readout } from "../readout/readout.js";
import type { Pair } from "./swapped-runs.js";

export class ProgramRuns {
  readonly readout: Readout;
  readonly #pairs: Readonly<Record<Half, readonly Pair[]>>;
  readonly #known = new Map<string, number[][][]>();

  constructor(readout: Readout, pairs: Readonly<Record<Half, readonly Pair[]>>) {
    this.readout = readout;
    this.#pairs = pairs;
  }

  /** The decisions at the scored positions of each base. @param variable - the key of the one that is taken from the source, if any */
  decisions(half: Half, variable: string | undefined): number[][][] {
    return getOrInsert(this.#known, `${half} ${variable ?? ""}`, () =>
      this.#pairs[half].map((pair) => {
        const run = variable === undefined ? pair.base : swappedRun(pair, (key) => key === variable);
        return run.scored.map((i) => decide(this.readout.logits(run, i), this.readout.task.sigmoid));
      }),
    );
  }
}

/** A sequence on which some variables have the values of the source; its decisions are still the base's. */
export const swappedRun = ({ base, source }: Pair, carries: (key: string) => boolean): Observed => ({
  ...base,
  swapped: { from: source, base, carries },
});
