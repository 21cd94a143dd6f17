/** Safetensors files with other types than float32, for tests of reading. */
import type { Tensor } from "@selectron/core";
import { withHeader } from "../../../../test/mutations.js";

/** How an element is written: its bytes, and the number that is read again. */
interface Written {
  readonly bytes: number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

/** float16 by its definition, cut off and not rounded: exact for what was read from one. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === 0) return sign;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const fraction = Math.floor((size / 2 ** exponent) * 1024);
  return sign + (fraction < 1024 ? fraction : (exponent + 15) * 1024 + (fraction - 1024));
}

const word = new DataView(new ArrayBuffer(4));

export const TYPES: Readonly<Record<string, Written>> = {
  F32: { bytes: 4, write: (view, at, value) => view.setFloat32(at, value, true) },
  F64: { bytes: 8, write: (view, at, value) => view.setFloat64(at, value, true) },
  F16: { bytes: 2, write: (view, at, value) => view.setUint16(at, halfBits(value), true) },
  BF16: {
    bytes: 2,
    write: (view, at, value) => {
      word.setFloat32(0, value);
      view.setUint16(at, word.getUint16(0), true);
    },
  },
  I8: { bytes: 1, write: (view, at, value) => view.setInt8(at, value) },
  BOOL: { bytes: 1, write: (view, at, value) => view.setUint8(at, +(value !== 0)) },
};

/** A file with every tensor in the type that `typeOf` gives its name. */
export function encodeAs(
  tensors: ReadonlyMap<string, Tensor>,
  typeOf: string | ((name: string) => string),
): Uint8Array {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, { data, shape }] of tensors) {
    const dtype = typeof typeOf === "string" ? typeOf : typeOf(name);
    const { bytes, write } = TYPES[dtype]!;
    const part = new Uint8Array(data.length * bytes);
    data.forEach((value, i) => write(new DataView(part.buffer), i * bytes, value));
    header[name] = { dtype, shape, data_offsets: [end, (end += part.length)] };
    parts.push(part);
  }
  const all = new Uint8Array(end);
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return withHeader(JSON.stringify(header), all);
}
