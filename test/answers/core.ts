/** Example calls of core's public functions. */
import * as core from "@selectron/core";
import { entry, type Registry } from "./registry.js";

const { tensor, Rng, referenceKernels } = core;

const matrix = (): core.Tensor => tensor([[0.5, 2], [1, 4]]); // prettier-ignore
const heads = (): core.Tensor => core.ones([1, 1, 2, 2]);
const FLOAT = "numbers of any size, as floats have them";
const ANY = "any value is passed on as it is";

const unary = entry(() => []);
const unaryOf = entry(() => [matrix()]);
const binary = entry(() => [matrix()], { 0: FLOAT });
const reduction = entry(() => [[0], true], {
  "0: []": "reduces no axis",
  "0: number": "the number of an axis",
  "0.0": "an axis",
});

export const coreRegistry: Registry = {
  module: core,
  errors: ["ShapeError", "SafetensorsError", "ChecksumError"],
  leftOut: {
    checks: "the checks themselves, for packages",
    ...Object.fromEntries(
      [
        "Lease",
        "lend",
        "addLeaseFinder",
        "removeLeaseFinder",
        "runInScope",
        "elementsOf",
        "storageOf",
        "weightsChecksum",
        "checksumNotes",
      ].map((name) => [name, "for backends and packages, not for programs"]),
    ),
    ...Object.fromEntries(
      ["jsonOf", "jsonText", "printable", "readable", "shortened", "visible", "visibleJson"].map((name) => [
        name,
        "for the messages of packages",
      ]),
    ),
  },
  entries: {
    allocate: entry(() => [4]),
    arange: entry(() => [0, 4, 2]),
    asBytes: entry(() => [Uint8Array.of(1)], { 0: "every view of bytes" }),
    attention: entry(
      () => [
        heads(),
        heads(),
        heads(),
        {
          scale: 1,
          causal: true,
          window: 1,
          hiddenKeys: core.zeros([1, 2]),
          bias: core.zeros([2, 2]),
          blocks: { size: 2, visible: Uint8Array.of(1) },
        },
      ],
      {
        "3.scale": FLOAT,
        "3.blocks.visible": "any list of flags",
      },
    ),
    attentionOver: entry(() => [
      heads(),
      heads(),
      heads(),
      { starts: Int32Array.of(0, 1, 2), keys: Int32Array.of(0, 1) },
      { scale: 1, hiddenKeys: core.zeros([1, 2]), factors: Float32Array.of(1, 1) },
    ]),
    cos: unaryOf,
    sin: unaryOf,
    toeplitzProduct: entry(() => [core.ones([3]), core.ones([2, 2])]),
    concat: entry(() => [[matrix(), matrix()], 0]),
    crossEntropy: entry(() => [matrix(), [0, 1], { ignoreIndex: -1, labelSmoothing: 0.1 }], {
      "1": "classes in any list",
    }),
    decodeSafetensors: entry(() => [core.encodeSafetensors({ x: matrix() }), { only: () => true }]),
    decodeUtf8: entry(() => [Uint8Array.of(97)], { "0: Buffer": "a Buffer is a Uint8Array" }),
    encodeUtf8: entry(() => ["a"]),
    encodeSafetensors: entry(() => [{ x: matrix() }, { a: "b" }], {
      "0: Map": "tensors by name",
      "0: {}": "no tensors",
      "1: {}": "none",
    }),
    exactExp: entry(() => [1], { "0: not finite": FLOAT }),
    exactLog: entry(() => [1], { "0": FLOAT }),
    eye: entry(() => [2, 2]),
    full: entry(() => [[2], 1], { "1: not finite": FLOAT }),
    getKernels: unary,
    inPrecision: entry(() => ["bfloat16", () => 1], {}, { says: ["precision"] }),
    keep: entry(() => [matrix()], { "*": "whatever holds tensors, or none" }),
    leastPowerOfTwo: entry(() => [3], { "0: not finite": FLOAT }),
    lowPrecisionKernels: entry(() => [referenceKernels, "bfloat16"], { "0.name": "any text" }, { says: ["precision"] }),
    noGrad: entry(() => [() => 1]),
    withFixedWeights: entry(() => [() => 1]),
    ones: entry(() => [[2]]),
    randn: entry(() => [[2], new Rng(1)]),
    roundAllTo: entry(() => ["tf32", Float32Array.of(1)], {}, { says: ["precision"], changes: true }),
    roundTo: entry(() => ["tf32", 1], { "1: not finite": FLOAT }, { says: ["precision"] }),
    scope: entry(() => [() => 1]),
    setKernels: entry(() => [referenceKernels], { "0.name": "shown only" }),
    significantBits: entry(() => ["tf32"], {}, { says: ["precision"] }),
    stack: entry(() => [[matrix(), matrix()], 0]),
    tensor: entry(
      () => [
        [
          [1, 2],
          [3, 4],
        ],
        [2, 2],
        { requiresGrad: true },
      ],
      { "0": "numbers in any list", "0.0": "numbers in any list", "0.0.0": FLOAT },
    ),
    uniform: entry(() => [[2], new Rng(1), 0, 1]),
    otherFormat: entry(() => [Uint8Array.of(1)], { 0: "a Buffer is a Uint8Array" }),
    verifyChecksum: entry(
      () => [
        core.decodeSafetensors(
          core.encodeSafetensors({ x: matrix() }, core.withChecksum(new Map([["x", matrix()]]), {})),
        ),
      ],
      { "0.tensors": "by name", "0.metadata": "by name" },
      { says: ["checksum"] },
    ),
    withChecksum: entry(() => [new Map([["x", matrix()]]), { a: "b" }]),
    where: entry(() => [matrix(), matrix(), 0], { "1": FLOAT, "2": FLOAT }),
    zeros: entry(() => [[2]]),
    Rng: entry(() => [1]),
    "Rng.next": unary,
    "Rng.float": unary,
    "Rng.int": entry(() => [3]),
    "Rng.normal": unary,
    "Rng.shuffle": entry(() => [[1, 2]], { "0.0": ANY }),
    "Rng.pick": entry(() => [[1, 2]], { "0.0": ANY, "0": ANY }),
    Tensor: entry(
      () => [Float32Array.of(1, 2, 3, 4), [2, 2], { strides: [2, 1], offset: 0, requiresGrad: true, tape: undefined }],
      {
        "0: Float64Array": "kernels that compute in float64, as tests of gradients do",
        "2.tape": "made by operations only",
      },
    ),
    "Tensor.toArray": unary,
    "Tensor.item": entry(() => [], {}, { on: () => tensor(1) }),
    "Tensor.backward": entry(
      () => [matrix()],
      {},
      { on: () => tensor(core.ones([4]).data, [2, 2], { requiresGrad: true }) },
    ),
    "Tensor.detach": unary,
    "Tensor.toString": unary,
    "Tensor.add": binary,
    "Tensor.sub": binary,
    "Tensor.mul": binary,
    "Tensor.div": binary,
    "Tensor.pow": binary,
    ...Object.fromEntries(
      ["neg", "exp", "log", "sqrt", "abs", "tanh", "sigmoid", "relu", "gelu", "geluExact", "erf"].map((name) => [
        `Tensor.${name}`,
        unary,
      ]),
    ),
    "Tensor.where": entry(() => [matrix(), 0], { "0": FLOAT, "1": FLOAT }),
    "Tensor.maskedFill": entry(() => [matrix(), 0], { "1": FLOAT }),
    "Tensor.matmul": entry(() => [matrix(), { alpha: 1, bias: core.ones([2]), activation: "relu" }], {
      "1.alpha": FLOAT,
    }),
    "Tensor.transpose": entry(() => [0, 1]),
    "Tensor.permute": entry(() => [[1, 0]]),
    "Tensor.reshape": entry(() => [[4]]),
    "Tensor.slice": entry(() => [0, 1, 0], { "1: null": "the end" }),
    "Tensor.broadcastTo": entry(() => [[3, 2, 2]]),
    "Tensor.concat": entry(() => [[matrix()], 0]),
    "Tensor.stack": entry(() => [[matrix()], 0]),
    "Tensor.gather": entry(() => [[0, 1], 0], { "0": "positions in any list" }),
    "Tensor.sum": reduction,
    "Tensor.mean": reduction,
    "Tensor.max": reduction,
    "Tensor.min": reduction,
    "Tensor.argmax": entry(() => [0]),
    "Tensor.softmax": entry(() => [0]),
    "Tensor.logSoftmax": entry(() => [0]),
    "Tensor.layerNorm": entry(() => [core.ones([2]), core.ones([2]), 1e-5]),
  },
};
