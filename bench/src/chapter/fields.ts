/** `npm run bench -- fields`: a vision Transformer on digits, a masked language model with a classifier, and a finder of motifs. */
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
import { drawDigit, drawMotif, drawSentence, MASK, MOTIF_LENGTH, PATCH, TEXT_VOCABULARY } from "./field-data.js";

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
async function digits(seed: number, sizes: Sizes): Promise<FieldRun> {
  const rng = new Rng(seed);
  const body = encoderOf(1, 16, sizes, rng);
  const ends = buildModel(rng, (scope) => ({
    patches: new Linear(scope.child("patches"), PATCH * PATCH, sizes.width),
    label: new Linear(scope.child("label"), sizes.width, 10),
  }));
  const pass = (own: Rng, count: number): BatchResult => {
    const examples = drawn(own, count, drawDigit);
    const patches = ends.layers.patches.forward(
      tensor(examples.map((example) => example.patches.map((patch) => [...patch]))),
    );
    // Every token is the same; what the embedding adds is the position.
    const ids = examples.map(() => new Array<number>(16).fill(0));
    const pooled = body.pool(ids, { patch: (name, x) => (name === "embedding" ? x.add(patches) : x) });
    return resultOf(
      ends.layers.label.forward(pooled),
      examples.map(({ label }) => label),
    );
  };
  const { accuracy, minutes } = await fit(together(body.parameters(), ends.parameters), pass, seed, sizes);
  return { field: "digits", seed, accuracy, minutes, notes: "a ViT on 12 × 12 noisy images of 10 digits" };
}

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

export const fields: Readonly<Record<string, (seed: number, sizes: Sizes) => Promise<FieldRun>>> = {
  digits,
  masked,
  motif,
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
