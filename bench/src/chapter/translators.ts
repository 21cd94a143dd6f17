/** The three models of the translation: trained on the same pairs, and asked for translations. */
import { crossEntropy, noGrad, Rng, scope, type Tensor } from "@selectron/core";
import {
  AdamW,
  cosine,
  DecodingCache,
  RecurrentTranslator,
  train,
  Transformer,
  type BatchResult,
  type Padding,
} from "@selectron/nn";
import { bleu } from "./bleu.js";
import { drawPair, END, PAD, START, words, type Pair } from "./language-pair.js";

/** What training and translating need of a model; `M` is what its encoder gives. */
interface Translator<M> {
  parameters(): Map<string, Tensor>;
  readonly parameterCount: number;
  encode(source: readonly (readonly number[])[], options?: { readonly padding?: Padding }): M;
  decode(target: readonly (readonly number[])[], memory: M, options?: { readonly cache?: DecodingCache }): Tensor;
  scores(stream: Tensor): Tensor;
}

/** The names of the models, in the order of the picture. */
export const translators = ["gru", "gru with attention", "lstm", "lstm with attention", "transformer"] as const;
export type TranslatorName = (typeof translators)[number];

/** A model of a width, with parameters of a seed. All have one layer per stack but the Transformer, which has two. */
function translatorOf(name: TranslatorName, width: number, seed: number): Translator<never> {
  const rng = new Rng(seed);
  const vocabSize = words.length;
  if (name === "transformer") {
    const sizes = {
      vocabSize,
      hiddenSize: width,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      intermediateSize: 2 * width,
    };
    const plain = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, activation: "relu" } as const;
    return new Transformer({ ...sizes, ...plain, layerNormEps: 1e-5 }, rng) as unknown as Translator<never>;
  }
  const [kind, , attention] = name.split(" ") as ["gru" | "lstm", string?, string?];
  const config = { kind, vocabSize, hiddenSize: width, attention: attention !== undefined };
  return new RecurrentTranslator(config, rng) as unknown as Translator<never>;
}

const padded = (rows: readonly (readonly number[])[]): number[][] => {
  const longest = Math.max(...rows.map(({ length }) => length));
  return rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(PAD)]);
};

/** A training pass over pairs of mixed lengths: sources padded and masked, padded targets not counted. */
export function pass(model: Translator<never>, pairs: readonly Pair[]): BatchResult {
  const sources = pairs.map(({ source }) => source);
  const padding = padded(sources).map((row, b) => row.map((_, i) => i < sources[b]!.length));
  const memory = model.encode(padded(sources), { padding });
  const targets = padded(pairs.map(({ target }) => target));
  const logits = model.scores(
    model.decode(
      targets.map((row) => [START, ...row.slice(0, -1)]),
      memory,
    ),
  );
  const wanted = targets.flat();
  const answers = logits.detach().argmax().data;
  const counted = wanted.filter((id) => id !== PAD).length;
  const correct = wanted.filter((id, i) => id !== PAD && id === answers[i]).length;
  return { loss: crossEntropy(logits, wanted, { ignoreIndex: PAD }), correct, counted, tokens: 2 * counted };
}

/** Greedy translations of sources of one length, without END. */
export function translate(model: Translator<never>, sources: readonly (readonly number[])[]): number[][] {
  const most = Math.ceil(1.5 * sources[0]!.length) + 5;
  return scope(() =>
    noGrad(() => {
      const memory = model.encode(sources);
      const cache = new DecodingCache();
      const rows = sources.map(() => [START]);
      for (let i = 0; i < most && rows.some((row) => !row.includes(END)); i++) {
        const next = model
          .scores(
            model.decode(
              rows.map((row) => [row[i]!]),
              memory,
              { cache },
            ),
          )
          .argmax().data;
        rows.forEach((row, b) => row.push(next[b]!));
      }
      return rows.map((row) => row.slice(1, row.includes(END) ? row.indexOf(END) : undefined));
    }),
  );
}

/** How a translation is trained and asked. */
export interface TranslationOptions {
  readonly width: number;
  readonly steps: number;
  readonly batch: number;
  /** The longest source of the training. */
  readonly trained: number;
  /** The lengths of the test. */
  readonly lengths: readonly number[];
  /** Sentences for each length. */
  readonly count: number;
}

/** What a model reached at a length. */
export interface TranslationScore {
  readonly length: number;
  /** The share of translations that are right in every word. */
  readonly exact: number;
  readonly bleu: number;
}

/** A trained model's scores. */
export interface TranslationRun {
  readonly model: TranslatorName;
  readonly seed: number;
  readonly parameters: number;
  readonly minutes: number;
  readonly scores: readonly TranslationScore[];
}

/** The sentences of the test are drawn from this seed, and differ from those of a training by it. */
const TEST_SEED = 28_000_000;

/** Trains a model from a seed, and scores its greedy translations. */
export async function runTranslation(
  name: TranslatorName,
  seed: number,
  options: TranslationOptions,
): Promise<TranslationRun> {
  const { width, steps, batch, trained, lengths, count } = options;
  const model = translatorOf(name, width, seed);
  const started = performance.now();
  await train({
    optimizer: new AdamW(model.parameters(), { beta2: 0.98 }),
    schedule: cosine({ peak: name === "transformer" ? 2e-3 : 4e-3, warmup: Math.min(100, steps), steps, floor: 1e-5 }),
    steps,
    seed,
    clip: 1,
    // Pairs of a batch have nearby lengths, so that little of it is padding.
    forward: (rng) => {
      const shortest = 5 + rng.int(trained - 4);
      return pass(
        model,
        Array.from({ length: batch }, () => drawPair(rng, Math.min(trained, shortest + rng.int(4)))),
      );
    },
  });
  const minutes = Number(((performance.now() - started) / 60_000).toPrecision(3));
  const scores = lengths.map((length) => {
    const rng = new Rng(TEST_SEED + length);
    const pairs = Array.from({ length: count }, () => drawPair(rng, length));
    const answers = translate(
      model,
      pairs.map(({ source }) => source),
    );
    const references = pairs.map(({ target }) => target.slice(0, -1));
    const exact = answers.filter((answer, n) => answer.join() === references[n]!.join()).length / count;
    return { length, exact, bleu: Number(bleu(answers, references).toFixed(4)) };
  });
  return { model: name, seed, parameters: model.parameterCount, minutes, scores };
}
