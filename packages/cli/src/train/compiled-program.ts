/** Training that begins with a program's compiled weights, and what is left of the program after it. */
import { Rng } from "@selectron/core";
import { Adam, cosine, type EncoderConfig } from "@selectron/nn";
import {
  CompiledTraining,
  type Json,
  type ModelPart,
  type ProgramAccuracy,
  type ProgramBatch,
  type ProgramTaskOptions,
  type SOp,
  type Survival,
} from "@selectron/rasp";
import { ExitCode, UsageError, type Context } from "../context.js";
import { counted, percent } from "../text/words.js";
import { advice } from "./advice.js";
import { checkBatch, type ProgramFlags } from "./flags.js";
import { programShards, shardCount, type Learner } from "./learner.js";
import { runTraining } from "./run-training.js";
import type { TrainCommand } from "./shared-training.js";

const BATCH = 32;
const WARMUP = 20;

/** Steps and the highest learning rate: of weights that only have to stay what they are, and of those that learn to do with less. */
const [CONTINUED, DISTILLED] = [
  { steps: 1000, peak: 1e-4 },
  { steps: 4000, peak: 1e-3 },
];

/** Batches of 50 in an evaluation during training and at its end, and inputs that are verified. */
const [GLANCE, TEST, RUNS] = [4, 40, 1000];

/** As for programs that are learnt from drawn weights. */
const GOAL = 0.96;

const firstOf = (options: Readonly<Record<string, unknown>>): string | undefined =>
  Object.entries(options).find(([, value]) => value !== undefined)?.[0];

/** @throws UsageError on options that do not go together */
export function checkCompiledFlags(flags: ProgramFlags): void {
  const { fromCompiled, distill, noise, freeze, causal, supervise, layers, heads, width, ffn } = flags;
  const refuse = (name: string | undefined, why: string, help: string): void => {
    if (name !== undefined) throw new UsageError(`--${name} ${why}`, help);
  };
  if (!fromCompiled && !distill) {
    refuse(firstOf({ noise, freeze }), "is for compiled weights", "add --from-compiled");
    return;
  }
  if (fromCompiled && distill) {
    refuse("distill", "begins with compiled weights as well", "leave out --from-compiled");
  }
  const mode = distill ? "distill" : "from-compiled";
  const ofDrawn = { causal, supervise, layers, heads, ffn, ...(distill ? {} : { width }) };
  refuse(firstOf(ofDrawn), `is for drawn weights, and --${mode} has those of the program`, "leave it out");
  const ofKept = distill ? firstOf({ noise, freeze }) : undefined;
  refuse(ofKept, "is for compiled weights as they are, and --distill makes narrower ones", "leave it out");
}

/** What is trained, and how people are told of it. */
export interface CompiledProgram {
  readonly name: string;
  readonly sop: SOp;
  readonly inputs: ProgramTaskOptions;
  readonly inputsText: string;
  readonly command: TrainCommand | undefined;
}

interface CompiledLearner extends Learner<ProgramBatch> {
  readonly training: CompiledTraining;
}

/** What is trained of compiled weights. @throws UsageError on options that the program does not allow, RaspError where it does not compile */
export function compiledLearner(sop: SOp, inputs: ProgramTaskOptions, flags: ProgramFlags): CompiledLearner {
  const training = trainingOf(sop, inputs, flags);
  const { batch = BATCH } = flags;
  const shards = shardCount(batch, training.trainable);
  return {
    training,
    parameters: training.trainable,
    shards,
    draw: (rng) => programShards(training.task.draw(rng, batch, { varied: true }), shards),
    forward: (shard) => training.passOn(shard),
  };
}

/** @throws UsageError on options that the program does not allow, RaspError where it does not compile */
export async function trainCompiled(context: Context, program: CompiledProgram, flags: ProgramFlags): Promise<void> {
  const { name, sop, inputs, inputsText, command } = program;
  const { seed, distill = false, noise = 0, freeze = [], jobs } = flags;
  const usual = distill ? DISTILLED : CONTINUED;
  const { steps = usual.steps, batch = BATCH } = flags;
  const learner = compiledLearner(sop, inputs, flags);
  const { training } = learner;
  const { config } = training.model;
  checkBatch(batch, inputs.maxLength + 1, widestOf(config));
  const before = training.accuracy(new Rng(20_260_003), TEST);
  const how = distill ? "distilled" : "from compiled weights";
  const changes = `${noise > 0 ? `, noise ${noise}` : ""}${freeze.length > 0 ? `, frozen ${freeze.join(" ")}` : ""}`;
  const trained = await runTraining(context, {
    title: `${name}, ${how}, seed ${seed}`,
    description: `${name} on ${inputsText}, ${how}, width ${config.dModel}${changes}, seed ${seed}, ${steps} steps of ${batch}`,
    folder: flags.output ?? `runs/${name}-${distill ? "distilled" : "compiled"}-seed-${seed}`,
    checkpointEvery: flags.checkpointEvery,
    optimizer: new Adam(training.trainable, { beta2: 0.98 }),
    schedule: cosine({ peak: usual.peak, warmup: Math.min(WARMUP, steps), steps, floor: usual.peak / 100 }),
    steps,
    seed,
    clip: 1,
    ...{ learner, batch, tokens: inputs.maxLength + 1, jobs, command },
    evaluation: { every: 250, accuracy: () => training.accuracy(new Rng(20_260_002), GLANCE).tokens },
  });
  if (!trained) return;
  const { end, folder } = trained;
  folder.write("model.safetensors", training.trained().toSafetensors());
  const after = training.accuracy(new Rng(20_260_003), TEST);
  const reached = after.tokens >= GOAL;
  if (!reached) context.exitCode = ExitCode.No;
  const told = { training, before, after, survival: training.survival(RUNS, seed), reached, folder: folder.path };
  if (flags.json) {
    context.printJson({ sop: name, seed, steps: end.steps, ...reportJson(told) });
    return;
  }
  context.print(reportText(name, told));
  if (!reached) {
    context.print(advice(end.steps, usual.steps, [distill ? "with a larger --width" : "with less --noise"]));
  }
}

/** @throws UsageError on options that the program does not allow */
function trainingOf(sop: SOp, inputs: ProgramTaskOptions, flags: ProgramFlags): CompiledTraining {
  const { seed, noise, freeze, distill, width } = flags;
  try {
    const training = new CompiledTraining(sop, inputs, { seed, noise, freeze: freeze as readonly ModelPart[] });
    if (!distill) return training;
    const { dModel } = training.model.config;
    return new CompiledTraining(sop, inputs, { seed, width: width ?? Math.ceil(dModel / 2) });
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UsageError(error.message, "see --width, --vocab and --max-length");
    }
    throw error;
  }
}

/** Of its layers for each token, patterns of attention included. */
const widestOf = ({ dModel, blocks, maxLength }: EncoderConfig): number =>
  Math.max(dModel, ...blocks.map(({ heads, dFf }) => Math.max(dFf, heads * maxLength)));

interface Told {
  readonly training: CompiledTraining;
  readonly before: ProgramAccuracy;
  readonly after: ProgramAccuracy;
  readonly survival: Survival;
  readonly reached: boolean;
  readonly folder: string;
}

function reportJson({ training, before, after, survival, reached, folder }: Told): Record<string, Json> {
  const { compiled, model } = training;
  const { verified, ablation } = survival;
  const { inputs, outside, inside, changed, redundant } = ablation;
  return {
    folder,
    reached,
    width: { compiled: compiled.model.config.dModel, trained: model.config.dModel },
    parameters: { compiled: compiled.model.parameterCount, trained: model.parameterCount },
    before: { ...before },
    after: { ...after },
    verified: { inputs: verified.inputs, wrong: verified.wrong },
    circuit: { inputs, outside, inside, changed: { ...changed }, redundant: redundant.length },
  };
}

function reportText(name: string, { training, before, after, survival, reached, folder }: Told): string {
  const { compiled, model } = training;
  const { verified, ablation } = survival;
  const { changed, outside, inside, redundant } = ablation;
  const { blocks, dModel } = compiled.model.config;
  const heads = blocks.map((block) => block.heads);
  const isNarrower = model.config.dModel < dModel;
  return [
    `${name}: compiled, ${counted(blocks.length, "layer")}, heads per layer ${heads.join(", ")}, width ${dModel}, ${compiled.model.parameterCount} parameters` +
      (isNarrower ? `; distilled, width ${model.config.dModel}, ${model.parameterCount} parameters` : ""),
    `before the training ${percent(before.tokens, 2)} of the positions are right, after it ${percent(after.tokens, 2)}, and ${percent(after.sequences, 2)} of the inputs`,
    verified.wrong === 0
      ? `verified: it gives the program's values on all of ${verified.inputs} random inputs`
      : `verified: it gives other values than the program on ${verified.wrong} of ${verified.inputs} random inputs`,
    `the compiled circuit in it: with all ${counted(outside, "edge")} outside cut, ${Math.max(changed.mean, changed.resample)} of ${ablation.inputs} inputs have other answers; ` +
      `of the ${counted(inside, "edge")} inside ${redundant.length} can be cut alone`,
    `${reached ? "reached" : "not reached"}: ${percent(GOAL)}; weights, log and loss curve are in ${folder}`,
  ].join("\n");
}
