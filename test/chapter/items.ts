/**
 * What the five founding documents name, section by section, and what it is here; docs/chapter.md is made of this list. References:
 * - "core:NAME", "nn:NAME", "rasp:NAME": an export; "doc:FILE#ANCHOR": a section of a document, whose blocks are run;
 * - "$ …": a command of selectron, run by the test; "~ …": one that takes minutes, whose words are checked;
 * - "bench:NAME …": `npm run bench -- NAME …`; "picture:FILE": a drawing in docs/pictures; "file:PATH": a file;
 * - "said:…": a claim or an opinion that is nothing to run, and what there is to say; "missing:…": what is not here, and why.
 */

/** An item and its references. */
export type Item = readonly [item: string, ...references: string[]];

/** A section of a document. */
export interface Section {
  readonly document: string;
  readonly title: string;
  readonly items: readonly Item[];
}

const TRANSFORMER = "doc:docs/transformer.md";

/** A conversation about RASP, a report of decompiling, notes on the Transformer, and exercises: 000, 001, 002, 004. */
export const shortDocuments: readonly Section[] = [
  {
    document: "000",
    title: "A conversation about Thinking Like Transformers",
    items: [
      [
        "s-ops: selection, aggregation, elementwise maps",
        "doc:docs/language.md#in-five-minutes",
        "$ eval examples/01-reverse.rasp --sop reverse",
      ],
      [
        "upper bounds: layers and heads that a task needs",
        "$ cost examples/06-dyck1.rasp --sop dyck1_ptf",
        "rasp:cost",
      ],
      ["programs compiled to weights", "doc:docs/compiler.md#how-it-works", "rasp:compile"],
      ["automata, as they explained RNNs", "file:examples/17-automata.rasp"],
      ["loops that depend on the input, which the paper lacks", "doc:docs/language.md#loops", "rasp:compileLooped"],
      ["gradients and training, which programs do not show", "doc:docs/training.md#learning-what-a-program-does"],
      [
        "a program inside training: from compiled weights on, and distilled",
        "doc:docs/training.md#from-compiled-weights",
        "~ train examples/01-reverse.rasp --sop reverse --vocab a,b,c,d,e --max-length 10 --from-compiled --noise 0.0005",
        "~ train examples/01-reverse.rasp --sop reverse --vocab a,b,c,d,e --max-length 10 --distill --width 16",
        "rasp:CompiledTraining",
      ],
      [
        "reversing, Dyck languages, sorting, histograms",
        "file:examples/01-reverse.rasp",
        "file:examples/06-dyck1.rasp",
        "file:examples/04-sort.rasp",
      ],
      ["restricted attention, O(n log n) and O(n)", `${TRANSFORMER}#looking-at-less`, "nn:looksAt"],
      ["BOS as a neutral place for counting and empty rows", "doc:docs/numerics.md#a-head"],
      ["machine translation, which is less tidy", "bench:translation", "picture:translation.svg"],
      ["scale: longer inputs, larger data", "doc:docs/scale.md#verification-as-a-job-array", "bench:lengths"],
    ],
  },
  {
    document: "001",
    title: "Extracting code from Transformers",
    items: [
      ["programs read out of trained Transformers", "doc:docs/decompiler.md#how-it-works"],
      ["causal interventions", "doc:docs/circuits.md#cutting-edges"],
      ["sub-programs that are sufficient", "doc:docs/decompiler.md#models-that-learnt-a-program"],
      ["models that generalise in length", "doc:docs/decompiler.md#the-published-models"],
      [
        "more efficient models: what was decompiled, compiled again",
        "doc:docs/decompiler.md#compiled-again",
        "rasp:compileVector",
      ],
    ],
  },
  {
    document: "002",
    title: "Notes on the Transformer",
    items: [
      ["encoder–decoders of LSTMs and other RNNs", `${TRANSFORMER}#what-came-before`, "nn:RecurrentTranslator"],
      ["attention as the only mechanism", "nn:Transformer", "core:attention"],
      ["six equal layers of two sublayers, three in the decoder", `${TRANSFORMER}#a-whole-model`, "nn:architectureSvg"],
      [
        "self-attention, masked in the decoder, and over the encoder's outputs",
        "nn:MultiHeadAttention",
        `${TRANSFORMER}#masks`,
      ],
      ["BERT and GPT, which take one half", "nn:encoderOnly", "nn:decoderOnly"],
      ["query, key and value of each token", `${TRANSFORMER}#attention-from-nothing`],
      ["embeddings, learnt with the rest", "nn:Embedding"],
      ["an embedding of the whole sequence", "nn:TransformerEncoder"],
    ],
  },
  {
    document: "004",
    title: "Exercises on the theory",
    items: [
      ["no recurrence: every position at once, and training faster", "bench:translation --model transformer"],
      ["scaled dot-product attention", `${TRANSFORMER}#attention-from-nothing`, "core:attention"],
      ["several heads, split and joined", "nn:MultiHeadAttention"],
      ["sinusoidal positions, added to the embeddings", "nn:sinusoidalTable", `${TRANSFORMER}#positions`],
      [
        "learnt positions give similar results; sinusoids generalise better to longer sequences",
        "bench:positions --encoding sinusoidal --encoding learned",
      ],
      ["language models: BERT, GPT, T5, RoBERTa", "nn:loadModel", `${TRANSFORMER}#models-of-others`],
      [
        "classification and detection heads",
        "bench:fields --only shapes",
        "doc:docs/training.md#other-fields",
        `${TRANSFORMER}#heads-of-a-model`,
      ],
      ["a vision Transformer", "bench:fields --only digits", "doc:docs/training.md#other-fields"],
      ["a masked language model with a classifier", "bench:fields --only masked", "doc:docs/training.md#other-fields"],
      ["biology: motifs in sequences", "bench:fields --only motif", "doc:docs/training.md#other-fields"],
      ["speech and music", "bench:fields --only sound", "doc:docs/training.md#other-fields"],
      ["code", "file:packages/nn/src/tasks/nested-parser.ts"],
    ],
  },
];
