/**
 * The passes of a training, shared by threads. The batch of each step is cut into shards, as many for any number of threads; threads take one
 * after the other. Weights and gradients are in memory that all see: the weights of the step, and the gradients of each shard.
 */
import { availableParallelism } from "node:os";
import { elementsOf, type Tensor } from "@selectron/core";
import { batchRng, shardGradients, type BatchResult, type ShardGradients } from "@selectron/nn";
import type { Context } from "../context.js";
import type { Thread } from "../process/threads.js";
import { sizeOf, type Learner } from "./learner.js";

/** What is shared, beside its learner. */
export interface SharedWork {
  readonly seed: number;
  readonly steps: number;
  readonly batch: number;
  /** Tokens that go through the model for each example, about. */
  readonly tokens: number;
  /** How many threads are asked for; as many as are worth it by default. */
  readonly jobs?: number | undefined;
  /** The arguments of the command, of which a thread makes its learner; undefined where what they name can be read once only. */
  readonly command: TrainCommand | undefined;
}

/** The arguments of `selectron train`. */
export interface TrainCommand {
  readonly what: string;
  readonly flags: object;
}

/** What a thread of a training is told. */
export interface ShardSetup extends TrainCommand {
  readonly seed: number;
  /** The parameters, one after the other. */
  readonly weights: Float32Array;
  /** The gradients of each shard, likewise. */
  readonly gradients: readonly Float32Array[];
}

/** A shard of a step. */
export interface ShardOrder {
  readonly step: number;
  readonly index: number;
  readonly shard: unknown;
}

/** The answer to it: the gradients are in the memory. */
export type ShardAnswer = Omit<ShardGradients, "gradients">;

/**
 * Weights times tokens: of a step that is over before threads are told of it, and of a training that is over before threads have started.
 */
const [LEAST_STEP, LEAST_TRAINING] = [4e6, 3e10];

export class SharedTraining {
  readonly #context: Context;
  readonly #learner: Learner<unknown>;
  readonly #seed: number;
  readonly #weights: Float32Array;
  readonly #gradients: readonly Float32Array[];
  #threads: readonly Thread[];

  constructor(context: Context, learner: Learner<unknown>, work: SharedWork) {
    this.#context = context;
    this.#learner = learner;
    this.#seed = work.seed;
    const size = sizeOf(learner.parameters);
    const count = learner.shards;
    const { command } = work;
    const { startThread } = context.io;
    const jobs = startThread && command ? Math.min(count, work.jobs ?? worthwhile(size, work)) : 1;
    const memory = (): Float32Array =>
      new Float32Array(jobs > 1 ? new SharedArrayBuffer(4 * size) : new ArrayBuffer(4 * size));
    this.#gradients = Array.from({ length: count }, memory);
    this.#weights = jobs > 1 ? memory() : new Float32Array();
    const setup = { ...command, seed: work.seed, weights: this.#weights, gradients: this.#gradients };
    this.#threads = Array.from({ length: jobs > 1 ? jobs : 0 }, () => startThread!({ kind: "train", setup }));
  }

  /** The gradients of a step's shards, in their order. @throws NonFiniteError */
  async gradients(step: number): Promise<ShardGradients[]> {
    const shards = this.#learner.draw(batchRng(this.#seed, step, 0), step);
    const orders = shards.map((shard, index): ShardOrder => ({ step, index, shard }));
    const answers = await this.#answers(orders);
    return orders.map((order) => {
      const gradients = this.#gradients[order.index]!;
      const answer = answers[order.index];
      return answer ? { ...answer, gradients } : gradientsOf(this.#learner, this.#seed, order, gradients);
    });
  }

  /** Those of the threads: none of a thread that is still being set up, or is lost. */
  async #answers(orders: readonly ShardOrder[]): Promise<(ShardAnswer | undefined)[]> {
    const ready = this.#threads.filter(({ isReady }) => isReady);
    const answers: (ShardAnswer | undefined)[] = [];
    if (ready.length > 0) {
      copyTo(this.#weights, this.#learner.parameters);
      let next = 0;
      const serve = async ({ ask }: Thread): Promise<void> => {
        for (let order = orders[next++]; order; order = orders[next++]) {
          const answer = await ask(order);
          if (answer === undefined) return;
          answers[order.index] = answer as ShardAnswer;
        }
      };
      await Promise.all(ready.map(serve));
    }
    for (const { lost } of this.#threads) {
      if (lost !== undefined) this.#context.say(`note: the training goes on without one of its threads: ${lost}`);
    }
    this.#threads = this.#threads.filter(({ lost }) => lost === undefined);
    return answers;
  }

  stop(): void {
    for (const { stop } of this.#threads) stop();
  }
}

/** How many threads are worth it. */
function worthwhile(size: number, { steps, batch, tokens }: SharedWork): number {
  const step = size * batch * tokens;
  return step < LEAST_STEP || steps * step < LEAST_TRAINING ? 1 : availableParallelism();
}

/** The gradients of a shard. Dropout has a stream of its own for each. */
export const gradientsOf = (
  learner: Learner<unknown>,
  seed: number,
  { step, index, shard }: ShardOrder,
  memory: Float32Array,
): ShardGradients => {
  const { parameters } = learner;
  const forward = (): BatchResult => learner.forward(shard, batchRng(seed, step, index + 1));
  return shardGradients({ parameters, step, memory, forward });
};

function copyTo(weights: Float32Array, parameters: ReadonlyMap<string, Tensor>): void {
  let at = 0;
  for (const parameter of parameters.values()) {
    weights.set(elementsOf(parameter), at);
    at += parameter.size;
  }
}
