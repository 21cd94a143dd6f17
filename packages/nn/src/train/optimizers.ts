/**
 * Optimisers: each step moves every parameter that has a gradient, in place. Their state is a map of tensors by name,
 * so that a checkpoint can hold it.
 */
import { checks, elementsOf, getKernels, ShapeError, zeros, type Tensor } from "@selectron/core";
import { checkInteger, checkParameters } from "../checks.js";

/** Parameters by name. */
export type Parameters = ReadonlyMap<string, Tensor>;

/** An optimiser of fixed parameters. */
export interface Optimizer {
  readonly parameters: Parameters;
  /**
   * Moves every parameter against its gradient. The gradients stay.
   *
   * @param learningRate - the size of the step
   * @param step - the number of this step, from 1
   * @throws RangeError for a learning rate that is not finite, and where the number is used, for one below 1
   */
  step(learningRate: number, step: number): void;
  /** The state: tensors by name, which later steps change in place. */
  state(): Map<string, Tensor>;
}

/** Removes all gradients. */
export function zeroGrad(parameters: Parameters): void {
  checkParameters("zeroGrad", parameters);
  for (const parameter of parameters.values()) parameter.grad = undefined;
}

/** One tensor for each parameter, of its shape, initially 0. */
class Moments {
  readonly #tensors: Map<string, Tensor>;

  constructor(parameters: Parameters) {
    this.#tensors = new Map([...parameters].map(([name, { shape }]) => [name, zeros(shape)]));
  }

  dataOf(name: string): Float32Array {
    return elementsOf(this.#tensors.get(name)!);
  }

  /** The tensors under `prefix` and their parameters' names. */
  named(prefix: string): [string, Tensor][] {
    return [...this.#tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor]);
  }
}

/** One step with NaN would make every parameter NaN. */
function checkLearningRate(name: string, rate: number): void {
  checks.check(`${name}: the learning rate`, rate, checks.aFinite);
}

/** Parameters are changed through their storage, so each must be dense. */
function checkDense(optimizer: string, parameters: Parameters): void {
  checkParameters(optimizer, parameters);
  for (const [name, parameter] of parameters) {
    if (!parameter.isContiguous) {
      throw new ShapeError(`${optimizer}: parameter ${name} is a view that is not contiguous; pass its copy.`);
    }
  }
}

/** Options of `SGD`. */
export interface SgdOptions {
  /** Share of the last step's direction that is kept (Polyak 1964); 0 by default. */
  readonly momentum?: number | undefined;
  /** Times the parameter, added to the gradient; 0 by default. */
  readonly weightDecay?: number | undefined;
}

/** Stochastic gradient descent: v ← momentum · v + gradient, parameter ← parameter − rate · v. */
export class SGD implements Optimizer {
  static {
    checks.guardMethods(this);
  }

  readonly parameters: Parameters;
  readonly #momentum: number;
  readonly #weightDecay: number;
  readonly #velocity: Moments | undefined;

  /** Throws a ShapeError if a parameter is not contiguous, and a RangeError for an option out of its range. */
  constructor(parameters: Parameters, options: SgdOptions = {}) {
    checkDense("SGD", parameters);
    checks.checkOptions("SGD", options, { momentum: checks.aRate, weightDecay: checks.anAmount });
    const { momentum = 0, weightDecay = 0 } = options;
    this.parameters = parameters;
    this.#momentum = momentum;
    this.#weightDecay = weightDecay;
    this.#velocity = momentum === 0 ? undefined : new Moments(parameters);
  }

  step(learningRate: number): void {
    checkLearningRate("SGD.step", learningRate);
    for (const [name, parameter] of this.parameters) {
      if (!parameter.grad) continue;
      const [value, gradient] = [elementsOf(parameter), elementsOf(parameter.grad)];
      const velocity = this.#velocity?.dataOf(name);
      for (let i = 0; i < value.length; i++) {
        let direction = gradient[i]! + this.#weightDecay * value[i]!;
        if (velocity) direction = velocity[i] = this.#momentum * velocity[i]! + direction;
        value[i] = value[i]! - learningRate * direction;
      }
    }
  }

  state(): Map<string, Tensor> {
    return new Map(this.#velocity?.named("velocity"));
  }
}

/** Options of `Adam`. */
export interface AdamOptions {
  /** Decay rate of the mean of the gradients; 0.9 by default. */
  readonly beta1?: number | undefined;
  /** Decay rate of the mean of their squares; 0.999 by default. */
  readonly beta2?: number | undefined;
  /** Added to the root of the mean square; 1e-8 by default. */
  readonly epsilon?: number | undefined;
}

/** Options of `AdamW`. */
export interface AdamWOptions extends AdamOptions {
  /** Times the learning rate, the share of a parameter that each step subtracts; 0.01 by default. */
  readonly weightDecay?: number | undefined;
  /** Which parameters decay; by default those of two axes or more, so neither biases nor gains. */
  readonly decays?: ((name: string, parameter: Tensor) => boolean) | undefined;
}

const adamKinds = { beta1: checks.aRate, beta2: checks.aRate, epsilon: checks.anAmount };
const adamWKinds = {
  ...adamKinds,
  weightDecay: checks.anAmount,
  decays: checks.aFunction("a function of a name and a parameter"),
};

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2). */
export class AdamW implements Optimizer {
  static {
    checks.guardMethods(this);
  }

  readonly parameters: Parameters;
  readonly #options: { readonly beta1: number; readonly beta2: number; readonly epsilon: number };
  readonly #decay: ReadonlyMap<string, number>;
  readonly #first: Moments;
  readonly #second: Moments;

  /** Throws a ShapeError if a parameter is not contiguous, and a RangeError for an option out of its range. */
  constructor(parameters: Parameters, options: AdamWOptions = {}) {
    checkDense("AdamW", parameters);
    checks.checkOptions("AdamW", options, adamWKinds);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
    const decays = options.decays ?? ((_: string, parameter: Tensor) => parameter.rank >= 2);
    this.parameters = parameters;
    this.#options = { beta1, beta2, epsilon };
    this.#decay = new Map([...parameters].map(([name, x]) => [name, decays(name, x) ? weightDecay : 0]));
    this.#first = new Moments(parameters);
    this.#second = new Moments(parameters);
  }

  step(learningRate: number, step: number): void {
    checkLearningRate("AdamW.step", learningRate);
    // The first moments are divided by 1 − β^step, which is 0 at step 0.
    checkInteger("AdamW.step: step", step, 1);
    for (const [name, parameter] of this.parameters) {
      if (!parameter.grad) continue;
      getKernels().adamStep({
        parameter: elementsOf(parameter),
        firstMoment: this.#first.dataOf(name),
        secondMoment: this.#second.dataOf(name),
        gradient: elementsOf(parameter.grad),
        learningRate,
        ...this.#options,
        weightDecay: this.#decay.get(name)!,
        step,
      });
    }
  }

  state(): Map<string, Tensor> {
    return new Map([...this.#first.named("firstMoment"), ...this.#second.named("secondMoment")]);
  }
}

/** Adam (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1). */
export class Adam extends AdamW {
  /** Throws a ShapeError if a parameter is not contiguous, and a RangeError for an option out of its range. */
  constructor(parameters: Parameters, options: AdamOptions = {}) {
    checks.checkOptions("Adam", options, adamKinds);
    super(parameters, { ...options, weightDecay: 0 });
  }
}
