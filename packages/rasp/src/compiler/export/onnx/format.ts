/**
 * The part of the ONNX file format that an encoder needs, and its writer. Names and field numbers are those of
 * https://github.com/onnx/onnx/blob/v1.12.0/onnx/onnx.proto3, which every later version reads too.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { encodeUtf8 } from "@selectron/core";

/** Values of TensorProto.DataType. */
export const FLOAT = 1;
export const INT64 = 7;
export const BOOL = 9;

/** The prefix of the names of constants that are no parameters of the model. */
export const CONSTANT = "constant ";

/** TensorProto. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Floats, or the numbers of an int64 tensor. */
  readonly data: Float32Array | BigInt64Array;
}

/** NodeProto, with integers and graphs as attributes only. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number | readonly number[] | OnnxGraph>>;
}

/** ValueInfoProto: an input or output of the graph. A name in the shape is a free size. */
export interface OnnxValue {
  readonly name: string;
  readonly type: typeof FLOAT | typeof INT64 | typeof BOOL;
  readonly shape: readonly (number | string)[];
}

/** GraphProto: of a model, or of an operator that runs one. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** ModelProto with its GraphProto. */
export interface OnnxModel extends OnnxGraph {
  readonly irVersion: number;
  readonly opset: number;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Equal models give equal bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter(encodeUtf8);
  integer(writer, 1, model.irVersion);
  text(writer, 2, "selectron");
  text(writer, 6, model.description);
  message(writer, 7, () => graph(writer, model));
  message(writer, 8, () => {
    text(writer, 1, ""); // the standard operators
    integer(writer, 2, model.opset);
  });
  for (const [key, value] of Object.entries(model.metadata)) {
    message(writer, 14, () => {
      text(writer, 1, key);
      text(writer, 2, value);
    });
  }
  return writer.finish();
}

function graph(writer: BinaryWriter, { name, nodes, initializers, inputs, outputs }: OnnxGraph): void {
  for (const node of nodes) message(writer, 1, () => operation(writer, node));
  text(writer, 2, name);
  for (const initializer of initializers) message(writer, 5, () => tensor(writer, initializer));
  for (const input of inputs) message(writer, 11, () => valueInfo(writer, input));
  for (const output of outputs) message(writer, 12, () => valueInfo(writer, output));
}

function operation(writer: BinaryWriter, { operator, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) text(writer, 1, input);
  for (const output of outputs) text(writer, 2, output);
  text(writer, 3, outputs[0]!);
  text(writer, 4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    message(writer, 5, () => {
      text(writer, 1, name);
      integer(writer, 20, attribute(writer, value));
    });
  }
}

/** @returns its AttributeType */
function attribute(writer: BinaryWriter, value: OnnxNode["attributes"][string]): number {
  if (typeof value === "number") {
    integer(writer, 3, value);
    return 2; // INT
  }
  if ("nodes" in value) {
    message(writer, 6, () => graph(writer, value));
    return 5; // GRAPH
  }
  for (const item of value) integer(writer, 8, item);
  return 7; // INTS
}

function tensor(writer: BinaryWriter, { name, shape, data }: OnnxTensor): void {
  for (const size of shape) integer(writer, 1, size);
  integer(writer, 2, data instanceof Float32Array ? FLOAT : INT64);
  text(writer, 8, name);
  writer.tag(9, WireType.LengthDelimited).bytes(littleEndian(data));
}

function valueInfo(writer: BinaryWriter, { name, type, shape }: OnnxValue): void {
  text(writer, 1, name);
  const typeProto = (): void => {
    integer(writer, 1, type);
    message(writer, 2, () => {
      for (const size of shape) {
        message(writer, 1, () => {
          if (typeof size === "number") integer(writer, 1, size);
          else text(writer, 2, size);
        });
      }
    });
  };
  message(writer, 2, () => message(writer, 1, typeProto));
}

function message(writer: BinaryWriter, field: number, fields: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  fields();
  writer.join();
}

const text = (writer: BinaryWriter, field: number, value: string): unknown =>
  writer.tag(field, WireType.LengthDelimited).string(value);

const integer = (writer: BinaryWriter, field: number, value: number): unknown =>
  writer.tag(field, WireType.Varint).int64(value);

/** The bytes in the format's order, on every machine. */
function littleEndian(data: Float32Array | BigInt64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(data.byteLength));
  if (data instanceof Float32Array) data.forEach((value, i) => view.setFloat32(i * 4, value, true));
  else data.forEach((value, i) => view.setBigInt64(i * 8, value, true));
  return new Uint8Array(view.buffer);
}
