/** Reads the metadata and the parameters of an exported ONNX file. Its operators are for other runtimes. */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { asBytes, decodeUtf8, otherFormat, readable, tensor, type FileBytes, type Tensor } from "@selectron/core";
import { CONSTANT, FLOAT } from "./format.js";

export interface OnnxContents {
  /** The initializers of type float, without the operators' constants. */
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;
}

/** A file that is no ONNX file, or a damaged one. */
export class OnnxFileError extends Error {
  constructor(message: string) {
    super(readable(message));
    this.name = "OnnxFileError";
  }
}

/** @throws OnnxFileError */
export const decodeOnnx = (file: FileBytes): OnnxContents => contentsOf(file, true);

/** The metadata alone. @throws OnnxFileError */
export const onnxMetadata = (file: FileBytes): Record<string, string> => contentsOf(file, false).metadata;

function contentsOf(file: FileBytes, hasTensors: boolean): OnnxContents {
  const bytes = asBytes(file, "CompiledModel.fromOnnx");
  try {
    return readModel(bytes, hasTensors);
  } catch (error) {
    const format = otherFormat(bytes);
    const other = format?.startsWith("ONNX") ? undefined : format;
    throw new OnnxFileError(
      other ? `the file is ${other}` : `this is no ONNX file, or a damaged one: ${(error as Error).message}`,
    );
  }
}

function readModel(bytes: Uint8Array, hasTensors: boolean): OnnxContents {
  const tensors = new Map<string, Tensor>();
  const metadata: Record<string, string> = {};
  const graph = (reader: BinaryReader): void =>
    message(reader, { 5: (initializer) => readTensor(initializer, tensors) });
  const metadataProperty = (reader: BinaryReader): void => {
    let [key, value] = ["", ""];
    message(reader, { 1: () => (key = reader.string()), 2: () => (value = reader.string()) });
    metadata[key] = value;
  };
  const reader = new BinaryReader(bytes, decodeUtf8);
  fields(reader, reader.len, { ...(hasTensors ? { 7: graph } : {}), 14: metadataProperty });
  return { tensors, metadata };
}

function readTensor(reader: BinaryReader, into: Map<string, Tensor>): void {
  const shape: number[] = [];
  let name = "";
  let type = 0;
  let raw: Uint8Array = new Uint8Array();
  message(reader, {
    1: (_, wire) => {
      // Some writers pack all sizes into one field.
      const end = wire === WireType.LengthDelimited ? reader.uint32() + reader.pos : reader.pos + 1;
      while (reader.pos < end) shape.push(Number(reader.int64()));
    },
    2: () => (type = reader.int32()),
    8: () => (name = reader.string()),
    9: () => (raw = reader.bytes()),
  });
  if (type !== FLOAT || name.startsWith(CONSTANT)) return;
  if (raw.length !== shape.reduce((a, b) => a * b, 4)) {
    throw new Error(`the tensor ${name} of shape [${shape.join(", ")}] has ${raw.length} bytes of raw data`);
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  into.set(
    name,
    tensor(
      Float32Array.from({ length: raw.length / 4 }, (_, i) => view.getFloat32(i * 4, true)),
      shape,
    ),
  );
}

/** What to do with each field by its number; fields without an entry are skipped. */
type Handlers = Readonly<Record<number, (reader: BinaryReader, wire: WireType) => unknown>>;

/** Reads a message that begins with its length. */
function message(reader: BinaryReader, handlers: Handlers): void {
  const length = reader.uint32();
  fields(reader, reader.pos + length, handlers);
}

function fields(reader: BinaryReader, end: number, handlers: Handlers): void {
  while (reader.pos < end) {
    const [field, wire] = reader.tag();
    const handle = handlers[field];
    if (handle) handle(reader, wire);
    else reader.skip(wire, field);
  }
}
