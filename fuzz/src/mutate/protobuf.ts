/** Edits of protobuf messages such as ONNX files: of fields at any depth, with lengths that fit. */
import type { Rng } from "@selectron/core";
import { editBytes, flipBit, joined, type Edit } from "./bytes.js";
import { editJson } from "./json.js";

/** A field: its tag and, where it has one, its length apart from its contents. */
interface Field {
  readonly tag: Uint8Array;
  readonly isSized: boolean;
  readonly contents: Uint8Array;
}

function varint(bytes: Uint8Array, at: number): readonly [value: number, end: number] {
  let value = 0;
  for (let i = at; i < Math.min(bytes.length, at + 10); i++) {
    value += (bytes[i]! & 127) * 2 ** (7 * (i - at));
    if (bytes[i]! < 128) return [value, i + 1];
  }
  return [NaN, bytes.length];
}

function encodedVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    if (rest < 128) return Uint8Array.from(bytes);
  }
}

/** The fields of a message; undefined if the bytes are none. */
function fieldsOf(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, afterTag] = varint(bytes, at);
    const wire = tag % 8;
    if (!(tag >= 8) || ![0, 1, 2, 5].includes(wire)) return undefined;
    const [length, start] = wire === 2 ? varint(bytes, afterTag) : [0, afterTag];
    const end = wire === 0 ? varint(bytes, afterTag)[1] : start + (wire === 1 ? 8 : wire === 5 ? 4 : length);
    if (!(end <= bytes.length)) return undefined;
    fields.push({ tag: bytes.slice(at, afterTag), isSized: wire === 2, contents: bytes.slice(start, end) });
    at = end;
  }
  return fields;
}

const encoded = (fields: readonly Field[]): Uint8Array =>
  joined(
    ...fields.flatMap(({ tag, isSized, contents }) =>
      isSized ? [tag, encodedVarint(contents.length), contents] : [tag, contents],
    ),
  );

function editContents(bytes: Uint8Array, rng: Rng): Uint8Array {
  if (bytes[0] === 0x7b) return new TextEncoder().encode(editJson(new TextDecoder().decode(bytes), rng));
  const fields = fieldsOf(bytes);
  return fields && fields.length > 0 && rng.int(4) > 0 ? editFields(fields, rng) : editBytes(bytes, rng);
}

function editFields(fields: Field[], rng: Rng): Uint8Array {
  const at = rng.int(fields.length);
  const field = fields[at]!;
  switch (rng.int(12)) {
    case 0:
      fields.splice(at, 1);
      break;
    case 1:
      fields.splice(rng.int(fields.length), 0, field);
      break;
    case 2:
      fields.splice(at, 1, fields[rng.int(fields.length)]!);
      break;
    case 3:
      fields[at] = { ...field, tag: flipBit(field.tag, rng) };
      break;
    default:
      fields[at] = { ...field, contents: editContents(field.contents, rng) };
  }
  return encoded(fields);
}

/** One edit of a message, or of its bytes. */
export const editProtobuf: Edit = (bytes, rng) => {
  const fields = rng.int(4) > 0 ? fieldsOf(bytes) : undefined;
  return fields && fields.length > 0 ? editFields(fields, rng) : editBytes(bytes, rng);
};

/** The message without the outermost fields of these contents. */
export const withoutFields = (bytes: Uint8Array, isUnwanted: (contents: Uint8Array) => boolean): Uint8Array =>
  encoded((fieldsOf(bytes) ?? []).filter(({ contents }) => !isUnwanted(contents)));

/** Fields of ONNX's ModelProto, GraphProto and TensorProto. */
const [GRAPH, INITIALIZER, NAME, RAW_DATA] = [7, 5, 8, 9];
const numberOf = ({ tag }: Field): number => Math.floor(varint(tag, 0)[0] / 8);

/** An ONNX file with one bit flipped in the numbers of a parameter. */
export const flipParameter: Edit = (bytes, rng) => {
  const model = fieldsOf(bytes) ?? [];
  const graphAt = model.findIndex((field) => numberOf(field) === GRAPH);
  const graph = fieldsOf(model[graphAt]?.contents ?? new Uint8Array()) ?? [];
  const places = graph.flatMap((field, at) => {
    const tensor = numberOf(field) === INITIALIZER ? (fieldsOf(field.contents) ?? []) : [];
    const name = new TextDecoder().decode(tensor.find((part) => numberOf(part) === NAME)?.contents);
    const dataAt = tensor.findIndex((part) => numberOf(part) === RAW_DATA && part.contents.length > 0);
    return /\.(weight|bias)$/.test(name) && dataAt >= 0 ? [{ at, tensor, dataAt }] : [];
  });
  if (places.length === 0) return bytes;
  const { at, tensor, dataAt } = rng.pick(places);
  const changed = tensor.with(dataAt, { ...tensor[dataAt]!, contents: flipBit(tensor[dataAt]!.contents, rng) });
  const graphChanged = graph.with(at, { ...graph[at]!, contents: encoded(changed) });
  return encoded(model.with(graphAt, { ...model[graphAt]!, contents: encoded(graphChanged) }));
};
