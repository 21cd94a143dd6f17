/** `npm run bench -- fields`: a vision Transformer on digits, a masked language model with a classifier, a finder of motifs, and melodies heard. */
import { crossEntropy, noGrad, Rng, scope, tensor, type Tensor } from "@selectron/core";
import {
  AdamW,
  buildModel,
  cosine,
  encoderOnly,
  Linear,
  trace,
  train,
  TransformerEncoder,
  type BatchResult,
  type PositionConfig,
} from "@selectron/nn";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError } from "../usage-error.js";
import { BANDS, drawMelody, FRAMES, melodyOf, SCALE } from "./sound-data.js";
import {
  drawDigit,
  drawMotif,
  drawSentence,
  drawShape,
  MASK,
  MOTIF_LENGTH,
  overlap,
  PATCH,
  SHAPE_KINDS,
  TEXT_VOCABULARY,
  type Box,
} from "./field-data.js";

const TEST_SEED = 28_200_000;
const TEST = 500;

export interface FieldsFlags {
  readonly only?: readonly string[];
  readonly seed?: readonly number[];
  readonly steps: number;
  readonly width: number;
}

/** What a model reached. */
export interface FieldRun {
  readonly field: string;
  readonly seed: number;
  readonly accuracy: number;
  readonly minutes: number;
  readonly notes: string;
}

type Sizes = Pick<FieldsFlags, "steps" | "width">;

function encoderOf(
  vocabSize: number,
  longest: number,
  { width }: Sizes,
  rng: Rng,
  positions: PositionConfig = { kind: "learned" },
): TransformerEncoder {
  const sizes = { vocabSize, hiddenSize: width, numHiddenLayers: 2, numAttentionHeads: 4, intermediateSize: 2 * width };
  const style = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, activation: "relu", layerNormEps: 1e-5 } as const;
  return new TransformerEncoder(
    { ...encoderOnly({ ...sizes, ...style, positions, maxPositionEmbeddings: longest }), pooler: true },
    rng,
  );
}

/** What a pass over labelled examples gives. */
function resultOf(logits: Tensor, labels: readonly number[], ignoreIndex = -1): BatchResult {
  const answers = logits.detach().argmax().data;
  const counted = labels.filter((label) => label !== ignoreIndex).length;
  const correct = labels.filter((label, i) => label !== ignoreIndex && label === answers[i]).length;
  return { loss: crossEntropy(logits, labels, { ignoreIndex }), correct, counted, tokens: labels.length };
}

const BATCH = 32;

async function fit(
  parameters: Map<string, Tensor>,
  pass: (rng: Rng, count: number) => BatchResult,
  seed: number,
  { steps }: Sizes,
) {
  const started = performance.now();
  await train({
    optimizer: new AdamW(parameters, { beta2: 0.98 }),
    schedule: cosine({ peak: 3e-3, warmup: Math.min(50, steps), steps, floor: 1e-5 }),
    ...{ steps, seed, clip: 1 },
    forward: (rng) => pass(rng, BATCH),
  });
  const { correct, counted } = scope(() => noGrad(() => pass(new Rng(TEST_SEED), TEST)));
  return { accuracy: correct / counted, minutes: (performance.now() - started) / 60_000 };
}

const drawn = <T>(rng: Rng, count: number, draw: (rng: Rng) => T): T[] =>
  Array.from({ length: count }, () => draw(rng));
const together = (...maps: readonly ReadonlyMap<string, Tensor>[]): Map<string, Tensor> =>
  new Map(maps.flatMap((map, m) => [...map].map(([name, x]) => [`${m}.${name}`, x] as const)));

/** Patches of an image through a linear map, in place of tokens (Dosovitskiy et al. 2020, arXiv 2010.11929). */
function visionBody(rng: Rng, sizes: Sizes) {
  const body = encoderOf(1, 16, sizes, rng);
  const { layers, parameters } = buildModel(
    rng,
    (scope) => new Linear(scope.child("patches"), PATCH * PATCH, sizes.width),
  );
  const see = (examples: readonly { readonly patches: readonly (readonly number[])[] }[]): Tensor => {
    const patches = layers.forward(tensor(examples.map((example) => example.patches.map((patch) => [...patch]))));
    // Every token is the same; what the embedding adds is the position.
    const ids = examples.map(() => new Array<number>(16).fill(0));
    return body.pool(ids, { patch: (name, x) => (name === "embedding" ? x.add(patches) : x) });
  };
  return { see, parameters: together(body.parameters(), parameters) };
}

async function digits(seed: number, sizes: Sizes): Promise<FieldRun> {
  const rng = new Rng(seed);
  const { see, parameters } = visionBody(rng, sizes);
  const head = buildModel(rng, (scope) => new Linear(scope.child("label"), sizes.width, 10));
  const pass = (own: Rng, count: number): BatchResult => {
    const examples = drawn(own, count, drawDigit);
    const labels = examples.map(({ label }) => label);
    return resultOf(head.layers.forward(see(examples)), labels);
  };
  const { accuracy, minutes } = await fit(together(parameters, head.parameters), pass, seed, sizes);
  return { field: "digits", seed, accuracy, minutes, notes: "a ViT on 12 × 12 noisy images of 10 digits" };
}

/** Two heads on one body: which shape it is, and its box (as in DETR, Carion et al. 2020, arXiv 2005.12872, for one object). */
async function shapes(seed: number, sizes: Sizes): Promise<FieldRun> {
  const rng = new Rng(seed);
  const { see, parameters } = visionBody(rng, sizes);
  const heads = buildModel(rng, (scope) => ({
    label: new Linear(scope.child("label"), sizes.width, SHAPE_KINDS),
    box: new Linear(scope.child("box"), sizes.width, 4),
  }));
  const pass = (own: Rng, count: number): BatchResult => {
    const examples = drawn(own, count, drawShape);
    const pooled = see(examples);
    const labels = examples.map(({ label }) => label);
    const result = resultOf(heads.layers.label.forward(pooled), labels);
    const away = heads.layers.box.forward(pooled).sub(tensor(examples.map(({ box }) => [...box])));
    return { ...result, loss: result.loss.add(away.mul(away).mean().mul(BOX_WEIGHT)) };
  };
  const { accuracy, minutes } = await fit(together(parameters, heads.parameters), pass, seed, sizes);
  const examples = drawn(new Rng(TEST_SEED), TEST, drawShape);
  const boxes = scope(() => noGrad(() => heads.layers.box.forward(see(examples)).toArray())) as unknown as Box[];
  const overlaps = examples.map(({ box }, e) => overlap(box, boxes[e]!));
  const mean = overlaps.reduce((a, b) => a + b) / TEST;
  const good = overlaps.filter((share) => share >= 0.5).length;
  const notes = `one of four shapes in a 12 × 12 image; boxes overlap by ${(100 * mean).toFixed(0)} % in the mean, ${((100 * good) / TEST).toFixed(0)} % of them by half or more`;
  return { field: "shapes", seed, accuracy, minutes, notes };
}

/** The box's error, a share of the image's side, beside the label's in nats. */
const BOX_WEIGHT = 20;

/** Hidden words are guessed (Devlin et al. 2018, arXiv 1810.04805); then the same body tells the number of the subject. */
async function masked(seed: number, sizes: Sizes): Promise<FieldRun> {
  const rng = new Rng(seed);
  const body = encoderOf(TEXT_VOCABULARY, 12, sizes, rng);
  const guess = (own: Rng, count: number): BatchResult => {
    const rows = drawn(own, count, drawSentence).map(({ ids }) => ids);
    const hidden = rows.map((row) => row.map((_, i) => i > 0 && i < row.length - 1 && own.float() < 0.15));
    const seen = rows.map((row, b) => row.map((id, i) => (hidden[b]![i] ? MASK : id)));
    return resultOf(
      body.forward(seen),
      rows.flatMap((row, b) => row.map((id, i) => (hidden[b]![i] ? id : -1))),
    );
  };
  const guessed = await fit(body.parameters(), guess, seed, sizes);
  const ends = buildModel(rng, (scope) => ({ label: new Linear(scope.child("label"), sizes.width, 2) }));
  const classify = (own: Rng, count: number): BatchResult => {
    const examples = drawn(own, count, drawSentence);
    return resultOf(
      ends.layers.label.forward(body.pool(examples.map(({ ids }) => ids))),
      examples.map(({ label }) => label),
    );
  };
  const classified = await fit(together(body.parameters(), ends.parameters), classify, seed, {
    ...sizes,
    steps: Math.ceil(sizes.steps / 2),
  });
  const minutes = guessed.minutes + classified.minutes;
  const roles = rolesOf(
    body,
    drawn(new Rng(TEST_SEED), 50, drawSentence).map(({ ids }) => ids),
  );
  const notes = `a masked language model; hidden words right ${(100 * guessed.accuracy).toFixed(0)} %; heads: ${roles.join(", ")}`;
  return { field: "masked", seed, accuracy: classified.accuracy, minutes, notes };
}

const ROLES = ["previous", "next", "same", "delimiter"] as const;

/** The role of each head that has more than twice the weight in one kind of place that even attention has (Clark et al. 2019, arXiv 1906.04341). */
export function rolesOf(model: TransformerEncoder, rows: readonly (readonly number[])[]): string[] {
  const length = rows[0]!.length;
  const { activations } = noGrad(() => trace((watching) => model.forward(rows, watching)));
  const found: string[] = [];
  for (const [name, pattern] of activations) {
    if (!name.endsWith(".pattern")) continue;
    const heads = (pattern.mean(0).toArray() as number[][][]).map((weights) => {
      const inner = weights.slice(1, -1);
      const mean = (of: (row: number[], i: number) => number): number =>
        inner.reduce((sum, row, i) => sum + of(row, i + 1), 0) / inner.length;
      return [
        mean((row, i) => row[i - 1]!),
        mean((row, i) => row[i + 1]!),
        mean((row, i) => row[i]!),
        mean((row) => row[0]! + row[length - 1]!),
      ];
    });
    const even = [1, 1, 1, 2].map((places) => places / length);
    heads.forEach((shares, h) => {
      const times = shares.map((share, r) => share / even[r]!);
      const best = times.indexOf(Math.max(...times));
      if (times[best]! <= 2) return;
      found.push(`${name.split(".")[1]}.${h + 1} ${ROLES[best]} ${(100 * shares[best]!).toFixed(0)} %`);
    });
  }
  return found.length === 0 ? ["none with a role"] : found;
}

/** Whether a sequence has a motif, and whether the position whose score is highest is in it. Neighbours tell it, so that positions are convolutions. */
async function motif(seed: number, sizes: Sizes): Promise<FieldRun> {
  const rng = new Rng(seed);
  const body = encoderOf(4, MOTIF_LENGTH, sizes, rng, { kind: "convolutional", kernels: [5, 7] });
  // One score for each position; that of the sequence is the largest, so that it says where the motif is.
  const ends = buildModel(rng, (scope) => ({ score: new Linear(scope.child("score"), 4, 1) }));
  const scores = (rows: readonly (readonly number[])[]): Tensor =>
    ends.layers.score.forward(body.forward(rows)).reshape([rows.length, MOTIF_LENGTH]);
  const pass = (own: Rng, count: number): BatchResult => {
    const examples = drawn(own, count, drawMotif);
    const most = scores(examples.map(({ ids }) => ids)).max(1, true);
    return resultOf(
      most.neg().concat([most], 1),
      examples.map(({ label }) => label),
    );
  };
  const { accuracy, minutes } = await fit(together(body.parameters(), ends.parameters), pass, seed, sizes);
  const found = drawn(new Rng(TEST_SEED), TEST, drawMotif).filter(({ label }) => label === 1);
  const places = scope(() => noGrad(() => [...scores(found.map(({ ids }) => ids)).argmax().data]));
  const inside = places.filter((place, n) => place >= found[n]!.at && place < found[n]!.at + 6).length;
  const notes = `TATAAT in 24 bases, one base perhaps another; its place found in ${((100 * inside) / found.length).toFixed(0)} %`;
  return { field: "motif", seed, accuracy, minutes, notes };
}

/** Log-mel frames through a linear map, in place of tokens; each frame is given the tone that it has. */
async function sound(seed: number, sizes: Sizes): Promise<FieldRun> {
  const rng = new Rng(seed);
  const body = encoderOf(SCALE.length, FRAMES, sizes, rng);
  const ends = buildModel(rng, (scope) => ({ frames: new Linear(scope.child("frames"), BANDS, sizes.width) }));
  const hear = (examples: readonly ReturnType<typeof drawMelody>[]): Tensor => {
    const frames = ends.layers.frames.forward(tensor(examples.map((example) => example.frames.map((row) => [...row]))));
    // As with patches: every token is the same.
    const ids = examples.map(() => new Array<number>(FRAMES).fill(0));
    return body.forward(ids, { patch: (name, x) => (name === "embedding" ? x.add(frames) : x) });
  };
  const pass = (own: Rng, count: number): BatchResult => {
    const examples = drawn(own, count, drawMelody);
    return resultOf(
      hear(examples),
      examples.flatMap(({ labels }) => [...labels]),
    );
  };
  const { accuracy, minutes } = await fit(together(body.parameters(), ends.parameters), pass, seed, sizes);
  const examples = drawn(new Rng(TEST_SEED), TEST, drawMelody);
  const answers = scope(() => noGrad(() => [...hear(examples).argmax().data]));
  const right = examples.filter(({ labels }, e) => {
    return melodyOf(answers.slice(e * FRAMES, (e + 1) * FRAMES)).join() === melodyOf(labels).join();
  }).length;
  const notes = `frames of melodies of four tones in noise; whole melodies right ${((100 * right) / TEST).toFixed(0)} %`;
  return { field: "sound", seed, accuracy, minutes, notes };
}

export const fields: Readonly<Record<string, (seed: number, sizes: Sizes) => Promise<FieldRun>>> = {
  digits,
  shapes,
  masked,
  motif,
  sound,
};

export const fieldLine = ({ field, seed, accuracy, minutes, notes }: FieldRun): string =>
  `${field.padEnd(8)} seed ${seed}  ${(100 * accuracy).toFixed(1).padStart(5)} % right of ${TEST}  ${minutes.toFixed(1)} min  ${notes}`;

/** Trains and prints what is asked for. */
export async function printFields({ only, seed: seeds = [1], steps, width }: FieldsFlags): Promise<void> {
  const missing = only?.find((name) => !(name in fields));
  if (missing !== undefined) throw new UsageError(`--only ${missing}: there are ${Object.keys(fields).join(", ")}.`);
  if (width % 4 !== 0) throw new UsageError(`--width ${width}: four heads need a multiple of 4.`);
  await enableWasm();
  for (const name of only ?? Object.keys(fields)) {
    for (const seed of seeds) console.log(fieldLine(await fields[name]!(seed, { steps, width })));
  }
}
