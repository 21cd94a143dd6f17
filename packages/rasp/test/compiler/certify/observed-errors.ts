/** The errors of a model's subspaces, compared with the bounds of its certificate. */
import { expect } from "vitest";
import type { Atom, CompiledModel } from "../../../src/index.js";
import { NormalValues } from "../../../src/compiler/normalize/normal-values.js";

/** What is observed of a model. */
export interface Observed extends Pick<CompiledModel, "layout" | "causal"> {
  readonly card: Pick<CompiledModel["card"], "certificate">;
  values(
    inputs: readonly (readonly Atom[])[],
    record?: (name: string, tensor: { readonly data: Float32Array; readonly shape: readonly number[] }) => void,
  ): unknown;
}

/** The largest error of each subspace over the inputs, by label, layer and writer, as the certificate names them. */
export function observedErrors(model: Observed, inputs: Iterable<readonly Atom[]>): Map<string, number> {
  const layout = model.layout!;
  const observed = new Map<string, number>();
  for (const input of inputs) {
    const residuals = new Map<string, { data: Float32Array; width: number }>();
    model.values([input], (name, { data, shape }) => {
      if (name.endsWith(".residual")) residuals.set(name, { data: data.slice(), width: shape.at(-1)! });
    });
    const values = new NormalValues(input, model.causal);
    for (const { sop, subspace, expected } of layout.readbacks) {
      const wanted = values.evaluate(sop);
      if (!wanted) continue;
      const sublayer = subspace.writer === "attention" ? "attention" : "feedForward";
      const { data, width } = residuals.get(`blocks.${subspace.layer - 1}.${sublayer}.residual`)!;
      const key = `${subspace.label} ${subspace.layer} ${subspace.writer}`;
      for (const [i, value] of wanted.entries()) {
        for (const [c, number] of (expected(value) ?? []).entries()) {
          const anchor = subspace.writer === "attention" ? layout.anchor(subspace) : 0;
          const error = Math.abs(data[(i + 1) * width + layout.coordinate(subspace, c)]! - anchor - number);
          observed.set(key, Math.max(observed.get(key) ?? 0, error));
        }
      }
    }
  }
  return observed;
}

export function expectBounded(model: Observed, inputs: Iterable<readonly Atom[]>): void {
  const bounds = new Map<string, number>();
  for (const { label, layer, writer, error } of model.card.certificate.bounds) {
    const key = `${label} ${layer} ${writer}`;
    bounds.set(key, Math.max(bounds.get(key) ?? 0, error));
  }
  for (const [key, error] of observedErrors(model, inputs)) expect(error, key).toBeLessThanOrEqual(bounds.get(key)!);
}
