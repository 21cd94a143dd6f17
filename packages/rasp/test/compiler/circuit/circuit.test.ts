/** Circuits of compiled models: what is in them, and that cutting edges does what they say. */
import { describe, expect, it } from "vitest";
import { ablateCircuit, circuitOf, compile, CompiledModel, load, tracr, type Circuit } from "../../../src/index.js";
import { inBasis } from "../../../src/compiler/circuit/circuit.js";
import { ablateEdges, edgesOf } from "../../../src/compiler/circuit/index.js";
import { componentsOf, isBefore, nameOf } from "../../../src/compiler/circuit/components.js";
import { stackOf } from "../../../src/compiler/circuit/stack.js";
import { uniformModel } from "../../../src/compiler/model/uniform.js";
import { breadth, isLong } from "../../../../../test/long.js";
import { decoderLessons, lessons, lessonSOp } from "../lessons.js";

const reverse = load(
  "opposite = length - 1 - indices;\nflip = select(indices, opposite, ==);\nreverse = aggregate(flip, tokens);\n",
  {
    file: "reverse.rasp",
  },
).sop("reverse");
const model = compile(reverse, { vocabulary: "ab", maxLength: 4 });
const circuit = circuitOf(model, { equalLayers: true });

const drawn = ({ edges, subspaces }: Circuit): string[] =>
  edges.map(({ from, to, input, subspaces: read, constant }) => {
    const labels = read.map((s) => subspaces[s]!.label).join(", ");
    return `${from} -${labels}-> ${to} ${input}${constant ? " (constant)" : ""}`;
  });

describe("the circuit of reverse", () => {
  it("has an edge for each thing that is read of another", () => {
    expect(drawn(circuit)).toEqual([
      "embed -BOS-> head 0.0 query (constant)",
      "embed -BOS-> head 0.0 key (constant)",
      "embed -BOS-> head 0.0 value (constant)",
      "embed -BOS-> mlp 0 mlp (constant)",
      "pos_embed -indices, anchors-> mlp 0 mlp (constant)",
      "head 0.0 -length-> mlp 0 mlp",
      "embed -BOS-> head 1.0 query (constant)",
      "mlp 0 -opposite-> head 1.0 query",
      "embed -BOS-> head 1.0 key (constant)",
      "pos_embed -indices-> head 1.0 key (constant)",
      "embed -tokens-> head 1.0 value",
      "head 1.0 -reverse-> unembed unembed",
    ]);
  });

  it("has them by InterpBench's names of hooks, without the constant ones, and the edges inside the nodes", () => {
    expect(circuit.hooks.map((edge) => edge.join(" > "))).toEqual([
      "blocks.0.attn.hook_result[0] > blocks.0.hook_mlp_in",
      "blocks.0.hook_mlp_out > blocks.1.hook_q_input[0]",
      "hook_embed > blocks.1.hook_v_input[0]",
      "blocks.1.attn.hook_result[0] > blocks.1.hook_resid_post",
      "blocks.0.hook_mlp_in > blocks.0.hook_mlp_out",
      "blocks.1.hook_q_input[0] > blocks.1.attn.hook_q[0]",
      "blocks.1.attn.hook_q[0] > blocks.1.attn.hook_result[0]",
      "blocks.1.hook_v_input[0] > blocks.1.attn.hook_v[0]",
      "blocks.1.attn.hook_v[0] > blocks.1.attn.hook_result[0]",
    ]);
  });

  it("says which s-op and line a subspace is for, what it can hold, and which units write it", () => {
    const opposite = circuit.subspaces.find(({ label }) => label === "opposite")!;
    expect(opposite).toMatchObject({
      sops: [{ name: "opposite", file: "reverse.rasp", line: 1, text: "opposite = length - 1 - indices;" }],
      writer: "feed-forward",
      layer: 0,
    });
    const { coordinates } = opposite.basis as { coordinates: readonly number[] };
    expect(coordinates).toHaveLength(4);
    expect(opposite.values[2]).toEqual({ value: ["int", "2"], vector: [0, 0, 1, 0] });
    const mlp = circuit.nodes.find(({ id }) => id === "mlp 0")!;
    expect(mlp.writes.map((s) => circuit.subspaces[s]!.label)).toEqual(["opposite"]);
    const weight = uniformModel(model).model.parameters().get("blocks.0.feedForward.output.weight")!;
    const [units, width] = weight.shape as [number, number];
    const writing = Array.from({ length: units }, (_, u) => u).filter((u) =>
      coordinates.some((c) => weight.data[u * width + c] !== 0),
    );
    expect(mlp.units).toEqual([writing]);
    expect(circuit.program).toEqual([{ file: "reverse.rasp", text: reverse.span!.source.text }]);
    expect(circuit.certificate).toMatchObject({ proved: true, lengths: [1, 4] });
  });

  it("of the compiled model itself has the same edges, but for the 1 that carries biases", () => {
    expect(drawn(circuitOf(model))).toEqual(drawn(circuit));
    expect(circuitOf(model).sizes.dModel).toBe(circuit.sizes.dModel - 1);
    expect(circuitOf(model).subspaces.map(({ label }) => label)).not.toContain("1");
  });

  it("in another basis has vectors for coordinates, and the same values in them", () => {
    const { dModel } = circuit.sizes;
    const doubled = (c: number): number[] =>
      Array.from({ length: 2 * dModel }, (_, j) => (j === c ? 1 : j === dModel + c ? -1 : 0));
    const turned = inBasis(circuit, doubled, 2 * dModel);
    expect(turned.sizes.dModel).toBe(2 * dModel);
    circuit.subspaces.forEach(({ basis, values }, s) => {
      const { coordinates } = basis as { coordinates: readonly number[] };
      expect(turned.subspaces[s]!.basis).toEqual({ vectors: coordinates.map(doubled) });
      expect(turned.subspaces[s]!.values).toEqual(values);
    });
    const back = inBasis(turned, (c) => Array.from({ length: dModel }, (_, j) => (j === c ? 1 : 0)), dModel);
    expect((back.subspaces[1]!.basis as { vectors: number[][] }).vectors.map((v) => v.indexOf(1))).toEqual(
      (circuit.subspaces[1]!.basis as { coordinates: number[] }).coordinates,
    );
  });

  it("needs the program", () => {
    const read = CompiledModel.fromSafetensors(model.toSafetensors());
    expect(() => circuitOf(read)).toThrow("was read from a file");
  });

  it("of a program in TypeScript has the text that is its graph", () => {
    const made = circuitOf(compile(tracr.makeHist(), { vocabulary: "ab", maxLength: 3 }));
    expect(made.program).toHaveLength(1);
    expect(load(made.program[0]!.text).sop(made.program[0]!.file.replace(".rasp", ""))).toBeDefined();
  });
});

describe("cutting edges", () => {
  const cases = [
    // The short form is without those that take longest.
    ...lessons
      .filter(({ name }) => isLong || !/dyck[23]_ptf/.test(name))
      .map((lesson) => ({ ...lesson, causal: false })),
    ...decoderLessons
      .filter(({ name }) => name === "most" || name === "ordered")
      .map((lesson) => ({ ...lesson, causal: true })),
  ];
  const longest = breadth({ short: 4, long: 8 });

  it.each(cases)("of $name: outside none changes an answer, inside each does", ({ file, name, vocabulary, causal }) => {
    const compiled = compile(lessonSOp({ file, name }), { vocabulary, maxLength: longest, causal });
    const { circuit: own, report } = ablateCircuit(compiled, { seed: 1, equalLayers: true });
    expect(report.changed).toEqual({ mean: 0, resample: 0 });
    expect(report.redundant.map((edge) => own.edges[edge]!.hooks)).toEqual([]);
    expect(report.inside).toBe(own.edges.filter(({ constant }) => !constant).length);
    expect(report.inside).toBeGreaterThan(1);
  });

  const stack = stackOf(uniformModel(model).model);
  const edges = edgesOf(model, stack);

  it("an edge that is left out of the circuit is noticed", () => {
    edges.forEach((edge, left) => {
      if (edge.constant) return;
      const { changed } = ablateEdges(
        model,
        stack,
        edges.filter((_, e) => e !== left),
      );
      expect(changed.mean + changed.resample).toBeGreaterThan(0);
    });
  });

  it("an edge too many is redundant", () => {
    const { writers, readers } = componentsOf(stack);
    const known = new Set(edges.map(({ writer, reader }) => `${writer} ${reader}`));
    const extra = readers.flatMap((to, reader) =>
      writers.flatMap((from, writer) =>
        isBefore(from, to) && !known.has(`${writer} ${reader}`) ? [{ writer, reader, constant: false }] : [],
      ),
    );
    expect(extra.map(({ writer, reader }) => `${nameOf(writers[writer]!)} > ${nameOf(readers[reader]!)}`)).toContain(
      "embed > unembed",
    );
    const { redundant, changed } = ablateEdges(model, stack, [...edges, ...extra]);
    expect(redundant).toEqual(extra.map((_, e) => edges.length + e));
    expect(changed).toEqual({ mean: 0, resample: 0 });
  });

  it("of a model with a promise is tried on the inputs that keep it", () => {
    const program = load(
      'one = selector_width(select(tokens, "+", ==)) == 1 and length == 2;\nplus = aggregate(select(tokens, "+", ==), indices);',
    );
    const promised = compile(program.sop("plus"), { vocabulary: "ab+", maxLength: 6, promise: program.sop("one") });
    expect(ablateCircuit(promised).report).toMatchObject({ inputs: 4, changed: { mean: 0, resample: 0 } });
  });

  it("is the same with the same seed", () => {
    expect(ablateCircuit(model, { seed: 3 })).toEqual(ablateCircuit(model, { seed: 3 }));
  });
});
