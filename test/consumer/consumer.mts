/** A program that uses the packages as their users do. test/packages.test.ts compiles it against what npm would publish. */
import { run, type Io } from "@selectron/cli";
import {
  crossEntropy,
  decodeSafetensors,
  encodeSafetensors,
  Rng,
  setKernels,
  tensor,
  type FileBytes,
  type Kernels,
  type Tensor,
} from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import {
  Adam,
  buildModel,
  Embedding,
  generate,
  Gpt2,
  Linear,
  train,
  Transformer,
  TransformerEncoder,
} from "@selectron/nn";
import { aggregate, check, compile, CompiledModel, eq, ifElse, indices, load, oneOf, select } from "@selectron/rasp";
import { sub, tokens, tracr, verify, type ModelCard, type SOp } from "@selectron/rasp";
import { decompileProgram, type DecompiledProgram } from "@selectron/rasp/decompile";
import { enableWasm, enableWasmSync, isSimdSupported, resident, scope } from "@selectron/wasm-simd";
import { enableRelaxedWasm, isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import relaxed from "@selectron/wasm-simd/relaxed/simd.wasm";
import { enableRelaxedThreads } from "@selectron/wasm-simd/relaxed/threads";
import simd from "@selectron/wasm-simd/simd.wasm";
import { enableThreads, type ThreadStatus } from "@selectron/wasm-simd/threads";

const left: SOp<string> = aggregate(select(indices, sub(indices, 1), eq), tokens, "a");
const chosen: SOp<number> = ifElse(oneOf(tokens, ["a"]), 1, 2);
const model: CompiledModel = compile({ left, chosen }, { vocabulary: "abc", maxLength: 4 });
const bytes: Uint8Array = model.toSafetensors();
const card: ModelCard = CompiledModel.fromSafetensors(bytes).card;
const file: FileBytes = encodeSafetensors(decodeSafetensors(bytes).tensors);
const program: DecompiledProgram = decompileProgram(model);
const x: Tensor = tensor([1, 2], [1, 2], { requiresGrad: true });
const loss: number = crossEntropy(x.matmul(x.transpose()), [0]).item();

const encoder = new TransformerEncoder(
  { vocabularySize: 3, maxLength: 4, dModel: 4, outputs: 3, blocks: [{ heads: 1, dHead: 4, dFf: 4 }] },
  new Rng(1),
);
const own = buildModel(new Rng(1), (scope) => ({
  digits: new Embedding(scope.child("digits"), 5, 8),
  output: new Linear(scope.child("output"), 8, 5),
}));

export async function everything(kernels: Kernels, io: Io): Promise<readonly unknown[]> {
  setKernels(kernels);
  const { variant } = await enableWasm({ source: simd });
  await enableWasm({ source: bytes });
  await enableRelaxedWasm({ source: relaxed });
  const status: ThreadStatus = await enableThreads({ threads: 2 });
  await train({
    optimizer: new Adam(encoder.parameters()),
    schedule: () => 0.01,
    steps: 1,
    seed: 1,
    forward: () => ({ loss: encoder.forward([[0, 1]]).mean(), correct: 0, counted: 1, tokens: 1 }),
  });
  const { ok } = verify(left, model, { exhaustive: true });
  const code: number = await run(["--version"], io);
  const kept = scope(() => resident([x]).tensors);
  const flags: readonly boolean[] = [isSimdSupported(), isRelaxedSimdSupported(), ok, model.certificate.proved];
  const others = [enableWasmSync, enableRelaxedThreads, gradcheck, generate, Gpt2, Transformer, check, load, tracr];
  return [variant, status.threads, code, kept, flags, card, file, program.source, loss, own.parameters, ...others];
}
