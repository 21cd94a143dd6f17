import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  decodeSafetensors,
  encodeSafetensors,
  Rng,
  SafetensorsError,
  tensor,
  zeros,
  type Tensor,
} from "@selectron/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { damagedSafetensors, withHeader as file } from "../../../../test/mutations.js";
import { anyTensor, shapes } from "../arbitrary/tensor.js";
import { CORNERS } from "./safetensors-corners.js";

const one = (dtype: string, shape: unknown, offsets: unknown): string =>
  JSON.stringify({ x: { dtype, shape, data_offsets: offsets } });

describe("round trips", () => {
  it("any tensors and metadata come back, byte for byte the same", () => {
    const name = fc.string({ unit: "binary" });
    const named = fc.dictionary(
      name.filter((name) => name !== "__metadata__" && !/\p{Surrogate}/u.test(name)),
      shapes(3).chain(anyTensor),
    );
    fc.assert(
      fc.property(named, fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
        const bytes = encodeSafetensors(tensors, metadata);
        const decoded = decodeSafetensors(bytes);
        expect(decoded.metadata).toEqual({ ...metadata });
        expect(new Set(decoded.tensors.keys())).toEqual(new Set(Object.keys(tensors)));
        for (const [name, x] of decoded.tensors) {
          expect(x.shape).toEqual(tensors[name]!.shape);
          expect(x.data).toEqual(tensors[name]!.data);
        }
        expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(bytes);
      }),
    );
  });

  it("writes exactly the reference layout, whatever the order of insertion", () => {
    const tensors = new Map([["b", tensor([[1, 2]])], ["a", tensor(3)]]); // prettier-ignore
    const header =
      '{"__metadata__":{"format":"selectron"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
      '"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}}';
    const data = new Uint8Array(Float32Array.of(3, 1, 2).buffer);
    const expected = file(header.padEnd(Math.ceil(header.length / 8) * 8), data);
    expect(encodeSafetensors(tensors, { format: "selectron" })).toEqual(expected);
  });

  it("reads from the middle of a larger buffer", () => {
    const bytes = encodeSafetensors({ x: tensor([1, 2]) });
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    expect(
      decodeSafetensors(larger.subarray(3, 3 + bytes.length))
        .tensors.get("x")
        ?.toArray(),
    ).toEqual([1, 2]);
  });
});

describe("other types become float32", () => {
  const read = (dtype: string, data: ArrayBufferView, count: number): unknown =>
    decodeSafetensors(file(one(dtype, [count], [0, data.byteLength]), new Uint8Array(data.buffer)))
      .tensors.get("x")
      ?.toArray();

  it.each([
    ["F64", Float64Array.of(0.1, -1e300), [Math.fround(0.1), -Infinity]],
    ["I64", BigInt64Array.of(-5n, 16777217n), [-5, 16777216]],
    ["U64", BigUint64Array.of(5n, 2n ** 64n - 1n), [5, 2 ** 64]],
    // Between two floats, on the side that a rounding to float64 would hide.
    [
      "I64",
      BigInt64Array.of(2n ** 62n + 2n ** 38n + 1n, -(2n ** 62n) - 2n ** 38n - 1n),
      [2 ** 62 + 2 ** 39, -(2 ** 62) - 2 ** 39],
    ],
    ["U64", BigUint64Array.of(2n ** 62n + 2n ** 38n, 2n ** 62n + 3n * 2n ** 38n - 1n), [2 ** 62, 2 ** 62 + 2 ** 39]],
    ["I32", Int32Array.of(-7, 2 ** 30), [-7, 2 ** 30]],
    ["U32", Uint32Array.of(2 ** 31), [2 ** 31]],
    ["I16", Int16Array.of(-300), [-300]],
    ["U16", Uint16Array.of(65535), [65535]],
    ["I8", Int8Array.of(-128), [-128]],
    ["U8", Uint8Array.of(255), [255]],
    ["BOOL", Uint8Array.of(1, 0), [1, 0]],
    // The bytes of ml_dtypes 0.6.0 and their values there.
    [
      "F8_E5M2",
      Uint8Array.of(0, 1, 3, 7, 0x38, 0x7b, 0x7c, 0x81, 0xc5, 0xfc),
      [0, 2 ** -16, 3 * 2 ** -16, 7 * 2 ** -16, 0.5, 57344, Infinity, -(2 ** -16), -5, -Infinity],
    ],
    [
      "F8_E4M3",
      Uint8Array.of(0, 1, 3, 7, 0x38, 0x7b, 0x7c, 0x7e, 0x81, 0xc5),
      [0, 2 ** -9, 3 * 2 ** -9, 7 * 2 ** -9, 1, 352, 384, 448, -(2 ** -9), -3.25],
    ],
    ["F8_E8M0", Uint8Array.of(0, 1, 0x7e, 0x7f, 0x80, 0xfe), [2 ** -127, 2 ** -126, 0.5, 1, 2, 2 ** 127]],
    [
      "F8_E5M2FNUZ",
      Uint8Array.of(0, 1, 3, 0x38, 0x7b, 0x7f, 0x81, 0xc5, 0xff),
      [0, 2 ** -17, 3 * 2 ** -17, 0.25, 28672, 57344, -(2 ** -17), -2.5, -57344],
    ],
    [
      "F8_E4M3FNUZ",
      Uint8Array.of(0, 1, 3, 0x38, 0x7b, 0x7f, 0x81, 0xc5, 0xff),
      [0, 2 ** -10, 3 * 2 ** -10, 0.5, 176, 240, -(2 ** -10), -1.625, -240],
    ],
    ["BF16", Uint16Array.of(0x3f80, 0xc040, 0x7f80, 0x0001), [1, -3, Infinity, 2 ** -133]],
    [
      "F16",
      Uint16Array.of(0x3c00, 0xc200, 0x7c00, 0xfc00, 0x0001, 0x03ff, 0x7bff),
      [1, -3, Infinity, -Infinity, 2 ** -24, 1023 * 2 ** -24, 65504],
    ],
  ])("%s", (dtype, data, expected) => {
    expect(read(dtype, data, expected.length)).toEqual(expected);
  });

  it.each([
    ["F8_E5M2", 0x7d],
    ["F8_E5M2", 0xff],
    ["F8_E4M3", 0x7f],
    ["F8_E4M3", 0xff],
    ["F8_E8M0", 0xff],
    ["F8_E5M2FNUZ", 0x80],
    ["F8_E4M3FNUZ", 0x80],
  ])("NaN of %s: byte %i", (dtype, byte) => {
    expect(read(dtype, Uint8Array.of(byte), 1)).toEqual([NaN]);
  });

  it("F16 keeps NaN and the sign of zero", () => {
    const [nan, negative] = read("F16", Uint16Array.of(0x7e00, 0x8000), 2) as number[];
    expect(nan).toBeNaN();
    expect(negative).toBe(-0);
  });
});

describe("corners of the format, beside its own reader", () => {
  for (const [what, bytes, official, ours = official] of CORNERS) {
    it(what, () => {
      const read = (): unknown => decodeSafetensors(bytes);
      if (ours === "reads") expect(read).not.toThrow();
      else expect(read).toThrow(SafetensorsError);
    });
  }
});

describe("damage is named", () => {
  // prettier-ignore
  const damages: [string, Uint8Array, string][] = [
    ["nothing", new Uint8Array(0), "the file has 0 bytes, fewer than the 8 of its header length. Was it downloaded completely?"],
    ["an absurd header", new Uint8Array(16).fill(255), "the header claims 18446744073709551615 bytes, over the limit of 100000000. Is this a safetensors file?"],
    ["a cut header", file("{}").subarray(0, 9), "the header claims 2 bytes, but only 1 follow. The file is truncated or not safetensors."],
    ["a list", file("[]"), 'the header must be a JSON object that starts with "{". Is this a safetensors file?'],
    ["leading space", file(" {}"), 'the header must be a JSON object that starts with "{". Is this a safetensors file?'],
    ["wrong metadata", file('{"__metadata__":{"a":1}}'), '__metadata__ must map names to strings, not {"a":1}.'],
    ["no description", file('{"x":1}'), 'tensor "x" has no description: 1.'],
    ["an unknown type", file(one("F4", [2], [0, 1]), [0]), 'tensor "x" has dtype "F4"; readable are BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E5M2FNUZ, F8_E4M3FNUZ, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64. Convert it to F32 before saving.'],
    ["a prototype's type", file(one("toString", [1], [0, 1]), [0]), 'tensor "x" has dtype "toString"; readable are BOOL, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E5M2FNUZ, F8_E4M3FNUZ, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64. Convert it to F32 before saving.'],
    ["a bad shape", file(one("F32", [-1], [0, 4])), 'tensor "x" has shape [-1], not a list of non-negative integers.'],
    ["bad offsets", file(one("F32", [1], [0])), 'tensor "x" has data_offsets [0], not [begin, end] in bytes.'],
    ["a wrong length", file(one("F32", [2], [0, 4]), [0, 0, 0, 0]), 'tensor "x" of shape [2] and dtype F32 takes 8 bytes, but its data_offsets [0, 4] hold 4. The header is damaged.'],
    ["a hole", file(one("F32", [1], [4, 8]), new Uint8Array(8)), 'tensor "x" at byte 4 leaves a hole after the start, which ends at byte 0. The header is damaged.'],
    ["cut data", file(one("F32", [1], [0, 4]), [0, 0]), "the header describes 4 bytes of data, but the file holds 2. It is truncated; fetch it again."],
    ["trailing data", file("{}", [1]), "the header describes 0 bytes of data, but the file holds 1. It has trailing bytes or a damaged header."],
    ["a key twice", file('{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [0]), 'the header has the key "x" twice.'],
    ["a key twice, with another range", file('{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0078":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', [0, 0]), 'the header has the key "x" twice.'],
    ["a type twice", file('{"x":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [0]), 'the header has the key "dtype" in "x" twice.'],
    ["metadata twice", file('{"__metadata__":{},"__metadata__":{}}'), 'the header has the key "__metadata__" twice.'],
    ["a size with a point", file('{"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', [0]), 'the header has 1.0 in "shape" in "x", which must be whole numbers without sign, point or exponent.'],
    ["a size with an exponent", file('{"x":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', [0]), 'the header has 1e0 in "shape" in "x", which must be whole numbers without sign, point or exponent.'],
    ["an offset of -0", file('{"x":{"dtype":"U8","shape":[1],"data_offsets":[-0,1]}}', [0]), 'the header has -0 in "data_offsets" in "x", which must be whole numbers without sign, point or exponent.'],
    ["half of a surrogate pair", file('{"\\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [0]), 'the header has half of a surrogate pair in "\\ud800".'],
    ["deep nesting", file(`{"x":${"[".repeat(128)}${"]".repeat(128)}}`), "the header is nested more than 127 levels deep."],
    ["very deep nesting", file(`{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`), "the header is nested more than 127 levels deep."],
    ["deep nesting without an end", file(`{"x":${'{"x":'.repeat(100_000)}`), "the header is nested more than 127 levels deep."],
    ["a product of sizes that overflows before a 0", file(one("U8", [2 ** 40, 2 ** 40, 0], [0, 0])), 'tensor "x" has shape [1099511627776, 1099511627776, 0], of more elements than 64 bits count.'],
    ["overlap", file('{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}', [0, 0, 0]), 'tensor "y" at byte 1 overlaps tensor "x", which ends at byte 2. The header is damaged.'],
  ];

  it.each(damages)("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(new SafetensorsError(`decodeSafetensors: ${message}`));
  });

  it("bad JSON and bad UTF-8", () => {
    expect(() => decodeSafetensors(file("{nope"))).toThrow(/^decodeSafetensors: the header is not valid JSON \(/);
    const malformed = file('{"?":1}');
    malformed[10] = 0xff;
    expect(() => decodeSafetensors(malformed)).toThrow(SafetensorsError);
  });

  it("any cut and any flipped byte of the header gives a SafetensorsError or a valid file, never another error", () => {
    const whole = encodeSafetensors({ a: tensor([1, 2, 3]), b: zeros([2, 2]) }, { k: "v" });
    const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    const attempt = (bytes: Uint8Array): void => {
      try {
        decodeSafetensors(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(SafetensorsError);
      }
    };
    for (let end = 0; end < whole.length; end++) {
      expect(() => decodeSafetensors(whole.subarray(0, end))).toThrow(SafetensorsError);
    }
    const rng = new Rng(1);
    for (let i = 0; i < 3000; i++) {
      const damaged = whole.slice();
      damaged[rng.int(headerEnd)] = rng.int(256);
      attempt(damaged);
    }
    for (let i = 0; i < breadth({ short: 1000, long: 50_000 }); i++) attempt(damagedSafetensors(whole, rng));
  });

  it("refuses to write what readers refuse", () => {
    const refused: [unknown, unknown, string][] = [
      [{}, { a: 5 }, 'the metadata "a" is 5, but metadata maps names to strings; give String(value) or JSON.'],
      [{}, { a: "\ud800" }, 'the metadata "a" has half of a surrogate pair, which UTF-8 cannot hold.'],
      [{ "x\udc00": zeros([1]) }, {}, 'the name "x\\udc00" has half of a surrogate pair; rename the tensor.'],
      [{ x: [1, 2] }, undefined, '"x" is no tensor; make one with tensor(values).'],
      [new Map([[1, zeros([1])]]), undefined, "the name 1 is no string."],
      [
        {},
        new Map([["a", "b"]]),
        "metadata must be an object that maps names to strings; make one of a Map with Object.fromEntries.",
      ],
      [{}, null, "metadata must be an object that maps names to strings; make one of a Map with Object.fromEntries."],
      [{}, ["a"], "metadata must be an object that maps names to strings; make one of a Map with Object.fromEntries."],
      [
        {},
        { a: "b".repeat(1e8) },
        "names and metadata make a header of 100000001 bytes or more; the format allows 100000000.",
      ],
    ];
    for (const [tensors, metadata, message] of refused) {
      expect(() => encodeSafetensors(tensors as Record<string, Tensor>, metadata as Record<string, string>)).toThrow(
        new SafetensorsError(`encodeSafetensors: ${message}`),
      );
    }
  });

  it("refuses to write a tensor with the metadata's name", () => {
    expect(() => encodeSafetensors({ __metadata__: zeros([1]) })).toThrow(
      new SafetensorsError('encodeSafetensors: "__metadata__" cannot name a tensor; rename it.'),
    );
  });
});

describe("files of other writers", () => {
  const folder = fileURLToPath(new URL("../../../../../shared/models/models/", import.meta.url));
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".safetensors")) : [];
  if (files.length === 0) console.warn(`skipped: reading real safetensors files, because ${folder} is absent`);

  it.skipIf(files.length === 0)("are read and written back with equal values", () => {
    for (const name of files.slice(0, 5)) {
      const { tensors, metadata } = decodeSafetensors(readFileSync(folder + name));
      expect(tensors.size).toBeGreaterThan(0);
      for (const x of tensors.values()) expect(x.data.every(Number.isFinite)).toBe(true);
      const again = decodeSafetensors(encodeSafetensors(tensors, metadata));
      expect(again.metadata).toEqual(metadata);
      for (const [key, x] of tensors) expect(again.tensors.get(key)?.data).toEqual(x.data);
    }
  });
});
