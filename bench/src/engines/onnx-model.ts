/** Just enough of ONNX (onnx.proto3, IR version 8) to write a graph of float32 tensors as bytes. */

/** A node; attributes are integers if they are, floats otherwise. */
export interface OnnxNode {
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, { int: number } | { float: number } | { ints: readonly number[] }>>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Their shapes; −1 for any length. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly output: string;
  /** Further outputs. */
  readonly outputs?: readonly string[];
  /** float32 constants, or int64 for arrays of numbers. */
  readonly constants?: Readonly<Record<string, { shape: readonly number[]; data: Float32Array | readonly number[] }>>;
}

const text = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

type Part = Uint8Array;

const join = (parts: readonly Part[]): Part => {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
};

const bytes = (field: number, data: Part): Part =>
  join([Uint8Array.from([...varint(field * 8 + 2), ...varint(data.length)]), data]);
const string = (field: number, value: string): Part => bytes(field, text.encode(value));
const integer = (field: number, value: number): Part => Uint8Array.from([...varint(field * 8), ...varint(value)]);
const float = (field: number, value: number): Part =>
  join([Uint8Array.from(varint(field * 8 + 5)), new Uint8Array(Float32Array.of(value).buffer)]);

/** TensorProto.DataType. */
const FLOAT = 1;
const INT64 = 7;

function attribute(name: string, value: { int: number } | { float: number } | { ints: readonly number[] }): Part {
  if ("float" in value) return bytes(5, join([string(1, name), float(2, value.float), integer(20, 1)]));
  if ("int" in value) return bytes(5, join([string(1, name), integer(3, value.int), integer(20, 2)]));
  return bytes(5, join([string(1, name), ...value.ints.map((int) => integer(8, int)), integer(20, 7)]));
}

function node({ operation, inputs, outputs, domain, attributes = {} }: OnnxNode): Part {
  return join([
    ...inputs.map((name) => string(1, name)),
    ...outputs.map((name) => string(2, name)),
    string(4, operation),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...(domain ? [string(7, domain)] : []),
  ]);
}

function valueInfo(name: string, shape: readonly number[] | undefined): Part {
  const dimensions = shape?.map((length) => bytes(1, length < 0 ? new Uint8Array() : integer(1, length)));
  const type = join([integer(1, FLOAT), ...(dimensions ? [bytes(2, join(dimensions))] : [])]);
  return join([string(1, name), bytes(2, bytes(1, type))]);
}

function constant(name: string, shape: readonly number[], data: Float32Array | readonly number[]): Part {
  const isFloat = data instanceof Float32Array;
  const raw = isFloat ? data : BigInt64Array.from(data, BigInt);
  return join([
    ...shape.map((length) => integer(1, length)),
    integer(2, isFloat ? FLOAT : INT64),
    string(8, name),
    bytes(9, new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)),
  ]);
}

/** The bytes of a model with that graph, operator set 17 and Microsoft's contributed operators. */
export function onnxModel({ nodes, inputs, output, outputs = [], constants = {} }: OnnxGraph): Uint8Array {
  const graph = join([
    ...nodes.map((each) => bytes(1, node(each))),
    string(2, "bench"),
    ...Object.entries(constants).map(([name, { shape, data }]) => bytes(5, constant(name, shape, data))),
    ...Object.entries(inputs).map(([name, shape]) => bytes(11, valueInfo(name, shape))),
    ...[output, ...outputs].map((name) => bytes(12, valueInfo(name, undefined))),
  ]);
  const operators = (domain: string, version: number): Part => bytes(8, join([string(1, domain), integer(2, version)]));
  return join([integer(1, 8), operators("", 17), operators("com.microsoft", 1), bytes(7, graph)]);
}
