/** Where a compiled model goes wrong first: the residual stream, sublayer by sublayer, beside the program's own values. */
import type { CompiledModel } from "../model/compiled-model.js";
import { NormalValues } from "../normalize/normal-values.js";
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
export function firstWrongSOp(compiled: CompiledModel, input: readonly Atom[]): WrongSOp | undefined {
  const { layout } = compiled;
  if (!layout) return undefined;
  const residuals = new Map<string, { data: Float32Array; width: number }>();
  compiled.values([input], (name, { data, shape }) => {
    if (name.endsWith(".residual")) residuals.set(name, { data: data.slice(), width: shape.at(-1)! });
  });
  const values = new NormalValues(input, compiled.causal);
  for (const readback of [...layout.readbacks].sort(inOrderOfComputation)) {
    const { subspace, sop, tolerance } = readback;
    const sublayer = subspace.writer === "attention" ? "attention" : "feedForward";
    const residual = residuals.get(`blocks.${subspace.layer - 1}.${sublayer}.residual`);
    const expectedValues = values.evaluate(sop);
    if (!residual || !expectedValues) continue;
    for (const [position, value] of expectedValues.entries()) {
      const expected = readback.expected(value);
      if (!expected) continue;
      const anchor = subspace.writer === "attention" ? layout.anchor(subspace) : 0;
      const coordinates = subspace.names.map((name, c) => ({
        name,
        holds: residual.data[(position + 1) * residual.width + layout.coordinate(subspace, c)]! - anchor,
        expected: expected[c]!,
      }));
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

function inOrderOfComputation(a: Readback, b: Readback): number {
  const rank = ({ subspace }: Readback): number => 2 * subspace.layer + Number(subspace.writer === "feed-forward");
  return rank(a) - rank(b) || a.sop.id - b.sop.id;
}
