/** In a page: exported models in onnxruntime-web's default build, all in one page, on WebGPU and on WebAssembly. */

const NO_CLASS = -(2 ** 31);

/** @param cases - what `onnxCases` of test/runtimes/onnx-cases.mjs gives */
export async function check(cases, place) {
  const ort = await import(place);
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const failures = [];
  let passed = 0;
  if (!(await navigator.gpu?.requestAdapter())) failures.push("this Chromium has no WebGPU adapter");
  for (const provider of ["webgpu", "wasm"]) {
    for (const { name, bytes, batches } of cases) {
      const session = await ort.InferenceSession.create(Uint8Array.from(bytes), { executionProviders: [provider] });
      for (const { dims, ids, wanted, steps } of batches) {
        const tokens = new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), dims);
        const { classes, logits, steps: taken } = await session.run({ tokens });
        const numbers = Array.from(classes.data, Number);
        const row = (b) => numbers.slice(b * dims[1], (b + 1) * dims[1]);
        wanted.forEach((values, b) => {
          const given = row(b).slice(1, values.length + 1);
          if (String(given) === String(values)) passed++;
          else failures.push(`${name} on ${provider}, ${dims}: ${given}, not ${values}`);
        });
        if (steps) {
          const given = Array.from(taken.data, Number).slice(0, -1);
          if (String(given) === String(steps)) passed++;
          else failures.push(`${name} on ${provider}, ${dims}: ${given} steps, not ${steps}`);
        }
        const last = logits.data.slice((wanted.length * logits.data.length) / dims[0]);
        if (row(wanted.length).every((id) => id === NO_CLASS) && last.every(Number.isNaN)) passed++;
        else failures.push(`${name} on ${provider}, ${dims}: an answer without BOS`);
      }
      await session.release();
    }
  }
  return { passed, failures };
}
