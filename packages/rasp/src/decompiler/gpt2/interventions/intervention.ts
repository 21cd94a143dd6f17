/** What is changed about a model, and what is recorded while it runs. */
import type { Tensor } from "@selectron/core";
import type { Component, Reader } from "./components.js";

/** What is changed about a model. */
export interface Intervention {
  /** How much of a component reaches a reader, 0 to 1; a tensor [B, 1, 1] has a number for each sequence. 1 if absent. */
  readonly gate?: (component: Component, reader: Reader) => number | Tensor;
  /** What a cut path carries, [1, 1, D] for each component; the means by default. */
  readonly constants?: ReadonlyMap<Component, Tensor>;
  /** Added to what a reader reads, [1, 1, D]. */
  readonly shifts?: ReadonlyMap<Reader, Tensor>;
  /** The inverse deviation [1] that a reader's layer norm multiplies by instead of its own, which makes it linear. */
  readonly scales?: ReadonlyMap<Reader, Tensor>;
  /**
   * Whether a head's score has the product of what one component gives its query and what another gives its key; the query `""` means
   * the query's constant part. The norms before the head must be linear. All products if absent.
   */
  readonly product?: (head: Component, query: Component | "", key: Component) => boolean;
}

/** The model as it is. */
export const WHOLE: Intervention = {};

/** Functions that are called with each component's output [B, n, D] and each layer norm's inverse deviations [B · n]. */
export interface Hooks {
  readonly component?: (name: Component, output: Tensor) => void;
  readonly norm?: (reader: Reader, norm: string, inverseDeviations: Float32Array) => void;
}
