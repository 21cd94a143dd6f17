/** The element types of safetensors that are numbers of whole bytes, all little-endian, and how each becomes a number that float32 rounds. */

/** The size of an element and how it is read. */
export interface ElementType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

/** Every type that can be read. C64, of complex numbers, and types of less than a byte cannot. */
export const elementTypes: Readonly<Record<string, ElementType>> = {
  BOOL: { bytes: 1, read: (view, at) => view.getUint8(at) },
  U8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  I8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  F8_E5M2: { bytes: 1, read: (view, at) => float16(view.getUint8(at) << 8) },
  F8_E4M3: { bytes: 1, read: (view, at) => float8E4M3(view.getUint8(at)) },
  F8_E8M0: { bytes: 1, read: (view, at) => float8E8M0(view.getUint8(at)) },
  F8_E5M2FNUZ: { bytes: 1, read: (view, at) => float8Unsigned0(view.getUint8(at), 5) },
  F8_E4M3FNUZ: { bytes: 1, read: (view, at) => float8Unsigned0(view.getUint8(at), 4) },
  U16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  I16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  F16: { bytes: 2, read: (view, at) => float16(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => bfloat16(view.getUint16(at, true)) },
  U32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  U64: { bytes: 8, read: (view, at) => nearest(view.getBigUint64(at, true)) },
  I64: { bytes: 8, read: (view, at) => nearest(view.getBigInt64(at, true)) },
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** A number that rounds to float32 as the integer does: exact up to 2^53, and beyond with one bit for all that is cut off. */
function nearest(value: bigint): number {
  const close = Number(value);
  if (Math.abs(close) <= 2 ** 53) return close;
  const high = value >> 11n;
  return Number(high << 11n === value ? high : high | 1n) * 2 ** 11;
}

/** Sign, exponent and fraction, all of whose values are finite: subnormal at exponent 0. */
function finiteFloat(bits: number, exponentBits: number, fractionBits: number, bias: number): number {
  const sign = bits >> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = bits & (2 ** fractionBits - 1);
  const scale = 2 ** (Math.max(1, exponent) - bias - fractionBits);
  return sign * (exponent === 0 ? fraction : 2 ** fractionBits + fraction) * scale;
}

/** IEEE 754 binary16: 5 exponent and 10 fraction bits. Its upper byte is F8_E5M2. */
function float16(bits: number): number {
  if (((bits >> 10) & 31) !== 31) return finiteFloat(bits, 5, 10, 15);
  return bits & 1023 ? NaN : bits >> 15 ? -Infinity : Infinity;
}

/** The OCP's E4M3: NaN with all bits set, and no infinity. */
const float8E4M3 = (bits: number): number => ((bits & 127) === 127 ? NaN : finiteFloat(bits, 4, 3, 7));

/** A power of two, as the scales of blocks are. */
const float8E8M0 = (bits: number): number => (bits === 255 ? NaN : 2 ** (bits - 127));

/** "FNUZ": NaN in the place of -0, no infinity, and a bias that is larger by one. */
const float8Unsigned0 = (bits: number, exponentBits: number): number =>
  bits === 128 ? NaN : finiteFloat(bits, exponentBits, 7 - exponentBits, 2 ** (exponentBits - 1));

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function bfloat16(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

export const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bits as float32 of each of the 65,536 values of a float16, made when they are first needed: 256 KB. */
let halves: Int32Array | undefined;

const bitsOfHalves = (): Int32Array =>
  (halves ??= new Int32Array(Float32Array.from({ length: 2 ** 16 }, (_, bits) => float16(bits)).buffer));

/**
 * Elements of one type as float32: `target[i]` is element i of `bytes`. The half types, in which most models are published, are read
 * without a call for each element; `elementTypes` says what every type means.
 */
export function fillFrom(dtype: string, bytes: Uint8Array, target: Float32Array): void {
  const { read, bytes: width } = elementTypes[dtype]!;
  const isHalf = dtype === "F16" || dtype === "BF16";
  if (isHalf && IS_LITTLE_ENDIAN && bytes.byteOffset % 2 === 0) {
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset, target.length);
    const bits = new Int32Array(target.buffer, target.byteOffset, target.length);
    if (dtype === "F16") widenHalves(words, bits, bitsOfHalves());
    else widenBrainFloats(words, bits);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < target.length; i++) target[i] = read(view, i * width);
}

// Four at a time: twice as fast in V8 as one at a time.

function widenHalves(words: Uint16Array, out: Int32Array, bits: Int32Array): void {
  const whole = words.length - (words.length % 4);
  for (let i = 0; i < whole; i += 4) {
    out[i] = bits[words[i]!]!;
    out[i + 1] = bits[words[i + 1]!]!;
    out[i + 2] = bits[words[i + 2]!]!;
    out[i + 3] = bits[words[i + 3]!]!;
  }
  for (let i = whole; i < words.length; i++) out[i] = bits[words[i]!]!;
}

function widenBrainFloats(words: Uint16Array, out: Int32Array): void {
  const whole = words.length - (words.length % 4);
  for (let i = 0; i < whole; i += 4) {
    out[i] = words[i]! << 16;
    out[i + 1] = words[i + 1]! << 16;
    out[i + 2] = words[i + 2]! << 16;
    out[i + 3] = words[i + 3]! << 16;
  }
  for (let i = whole; i < words.length; i++) out[i] = words[i]! << 16;
}
