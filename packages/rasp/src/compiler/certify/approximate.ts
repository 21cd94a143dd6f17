/** The proof for models whose reads are approximate: what `certify` asks for, sublayer by sublayer. `docs/numerics.md` has the argument. */
import type { Feature, Head, Plan } from "../plan/ir/plan.js";
import type { Read, Subspace } from "../plan/ir/read.js";
import { approximateHeads } from "./approximate-heads.js";
import { approximateUnits } from "./approximate-units.js";
import { layerNormErrors } from "./layer-norm.js";
import type { Margins } from "./margins.js";
import { ReadBounds } from "./read-errors.js";

export class Approximate {
  readonly #bounds: ReadBounds;
  readonly #margins: Margins;
  readonly #maxLength: number;
  readonly #sharpness: number | undefined;

  constructor(plan: Plan, margins: Margins, maxLength: number) {
    this.#bounds = new ReadBounds(layerNormErrors(plan));
    this.#margins = margins;
    this.#maxLength = maxLength;
    this.#sharpness = plan.arithmetic.sharpness;
  }

  heads(heads: readonly Head[]): void {
    approximateHeads(heads, this.#bounds, this.#maxLength);
  }

  units(features: readonly Feature[]): void {
    approximateUnits(features, this.#bounds, this.#margins, { sharpness: this.#sharpness });
  }

  error(reads: readonly Read[]): number {
    return this.#bounds.largest(reads);
  }

  errors(): Iterable<readonly [Subspace, number]> {
    return [...this.#bounds.entries()].map(([subspace, { error }]) => [subspace, error] as const);
  }
}
