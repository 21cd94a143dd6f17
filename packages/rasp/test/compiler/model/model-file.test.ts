/** A model's file holds everything that the model needs; the error for a damaged one names the damage. */
import { decodeSafetensors, encodeSafetensors, tensor } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { withMetadata } from "../../../../../test/model-mutations.js";
import {
  check,
  compile,
  CompiledModel,
  load,
  ModelFileError,
  ModelInputError,
  verify,
  withProgram,
} from "../../../src/index.js";

const sop = load("reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);").sop("reverse");
const model = compile(sop, { vocabulary: "abc", maxLength: 4 });
const bytes = model.toSafetensors();

const failure = (action: () => unknown): Error => {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
};

it("a file gives the same model", () => {
  const again = CompiledModel.fromSafetensors(bytes);
  expect(again.run("abca")).toEqual(["a", "c", "b", "a"]);
  expect(again.card).toEqual(model.card);
  expect(again.stats).toEqual(model.stats);
  expect(again.toSafetensors()).toEqual(bytes);
});

it("a file keeps bounds that no number holds", () => {
  const bounds = model.certificate.bounds.map((bound) => ({ ...bound, error: Infinity }));
  const card = { ...model.card, certificate: { ...model.certificate, proved: false, worstMargin: 0, bounds } };
  const again = CompiledModel.fromSafetensors(new CompiledModel(model.model, card).toSafetensors());
  expect(again.card.certificate).toEqual(card.certificate);
});

it("a file says for which precision the model is", () => {
  expect([model.card.precision, model.toSafetensors()]).toEqual(["float32", bytes]);
  const low = compile(sop, { vocabulary: "abc", maxLength: 4, precision: "bfloat16" });
  for (const again of [
    CompiledModel.fromSafetensors(low.toSafetensors()),
    CompiledModel.fromOnnx(low.toOnnx()),
    withProgram(CompiledModel.fromSafetensors(low.toSafetensors()), sop),
  ]) {
    expect(again.card).toEqual(low.card);
    expect(again.card.precision).toBe("bfloat16");
    expect(again.run("abca")).toEqual(["a", "c", "b", "a"]);
  }
});

it("runBatch takes inputs of different lengths", () => {
  expect(model.runBatch(["ab", "c", "cb", "abc"])).toEqual([["b", "a"], ["c"], ["b", "c"], ["c", "b", "a"]]);
});

it("ints and floats come out as numbers", () => {
  const mean = load("m = aggregate(select(indices, indices, <=), indices);").sop("m");
  expect(compile(mean, { vocabulary: "ab", maxLength: 3 }).run("abb")).toEqual([0, 0.5, 1]);
});

it("an empty input has no values", () => {
  expect(model.run("")).toEqual([]);
  expect(model.runBatch(["", "ab"])).toEqual([[], model.run("ab")]);
});

describe("bad input", () => {
  it("a token outside the vocabulary", () => {
    const error = failure(() => model.run("abz"));
    expect(error).toBeInstanceOf(ModelInputError);
    expect(error.message).toBe('token "z" at position 2 is not in the model\'s vocabulary "a", "b", "c"');
  });

  it("too long", () => {
    expect(failure(() => model.run("abcab")).message).toBe("the input has 5 tokens, and the model takes at most 4");
  });

  it("null", () => {
    expect(failure(() => model.run(["a", null])).message).toBe("null cannot be in an input");
  });
});

describe("bad files", () => {
  const unchecked = withMetadata(bytes, (metadata) => metadata);

  it("without a checksum, as version 0.1 wrote them, are read with a note", () => {
    const read = CompiledModel.fromSafetensors(unchecked);
    expect(read.run("abca")).toEqual(["a", "c", "b", "a"]);
    expect(read.notes).toEqual([expect.stringContaining("it has no checksum")]);
    expect([
      CompiledModel.fromSafetensors(bytes).notes,
      CompiledModel.fromOnnx(model.toOnnx()).notes,
      model.notes,
    ]).toEqual([[], [], []]);
  });

  it("with changed weights or metadata say which, and what to do", () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const renamed = { ...metadata, card: metadata["card"]!.replace("reverse", "forward") };
    const error = failure(() => CompiledModel.fromSafetensors(encodeSafetensors(tensors, renamed))) as ModelFileError;
    expect(error).toBeInstanceOf(ModelFileError);
    expect(error.message).toMatch(/^the metadata were changed/);
    expect(error.suggestion).toContain('delete "selectron.checksum" from its metadata');
    tensors.get("unembedding.bias")!.data[0]! += 1;
    for (const read of [
      () => CompiledModel.fromSafetensors(encodeSafetensors(tensors, metadata)),
      () => check(encodeSafetensors(tensors, metadata)),
    ]) {
      expect(failure(read).message).toMatch(/^the weights were changed/);
    }
  });

  it("truncated anywhere", () => {
    for (let length = 0; length < bytes.length; length += 97) {
      expect(failure(() => CompiledModel.fromSafetensors(bytes.subarray(0, length)))).toBeInstanceOf(ModelFileError);
    }
  });

  it("foreign", () => {
    const foreign = encodeSafetensors(new Map([["x", tensor([1, 2])]]), { format: "pt" });
    expect(failure(() => CompiledModel.fromSafetensors(foreign)).message).toContain(
      "not a model that Selectron compiled",
    );
  });

  it("a NaN weight", () => {
    const { tensors, metadata } = decodeSafetensors(unchecked);
    tensors.get("blocks.0.attention.key.weight")!.data[3] = NaN;
    const error = failure(() => CompiledModel.fromSafetensors(encodeSafetensors(tensors, metadata)));
    expect(error).toBeInstanceOf(ModelFileError);
    expect(error.message).toContain("weight 3 of blocks.0.attention.key.weight is NaN");
  });

  it("weights so large that logits are not finite", () => {
    const { tensors, metadata } = decodeSafetensors(unchecked);
    for (const { data } of tensors.values()) data.fill(3e38);
    const read = CompiledModel.fromSafetensors(encodeSafetensors(tensors, metadata));
    const error = failure(() => read.run("abc"));
    expect(error).toBeInstanceOf(ModelFileError);
    expect(error.message).toMatch(/^a logit is (NaN|-?Infinity), though the weights are finite/);
  });

  it("a missing tensor, a wrong shape, a damaged description", () => {
    const { tensors, metadata } = decodeSafetensors(unchecked);
    const without = new Map([...tensors].filter(([name]) => name !== "unembedding.bias"));
    expect(failure(() => CompiledModel.fromSafetensors(encodeSafetensors(without, metadata))).message).toContain(
      "unembedding.bias",
    );
    const reshaped = new Map(tensors).set("unembedding.bias", tensor([1]));
    expect(failure(() => CompiledModel.fromSafetensors(encodeSafetensors(reshaped, metadata)))).toBeInstanceOf(
      ModelFileError,
    );
    for (const card of [
      "",
      "[]",
      "{}",
      metadata["card"]!.replace('"maxLength":4', '"maxLength":-4'),
      metadata["card"]!.replace('"labels"', '"precision":"int8","labels"'),
    ]) {
      expect(
        failure(() => CompiledModel.fromSafetensors(encodeSafetensors(tensors, { ...metadata, card }))),
      ).toBeInstanceOf(ModelFileError);
    }
  });
});

it.each([
  ["letters", ["c", "a", "b"]],
  ["numbers", [10, 2, -3]],
  ["a letter twice", ["b", "a", "b"]],
])("tokens have their ids in the order of the vocabulary: %s", (_, vocabulary) => {
  const result = load("result = sort(tokens, tokens);", { example: vocabulary }).sop("result");
  const ordered = compile(result, { vocabulary, maxLength: 4 });
  const distinct = [...new Set<string | number>(vocabulary)];
  expect(ordered.card.vocabulary.map(String)).toEqual(distinct.map(String));
  expect(ordered.encode(ordered.card.vocabulary)).toEqual([0, ...distinct.map((_, v) => v + 1)]);
  expect(verify(result, ordered, { exhaustive: true })).toMatchObject({ ok: true });
  const read = CompiledModel.fromOnnx(ordered.toOnnx());
  expect(read.run(vocabulary)).toEqual(ordered.run(vocabulary));
  expect(withProgram(read, result).trace(vocabulary).output).toEqual(ordered.run(vocabulary));
});
