/** An engine knows how to do some tasks, on operands that it holds in its own memory. */
import type { Task } from "../tasks.js";

/** A task made ready: operands are in place, code is compiled. */
export interface Prepared {
  /** Does it, `copies` times at once, and gives its result back to the engine. */
  readonly run: () => unknown;
  /** 1 unless told otherwise. */
  readonly copies?: number;
  /** Does it once and reads the result. */
  readonly result: () => ArrayLike<number> | Promise<ArrayLike<number>>;
  readonly dispose?: () => void;
}

export interface Engine {
  readonly name: string;
  /** Awaited before a task is prepared, checked or timed: selects what is global. */
  readonly enter?: () => unknown;
  /** Undefined if the engine cannot do the task. */
  prepare(task: Task): Promise<Prepared | undefined> | Prepared | undefined;
}
