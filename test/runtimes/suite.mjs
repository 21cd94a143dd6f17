/**
 * All that is tried in a page, a worker and a service worker: the packages as in an empty engine (bare.mjs), what has a seed on plain
 * kernels and on those in WebAssembly, how many threads there are, why WebAssembly is not to be had where it is not, and the conformance
 * suite of the kernels.
 */
import { referenceKernels, setKernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { enableThreads } from "@selectron/wasm-simd/threads";
import { bare, seeded, wasm } from "./bare.mjs";
import { check } from "./kernels.mjs";

/** What has a seed, by the kernels. */
export async function seededOnAll() {
  setKernels(referenceKernels);
  const plain = await seeded();
  await enableWasm();
  const simd = await seeded();
  setKernels(referenceKernels);
  return { plain, simd };
}

async function countThreads() {
  const { threads, stop } = await enableThreads({ threads: 2 });
  stop();
  setKernels(referenceKernels);
  return threads;
}

/**
 * @param hasWasm - whether WebAssembly may be compiled here
 * @param isShort - whether to leave out the conformance of plain, relaxed and threaded kernels
 */
export async function suite(hasWasm, isShort = true) {
  const outcome = { bare: await bare(), reasons: await wasm() };
  if (!hasWasm) return { ...outcome, seeded: { plain: await seeded() } };
  return { ...outcome, seeded: await seededOnAll(), threads: await countThreads(), kernels: await check(isShort) };
}
