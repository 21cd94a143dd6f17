/** The options of `selectron train`. */
import type { Atom } from "@selectron/rasp";

/** Those of every training. */
export interface TrainFlags {
  readonly seed: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly checkpointEvery: number;
  readonly output?: string;
  readonly json?: boolean;
}

/** Those of a training on a RASP program. */
export interface ProgramFlags extends TrainFlags {
  readonly sop?: string;
  readonly vocab?: readonly Atom[];
  readonly maxLength?: number;
  readonly bos?: string;
  readonly supervise?: boolean;
  readonly layers?: number;
  readonly heads?: number;
  readonly width?: number;
  readonly ffn?: number;
}
