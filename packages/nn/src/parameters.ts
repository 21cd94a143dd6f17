/**
 * Parameters by dotted path. A layer asks its scope for each parameter it owns, by name, shape and initial value; that
 * request is the only place where a parameter is declared, so names, shapes and defaults cannot drift apart.
 */
import { checks, full, keep, randn, Rng, ShapeError, uniform, zeros, type Shape, type Tensor } from "@selectron/core";

/**
 * How a parameter starts: every element this number, or drawn if the model is built with an Rng (0 if not).
 * - "xavier", [inputs, outputs]: uniform in ±√(6 / (inputs + outputs)) (Glorot & Bengio 2010, equation 16);
 * - "embedding", [entries, width]: normal with variance 1 / width, so that a row has about length 1.
 */
export type InitialValue = number | "xavier" | "embedding";

/** Where a model's parameters come from: values by name (those left out start at 0 or 1), or an Rng that draws all. */
export type ParameterSource = ReadonlyMap<string, Tensor> | Rng;

/** Supplies the tensor of a declared parameter. */
export type Provide = (path: string, shape: Shape, initial: InitialValue) => Tensor;

/** A place in the tree of layers where parameters are declared. */
export class ParameterScope {
  static {
    checks.guardMethods(this);
  }

  /** The layer's name from the root, dots between: "blocks.0.attention"; "" for the root. */
  readonly path: string;
  readonly #provide: Provide;

  constructor(provide: Provide, path = "") {
    checks.check("ParameterScope: provide", provide, checks.aFunction());
    checks.check("ParameterScope: path", path, checks.aText);
    this.#provide = provide;
    this.path = path;
  }

  /** The path of something inside this layer. */
  name(name: string): string {
    checks.check("ParameterScope: name", name, checks.aText);
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  /** The scope of a child layer. */
  child(name: string): ParameterScope {
    return new ParameterScope(this.#provide, this.name(name));
  }

  /** Declares a parameter of a shape. */
  parameter(name: string, shape: Shape, initial: InitialValue = 0): Tensor {
    const path = this.name(name);
    checks.check(`parameter ${path}: shape`, shape, someSizes);
    checks.check(`parameter ${path}: initial`, initial, anInitialValue);
    return this.#provide(path, shape, initial);
  }
}

const someSizes = checks.aList("an array of integers, 0 or more, such as [2, 3]", checks.anInteger(0));

const anInitialValue = checks.either(checks.aFinite, checks.oneOf(["xavier", "embedding"]));

/**
 * For layers to call first: JavaScript callers may pass sizes, as other libraries take them.
 *
 * @throws TypeError unless it is a scope
 */
export function checkScope(layer: string, scope: ParameterScope): void {
  if (scope instanceof ParameterScope) return;
  const given = checks.describeValue(scope);
  throw new TypeError(
    `new ${layer}(scope, …): the first argument is a ParameterScope, which names and draws the layer's parameters, and not ${given}. ` +
      `buildModel gives one: buildModel(new Rng(1), (scope) => new ${layer}(scope.child("name"), …)).`,
  );
}

/** A parameter's initial value. If an Rng draws it, it requires gradients, since it is about to be trained. */
function initialValue(shape: Shape, initial: InitialValue, rng: Rng | undefined): Tensor {
  const value = (): Tensor => {
    if (typeof initial === "number") return full(shape, initial);
    if (!rng) return zeros(shape);
    if (initial === "embedding") return randn(shape, rng).div(Math.sqrt(shape.at(-1)!));
    if (shape.length < 2) {
      throw new ShapeError(
        `"xavier" is for a parameter of two axes, [inputs, outputs]; this one is [${shape.join(", ")}].`,
      );
    }
    const bound = Math.sqrt(6 / (shape.at(-2)! + shape.at(-1)!));
    return uniform(shape, rng, -bound, bound);
  };
  if (!rng) return value();
  const drawn = keep(value());
  drawn.requiresGrad = true;
  return drawn;
}

const MOST_ELEMENTS = 2 ** 30;
const aSource = checks.either(checks.anInstance(Rng), checks.aMap("a Map of tensors by name"));

/** Collects declared parameters in order, taking given values and filling in the others. */
export class ParameterStore {
  static {
    checks.guardMethods(this);
  }

  /** All parameters declared so far, in order. */
  readonly parameters = new Map<string, Tensor>();
  readonly #given: ReadonlyMap<string, Tensor>;
  readonly #rng: Rng | undefined;

  constructor(source: ParameterSource = new Map()) {
    checks.check("parameters: source", source, aSource);
    this.#given = source instanceof Rng ? new Map() : source;
    this.#rng = source instanceof Rng ? source : undefined;
  }

  /** The root scope, whose declarations end up in `parameters`. Throws a ShapeError if a given value does not fit. */
  readonly scope = new ParameterScope((path, shape, initial) => {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size > MOST_ELEMENTS) {
      throw new RangeError(
        `parameter ${path}: [${shape.join(", ")}] has ${size} elements; a tensor holds at most 2^30. Use smaller sizes.`,
      );
    }
    const value = this.#given.get(path) ?? initialValue(shape, initial, this.#rng);
    checks.check(`parameter ${path}`, value, checks.aTensor);
    if (value.rank !== shape.length || shape.some((length, axis) => length !== value.shape[axis])) {
      throw new ShapeError(`Parameter ${path}: expected shape [${shape.join(", ")}], got [${value.shape.join(", ")}].`);
    }
    if (this.parameters.has(path)) {
      throw new ShapeError(
        `Parameter ${path} is declared twice; give each layer a scope of its own: scope.child("name").`,
      );
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

/** 8 GB of float32. */
const MOST_SCALARS = 2 ** 31;

/**
 * Throws a RangeError if the parameters that a source leaves to be made, or to be drawn, are too many to hold. Call before the layers are
 * built: a slip in a size asks for terabytes.
 */
export function checkScalars(
  model: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  source: ParameterSource | undefined,
): void {
  let [total, most, largest] = [0, 0, ""];
  for (const [name, shape] of shapes) {
    if (source instanceof Map && source.has(name)) continue;
    const size = shape.reduce((product, length) => product * length, 1);
    total += size;
    if (size > most) [most, largest] = [size, `${name} [${shape.join(", ")}]`];
  }
  if (total <= MOST_SCALARS) return;
  throw new RangeError(
    `${model}: a model of these sizes has ${total} numbers, over the limit of ${MOST_SCALARS}; the largest parameter is ${largest}. Use smaller sizes.`,
  );
}

/** The names and shapes that `declare` asks for. Allocates a single number, whatever the shapes. */
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
