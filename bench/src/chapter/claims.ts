/** `npm run bench -- claims`: what the chapter claims of attention, measured on compiled, trained and untrained models, as docs/claims.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { randn, Rng, type Tensor } from "@selectron/core";
import { AdamW, cosine, decoderOnly, train, TransformerDecoder, trace } from "@selectron/nn";
import { compile, load, type CompiledModel } from "@selectron/rasp";
import { enableWasm } from "@selectron/wasm-simd";
import { placeToWrite } from "../arguments.js";
import { hopfield, softmaxOptimal } from "./optima.js";
import { positionTasks, VOCABULARY } from "./position-tasks.js";
import { teacherForcedRows } from "./position-runs.js";
import { effectiveRank, entropy, lowFrequencyShare, singularValues } from "./spectra.js";

/** What a claim is measured on. */
interface Subject {
  readonly name: string;
  /** The patterns of all heads, on some inputs. */
  readonly patterns: readonly (readonly (readonly number[])[])[];
  /** The products of a head's query and key maps, with the head's width. */
  readonly products: readonly { readonly matrix: readonly (readonly number[])[]; readonly dHead: number }[];
  /** The stream after each block, with and without noise on the embeddings. */
  readonly streams: readonly { readonly clean: Tensor; readonly noisy: Tensor }[];
}

/** A line of the document. */
export interface Claim {
  readonly claim: string;
  readonly measured: string;
  readonly verdict: string;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const NOISE = 0.01;
const LENGTH = 16;

/** Of a model with blocks, at rows of tokens. */
function subjectOf(
  name: string,
  model: Pick<TransformerDecoder, "forward" | "parameters" | "config">,
  rows: readonly number[][],
): Subject {
  const watched = rows.map((row) => {
    const clean = trace((watching) => model.forward([row], watching)).activations;
    const noisy = trace((watching) =>
      model.forward([row], {
        ...watching,
        patch: (at, x) => (at === "embedding" ? x.add(randn(x.shape, new Rng(7)).mul(NOISE)) : x),
      }),
    ).activations;
    return { clean, noisy };
  });
  const patterns = watched.flatMap(({ clean }) =>
    [...clean].flatMap(([at, x]) => (at.endsWith(".pattern") ? (x.toArray() as number[][][][])[0]! : [])),
  );
  const first = watched[0]!;
  const streams = [...first.clean.keys()]
    .filter((at) => at === "embedding" || at.endsWith("feedForward.residual"))
    .map((at) => ({ clean: first.clean.get(at)!, noisy: first.noisy.get(at)! }));
  const parameters = model.parameters();
  const products = model.config.blocks.flatMap(({ heads, dHead }, b) =>
    Array.from({ length: heads }, (_, h) => {
      const part = (map: string): Tensor =>
        parameters.get(`blocks.${b}.attention.${map}.weight`)!.slice(h * dHead, (h + 1) * dHead, 1);
      return { matrix: part("query").matmul(part("key").transpose()).toArray() as number[][], dHead };
    }),
  );
  return { name, patterns, products, streams };
}

const sizes = {
  vocabSize: VOCABULARY,
  hiddenSize: 32,
  numHiddenLayers: 4,
  numAttentionHeads: 4,
  intermediateSize: 64,
  maxPositionEmbeddings: 32,
};
const plain = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, activation: "relu", layerNormEps: 1e-5 } as const;

/** A decoder that learnt induction, the same before its training, and a compiled sort. */
async function subjects(steps: number, seed: number): Promise<Subject[]> {
  const config = decoderOnly({ ...sizes, ...plain });
  const task = positionTasks.induction;
  const rows = Array.from({ length: 6 }, (_, n) =>
    [...task.draw(new Rng(100 + n), LENGTH / 2).tokens].slice(0, LENGTH),
  );
  const model = new TransformerDecoder(config, new Rng(seed));
  const untrained = subjectOf("untrained", model, rows);
  await train({
    optimizer: new AdamW(model.parameters(), { beta2: 0.98 }),
    schedule: cosine({ peak: 3e-3, warmup: Math.min(50, steps), steps, floor: 1e-5 }),
    steps,
    seed,
    clip: 1,
    forward: (rng) =>
      teacherForcedRows(
        model,
        Array.from({ length: 32 }, () => task.draw(rng, task.trained)),
      ),
  });
  const sop = load(readFileSync(new URL("../../../examples/04-sort.rasp", import.meta.url), "utf8")).sop("sort_bos");
  const sort: CompiledModel = compile(sop, { vocabulary: [..."§abcdefgh"], maxLength: LENGTH });
  const inputs = Array.from({ length: 6 }, (_, n) => {
    const rng = new Rng(n);
    return [...Array.from({ length: LENGTH }, (_, i) => (i === 0 ? 0 : 1 + rng.int(8)))];
  });
  return [untrained, subjectOf("trained", model, rows), subjectOf("compiled", sort.model as never, inputs)];
}

const over = (all: readonly Subject[], of: (subject: Subject) => string): string =>
  all.map((subject) => `${subject.name} ${of(subject)}`).join(", ");

function rankOne({ patterns }: Subject): number {
  return mean(
    patterns.map((pattern) => {
      const squares = singularValues(pattern).map((value) => value * value);
      return squares[0]! / squares.reduce((a, b) => a + b, 0);
    }),
  );
}

/** The slope of the logarithm of signal to noise over the blocks. */
function decay({ streams }: Subject): number {
  const logs = streams.map(({ clean, noisy }) => {
    const [signal, noise] = [clean, noisy.sub(clean)].map((x) => x.mul(x).sum().item());
    return Math.log(signal! / noise!);
  });
  const middle = (logs.length - 1) / 2;
  const squares = logs.reduce((sum, _, l) => sum + (l - middle) ** 2, 0);
  return logs.reduce((sum, value, l) => sum + (l - middle) * value, 0) / squares;
}

/**
 * All that is measured.
 *
 * Long: the claims in their order.
 */
export async function measureClaims(steps: number, seed: number): Promise<Claim[]> {
  const all = await subjects(steps, seed);
  const ones = all.map(rankOne);
  const low = all.map(({ patterns }) => mean(patterns.map(lowFrequencyShare)));
  const slopes = all.slice(0, 2).map(decay);
  const { lower, nearer, steps: updates } = hopfield(seed);
  const { entropyAlone, withScore } = softmaxOptimal(seed);
  const [, trained] = all as [Subject, Subject, Subject];
  const ranks = trained.products.map(({ matrix, dHead }) => {
    const values = singularValues(matrix);
    return {
      effective: effectiveRank(values),
      exact: values.filter((value) => value > 1e-3 * values[0]!).length,
      dHead,
    };
  });
  const asymmetry = mean(
    trained.products.map(({ matrix }) => {
      const squares = matrix.flat().reduce((sum, value) => sum + value * value, 0);
      return (
        matrix.reduce((sum, row, i) => sum + row.reduce((s, v, j) => s + (v - matrix[j]![i]!) ** 2, 0), 0) /
        (4 * squares)
      );
    }),
  );
  const holds = (is: boolean): string => (is ? "holds" : "does not hold");
  return [
    {
      claim: "the first singular values of an attention matrix explain 0.9 or more",
      measured: `share of the first one in the squares, mean over heads: ${over(all, (s) => ones[all.indexOf(s)]!.toFixed(2))}`,
      verdict: holds(ones.slice(1).every((share) => share >= 0.9)),
    },
    {
      claim: "low frequencies of an attention matrix hold more than 80 %",
      measured: `share of the power at a quarter of the highest frequencies or less: ${over(all, (s) => percent(low[all.indexOf(s)]!))}`,
      verdict: holds(low.slice(1).every((share) => share > 0.8)),
    },
    {
      claim: "heads specialise: they attend to few positions",
      measured: `entropy of a row in nats (of at most ${Math.log(LENGTH).toFixed(2)}): ${over(all, ({ patterns }) => mean(patterns.flatMap((p) => p.map((row) => entropy(row)))).toFixed(2))}`,
      verdict: "the trained ones do, beside the untrained",
    },
    {
      claim: "signal to noise falls with the depth l as e^(−0.2 l)",
      measured: `slope of its logarithm for each block, for noise on the embeddings: untrained ${slopes[0]!.toFixed(2)}, trained ${slopes[1]!.toFixed(2)}`,
      verdict: holds(slopes.every((slope) => Math.abs(slope + 0.2) < 0.1)),
    },
    {
      claim: "attention lowers an energy (modern Hopfield networks)",
      measured: `${percent(lower)} of ${updates} updates from drawn states lower it`,
      verdict: holds(lower === 1),
    },
    {
      claim: "‖X − X*‖² falls with every update: the fixed point is asymptotically stable",
      measured: `${percent(nearer)} of the updates come nearer`,
      verdict: nearer === 1 ? "holds" : "nearly: not at every update",
    },
    {
      claim: "softmax gives the distribution of the highest entropy",
      measured: `against 2,000 drawn distributions it has the higher entropy in ${percent(entropyAlone)}; entropy plus mean score in ${percent(withScore)}`,
      verdict: "not as printed; it does with the mean score added",
    },
    {
      claim: "QKᵀ is a tensor network whose bond dimension r is the head's width",
      measured: `rank of W_Q W_Kᵀ: at most ${Math.max(...ranks.map(({ exact }) => exact))} where heads have ${ranks[0]!.dHead} columns; effective rank ${mean(ranks.map(({ effective }) => effective)).toFixed(1)}`,
      verdict: holds(ranks.every(({ exact, dHead }) => exact <= dHead)),
    },
    {
      claim: "attention is an asymmetric kernel",
      measured: `share of the squares of W_Q W_Kᵀ in its antisymmetric part: ${percent(asymmetry)} (50 % of a drawn matrix)`,
      verdict: holds(asymmetry > 0.05),
    },
  ];
}

/** What the chapter claims and no measurement here could decide. */
const NOT_MEASURED = [
  ["quantum attention", "a proposal without a formula; nothing here is a quantum system"],
  [
    "Riemannian curvature of the attention manifold bounds expressiveness",
    "the chapter gives no metric, without which there is no curvature",
  ],
  [
    "bio-inspired weights, ΔW ∝ x xᵀ − βW",
    "a rule for other networks; the chapter claims nothing of it that has a number",
  ],
  [
    "GLUE accuracies of positional encodings",
    "other data and models; `npm run bench -- positions` measures our tasks in their place",
  ],
] as const;

export const claimsDocument = (claims: readonly Claim[], steps: number, seed: number): string =>
  [
    "# Claims, measured",
    "",
    "What chapter 8 of the `dldna` course claims of attention with a number or a formula, and what this repository measures. Made by",
    `\`npm run bench -- claims --out docs/claims.md\`: a causal Transformer of 4 layers with 4 heads, width 32, before and after ${steps} steps of`,
    `learning induction (seed ${seed}), and the compiled \`sort_bos\` of lesson 4, each on 6 inputs of 16 tokens. A verdict is about these models.`,
    "",
    "| claim | measured | verdict |",
    "|---|---|---|",
    ...claims.map(({ claim, measured, verdict }) => `| ${claim} | ${measured} | ${verdict} |`),
    "",
    "## What is not measured",
    "",
    "| claim | why |",
    "|---|---|",
    ...NOT_MEASURED.map(([claim, why]) => `| ${claim} | ${why} |`),
    "",
  ].join("\n");

export interface ClaimsFlags {
  readonly steps: number;
  readonly seed: number;
  readonly out?: string;
}

/** Measures, prints, and writes the document if asked. */
export async function printClaims({ steps, seed, out }: ClaimsFlags): Promise<void> {
  const file = out === undefined ? undefined : placeToWrite("--out", out);
  await enableWasm();
  const text = claimsDocument(await measureClaims(steps, seed), steps, seed);
  console.log(text);
  if (file !== undefined) writeFileSync(file, text);
}
