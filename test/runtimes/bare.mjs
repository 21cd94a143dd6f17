/**
 * What the packages do in an engine that has the language and nothing else: no URL, TextEncoder, atob, fetch, timers, console. The outcome, by
 * name, is the same in every engine. test/bare.test.ts runs it in an empty context, `npm run runtimes` in QuickJS and workerd.
 */
import {
  crossEntropy,
  decodeSafetensors,
  encodeSafetensors,
  randn,
  referenceKernels,
  Rng,
  setKernels,
  tensor,
} from "@selectron/core";
import { Adam, attentionSvg, generate, train, TransformerDecoder, TransformerEncoder } from "@selectron/nn";
import {
  check,
  compile,
  CompiledModel,
  decodeTables,
  drawSvg,
  encodeTables,
  flow,
  load,
  printRasp,
  verify,
} from "@selectron/rasp";
import { decompileProgram } from "@selectron/rasp/decompile";
import { enableWasm, enableWasmSync } from "@selectron/wasm-simd";
import { enableRelaxedWasm } from "@selectron/wasm-simd/relaxed";
import { enableRelaxedThreads } from "@selectron/wasm-simd/relaxed/threads";
import { enableThreads } from "@selectron/wasm-simd/threads";

/** A hash of bytes, FNV-1a. */
function digest(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `${bytes.length} bytes, ${hash.toString(16)}`;
}

/** A hash of numbers, by their bits. */
const bitsOf = ({ data }) => digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

/** Some numbers, ten steps of a training by the kernels in use, and the weights after it: what has a seed, to the last bit. */
export async function seeded() {
  const config = { vocabularySize: 4, maxLength: 4, dModel: 8, outputs: 4, blocks: [{ heads: 2, dHead: 4, dFf: 16 }] };
  const model = new TransformerEncoder(config, new Rng(7));
  const draw = new Rng(8);
  await train({
    optimizer: new Adam(model.parameters()),
    schedule: () => 0.01,
    steps: 10,
    seed: 1,
    forward: () => {
      const ids = Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => draw.int(4)));
      const loss = crossEntropy(model.forward(ids).reshape([16, 4]), ids.map((row) => row.toReversed()).flat());
      return { loss, correct: 0, counted: 0, tokens: 16 };
    },
  });
  return {
    "random numbers": bitsOf(randn([1000], new Rng(42))),
    "ten steps of training": digest(
      [...model.parameters()]
        .map(([, weight]) => bitsOf(weight))
        .join("")
        .split("")
        .map((c) => c.codePointAt(0)),
    ),
  };
}

/** One training of a small model, with a checkpoint; whether it got anywhere, since engines differ in the last bits of exp. */
async function training() {
  const config = { vocabularySize: 3, maxLength: 4, dModel: 8, outputs: 3, blocks: [{ heads: 2, dHead: 4, dFf: 8 }] };
  const model = new TransformerEncoder(config, new Rng(1));
  const files = new Map();
  const storage = {
    names: () => [...files.keys()],
    read: (name) => files.get(name),
    write: (name, bytes) => void files.set(name, bytes),
    remove: (name) => void files.delete(name),
  };
  const losses = [];
  await train({
    optimizer: new Adam(model.parameters()),
    schedule: () => 0.01,
    steps: 20,
    seed: 1,
    forward: () => {
      const loss = model
        .forward([[0, 1, 2, 0]])
        .softmax()
        .sub(tensor([1, 0, 0]))
        .pow(2)
        .mean();
      losses.push(loss.item());
      return { loss, correct: 0, counted: 0, tokens: 4 };
    },
    checkpoints: { storage, every: 20 },
    description: "é€𝄞",
  });
  return { learnt: losses.at(-1) < losses[0], checkpoints: files.size > 0 };
}

/** What each function that enables WebAssembly says: the variant that it registered, or why it did not. That is up to the engine. */
export async function wasm({ simd, relaxed } = {}) {
  const attempts = {
    enableWasm: () => enableWasm({ source: simd }),
    enableWasmSync: () => enableWasmSync({ source: simd }),
    enableRelaxedWasm: () => enableRelaxedWasm({ source: relaxed }),
    enableThreads: () => enableThreads({ threads: 2 }),
    enableRelaxedThreads: () => enableRelaxedThreads({ threads: 2 }),
  };
  const said = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      const status = await attempt();
      said[name] = status.variant;
      status.stop?.();
    } catch (error) {
      said[name] = error.message;
    }
    setKernels(referenceKernels);
  }
  return said;
}

export async function bare() {
  const program = load(
    'r = aggregate(select(indices, length - 1 - indices, ==), tokens); c = selector_width(select(tokens, tokens, ==)) if tokens == "é" else 0;',
  );
  const [reverse, count] = [program.sop("r"), program.sop("c")];
  const model = compile({ r: reverse, c: count }, { vocabulary: ["a", "é", "𝄞"], maxLength: 4 });
  const [weights, onnx] = [model.toSafetensors(), model.toOnnx()];
  const input = ["a", "é", "𝄞", "é"];
  const again = [CompiledModel.fromSafetensors(weights), CompiledModel.fromOnnx(onnx)];
  const tables = encodeTables(
    { bases: { é: ["a", "𝄞"] }, tables: { t: ["é"] }, opaque: [] },
    new Map([["t", Float32Array.of(1, 2)]]),
  );
  const { tensors, metadata } = decodeSafetensors(encodeSafetensors(new Map([["é", tensor([1, 2])]]), { "€": "𝄞" }));
  const decoder = new TransformerDecoder(
    { vocabularySize: 5, maxLength: 8, dModel: 8, outputs: 5, blocks: [{ heads: 1, dHead: 8, dFf: 8 }] },
    new Rng(2),
  );
  return {
    model: digest(weights),
    onnx: digest(onnx),
    values: again.map((each) => [each.run(input), each.run(input, { output: "c" })].join(" ")),
    verified: verify({ r: reverse, c: count }, model, { exhaustive: true }).ok,
    checked: check(weights, { program: { r: reverse, c: count } }).verdict,
    tables: [...decodeTables(tables).tables.keys()],
    safetensors: [[...tensors].map(([name, { data }]) => [name, [...data]]), metadata],
    printed: printRasp(reverse),
    drawn: digest(
      drawSvg(flow(reverse, ["a", "é"]))
        .split("")
        .map((c) => c.codePointAt(0)),
    ),
    decompiled: decompileProgram(again[0]).results,
    generated: generate(decoder, [1], { maxTokens: 3, rng: new Rng(3) }).tokens.length,
    training: await training(),
    seeded: await seeded(),
    pictures: attentionSvg([{ title: "é", queries: ["a"], keys: ["b"], weights: [[1]] }]).includes("é"),
    error: (() => {
      try {
        return load("x = ;");
      } catch (error) {
        return error.message;
      }
    })(),
  };
}
