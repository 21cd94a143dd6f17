/** The conformance suite of the kernels, in whatever imports this file. */
import { getKernels, referenceKernels } from "@selectron/core";
import { kernelConformance } from "@selectron/core/testing";
import { enableWasm } from "@selectron/wasm-simd";
import { enableRelaxedWasm, isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import { enableRelaxedThreads } from "@selectron/wasm-simd/relaxed/threads";
import { enableThreads } from "@selectron/wasm-simd/threads";

function conformance(kernels) {
  const failures = [];
  let passed = 0;
  for (const { name, run } of kernelConformance(kernels)) {
    try {
      run();
      passed++;
    } catch (error) {
      failures.push(`${name}: ${error.message}`);
    }
  }
  return { passed, failures };
}

/** @param isShort - only the kernels in WebAssembly, on one thread */
export async function check(isShort = false) {
  await enableWasm();
  const simd = conformance(getKernels());
  if (isShort) return { simd };
  const plain = conformance(referenceKernels);
  let relaxed;
  if (isRelaxedSimdSupported()) {
    await enableRelaxedWasm();
    relaxed = conformance(getKernels());
    const status = await enableRelaxedThreads({ threads: 2, leastWork: 0 });
    const onThreads = conformance(getKernels());
    relaxed = { passed: relaxed.passed + onThreads.passed, failures: [...relaxed.failures, ...onThreads.failures] };
    status.stop();
  }
  const status = await enableThreads({ threads: 2, leastWork: 0 });
  const threads = { active: status.threads, reason: status.reason, ...conformance(getKernels()) };
  status.stop();
  return { plain, simd, threads, ...(relaxed && { relaxed }) };
}
