/** A table of vectors, one per id. */
import type { Tensor } from "@selectron/core";
import { checkScope, type ParameterScope } from "../parameters.js";

/** The table, looked up by id. */
export class Embedding {
  /** [entries, width]. */
  readonly weight: Tensor;

  constructor(scope: ParameterScope, entries: number, width: number) {
    checkScope("Embedding", scope);
    this.weight = scope.parameter("weight", [entries, width], "embedding");
  }

  /** ids [...] → [..., width]. */
  forward(ids: Tensor): Tensor {
    return this.weight.gather(ids);
  }
}
