/** The items of document 003, chapter 8 of the `dldna` course, section by section. */
import type { Section } from "./items.js";

const TRANSFORMER = "doc:docs/transformer.md";
const NOTHING = `${TRANSFORMER}#attention-from-nothing`;
const MASKS = `${TRANSFORMER}#masks`;
const POSITIONS = `${TRANSFORMER}#positions`;
const WHOLE = `${TRANSFORMER}#a-whole-model`;
const CLAIMS = "file:docs/claims.md";

export const chapterSections: readonly Section[] = [
  {
    document: "003 §8.1",
    title: "What came before",
    items: [
      ["RNN, LSTM and GRU, token by token", "nn:Recurrent", "doc:docs/interop.md#how-large-the-differences-are"],
      ["attention of 2014: the decoder looks at all states of the encoder", "nn:AdditiveAttention"],
      ["BLEU falls with the length of sentences, beyond 50 words", "bench:translation", "picture:translation.svg"],
      ["long-range dependencies", "file:bench/src/chapter/language-pair.ts"],
      ["three advantages: parallel, global, flexible positions", "bench:translation", "bench:positions"],
    ],
  },
  {
    document: "003 §8.2",
    title: "The road to attention",
    items: [
      ["X·Xᵀ of five words, softmax, weighted mean, to all printed digits", NOTHING],
      ["the weighted mean of “time”, written out", NOTHING],
      ["W_similarity and W_content", NOTHING],
      ["queries, keys and values, and asymmetric scores", NOTHING],
      ["scaling by √d", NOTHING, "core:attention"],
      ["complexity: O(n²·d)", NOTHING, "nn:layerWork"],
      ["attention as an asymmetric kernel", CLAIMS],
      ["singular values of the attention matrix, 0.9 or more", CLAIMS],
      ["energy, and networks of Hopfield", CLAIMS],
      ["‖X − X*‖² falls", CLAIMS],
      ["low frequencies hold more than 80 %", CLAIMS],
      ["softmax and entropy", CLAIMS],
      ["signal to noise by depth, e^(−0.2 l)", CLAIMS],
      ["rank of QKᵀ as a tensor network", CLAIMS],
      [
        "curvature, quantum attention, Hebbian weights",
        "said:no formula of these can be measured; docs/claims.md says why",
      ],
      ["multi-head attention, of 512 in 8 × 64", "nn:MultiHeadAttention", NOTHING],
      ["what heads look at: roles found in BERT", "bench:fields --only masked", "nn:attentionMaps"],
      ["causal mask, step by step", MASKS, "nn:causalMask"],
      ["padding mask of four sentences", MASKS, "nn:paddingMask"],
      ["sentences of mixed lengths in training", "file:bench/src/chapter/translators.ts", "bench:translation"],
      ["heads as ends of models: a class, several tasks", `${TRANSFORMER}#heads-of-a-model`],
    ],
  },
  {
    document: "003 §8.3",
    title: "Positions",
    items: [
      ["the bare index, added", POSITIONS],
      ["learnt positions", "nn:positionsOf", POSITIONS],
      ["sinusoids, periods 1, 100 and 9646.62", POSITIONS, "nn:divTerms"],
      ["curves and heat map of the sinusoids", "picture:sinusoids.svg", "bench:figures"],
      ["k positions later is a rotation", "file:packages/nn/test/positions/properties.test.ts"],
      ["interpolated positions", "file:packages/nn/src/positions/learned.ts"],
      ["NTK-aware scaling", "nn:ntkBase"],
      ["learnt relative vectors", "file:packages/nn/src/positions/shaw.ts"],
      ["RoPE, and its group SO(2)", "nn:rotatePairs"],
      ["T5's bias, in buckets and clipped, (qkᵀ + b) / √d", "nn:t5Bucket", "file:packages/nn/src/positions/t5.ts"],
      ["depthwise and multi-scale convolutions", "file:packages/nn/src/positions/convolutional.ts"],
      ["recurrent positions by an LSTM", "file:packages/nn/src/positions/recurrent.ts"],
      ["continuous positions by a neural ODE", "file:packages/nn/src/positions/ode.ts"],
      ["complex positions, z(i + j) = z(i)·e^(iωj)", "file:packages/nn/src/positions/complex.ts"],
      ["α·P_abs + β·P_rel", "file:packages/nn/src/positions/composite.ts"],
      ["dynamic positions, MLP(i, context)", "file:packages/nn/src/positions/dynamic.ts"],
      ["continuous scaling as CLEX has it", "file:packages/nn/src/positions/clex.ts"],
      ["a table of accuracy, time and memory", "bench:positions", "doc:docs/chapter.md#positions-measured"],
      ["Toeplitz bias by FFT in O(n log n)", "core:toeplitzProduct", POSITIONS],
      [
        "Wirtinger derivatives",
        "said:the complex numbers here are pairs of real columns, whose gradients are those derivatives",
      ],
      ["positions inspired by quantum systems and biology", "said:named in the chapter without a formula"],
    ],
  },
  {
    document: "003 §8.4",
    title: "The whole model",
    items: [
      ["the architecture as a drawing", "nn:architectureSvg", "picture:transformer.svg"],
      ["TransformerConfig with its defaults", WHOLE, "nn:transformerDefaults"],
      ["encoder and decoder layers, norms first", "nn:TransformerEncoder", "nn:TransformerDecoder"],
      ["feed-forward of four times the width, ReLU or GELU", "nn:FeedForward"],
      ["residual connections and dropout after each sublayer", "nn:Dropout", WHOLE],
      ["layer norm as printed, and its figure", "nn:LayerNorm", WHOLE, "picture:layer-norm.svg"],
      ["kinds of attention, by where Q, K and V come from", "nn:MultiHeadAttention"],
      ["parameters of the seven models of the table", "file:packages/nn/test/parameter-counts.test.ts"],
      ["gradient clipping, warm-up, accumulation", "nn:clipGradients", "nn:cosine", "nn:train"],
      ["mixed precision", "nn:LossScaler", "doc:docs/training.md#rounded-gradients"],
      ["greedy and beam search, top-k, nucleus, temperature", `${TRANSFORMER}#writing`, "nn:generate"],
      ["the end of a sentence", "nn:generate"],
      ["embedding of ids, [2, 4] to [2, 4, 768]", WHOLE],
      ["BPE, WordPiece and unigram tokens, “play” + “ing”", "doc:docs/training.md#subwords", "nn:bytePairs"],
      ["shapes through a Transformer", WHOLE],
      ["multiply-adds and bytes of each layer", "nn:layerWork", "bench:work", "doc:docs/chapter.md#work-measured"],
    ],
  },
  {
    document: "003 §8.5",
    title: "Examples",
    items: [
      ["copy: explained, trained, tested", "$ task copy", "~ train copy"],
      ["CopyLoss of the worked example", `${TRANSFORMER}#losses`],
      ["attention of the copy, as a picture", "nn:attentionSvg", "~ run runs/copy-seed-1 --input [1,2] --attention"],
      ["addition: explained, trained, tested", "$ task addition", "~ train addition"],
      ["digits padded with zeros", `${TRANSFORMER}#losses`, "nn:additionExample"],
      ["more digits than trained", "doc:docs/training.md#three-small-tasks"],
      ["parser: explained, three examples, trained, tested", "$ task parser --show 3", "~ train parser"],
      ["nested trees", "$ task nested-parser --show 3", "~ train nested-parser", "nn:parseTree"],
      [
        "structural accuracy beside token accuracy",
        "nn:structuralAccuracy",
        "~ task nested-parser --test runs/nested-parser-seed-1/model.safetensors",
      ],
      ["AdditionLoss and the parser's loss", `${TRANSFORMER}#losses`],
    ],
  },
  {
    document: "003, exercises",
    title: "At the end",
    items: [
      ["attention that costs less: windows, strides, low rank", `${TRANSFORMER}#looking-at-less`],
      ["new architectures proposed and judged", "nn:LoopedEncoder", `${TRANSFORMER}#a-loop-of-blocks`],
      ["ethics of large models", "said:nothing to run"],
    ],
  },
];
