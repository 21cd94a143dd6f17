/** Files that are read in parts, and the half types, beside the plain reading of each element. */
import { decodeSafetensors, encodeSafetensors, randn, Rng, SafetensorsError, type FileSource } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { withHeader } from "../../../../test/mutations.js";
import { elementTypes, fillFrom } from "../../src/files/element-types.js";

/** A source that keeps count of what it was asked for. */
function counting(bytes: Uint8Array): FileSource & { readonly asked: { at: number; length: number }[] } {
  const asked: { at: number; length: number }[] = [];
  return {
    size: bytes.length,
    asked,
    readInto: (target, at) => {
      asked.push({ at, length: target.length });
      expect(at + target.length).toBeLessThanOrEqual(bytes.length);
      target.set(bytes.subarray(at, at + target.length));
    },
  };
}

describe("half types", () => {
  it.each(["F16", "BF16"])("every value of %s is what its plain reading gives", (dtype) => {
    const words = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    const bytes = new Uint8Array(words.buffer);
    const view = new DataView(words.buffer);
    const plain = Float32Array.from(words, (_, i) => elementTypes[dtype]!.read(view, 2 * i));
    const odd = new Uint8Array(bytes.length + 1);
    odd.set(bytes, 1);
    for (const given of [bytes, odd.subarray(1)]) {
      for (const count of [2 ** 16, 2 ** 16 - 1, 5, 3, 0]) {
        const filled = new Float32Array(count);
        fillFrom(dtype, given.subarray(0, 2 * count), filled);
        expect(filled.findIndex((value, i) => !Object.is(value, plain[i]))).toBe(-1);
      }
    }
  });

  it("are read alike across the chunks in which a file is read", () => {
    const count = 2 ** 18 + 3;
    const words = Uint16Array.from({ length: count }, (_, i) => (i * 40503) & 0x7bff);
    for (const dtype of ["F16", "BF16", "U16"]) {
      const header = JSON.stringify({ x: { dtype, shape: [count], data_offsets: [0, 2 * count] } });
      const bytes = withHeader(header, new Uint8Array(words.buffer));
      const read = decodeSafetensors(counting(bytes)).tensors.get("x")!.data;
      const view = new DataView(words.buffer);
      expect(read.findIndex((value, i) => value !== elementTypes[dtype]!.read(view, 2 * i))).toBe(-1);
    }
  });
});

describe("a source", () => {
  const bytes = encodeSafetensors(
    { a: randn([3, 5], new Rng(1)), b: randn([70_001], new Rng(2)), c: randn([0, 2], new Rng(3)) },
    { k: "v" },
  );

  it("gives what the bytes give", () => {
    const source = counting(bytes);
    const [parts, whole] = [decodeSafetensors(source), decodeSafetensors(bytes)];
    expect(parts.metadata).toEqual(whole.metadata);
    expect([...parts.tensors.keys()]).toEqual(["a", "b", "c"]);
    for (const [name, { data, shape }] of whole.tensors) {
      expect(parts.tensors.get(name)!.shape).toEqual(shape);
      expect(parts.tensors.get(name)!.data).toEqual(data);
    }
  });

  it("is asked only for the tensors that are wanted", () => {
    const source = counting(bytes);
    const seen: unknown[] = [];
    const only = (name: string, { dtype, shape }: { dtype: string; shape: readonly number[] }): boolean => {
      seen.push([name, dtype, shape]);
      return name === "a";
    };
    expect([...decodeSafetensors(source, { only }).tensors.keys()]).toEqual(["a"]);
    expect(seen).toEqual([["a", "F32", [3, 5]], ["b", "F32", [70_001]], ["c", "F32", [0, 2]]]); // prettier-ignore
    expect(source.asked.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(1000);
  });

  it("that is cut is told as a file is, and what it throws is passed on", () => {
    for (const size of [0, 7, 20, bytes.length - 1]) {
      const cut = bytes.subarray(0, size);
      expect(() => decodeSafetensors(counting(cut))).toThrow(SafetensorsError);
      let message = "";
      try {
        decodeSafetensors(cut);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(() => decodeSafetensors(counting(cut))).toThrow(new SafetensorsError(message));
    }
    const broken = {
      size: bytes.length,
      readInto: () => {
        throw new Error("EIO");
      },
    };
    expect(() => decodeSafetensors(broken)).toThrow(new Error("EIO"));
    expect(() => decodeSafetensors({ size: -1, readInto: () => undefined })).toThrow(
      "decodeSafetensors: size of the source is -1; it must be an integer, 0 or more.",
    );
    expect(() => decodeSafetensors(bytes, { only: "a" } as never)).toThrow("decodeSafetensors: only is");
  });
});
