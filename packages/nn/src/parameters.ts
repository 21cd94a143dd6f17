/**
 * Parameters by dotted path. A layer asks its scope for each parameter it owns, by name, shape and initial value; that
 * request is the only place where a parameter is declared, so names, shapes and defaults cannot drift apart.
 */
import { full, ShapeError, zeros, type Shape, type Tensor } from "@selectron/core";

/** Decides which tensor stands for a declared parameter. */
type Provide = (path: string, shape: Shape, initial: number) => Tensor;

/** A place in the tree of layers where parameters are declared. */
export class ParameterScope {
  readonly #prefix: string;
  readonly #provide: Provide;

  constructor(provide: Provide, prefix = "") {
    this.#provide = provide;
    this.#prefix = prefix;
  }

  /** The scope of a child layer. */
  child(name: string): ParameterScope {
    return new ParameterScope(this.#provide, `${this.#prefix}${name}.`);
  }

  /** Declares a parameter; every element is `initial` unless its value was given. */
  parameter(name: string, shape: Shape, initial = 0): Tensor {
    return this.#provide(`${this.#prefix}${name}`, shape, initial);
  }
}

/** Collects declared parameters in order, taking given values and filling in the others. */
export class ParameterStore {
  readonly parameters = new Map<string, Tensor>();
  readonly #given: ReadonlyMap<string, Tensor>;

  constructor(given: ReadonlyMap<string, Tensor> = new Map()) {
    this.#given = given;
  }

  /** The root scope, whose declarations end up in `parameters`. Throws a ShapeError if a given value does not fit. */
  readonly scope = new ParameterScope((path, shape, initial) => {
    const value = this.#given.get(path) ?? full(shape, initial);
    if (value.rank !== shape.length || shape.some((length, axis) => length !== value.shape[axis])) {
      throw new ShapeError(`Parameter ${path}: expected shape [${shape.join(", ")}], got [${value.shape.join(", ")}].`);
    }
    this.parameters.set(path, value);
    return value;
  });

  /** Throws a ShapeError if a value was given that no layer declared. Call when all layers are built. */
  checkAllUsed(): void {
    const unknown = [...this.#given.keys()].filter((path) => !this.parameters.has(path));
    if (unknown.length > 0) {
      throw new ShapeError(
        `Unknown parameters: ${unknown.join(", ")}. This configuration has: ${[...this.parameters.keys()].join(", ")}.`,
      );
    }
  }
}

/** The names and shapes that `declare` asks for. Allocates one number, however large the shapes. */
export function declaredShapes(declare: (scope: ParameterScope) => unknown): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const placeholder = zeros([]);
  declare(
    new ParameterScope((path, shape) => {
      shapes.set(path, [...shape]);
      return placeholder.broadcastTo(shape);
    }),
  );
  return shapes;
}
