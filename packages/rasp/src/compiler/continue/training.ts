/** A training that begins with the weights of a compiled program: all of them, or projected to a narrower model. */
import { checks, crossEntropy, noGrad, Rng, scope, tensor, type Tensor } from "@selectron/core";
import { TransformerEncoder, type BatchResult } from "@selectron/nn";
import { eq, indices, tokens } from "../../language/combinators.js";
import type { SOp } from "../../language/graph/node.js";
import type { ProgramAccuracy } from "../learn/program-model.js";
import { ProgramTask, type ProgramBatch, type ProgramTaskOptions } from "../learn/program-task.js";
import { CompiledModel } from "../model/compiled-model.js";
import { columnsOf, scoresOf, targetColumns } from "./answers.js";
import { isStream, narrowed, principalDirections } from "./shrink.js";
import { survivalOf, type Survival } from "./survival.js";
import { compileTrainable } from "./trainable.js";

/** A part of a model: its embeddings, all attention, all feed-forward sublayers, or the map to logits. */
export type ModelPart = "embedding" | "attention" | "feed-forward" | "unembedding";

/** The parts of a model that can be kept as they are, by the names of their parameters. */
const PARTS: Readonly<Record<ModelPart, RegExp>> = {
  embedding: /^embedding\./,
  attention: /^blocks\.\d+\.attention\./,
  "feed-forward": /^blocks\.\d+\.feedForward\./,
  unembedding: /^unembedding\./,
};

/** How a training begins. */
export interface CompiledTrainingOptions {
  /** The deviation of the noise on weights that are not 0, as a share of each; 0 by default. */
  readonly noise?: number | undefined;
  /** Of the noise; 0 by default. */
  readonly seed?: number | undefined;
  /** What is not trained, and has no noise; nothing by default. */
  readonly freeze?: readonly ModelPart[] | undefined;
  /** Of the residual stream of a narrower model, less than the compiled one's; as wide as that by default. */
  readonly width?: number | undefined;
}

const OPTIONS = {
  noise: checks.anAmount,
  seed: checks.anInteger(0),
  freeze: checks.aList('an array of parts, such as ["attention"]'),
  width: checks.anInteger(1),
};

/** Batches on which the directions of a narrower model are found, inputs in each, and their seed. */
const [SURVEY, IN_BATCH, SURVEY_SEED] = [40, 16, 20_260_004];

/** A program's weights as the beginning of a training, and what is left of the program after it. */
export class CompiledTraining {
  static {
    checks.guardMethods(this);
  }

  readonly task: ProgramTask;
  /** The program as it was compiled: with constants as small as they can be, and a certificate. */
  readonly compiled: CompiledModel;
  /** What is trained: an encoder of the same blocks. */
  readonly model: TransformerEncoder;
  /** The parameters that are not frozen. */
  readonly trainable: ReadonlyMap<string, Tensor>;
  readonly #sop: SOp;
  /** Of a narrower model, [dModel, width]. */
  readonly #directions: Tensor | undefined;
  readonly #columns: readonly (readonly number[])[];

  /**
   * @throws RaspError of class `compile` where the program does not compile
   * @throws RangeError on inputs without a token, a width that is not below the compiled model's, and where everything is frozen
   */
  constructor(program: SOp, inputs: ProgramTaskOptions, options: CompiledTrainingOptions = {}) {
    checks.checkOptions("CompiledTraining", options, OPTIONS);
    const { noise = 0, seed = 0, freeze = [], width } = options;
    checkFreeze(freeze);
    this.task = new ProgramTask(program, inputs);
    this.#sop = program;
    const { vocabulary, maxLength, bos } = inputs;
    this.compiled = compileTrainable(program, {
      vocabulary: bos === undefined ? vocabulary : [bos, ...vocabulary],
      maxLength,
      // BOS is at position 0 and nowhere else.
      ...(bos === undefined ? {} : { promise: eq(eq(tokens, bos as string), eq(indices, 0)) }),
    });
    const { model, card } = this.compiled;
    this.#columns = columnsOf(card.outputs[0]!.decoding, this.task.classes);
    const { dModel } = model.config;
    if (width !== undefined && width >= dModel) {
      throw new RangeError(`a width of ${width} is not narrower than the compiled model, whose width is ${dModel}`);
    }
    this.#directions = width === undefined ? undefined : principalDirections(model, this.#survey(), width);
    const begin = this.#directions ? narrowed(model, this.#directions) : model.parameters();
    const rng = new Rng(seed);
    const parameters = new Map(
      [...begin].map(([name, weight]) => {
        const isFrozen = freeze.some((part) => PARTS[part].test(name));
        return [name, tensor(noisy(weight.data, isFrozen ? 0 : noise, rng), weight.shape, { requiresGrad: !isFrozen })];
      }),
    );
    this.model = new TransformerEncoder({ ...model.config, dModel: width ?? dModel }, parameters);
    this.trainable = new Map([...parameters].filter(([, { requiresGrad }]) => requiresGrad));
  }

  #survey(): number[][][] {
    const rng = new Rng(SURVEY_SEED);
    return Array.from({ length: SURVEY }, () => this.#ids(this.task.draw(rng, IN_BATCH, { varied: true })));
  }

  #ids({ inputs }: ProgramBatch): number[][] {
    return inputs.map((input) => this.compiled.encode(input));
  }

  /**
   * One training pass, on `count` inputs of one length. A narrower model also learns what the compiled one has in its residual stream, in the
   * directions that it has, and where its heads look.
   */
  pass(rng: Rng, count: number): BatchResult {
    return this.passOn(this.task.draw(rng, count, { varied: true }));
  }

  /** The same on inputs of one length that the task has drawn. */
  passOn(batch: ProgramBatch): BatchResult {
    const ids = this.#ids(batch);
    const teacher = this.#directions && this.#observed(ids, this.#directions);
    const losses: Tensor[] = [];
    const record = (name: string, value: Tensor): void => {
      const wanted = teacher?.get(name);
      if (!wanted) return;
      const away = value.sub(wanted);
      const rows = name.endsWith("pattern") ? value.shape[3]! : 1;
      losses.push(away.mul(away).mean().mul(rows));
    };
    const scores = this.#scores(this.model.forward(ids, { record }));
    const { right, columns } = this.#judged(scores, batch.targets);
    const loss = losses.reduce((a, b) => a.add(b), crossEntropy(scores, columns, { ignoreIndex: -1 }));
    const positions = columns.length;
    return { loss, correct: right.filter(Boolean).length, counted: positions, tokens: positions };
  }

  /** Of the compiled model: its streams in some directions, and its patterns. */
  #observed(ids: readonly (readonly number[])[], directions: Tensor): Map<string, Tensor> {
    const seen = new Map<string, Tensor>();
    noGrad(() =>
      this.compiled.model.forward(ids, {
        record: (name, value) => {
          if (isStream(name)) seen.set(name, value.matmul(directions));
          else if (name.endsWith(".pattern")) seen.set(name, value);
        },
      }),
    );
    return seen;
  }

  /** Without the position of BOS. */
  #scores(logits: Tensor): Tensor {
    return scoresOf(this.compiled.card.outputs[0]!.decoding, logits.slice(1, logits.shape[1]!, 1));
  }

  #judged(scores: Tensor, targets: readonly number[]): { readonly right: boolean[]; readonly columns: number[] } {
    const answers = scores.detach().argmax().data;
    const columns = targetColumns(targets, this.#columns, scores.data, scores.shape[2]!);
    return { right: columns.map((column, i) => column === answers[i]), columns };
  }

  /** How often the model gives the program's values, on `batches` batches of 50 drawn inputs. */
  accuracy(rng: Rng, batches: number): ProgramAccuracy {
    let [right, counted, whole] = [0, 0, 0];
    for (let i = 0; i < batches; i++) {
      const batch = this.task.draw(rng, 50);
      const hits = scope(() =>
        noGrad(() => this.#judged(this.#scores(this.model.forward(this.#ids(batch))), batch.targets)),
      );
      const n = batch.inputs[0]!.length;
      right += hits.right.filter(Boolean).length;
      counted += hits.right.length;
      whole += batch.inputs.filter((_, b) => hits.right.slice(b * n, (b + 1) * n).every(Boolean)).length;
    }
    return { tokens: right / counted, sequences: whole / (50 * batches) };
  }

  /** The model as it is now, as one that compiled programs' readers take. It has no certificate. */
  trained(): CompiledModel {
    const { card, layout, program } = this.compiled;
    const { dModel } = this.model.config;
    const isNarrow = this.#directions !== undefined;
    const trained = {
      ...card,
      config: { ...card.config, dModel },
      ...(isNarrow ? { labels: Array.from({ length: dModel }, (_, d) => `direction ${d}`) } : {}),
      subspaces: [],
      certificate: {
        proved: false,
        provedFor: card.certificate.provedFor,
        worstMargin: 0,
        where: "its weights were trained after it was compiled",
        bounds: [],
      },
    };
    return isNarrow
      ? new CompiledModel(this.model, trained)
      : new CompiledModel(this.model, trained, layout, [], program);
  }

  /** What is left of the program: `runs` random inputs are verified, and the edges of the compiled circuit are cut. */
  survival(runs: number, seed = 0): Survival {
    return survivalOf(this.#sop, this.compiled, this.trained(), { runs, seed });
  }
}

/** @throws RangeError on what is no part, and where nothing is left to be trained */
function checkFreeze(freeze: readonly string[]): void {
  const names = Object.keys(PARTS);
  for (const part of freeze) {
    if (!names.includes(part)) {
      throw new RangeError(`nothing to freeze is called ${checks.describeValue(part)}; there are ${names.join(", ")}`);
    }
  }
  if (names.every((name) => freeze.includes(name))) {
    throw new RangeError("every part is frozen, and nothing is left to be trained; freeze fewer");
  }
}

/** Weights that are not 0, each times 1 and a normal number of this deviation. */
const noisy = (weights: Float32Array, deviation: number, rng: Rng): Float32Array =>
  weights.map((weight) => (weight === 0 || deviation === 0 ? weight : weight * (1 + deviation * rng.normal())));
