/** Which inputs `selectron verify` tries. */
import { countInputs, type Shard, type VerifyOptions } from "@selectron/rasp";
import type { CompileSelection } from "./compile-options.js";
import { UsageError } from "./context.js";

/** Which inputs are tried. */
export interface HowOptions extends Pick<CompileSelection, "vocab" | "maxLength"> {
  readonly exhaustive?: boolean;
  readonly runs?: number;
  readonly seed: number;
  readonly shard?: Shard;
}

/** The most inputs that `--exhaustive` tries. */
const MOST_INPUTS = 20_000_000;

/** Which inputs the options ask for, of a number that an exhaustive run would go through. @throws UsageError */
export function howToVerify(
  { exhaustive, runs, seed, shard, vocab, maxLength }: HowOptions,
  inputs = countInputs(vocab.length, maxLength),
): VerifyOptions {
  if ((exhaustive === true) === (runs !== undefined)) {
    throw new UsageError("verify needs either --exhaustive or --runs N", "for example --runs 2000 --seed 1");
  }
  const part = shard ? { shard } : {};
  if (runs !== undefined) return { runs, seed, ...part };
  const parts = shard?.count ?? 1;
  if (inputs / parts > MOST_INPUTS) {
    throw new UsageError(
      `there are ${inputs} inputs of up to ${maxLength} of ${vocab.length} tokens, too many to try each`,
      `use a smaller --max-length, fewer tokens, --runs 2000, or --shard 1/${Math.ceil(inputs / MOST_INPUTS)} and so on`,
    );
  }
  return { exhaustive: true, ...part };
}
