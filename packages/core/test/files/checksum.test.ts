/** The checksum in the metadata of files: which changes it notices, and what it says of them. */
import { describe, expect, it } from "vitest";
import { crc32 } from "../../src/files/checksum.js";
import {
  ChecksumError,
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  tensor,
  verifyChecksum,
  withChecksum,
} from "../../src/index.js";

const tensors = new Map([
  ["b", tensor([[1, -0, 3.5]])],
  ["a", tensor([2, 4])],
]);
const metadata = { title: "é", card: '{"x":1}' };
const checked = withChecksum(tensors, metadata);
const bytes = encodeSafetensors(tensors, checked);

it("crc32 is that of zlib", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe("cbf43926");
  expect(crc32(new Uint8Array())).toBe("00000000");
});

it("a file fits its checksum, whatever the order of its entries", () => {
  expect(checked["selectron.checksum"]).toMatch(/^\w{8} \w{8}$/);
  expect(verifyChecksum(decodeSafetensors(bytes))).toBe(true);
  const turned = Object.fromEntries(Object.entries(checked).reverse());
  expect(verifyChecksum({ tensors: new Map([...tensors].reverse()), metadata: turned })).toBe(true);
  expect(verifyChecksum({ tensors, metadata })).toBe(false);
});

it("every flipped bit of the weights is noticed, and one of the header where it changes what the file says", () => {
  const start = bytes.length - 4 * 5;
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    let file;
    try {
      file = decodeSafetensors(flipped);
      verifyChecksum(file);
    } catch (error) {
      expect(error).toBeInstanceOf(SafetensorsError);
      continue;
    }
    // What is left is the checksum's own name.
    expect(bit >> 3).toBeLessThan(start);
    expect([...file.tensors].map(([name, { data }]) => [name, [...data]])).toEqual([
      ["a", [2, 4]],
      ["b", [1, -0, 3.5]],
    ]);
    expect(file.metadata).toMatchObject(metadata);
  }
});

describe("the error says", () => {
  const problem = (file: Parameters<typeof verifyChecksum>[0]): string => {
    try {
      verifyChecksum(file);
    } catch (error) {
      expect(error).toBeInstanceOf(ChecksumError);
      expect((error as ChecksumError).suggestion).toContain('delete "selectron.checksum" from its metadata');
      return (error as Error).message;
    }
    return "none";
  };

  it.each([
    ["weights", { tensors: new Map(tensors).set("a", tensor([2, 5])), metadata: checked }],
    ["weights", { tensors: new Map(tensors).set("c", tensor([2])), metadata: checked }],
    ["metadata", { tensors, metadata: { ...checked, card: '{"x":2}' } }],
    ["metadata", { tensors, metadata: { ...checked, more: "" } }],
  ])("that the %s were changed", (what, file) => {
    expect(problem(file)).toMatch(
      new RegExp(`^the ${what} were changed .*: their checksum is \\w{8}, and should be \\w{8}$`),
    );
  });

  it("that the checksum itself is damaged", () => {
    for (const damaged of ["", "nonsense!", `${checked["selectron.checksum"]} 0`]) {
      expect(problem({ tensors, metadata: { ...checked, "selectron.checksum": damaged } })).toBe(
        'the metadata entry "selectron.checksum" is damaged',
      );
    }
  });
});

it("the one number of checkpoints of version 0.1 is still read", () => {
  const old = { ...metadata, "selectron.checksum": crc32(encodeSafetensors(tensors, metadata)) };
  expect(verifyChecksum({ tensors, metadata: old })).toBe(true);
  expect(() => verifyChecksum({ tensors, metadata: { ...old, title: "e" } })).toThrow("the weights or the metadata");
});
