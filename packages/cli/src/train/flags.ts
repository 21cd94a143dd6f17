/** The options of `selectron train`. */
import type { Atom } from "@selectron/rasp";
import { UsageError } from "../context.js";

/** Those of every training. */
export interface TrainFlags {
  readonly seed: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly checkpointEvery: number;
  readonly jobs?: number;
  readonly output?: string;
  readonly json?: boolean;
}

/** Those of a training on a RASP program. */
export interface ProgramFlags extends TrainFlags {
  readonly sop?: string;
  readonly vocab?: readonly Atom[];
  readonly maxLength?: number;
  readonly bos?: string;
  readonly causal?: boolean;
  readonly supervise?: boolean;
  readonly layers?: number;
  readonly heads?: number;
  readonly width?: number;
  readonly ffn?: number;
  readonly fromCompiled?: boolean;
  readonly distill?: boolean;
  readonly noise?: number;
  readonly freeze?: readonly string[];
}

/** The most numbers that one layer gives for a batch: half a gigabyte. A step holds several of each layer. */
const MOST_IN_BATCH = 2 ** 27;

/**
 * @param tokens - of each example
 * @param width - of the widest layer
 * @throws UsageError if a batch is too large
 */
export function checkBatch(batch: number, tokens: number, width: number): void {
  const [numbers, most] = [batch * tokens * width, Math.floor(MOST_IN_BATCH / tokens / width)];
  if (numbers <= MOST_IN_BATCH) return;
  throw new UsageError(
    `${batch} examples of up to ${tokens} tokens are ${numbers} numbers in a layer of width ${width}; the limit is ${MOST_IN_BATCH}`,
    most < 1 ? "use a shorter --max-length" : `use a smaller --batch, up to ${most}`,
  );
}
