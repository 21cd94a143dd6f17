/** What every model of this package has: parameters by name. */
import { checks, type Tensor } from "@selectron/core";
import { checkParameters } from "./checks.js";
import { ParameterStore, type ParameterScope, type ParameterSource } from "./parameters.js";

/**
 * Builds a model's layers and collects the parameters that they declare.
 *
 * @param source - values by name, or an Rng that draws them; zeros if absent
 * @throws ShapeError if a value does not fit or belongs to no layer, or two layers declare one name
 */
export function buildModel<Layers>(
  source: ParameterSource | undefined,
  build: (scope: ParameterScope) => Layers,
): { layers: Layers; parameters: ReadonlyMap<string, Tensor> } {
  checks.check("buildModel: build", build, checks.aFunction("a function of a ParameterScope"));
  const store = new ParameterStore(source);
  const layers = build(store.scope);
  store.checkAllUsed();
  return { layers, parameters: store.parameters };
}

/** A model with named parameters. */
export abstract class Model {
  static {
    checks.guardMethods(this);
  }

  readonly #parameters: ReadonlyMap<string, Tensor>;

  constructor(parameters: ReadonlyMap<string, Tensor>) {
    checkParameters("Model", parameters);
    this.#parameters = parameters;
  }

  /** The parameters by name, in order: the tensors themselves, not copies. */
  parameters(): Map<string, Tensor> {
    return new Map(this.#parameters);
  }

  /** Number of scalars in all parameters. */
  get parameterCount(): number {
    return [...this.#parameters.values()].reduce((sum, parameter) => sum + parameter.size, 0);
  }
}

/** Number of scalars in parameters of these shapes. */
export function countScalars(shapes: ReadonlyMap<string, readonly number[]>): number {
  checks.check("countScalars: shapes", shapes, checks.aMap("a Map of shapes by name"));
  return [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((product, length) => product * length, 1), 0);
}
