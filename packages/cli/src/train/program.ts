/** Training a Transformer to compute a RASP program, and comparing its heads with the program's selectors. */
import { Rng } from "@selectron/core";
import {
  AdamW,
  attentionSvg,
  cosine,
  linear,
  TransformerEncoder,
  type AttentionMap,
  type EncoderConfig,
} from "@selectron/nn";
import {
  atomText,
  learnedHeads,
  learnedValues,
  programAccuracy,
  programPass,
  ProgramTask,
  trainedFile,
  type Atom,
  type Json,
  type LearnedHead,
  type ProgramAccuracy,
  type ProgramBatch,
  type ProgramTaskOptions,
  type SOp,
} from "@selectron/rasp";
import { checkDistinct } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { advice } from "./advice.js";
import { checkCompiledFlags, compiledLearner, trainCompiled } from "./compiled-program.js";
import { runProgram } from "../files/program-file.js";
import { counted, percent } from "../text/words.js";
import { checkBatch, type ProgramFlags } from "./flags.js";
import { programShards, shardCount, type Learner } from "./learner.js";
import { runTraining } from "./run-training.js";

const [STEPS, BATCH, PEAK, WARMUP] = [5000, 50, 3e-3, 100];
const [WIDTH, FFN] = [64, 256];

/** How many batches of 50 the evaluations during training use, and how many the test. */
const [GLANCE, TEST] = [4, 40];

/** The lowest accuracy in Table 1 of Weiss, Goldberg, Yahav 2021, at lengths up to 100. */
const PAPER = 0.96;

/** A batch of a program's inputs, and how much it is supervised. */
interface ProgramShard {
  readonly batch: ProgramBatch;
  readonly supervision: number;
}

interface ProgramLearner extends Learner<ProgramShard> {
  readonly task: ProgramTask;
  readonly model: TransformerEncoder;
}

/** What is trained on a program: drawn weights, or compiled ones. @throws UsageError, RaspError */
export function programLearner(context: Context, file: string, flags: ProgramFlags): Learner<unknown> {
  const { sop, inputs } = readProgram(context, file, flags);
  return flags.fromCompiled || flags.distill ? compiledLearner(sop, inputs, flags) : drawnLearner(sop, inputs, flags);
}

/** @throws UsageError */
function drawnLearner(sop: SOp, inputs: ProgramTaskOptions, flags: ProgramFlags): ProgramLearner {
  const { seed, steps = STEPS, batch = BATCH, supervise = false, causal } = flags;
  const task = taskOf(sop, { ...inputs, causal });
  const model = fitting(() => new TransformerEncoder(configOf(task, flags), new Rng(seed)));
  const parameters = model.parameters();
  const shards = shardCount(batch, parameters);
  // Scores are sums, so no head can match a pattern quite. To ask for it until the end would cost accuracy.
  const supervisionAt = linear({ peak: 1, steps: steps / 2 });
  return {
    task,
    model,
    parameters,
    shards,
    draw: (rng, step) => {
      const supervision = supervise ? supervisionAt(step) : 0;
      const drawn = task.draw(rng, batch, { patterns: supervision > 0, varied: true });
      return programShards(drawn, shards).map((shard) => ({ batch: shard, supervision }));
    },
    forward: (shard) => programPass(model, task, shard.batch, shard.supervision),
  };
}

export async function trainProgram(context: Context, file: string, flags: ProgramFlags): Promise<void> {
  checkCompiledFlags(flags);
  const { name, sop, inputs } = readProgram(context, file, flags);
  const { seed, steps = STEPS, batch = BATCH, supervise = false, jobs } = flags;
  // Standard input can be read once.
  const command = file === "-" ? undefined : { what: file, flags };
  if (flags.fromCompiled || flags.distill) {
    return trainCompiled(context, { name, sop, inputs, inputsText: inputsText(flags), command }, flags);
  }
  const learner = drawnLearner(sop, inputs, flags);
  const { task, model } = learner;
  const { config } = model;
  const { maxLength } = inputs;
  checkBatch(batch, maxLength, widestOf(config, maxLength));
  const trained = await runTraining(context, {
    title: `${name}, seed ${seed}`,
    description: `${name} on ${inputsText(flags)}, ${sizesText(config)}${flags.causal === true ? ", causal" : ""}${supervise ? ", supervised" : ""}, seed ${seed}, ${steps} steps of ${batch}`,
    folder: flags.output ?? `runs/${name}-seed-${seed}`,
    checkpointEvery: flags.checkpointEvery,
    optimizer: new AdamW(learner.parameters, { beta2: 0.98 }),
    schedule: cosine({ peak: PEAK, warmup: Math.min(WARMUP, steps), steps, floor: PEAK / 100 }),
    steps,
    seed,
    clip: 1,
    ...{ learner, batch, tokens: maxLength, jobs, command },
    evaluation: { every: 250, accuracy: () => programAccuracy(model, task, new Rng(20_260_002), GLANCE).tokens },
  });
  if (!trained) return;
  const { end, folder } = trained;
  folder.write("model.safetensors", trainedFile(model, task, { program: name, seed }));
  const accuracy = programAccuracy(model, task, new Rng(20_260_003), TEST);
  const sample = shownBatch(task);
  const heads = learnedHeads(model, task, sample);
  folder.write("heads.svg", attentionSvg(heads.flatMap((head) => mapsOf(head, sample))));
  const reached = accuracy.tokens >= PAPER;
  if (!reached) context.exitCode = ExitCode.No;
  if (flags.json) {
    context.printJson({
      sop: name,
      seed,
      steps: end.steps,
      ...sizesJson(config),
      supervised: supervise,
      folder: folder.path,
      reached,
      accuracy: { ...accuracy },
      selectors: heads.map(headJson),
    });
    return;
  }
  const told = { accuracy, heads, sample, reached, supervise, steps: end.steps, folder: folder.path };
  context.print(reportText(name, task, model, told));
}

/** The s-op and its inputs. @throws UsageError where one is missing, RaspError */
function readProgram(
  context: Context,
  file: string,
  { sop: name, vocab: vocabulary, maxLength, bos }: ProgramFlags,
): { readonly name: string; readonly sop: SOp; readonly inputs: ProgramTaskOptions } {
  if (name === undefined || vocabulary === undefined || maxLength === undefined) {
    throw new UsageError(
      "a program needs --sop, --vocab and --max-length",
      "for example --sop reverse --vocab a,b,c,d --max-length 20",
    );
  }
  const tokens = [...(bos === undefined ? [] : [bos]), ...vocabulary];
  checkDistinct(tokens);
  return { name, sop: runProgram(context, file, tokens).sop(name), inputs: { vocabulary, maxLength, bos } };
}

/** Of its layers for each token, patterns of attention included. */
const widestOf = ({ dModel, blocks: [block] }: EncoderConfig, maxLength: number): number =>
  Math.max(dModel, block!.dFf, block!.heads * maxLength);

/** @throws UsageError if there is no token, or no place for one */
function taskOf(sop: SOp, inputs: ProgramTaskOptions): ProgramTask {
  try {
    return new ProgramTask(sop, inputs);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, "see --vocab and --max-length");
    throw error;
  }
}

/** The encoder that the flags ask for. @throws UsageError if it is too small for the program */
function configOf(
  task: ProgramTask,
  { layers, heads, width = WIDTH, ffn = FFN, supervise }: ProgramFlags,
): EncoderConfig {
  const config = fitting(() => task.config({ dModel: width, dFf: ffn, layers, heads }));
  const wanted = config.blocks[0]!.heads;
  if (wanted > width) {
    throw new UsageError(`a width of ${width} is too narrow for ${counted(wanted, "head")}`, "use a larger --width");
  }
  if (supervise && (config.blocks.length < task.layers || wanted < task.heads)) {
    throw new UsageError(
      `${sizesText(config)} has no place for every selector of the program, which needs ${counted(task.layers, "layer")} of ${counted(task.heads, "head")}`,
      "leave out --supervise, or --layers and --heads",
    );
  }
  return config;
}

/** @throws UsageError if sizes are too large */
function fitting<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UsageError(error.message, "see --layers, --heads, --width, --ffn and --max-length");
    }
    throw error;
  }
}

/** The sizes of a model, for people and checkpoints. */
const sizesText = ({ blocks, dModel }: EncoderConfig): string =>
  `${counted(blocks.length, "layer")} of ${counted(blocks[0]!.heads, "head")}, width ${dModel}, feed-forward ${blocks[0]!.dFf}`;

const sizesJson = ({ blocks, dModel }: EncoderConfig): Record<string, Json> => ({
  layers: blocks.length,
  heads: blocks[0]!.heads,
  width: dModel,
  ffn: blocks[0]!.dFf,
});

/** A description of the inputs, for people and checkpoints. */
const inputsText = ({ vocab = [], maxLength, bos }: ProgramFlags): string =>
  `${bos === undefined ? "" : `${bos} and `}${vocab.map(atomText).join(" ")} up to length ${maxLength}`;

/** A batch of one input, short enough for a picture. */
function shownBatch(task: ProgramTask): ProgramBatch {
  for (let seed = 1; ; seed++) {
    const batch = task.draw(new Rng(seed), 1, { patterns: true });
    const length = batch.inputs[0]!.length;
    if (length <= 12 && length >= Math.min(6, task.options.maxLength)) return batch;
  }
}

/** The pictures of a selector and of the head that learned it. */
function mapsOf(
  { block, head, learned, selector, selected, weights }: LearnedHead,
  { inputs }: ProgramBatch,
): AttentionMap[] {
  const labels = inputs[0]!.map(atomText);
  const place = `layer ${block + 1}`;
  const name = selector.name ?? `selector ${head + 1}`;
  return [
    { title: `${place}: ${name}`, queries: labels, keys: labels, weights: selected },
    { title: `${place}: learned head ${learned + 1}`, queries: labels, keys: labels, weights },
  ];
}

const headJson = ({ block, learned, selector, agreement }: LearnedHead): Json => ({
  layer: block + 1,
  selector: selector.name ?? null,
  learnedHead: learned + 1,
  agreement,
});

interface Told {
  readonly accuracy: ProgramAccuracy;
  readonly heads: readonly LearnedHead[];
  readonly sample: ProgramBatch;
  readonly reached: boolean;
  readonly supervise: boolean;
  readonly steps: number;
  readonly folder: string;
}

function reportText(name: string, task: ProgramTask, model: TransformerEncoder, told: Told): string {
  const { accuracy, heads, sample, reached, supervise, steps, folder } = told;
  const shown = (values: readonly Atom[]): string => values.map(atomText).join(" ");
  return [
    `${name}: ${sizesText(model.config)}; cost says ${counted(task.layers, "layer")} of ${counted(task.heads, "head")}`,
    `  on ${shown(sample.inputs[0]!)}: ${shown(learnedValues(model, task, sample.tokens[0]!))}`,
    `${percent(accuracy.tokens, 2)} of the positions, ${percent(accuracy.sequences, 2)} of the inputs, at lengths up to ${task.options.maxLength}`,
    "the paper's Table 1: 96 to 100 % of the positions, at lengths up to 100",
    ...heads.map(
      ({ block, learned, selector, agreement }) =>
        `layer ${block + 1}, ${selector.name ?? "a selector"}: head ${learned + 1} has ${percent(agreement)} of its weight there`,
    ),
    `${reached ? "reached" : "not reached"}: ${percent(PAPER)}; weights, log, loss curve and heads.svg are in ${folder}`,
    ...(reached ? [] : [advice(steps, STEPS, supervise ? [] : ["show it the program's selectors, with --supervise"])]),
  ].join("\n");
}
