/** The circuits of compiled GPT-2s: edges are cut after layer norms, and subspaces are vectors of its residual stream. */
import { describe, expect, it } from "vitest";
import { ablateCircuit, circuitOf, compile, gpt2Folder } from "../../../src/index.js";
import { gpt2Stack } from "../../../src/compiler/circuit/gpt2.js";
import { forward } from "../../../src/compiler/circuit/forward.js";
import { breadth } from "../../../../../test/long.js";
import { decoderLessons, lessonSOp } from "../lessons.js";

const cases = decoderLessons.filter(({ name }) => ["most", "first_place", "ordered"].includes(name));

describe.each(cases)("$name", ({ file, name, vocabulary }) => {
  const maxLength = breadth({ short: 4, long: 8 });
  const model = compile(lessonSOp({ file, name }), { vocabulary, maxLength, causal: true, format: "gpt2" });
  const { circuit, report } = ablateCircuit(model, { seed: 1 });

  it("outside no edge changes an answer, inside each does", () => {
    expect(report.changed).toEqual({ mean: 0, resample: 0 });
    expect(report.redundant.map((edge) => circuit.edges[edge]!.hooks)).toEqual([]);
    expect(report.inside).toBeGreaterThan(1);
    const plain = circuitOf(
      compile(lessonSOp({ file, name }), { vocabulary, maxLength, causal: true, format: "gpt2" }),
    );
    expect(plain).toEqual(circuit);
  });

  it("what a node writes is in the span of its subspaces", () => {
    const { stack } = gpt2Stack(model);
    const { dModel } = circuit.sizes;
    expect(dModel).toBe(stack.dModel);
    const { written } = forward(stack, [0, 1, 2, 1]);
    circuit.nodes.forEach(({ kind, layer, head, writes }) => {
      // Positions also hold the constant that layer norm sees.
      if (kind === "pos_embed") return;
      const of = stackWriters(stack.layers.map(({ heads }) => heads.length)).indexOf(`${kind} ${layer} ${head}`);
      const vectors = writes.flatMap((s) => (circuit.subspaces[s]!.basis as { vectors: readonly number[][] }).vectors);
      for (let row = 0; row < 4; row++) {
        const left = written[of]!.slice(row * dModel, (row + 1) * dModel);
        // Vectors are orthogonal, of length √2.
        for (const vector of vectors) {
          const part = vector.reduce((sum, x, c) => sum + x * left[c]!, 0) / 2;
          vector.forEach((x, c) => (left[c]! -= part * x));
        }
        expect(Math.max(...left.map(Math.abs))).toBeLessThan(1e-3);
      }
    });
  });

  it("a token's vector is its row of the embedding", () => {
    const { stack } = gpt2Stack(model);
    const tokens = circuit.subspaces.find(({ label }) => label === "tokens")!;
    const { vectors } = tokens.basis as { vectors: readonly number[][] };
    tokens.values.forEach(({ vector }, v) => {
      const row = Array.from({ length: stack.dModel }, (_, c) =>
        vector.reduce((sum, x, j) => sum + x * vectors[j]![c]!, 0),
      );
      expect(row).toEqual([...stack.tokens.subarray((v + 1) * stack.dModel, (v + 2) * stack.dModel)].map((x) => x + 0));
    });
  });

  it("lies in the folder", () => {
    expect(JSON.parse(gpt2Folder(model).get("circuit.json") as string)).toEqual(JSON.parse(JSON.stringify(circuit)));
  });
});

/** The names of writers in the order of a pass. */
const stackWriters = (heads: readonly number[]): string[] => [
  "embed -1 -1",
  "pos_embed -1 -1",
  ...heads.flatMap((count, layer) => [
    ...Array.from({ length: count }, (_, head) => `head ${layer} ${head}`),
    `mlp ${layer} -1`,
  ]),
];
