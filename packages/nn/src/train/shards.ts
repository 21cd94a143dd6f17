/**
 * A step whose batch is cut into shards, so that threads can share it. Each shard has gradients of its own, and they are added up in the order
 * of the shards: the bits are those of the cut, whoever computes what, and when.
 */
import { checks, elementsOf, scope, tensor } from "@selectron/core";
import { checkParameters } from "../checks.js";
import { aBatchResult, type BatchResult } from "./batch-result.js";
import { checkFinite } from "./non-finite.js";
import { zeroGrad, type Parameters } from "./optimizers.js";

/** What a forward and a backward pass on one shard of a batch give: plain data. */
export interface ShardGradients extends Omit<BatchResult, "loss"> {
  /** A mean over the shard. */
  readonly loss: number;
  /** Its gradients, one parameter after the other, in their order. */
  readonly gradients: Float32Array;
  /** The names of parameters that the loss does not depend on. Their gradients are 0. */
  readonly without: readonly string[];
}

/** What `shardGradients` takes. */
export interface ShardOptions {
  readonly parameters: Parameters;
  /** The step, from 1, for errors. */
  readonly step: number;
  /** The forward pass on the shard. */
  readonly forward: () => BatchResult;
  /** Where the gradients go, of as many elements as all parameters have: memory that threads share, for example. A new array by default. */
  readonly memory?: Float32Array | undefined;
}

const kinds = {
  parameters: checks.anInstance(Map),
  step: checks.anInteger(1),
  forward: checks.aFunction("a function that gives { loss, correct, counted, tokens }"),
  memory: checks.anInstance(Float32Array),
};

/** How many elements all parameters have together. */
const elementsIn = (parameters: Parameters): number =>
  [...parameters.values()].reduce((sum, { size }) => sum + size, 0);

/**
 * Runs a forward and a backward pass on one shard of a step's batch, for the `shards` of `train`. The parameters have no gradient afterwards.
 *
 * @throws NonFiniteError if the loss is not finite; RangeError if `memory` has not as many elements as the parameters
 */
export function shardGradients(options: ShardOptions): ShardGradients {
  checks.checkOptions("shardGradients", options, kinds, ["parameters", "step", "forward"]);
  const { parameters, step, forward, memory } = options;
  checkParameters("shardGradients", parameters);
  const size = elementsIn(parameters);
  if (memory && memory.length !== size) {
    throw new RangeError(`shardGradients: memory has ${memory.length} elements; the parameters have ${size}.`);
  }
  const gradients = memory ?? new Float32Array(size);
  // The gradients end with the scope, so that they are not moved out of its memory.
  return scope(() => {
    try {
      const { loss, correct, counted, tokens } = checked(forward());
      checkFinite(step, loss, parameters);
      loss.backward();
      const without = copyGradients(parameters, gradients);
      return { loss: loss.item(), correct, counted, tokens, gradients, without };
    } finally {
      zeroGrad(parameters);
    }
  });
}

/** @returns the names of parameters that have none */
function copyGradients(parameters: Parameters, memory: Float32Array): string[] {
  const without: string[] = [];
  let at = 0;
  for (const [name, { grad, size }] of parameters) {
    if (grad) memory.set(elementsOf(grad), at);
    else memory.fill(0, at, at + size);
    if (!grad) without.push(name);
    at += size;
  }
  return without;
}

function checked(result: BatchResult): BatchResult {
  checks.checkSynchronous("shardGradients: forward", result);
  checks.check("shardGradients: the result of forward", result, aBatchResult);
  return result;
}

/** What `train` believes of shards. */
export const someShards: checks.Kind = {
  what: "an array of what shardGradients gives, one or more",
  fits: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(({ gradients, without, ...numbers }: Partial<ShardGradients>) => {
      const { loss, correct, counted, tokens } = numbers;
      return (
        gradients instanceof Float32Array &&
        Array.isArray(without) &&
        [loss, correct, counted, tokens].every(Number.isFinite)
      );
    }),
};

/**
 * Gives the parameters the gradients of the whole batch: the mean over the shards, of which each counts as much as it has answers.
 *
 * @throws RangeError if a shard has not as many gradients as the parameters have elements
 */
export function addShards(
  parameters: Parameters,
  shards: readonly ShardGradients[],
): Omit<ShardGradients, "gradients" | "without"> {
  const size = elementsIn(parameters);
  const odd = shards.find(({ gradients }) => gradients.length !== size);
  if (odd) throw new RangeError(`train: a shard has ${odd.gradients.length} gradients; the parameters have ${size}.`);
  const total = (of: (shard: ShardGradients) => number): number => shards.reduce((sum, shard) => sum + of(shard), 0);
  const counted = total((shard) => shard.counted);
  const weights = shards.map((shard) => (counted > 0 ? shard.counted / counted : 1 / shards.length));
  let at = 0;
  for (const [name, parameter] of parameters) {
    const [from, to] = [at, (at += parameter.size)];
    if (shards.every(({ without }) => without.includes(name))) continue;
    const sum = new Float32Array(parameter.size);
    shards.forEach(({ gradients }, s) => addTo(sum, gradients.subarray(from, to), weights[s]!));
    parameter.grad = tensor(sum, parameter.shape);
  }
  return {
    loss: shards.reduce((sum, { loss }, s) => sum + weights[s]! * loss, 0),
    correct: total(({ correct }) => correct),
    counted,
    tokens: total(({ tokens }) => tokens),
  };
}

function addTo(sum: Float32Array, terms: Float32Array, weight: number): void {
  // The length is read once: where WebAssembly memory has grown, Node 20 looks at every reading whether the array is still there.
  const { length } = sum;
  for (let i = 0; i < length; i++) sum[i] = sum[i]! + weight * terms[i]!;
}
