/**
 * What a step does inside, for a model that has just been compiled: which s-op of the step is the first that is not what the interpreter says
 * of the states before it.
 */
import type { LoopedEncoder } from "@selectron/nn";
import { causal } from "../../language/graph/causal.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import type { LoopMoment } from "../../language/interpret/loop-steps.js";
import type { Layout } from "../layout/layout.js";
import { Residuals } from "../model/residuals.js";
import { NormalValues } from "../normalize/normal-values.js";
import { wrongReadback, type WrongSOp } from "../verify/diagnose.js";

/** Where the s-ops of a step are. */
export interface InsideLoop {
  readonly layout: Layout;
  /** The layers before the loop. */
  readonly before: number;
  /** What a step is given: the states, whether a position has halted, and what was computed before the loop. */
  readonly kept: readonly SOp[];
}

/** A looped model: `LoopedModel` is one. */
interface Model {
  readonly model: LoopedEncoder;
  readonly causal: boolean;
  encode(input: readonly Atom[]): number[];
}

/**
 * The first wrong s-op of a step, in the order of computation; undefined where all that can be read are right.
 *
 * @param step - from 1
 * @param moment - what is known before it
 */
export function firstWrongInside(
  model: Model,
  { layout, before, kept }: InsideLoop,
  input: readonly Atom[],
  step: number,
  moment: LoopMoment,
): WrongSOp | undefined {
  const residuals = new Residuals();
  let applied = 0;
  const isInput = (position: number): boolean => position > 0;
  model.model.forward(
    [model.encode(input)],
    {
      record(name, value) {
        // The layers of the loop are recorded each time that they are applied.
        const [, block, rest] = /^blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
        const own = Number(block) - before;
        if (applied < step && own >= 0) residuals.record(`blocks.${own}.${rest}`, value);
      },
    },
    isInput,
    () => {
      applied++;
    },
  );
  const known = [...moment.states, moment.halted];
  const evaluation = new Evaluation(input);
  const values = new NormalValues(input, model.causal, (given) => {
    const k = kept.indexOf(given);
    return known[k] ?? evaluation.sop(model.causal ? causal(given) : given);
  });
  return wrongReadback(layout, residuals, values);
}
