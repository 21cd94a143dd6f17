/** A table of vectors, one per id. */
import { checks, type Tensor } from "@selectron/core";
import { checkScope, type ParameterScope } from "../parameters.js";

/** The table, looked up by id. */
export class Embedding {
  static {
    checks.guardMethods(this);
  }

  /** [entries, width]. */
  readonly weight: Tensor;

  constructor(scope: ParameterScope, entries: number, width: number) {
    checkScope("Embedding", scope);
    checks.check("Embedding: entries", entries, checks.anInteger(1));
    checks.check("Embedding: width", width, checks.anInteger(0));
    this.weight = scope.parameter("weight", [entries, width], "embedding");
  }

  /** ids [...] → [..., width]. */
  forward(ids: Tensor): Tensor {
    return this.weight.gather(ids);
  }
}
