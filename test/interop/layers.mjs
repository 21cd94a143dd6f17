/**
 * nn's layers, losses, optimisers and schedules beside torch's: values and gradients. Cases are written here; python/layers.py runs the
 * same functions of torch on the same inputs.
 */
import { attention, crossEntropy, randn, Rng, tensor } from "@selectron/core";
import {
  Adam,
  AdamW,
  binaryCrossEntropy,
  clipGradients,
  cosine,
  linear,
  MultiHeadAttention,
  noam,
  ParameterScope,
  Recurrent,
  rmsNorm,
  SGD,
} from "@selectron/nn";
import { differences } from "./python.mjs";

/** Differences are of float32, relative to 1 + the size of a number. */
const LIMIT = 1e-5;

const silu = (x) => x.mul(x.sigmoid());
const B = 2;
const N = 6;
const hiddenKeys = [
  [0, 0, 1, 0, 1, 1],
  [0, 1, 0, 0, 0, 0],
];
const hidden = tensor(hiddenKeys);
const targets = [2, 0, 4, 1, 3, 3];

/** kind, what is special, shapes of the inputs, our function of them, options for torch's. */
const layers = [
  ["attention", "plain", { q: [B, 2, N, 4], k: [B, 2, N, 4], v: [B, 2, N, 4] }, ({ q, k, v }) => attention(q, k, v)],
  [
    "attention",
    "causal",
    { q: [B, 2, N, 4], k: [B, 2, N, 4], v: [B, 2, N, 4] },
    ({ q, k, v }) => attention(q, k, v, { causal: true }),
    { causal: true },
  ],
  [
    "attention",
    "causal, fewer queries than keys",
    { q: [B, 2, 2, 4], k: [B, 2, N, 4], v: [B, 2, N, 4] },
    ({ q, k, v }) => attention(q, k, v, { causal: true }),
    { causal: true },
  ],
  [
    "attention",
    "hidden keys",
    { q: [B, 2, N, 4], k: [B, 2, N, 4], v: [B, 2, N, 4] },
    ({ q, k, v }) => attention(q, k, v, { hiddenKeys: hidden }),
    { hiddenKeys },
  ],
  [
    "attention",
    "bias",
    { q: [B, 2, N, 4], k: [B, 2, N, 4], v: [B, 2, N, 4], bias: [1, 2, N, N] },
    ({ q, k, v, bias }) => attention(q, k, v, { bias }),
  ],
  ...[{}, { causal: true }, { hiddenKeys }].map((options) => [
    "multiHead",
    Object.keys(options)[0] ?? "plain",
    {
      x: [B, N, 8],
      ...Object.fromEntries(
        ["query", "key", "value", "output"].flatMap((map) => [
          [`${map}_weight`, [8, 8]],
          [`${map}_bias`, [8]],
        ]),
      ),
    },
    ({ x, ...maps }) => {
      const scope = new ParameterScope((path) => maps[path.replace(".", "_")]);
      const layer = new MultiHeadAttention(scope, { dModel: 8, heads: 2, dHead: 4, causal: options.causal });
      return layer.forward(x, options.hiddenKeys ? { hiddenKeys: hidden } : {});
    },
    { ...options, heads: 2 },
  ]),
  ...["lstm", "gru"].flatMap((kind) =>
    [false, true].map((reverse) => [
      kind,
      reverse ? "backwards, after padding" : "",
      {
        x: [B, N, 5],
        input_weight: [5, kind === "lstm" ? 12 : 9],
        input_bias: [kind === "lstm" ? 12 : 9],
        state_weight: [3, kind === "lstm" ? 12 : 9],
        state_bias: [kind === "lstm" ? 12 : 9],
      },
      ({ x, ...maps }) => {
        const layer = new Recurrent(new ParameterScope((path) => maps[path.replace(".", "_")]), kind, 5, 3);
        if (!reverse) return layer.forward(x).outputs;
        return layer.forward(x, { reverse, hiddenKeys: tensor([[0, 0, 0, 0, 1, 1], Array(N).fill(0)]) }).state[0];
      },
      reverse ? { lengths: [4, N] } : {},
    ]),
  ),
  [
    "layerNorm",
    "",
    { x: [B, N, 9], gain: [9], bias: [9] },
    ({ x, gain, bias }) => x.layerNorm(gain, bias, 1e-5),
    { epsilon: 1e-5 },
  ],
  ["rmsNorm", "", { x: [B, N, 9], gain: [9] }, ({ x, gain }) => rmsNorm(x, gain, 1e-6), { epsilon: 1e-6 }],
  ["linear", "", { x: [B, N, 5], weight: [5, 7], bias: [7] }, ({ x, weight, bias }) => x.matmul(weight, { bias })],
  ...["gelu", "geluExact", "relu", "softmax", "logSoftmax"].map((kind) => [
    kind,
    "",
    { x: [5, 41] },
    ({ x }) => x[kind](),
  ]),
  ["silu", "", { x: [5, 41] }, ({ x }) => silu(x)],
  [
    "embedding",
    "",
    { weight: [7, 5] },
    ({ weight }) =>
      weight.gather(
        tensor([
          [0, 3, 3],
          [6, 0, 1],
        ]),
      ),
    {
      ids: [
        [0, 3, 3],
        [6, 0, 1],
      ],
    },
  ],
  ["crossEntropy", "", { logits: [6, 5] }, ({ logits }) => crossEntropy(logits, targets), { targets }],
  [
    "crossEntropy",
    "ignored rows, smoothing",
    { logits: [6, 5] },
    ({ logits }) => crossEntropy(logits, targets, { ignoreIndex: 3, labelSmoothing: 0.1 }),
    { targets, ignoreIndex: 3, labelSmoothing: 0.1 },
  ],
  [
    "binaryCrossEntropy",
    "",
    { logits: [2, 3] },
    ({ logits }) =>
      binaryCrossEntropy(
        logits,
        tensor([
          [0, 1, 1],
          [0.25, 0, 1],
        ]),
      ),
    {
      targets: [
        [0, 1, 1],
        [0.25, 0, 1],
      ],
    },
  ],
];

/** optimiser, ours, torch's options, decay, from how many axes on a parameter decays. */
const optimizers = [
  ["AdamW", (p) => new AdamW(p, { weightDecay: 0.1 }), {}, 0.1, 2],
  [
    "AdamW",
    (p) => new AdamW(p, { beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.3, decays: () => true }),
    { betas: [0.8, 0.95], eps: 1e-6 },
    0.3,
    0,
  ],
  ["Adam", (p) => new Adam(p), {}, 0, 0],
  ["SGD", (p) => new SGD(p), {}, 0, 0],
  ["SGD", (p) => new SGD(p, { momentum: 0.9, weightDecay: 0.01 }), { momentum: 0.9 }, 0.01, 0],
];
const STEPS = 20;
const CLIP = 3;

const schedules = [
  ["linear", linear, { peak: 0.3, warmup: 5, steps: 40, floor: 0.03 }],
  ["cosine", cosine, { peak: 0.3, warmup: 5, steps: 40, floor: 0.03 }],
  ["noam", noam, { peak: 1, warmup: 7, steps: 40, floor: 0 }],
];

/** @returns rows of the table */
export async function compareLayers({ python }) {
  const rng = new Rng(1);
  const given = new Map();
  const ours = new Map();
  const jobs = [
    ...layers.map(([kind, note, shapes, run, options = {}]) => {
      const name = note === "" ? kind : `${kind}: ${note}`;
      const inputs = Object.fromEntries(
        Object.entries(shapes).map(([key, shape]) => [
          key,
          tensor(randn(shape, rng).mul(kind === "multiHead" ? 0.4 : 1).data, shape, { requiresGrad: true }),
        ]),
      );
      for (const [key, x] of Object.entries(inputs)) given.set(`${name}.${key}`, x);
      const value = run(inputs);
      const upstream = randn(value.shape, rng);
      given.set(`${name}.upstream`, upstream);
      value.backward(upstream);
      ours.set(`${name}.value`, value);
      for (const [key, x] of Object.entries(inputs)) ours.set(`${name}.gradient of ${key}`, x.grad);
      return { of: "layer", name, kind, inputs: Object.keys(shapes), options };
    }),
    ...optimizers.map(([optimizer, make, options, decay, decayFrom], i) => {
      const name = `${optimizer} ${i + 1}, ${STEPS} clipped steps`;
      const parameters = new Map([
        ["a", randn([4, 3], rng)],
        ["b", randn([5], rng)],
      ]);
      for (const [key, x] of parameters) given.set(`${name}.${key}`, tensor(Float32Array.from(x.data), x.shape));
      const rates = Array.from({ length: STEPS }, (_, step) => 0.02 + 0.01 * (step % 3));
      const own = make(parameters);
      const norms = rates.map((rate, step) => {
        for (const [key, x] of parameters) {
          x.grad = randn(x.shape, rng);
          given.set(`${name}.${key}.${step}`, x.grad);
        }
        const norm = clipGradients(parameters, CLIP);
        own.step(rate, step + 1);
        return norm;
      });
      for (const [key, x] of parameters) ours.set(`${name}.${key}`, x);
      ours.set(`${name}.norm before clipping`, tensor(norms));
      return { of: "training", name, optimizer, options, parameters: ["a", "b"], decay, decayFrom, rates, clip: CLIP };
    }),
    ...schedules.map(([kind, make, options]) => {
      const own = make(kind === "noam" ? { dModel: 1, warmup: options.warmup } : options);
      const rates = Array.from({ length: options.steps }, (_, i) => own(i + 1));
      ours.set(`${kind} schedule.rates`, tensor(rates));
      return { of: "schedule", name: `${kind} schedule`, kind, ...options };
    }),
  ];
  return differences(
    jobs.map(({ name }) => name),
    ours,
    await python("layers.py", jobs, given),
    LIMIT,
  );
}
