/** Training a Transformer to do what a RASP program does, and looking at what its heads have become. */
import { encodeSafetensors, Rng } from "@selectron/core";
import { AdamW, attentionSvg, cosine, TransformerEncoder, type AttentionMap } from "@selectron/nn";
import { atomText, encodeResult, learnedHeads, learnedValues, programAccuracy, programPass, ProgramTask, type Atom, type Json, type LearnedHead, type ProgramAccuracy, type ProgramBatch } from "@selectron/rasp"; // prettier-ignore
import type { TrainFlags } from "../commands/train.js";
import { checkDistinct } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { runProgram } from "../program-file.js";
import { percent } from "./progress.js";
import { runTraining } from "./run-training.js";

export interface ProgramFlags extends TrainFlags {
  readonly sop?: string;
  readonly vocab?: readonly Atom[];
  readonly maxLength?: number;
  readonly bos?: string;
  readonly supervise?: boolean;
}

const [STEPS, BATCH, PEAK, WARMUP] = [5000, 50, 3e-3, 100];
const SIZES = { dModel: 64, dFf: 256 };

/** Batches of 50 of the evaluations on the way, and of the test. */
const [GLANCE, TEST] = [4, 40];

/** The least accuracy that the paper's Table 1 has, at lengths up to 100. */
const PAPER = 0.96;

export async function trainProgram(context: Context, file: string, flags: ProgramFlags): Promise<void> {
  const { sop: name, vocab: vocabulary, maxLength, bos, seed, supervise = false } = flags;
  if (name === undefined || vocabulary === undefined || maxLength === undefined) {
    throw new UsageError(
      "a program needs --sop, --vocab and --max-length",
      "for example --sop reverse --vocab a,b,c,d --max-length 20",
    );
  }
  checkDistinct(bos === undefined ? vocabulary : [...vocabulary, bos]);
  const { steps = STEPS, batch = BATCH } = flags;
  const sop = runProgram(context, file, [...(bos === undefined ? [] : [bos]), ...vocabulary]).sop(name);
  const task = new ProgramTask(sop, { vocabulary, maxLength, bos });
  const model = new TransformerEncoder(task.config(SIZES), new Rng(seed));
  const trained = await runTraining(context, {
    title: `${name}, seed ${seed}`,
    description: `${name} on ${inputsText(flags)}${supervise ? ", supervised heads" : ""}, seed ${seed}, ${steps} steps of ${batch}`,
    folder: flags.output ?? `runs/${name}-seed-${seed}`,
    checkpointEvery: flags.checkpointEvery,
    optimizer: new AdamW(model.parameters(), { beta2: 0.98 }),
    schedule: cosine({ peak: PEAK, warmup: Math.min(WARMUP, steps), steps, floor: PEAK / 100 }),
    steps,
    seed,
    clip: 1,
    forward: (rng) =>
      programPass(model, task, task.draw(rng, batch, { patterns: supervise, varied: true }), supervise ? 1 : 0),
    evaluation: { every: 250, accuracy: () => programAccuracy(model, task, new Rng(20_260_002), GLANCE).tokens },
  });
  if (!trained) return;
  const { end, folder } = trained;
  const config = JSON.stringify({
    program: name,
    seed,
    config: model.config,
    inputs: {
      vocabulary: encodeResult([...vocabulary, ...(bos === undefined ? [] : [bos])]),
      maxLength,
      bos: bos !== undefined,
    },
    outputs: encodeResult(task.classes),
  });
  folder.write("model.safetensors", encodeSafetensors(model.parameters(), { "selectron.encoder": config }));

  const accuracy = programAccuracy(model, task, new Rng(20_260_003), TEST);
  const sample = shownBatch(task);
  const heads = learnedHeads(model, task, sample);
  folder.write("heads.svg", attentionSvg(heads.flatMap((head) => mapsOf(head, sample))));
  const reached = accuracy.tokens >= PAPER;
  if (!reached) context.exitCode = 1;
  if (flags.json) {
    context.printJson({
      sop: name,
      seed,
      steps: end.steps,
      layers: task.layers,
      heads: task.heads,
      supervised: supervise,
      folder: folder.path,
      reached,
      accuracy: { ...accuracy },
      selectors: heads.map(headJson),
    });
    return;
  }
  context.print(reportText(name, task, model, { accuracy, heads, sample, reached, folder: folder.path }));
}

/** What the inputs are, for people and checkpoints. */
const inputsText = ({ vocab = [], maxLength, bos }: ProgramFlags): string =>
  `${bos === undefined ? "" : `${bos} and `}${vocab.map(atomText).join(" ")} up to length ${maxLength}`;

/** One input that fits a picture. */
function shownBatch(task: ProgramTask): ProgramBatch {
  for (let seed = 1; ; seed++) {
    const batch = task.draw(new Rng(seed), 1, { patterns: true });
    const length = batch.inputs[0]!.length;
    if (length <= 12 && length >= Math.min(6, task.options.maxLength)) return batch;
  }
}

/** The selector, and beside it the head that took its place. */
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
  readonly folder: string;
}

const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? "" : "s"}`;

function reportText(name: string, task: ProgramTask, model: TransformerEncoder, told: Told): string {
  const { accuracy, heads, sample, reached, folder } = told;
  const shown = (values: readonly Atom[]): string => values.map(atomText).join(" ");
  return [
    `${name}: ${count(task.layers, "layer")} of ${count(task.heads, "head")}, as cost says`,
    `  on ${shown(sample.inputs[0]!)}: ${shown(learnedValues(model, task, sample.tokens[0]!))}`,
    `${percent(accuracy.tokens)} of the positions, ${percent(accuracy.sequences)} of the inputs, at lengths up to ${task.options.maxLength}`,
    "the paper's Table 1: 96 to 100 % of the positions, at lengths up to 100",
    ...heads.map(
      ({ block, learned, selector, agreement }) =>
        `layer ${block + 1}, ${selector.name ?? "a selector"}: head ${learned + 1} has ${percent(agreement)} of its weight there`,
    ),
    `${reached ? "reached" : "not reached"}: ${percent(PAPER)}; weights, log, loss curve and heads.svg are in ${folder}`,
  ].join("\n");
}
