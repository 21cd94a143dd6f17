/** `selectron run` on a looped model: its answer, and with `--steps` the states after each step. */
import type { LoopedModel } from "@selectron/rasp";
import { encodeResult, type Atom } from "@selectron/rasp";
import { UsageError, type Context } from "../context.js";
import { readLooped } from "../files/model-file.js";
import { statesJson, statesText } from "../text/steps-text.js";
import { shownValues } from "../text/words.js";

export interface RunLoopedOptions {
  readonly attention?: boolean;
  readonly generate?: number;
  readonly trace?: boolean;
  readonly program?: string;
  readonly steps?: boolean;
  readonly json?: boolean;
}

/** @throws ModelFileError for a damaged file, RaspError where the loop does not end, UsageError for an option of other models */
export function runLooped(
  context: Context,
  file: string,
  bytes: Uint8Array,
  input: readonly Atom[],
  options: RunLoopedOptions,
): void {
  const other = (["attention", "generate", "trace", "program"] as const).find((name) => options[name] !== undefined);
  if (other !== undefined) {
    throw new UsageError(
      `--${other} is for models without a loop, and this one has one`,
      "--steps shows the states after each step",
    );
  }
  const model: LoopedModel = readLooped(context, file, bytes);
  const { values, names, steps, states } = model.steps(input);
  if (options.json) {
    const shown = options.steps ? { states: [...names], moments: states.map(statesJson) } : {};
    context.printJson({ sop: model.card.name, ...encodeResult(values), steps, ...shown });
    return;
  }
  if (options.steps) {
    context.print(
      statesText(
        names,
        steps,
        states.map((after, step) => [String(step + 1), after] as const),
      ),
    );
  }
  context.print(shownValues(values));
}
