/** The means that replace what an intervention cuts. */
import { tensor, type Tensor } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import { getOrInsert } from "../../../language/maps.js";
import type { Sequence } from "../data/sequences.js";
import type { Component } from "./components.js";
import { WHOLE } from "./intervention.js";
import { PathModel } from "./path-model.js";

export interface Means {
  /** Each component's mean output [1, 1, D]. */
  readonly components: ReadonlyMap<Component, Tensor>;
  /** The mean inverse deviation of each layer norm, by its name. */
  readonly scales: ReadonlyMap<string, number>;
}

/** Means over all positions of some sequences. */
export function meansOf(model: Gpt2, sequences: readonly Sequence[]): Means {
  const { dModel } = model.config;
  const sums = new Map<Component, Float64Array>();
  const deviations = new Map<string, { sum: number; count: number }>();
  const paths = new PathModel(model);
  for (const sequence of sequences) {
    paths.logits(sequence, WHOLE, {
      component: (name, { data }) => {
        const sum = getOrInsert(sums, name, () => new Float64Array(dModel));
        data.forEach((value, at) => (sum[at % dModel]! += value));
      },
      norm: (_, name, inverse) => {
        const known = getOrInsert(deviations, name, () => ({ sum: 0, count: 0 }));
        inverse.forEach((value) => (known.sum += value));
        known.count += inverse.length;
      },
    });
  }
  const positions = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  const mean = (sum: Float64Array): Tensor =>
    tensor(
      Float32Array.from(sum, (x) => x / positions),
      [1, 1, dModel],
    );
  return {
    components: new Map([...sums].map(([name, sum]) => [name, mean(sum)])),
    scales: new Map([...deviations].map(([name, { sum, count }]) => [name, sum / count])),
  };
}
