/** Where a compiled model goes wrong first: compares the residual stream, sublayer by sublayer, with the program's values. */
import { orderOf, placeOf } from "../model/program-map.js";
import { Residuals } from "../model/residuals.js";
import { ModelFileError } from "../model/errors.js";
import type { Runnable } from "../model/runnable.js";
import { NormalValues } from "../normalize/normal-values.js";
import type { Layout } from "../layout/layout.js";
import type { Readback } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import type { Atom } from "../../language/graph/node.js";
import type { Span } from "../../language/source.js";

/** An s-op whose value in the residual stream is not the program's. */
export interface WrongSOp {
  /** The s-op's name in the program, or what it computes. */
  readonly name: string;
  readonly span: Span | undefined;
  /** From 1. */
  readonly layer: number;
  readonly sublayer: Subspace["writer"];
  /** In the input, from 0. */
  readonly position: number;
  readonly expected: Atom;
  /** What the s-op's residual coordinates hold, and what they should hold. */
  readonly coordinates: readonly { readonly name: string; readonly holds: number; readonly expected: number }[];
}

/** The first wrong s-op in the order of computation; undefined where all of them are right, or the model came from a file. */
export function firstWrongSOp(compiled: Runnable, input: readonly Atom[]): WrongSOp | undefined {
  const { layout } = compiled;
  if (!layout) return undefined;
  const residuals = new Residuals();
  try {
    compiled.values([input], residuals.record);
  } catch (error) {
    // The logits, which come last, are not finite. What led to them is recorded.
    if (!(error instanceof ModelFileError)) throw error;
  }
  return wrongReadback(layout, residuals, new NormalValues(input, compiled.causal));
}

/** The first subspace that does not hold what it should. */
export function wrongReadback(layout: Layout, residuals: Residuals, values: NormalValues): WrongSOp | undefined {
  for (const readback of [...layout.readbacks].sort(inOrderOfComputation)) {
    const { subspace, sop, tolerance } = readback;
    for (const [position, value] of (values.evaluate(sop) ?? []).entries()) {
      const expected = readback.expected(value);
      if (!expected) continue;
      const held = residuals.numbers(layout, subspace, placeOf(subspace), position);
      const coordinates = subspace.names.map((name, c) => ({ name, holds: held[c]!, expected: expected[c]! }));
      // Written so that NaN counts as wrong.
      if (coordinates.every(({ holds, expected: wanted }) => Math.abs(holds - wanted) <= tolerance)) continue;
      return {
        name: sop.origin?.name ?? subspace.label,
        span: sop.origin?.span,
        layer: subspace.layer,
        sublayer: subspace.writer,
        position,
        expected: value,
        coordinates,
      };
    }
  }
  return undefined;
}

const inOrderOfComputation = (a: Readback, b: Readback): number =>
  orderOf(placeOf(a.subspace)) - orderOf(placeOf(b.subspace)) || a.sop.id - b.sop.id;
