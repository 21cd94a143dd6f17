/**
 * Corners of the safetensors format, one a row: what is in the file, what the format's own reader says of it (safetensors 0.8.0, in Rust,
 * asked through Python), and what we say where that is something else: because the format's text asks for it, or for the reason given.
 */
import { withHeader } from "../../../../test/mutations.js";

/** What a reader does with a file. */
type Verdict = "reads" | "refuses";

export type Corner = readonly [what: string, file: Uint8Array, official: Verdict, ours?: Verdict];

/** A tensor "x" of one byte whose entry has these members in place of the usual ones, as JSON. */
function x(change: { dtype?: string; shape?: string; offsets?: string; more?: string }, bytes = 1): Uint8Array {
  const { dtype = '"U8"', shape = "[1]", offsets = `[0,${bytes}]`, more = "" } = change;
  return withHeader(
    `{"x":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}${more}}}`,
    new Uint8Array(bytes),
  );
}

const X = '"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
const Y = '"y":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}';
const data = (bytes: number): Uint8Array => new Uint8Array(bytes);
const ofHeader = (header: string, bytes = 1): Uint8Array => withHeader(header, data(bytes));

/** A file that claims a header of this many bytes. */
function claiming(length: bigint, header = `{${X}}`, bytes = 1): Uint8Array {
  const file = ofHeader(header, bytes);
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
}

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

const DTYPES: readonly [string, number][] = [
  ["BOOL", 1], ["U8", 1], ["I8", 1], ["U16", 2], ["I16", 2], ["F16", 2], ["BF16", 2], ["U32", 4], ["I32", 4], ["F32", 4], ["U64", 8],
  ["I64", 8], ["F64", 8], ["F8_E5M2", 1], ["F8_E4M3", 1], ["F8_E8M0", 1], ["F8_E5M2FNUZ", 1], ["F8_E4M3FNUZ", 1],
]; // prettier-ignore

// prettier-ignore
export const CORNERS: readonly Corner[] = [
  ["an ordinary file", ofHeader(`{${X},${Y}}`, 2), "reads"],
  ["no tensors", ofHeader("{}", 0), "reads"],
  ["metadata alone", ofHeader('{"__metadata__":{"a":"b"}}', 0), "reads"],
  // The header's length.
  ["no bytes at all", data(0), "refuses"],
  ["seven bytes", data(7), "refuses"],
  ["a header of no bytes", data(8), "refuses"],
  ["a header one byte longer than the file", claiming(BigInt(X.length + 4)), "refuses"],
  ["a header one byte too short", claiming(BigInt(X.length + 1)), "refuses"],
  ["a header that takes in the data", claiming(BigInt(X.length + 3)), "refuses"],
  ["a header of 100,000,001 bytes", claiming(100_000_001n), "refuses"],
  ["a header of 2^64 - 1 bytes", claiming(2n ** 64n - 1n), "refuses"],
  ["a header of 2^63 bytes", claiming(2n ** 63n), "refuses"],
  // The header's text.
  ["spaces after the header", ofHeader(`{${X}}     `), "reads"],
  ["other white space after the header", ofHeader(`{${X}} \n\r\t`), "reads"],
  ["zeros after the header", ofHeader(`{${X}}\0\0`), "refuses"],
  ["a space before the header, which the format forbids", ofHeader(` {${X}}`), "reads", "refuses"],
  ["a line feed before the header, which the format forbids", ofHeader(`\n{${X}}`), "reads", "refuses"],
  ["a byte order mark", ofHeader(`\ufeff{${X}}`), "refuses"],
  ["white space inside", ofHeader(`{ "x" :\t{"dtype" : "U8","shape":[ 1 ],"data_offsets":[0 , 1\n]}\r}`), "reads"],
  ["a no-break space inside", ofHeader(`{\u00a0${X}}`), "refuses"],
  ["a form feed inside", ofHeader(`{\f${X}}`), "refuses"],
  ["a header not a multiple of 8 bytes long", ofHeader(`{${X}}  `), "reads"],
  ["a list", ofHeader("[]", 0), "refuses"],
  ["null", ofHeader("null", 0), "refuses"],
  ["two objects", ofHeader("{}{}", 0), "refuses"],
  ["a comma too many", ofHeader(`{${X},}`), "refuses"],
  ["a comment", ofHeader(`{/**/${X}}`), "refuses"],
  ["single quotes", ofHeader(`{${X.replaceAll('"', "'")}}`), "refuses"],
  ["bytes that are not UTF-8", ofHeader(`{${X}}`).map((byte, i) => (i === 10 ? 0xff : byte)), "refuses"],
  // Keys.
  ["a tensor twice, which the format forbids", ofHeader(`{${X},${X}}`), "reads", "refuses"],
  ["a tensor twice, with another range", ofHeader(`{${X},${Y.replace("y", "x")}}`, 2), "refuses"],
  ["a tensor twice, once escaped", ofHeader(`{${X},${X.replace("x", "\\u0078")}}`), "reads", "refuses"],
  ["a dtype twice", x({ more: ',"dtype":"U8"' }), "refuses"],
  ["a shape twice", x({ more: ',"shape":[1]' }), "refuses"],
  ["offsets twice", x({ more: ',"data_offsets":[0,1]' }), "refuses"],
  ["an unknown member", x({ more: ',"note":[1.5,-0,true,null,{"a":"b"}]' }), "reads"],
  ["an unknown member twice, which the format forbids", x({ more: ',"note":1,"note":2' }), "reads", "refuses"],
  ["a key twice inside an unknown member, which the format forbids", x({ more: ',"note":{"a":1,"a":2}' }), "reads", "refuses"],
  ["a key that is empty", ofHeader(`{${X.replace("x", "")}}`), "reads"],
  ["the key __proto__", ofHeader(`{${X.replace("x", "__proto__")}}`), "reads"],
  ["the key constructor", ofHeader(`{${X.replace("x", "constructor")}}`), "reads"],
  ["a NUL in a name, escaped", ofHeader(`{${X.replace("x", "\\u0000")}}`), "reads"],
  ["a NUL in a name", ofHeader(`{${X.replace("x", "\0")}}`), "refuses"],
  ["a pair of surrogates", ofHeader(`{${X.replace("x", "\\ud83d\\ude00")}}`), "reads"],
  ["the first half of a pair in a name", ofHeader(`{${X.replace("x", "\\ud800")}}`), "refuses"],
  ["the second half of a pair in a name", ofHeader(`{${X.replace("x", "\\udc00")}}`), "refuses"],
  ["two first halves", ofHeader(`{${X.replace("x", "\\ud800\\ud800")}}`), "refuses"],
  ["half of a pair in metadata", ofHeader('{"__metadata__":{"a":"\\ud800"}}', 0), "refuses"],
  ["half of a pair in an unknown member", x({ more: ',"note":"\\ud800"' }), "refuses"],
  // Metadata.
  ["metadata null", ofHeader('{"__metadata__":null}', 0), "reads"],
  ["metadata twice", ofHeader('{"__metadata__":{},"__metadata__":{}}', 0), "refuses"],
  ["metadata twice, null both times", ofHeader('{"__metadata__":null,"__metadata__":null}', 0), "refuses"],
  ["metadata with a number", ofHeader('{"__metadata__":{"a":1}}', 0), "refuses"],
  ["metadata with null", ofHeader('{"__metadata__":{"a":null}}', 0), "refuses"],
  ["metadata with an object", ofHeader('{"__metadata__":{"a":{}}}', 0), "refuses"],
  ["metadata that is a list", ofHeader('{"__metadata__":[]}', 0), "refuses"],
  ["metadata that is a text", ofHeader('{"__metadata__":"a"}', 0), "refuses"],
  ["metadata that is a tensor", ofHeader(`{${X.replace("x", "__metadata__")}}`), "refuses"],
  ["a metadata key twice, which the format forbids", ofHeader('{"__metadata__":{"a":"b","a":"c"}}', 0), "reads", "refuses"],
  // Entries.
  ["an entry that is null", ofHeader('{"x":null}', 0), "refuses"],
  ["an entry that is a number", ofHeader('{"x":1}', 0), "refuses"],
  ["an entry that is a list of its values, which the format does not have", ofHeader('{"x":["U8",[1],[0,1]]}'), "reads", "refuses"],
  ["no dtype", ofHeader('{"x":{"shape":[1],"data_offsets":[0,1]}}'), "refuses"],
  ["no shape", ofHeader('{"x":{"dtype":"U8","data_offsets":[0,1]}}'), "refuses"],
  ["no offsets", ofHeader('{"x":{"dtype":"U8","shape":[1]}}'), "refuses"],
  ["a dtype in small letters", x({ dtype: '"u8"' }), "refuses"],
  ["an unknown dtype", x({ dtype: '"U9"' }), "refuses"],
  ["a dtype that is null", x({ dtype: "null" }), "refuses"],
  ["a dtype that is an object, which the format does not have", x({ dtype: '{"U8":null}' }), "reads", "refuses"],
  // Shapes.
  ["a scalar", x({ shape: "[]" }), "reads"],
  ["a shape of nothing", x({ shape: "[0]" }, 0), "reads"],
  ["1.0 in a shape", x({ shape: "[1.0]" }), "refuses"],
  ["1e0 in a shape", x({ shape: "[1e0]" }), "refuses"],
  ["1E0 in a shape", x({ shape: "[1E0]" }), "refuses"],
  ["-0 in a shape", x({ shape: "[-0]" }, 0), "refuses"],
  ["-1 in a shape", x({ shape: "[-1]" }), "refuses"],
  ["1.5 in a shape", x({ shape: "[1.5]" }), "refuses"],
  ["01 in a shape", x({ shape: "[01]" }), "refuses"],
  ["a text in a shape", x({ shape: '["1"]' }), "refuses"],
  ["null in a shape", x({ shape: "[null]" }), "refuses"],
  ["true in a shape", x({ shape: "[true]" }), "refuses"],
  ["a list in a shape", x({ shape: "[[1]]" }), "refuses"],
  ["a number as shape", x({ shape: "1" }), "refuses"],
  ["null as shape", x({ shape: "null" }), "refuses"],
  ["an object as shape", x({ shape: '{"0":1}' }), "refuses"],
  ["many axes of 1", x({ shape: `[${Array.from({ length: 1000 }, () => 1).join()}]` }), "reads"],
  // A size beyond 2^53 is no size of ours, even of a tensor without elements.
  ["2^64 in a shape", x({ shape: "[18446744073709551616]" }), "refuses"],
  ["2^64 - 1 in a shape, then 0", x({ shape: "[18446744073709551615,0]" }, 0), "reads", "refuses"],
  ["2^53 + 1 in a shape, then 0", x({ shape: "[9007199254740993,0]" }, 0), "reads", "refuses"],
  ["0 in a shape, then 2^64 - 1", x({ shape: "[0,18446744073709551615]" }, 0), "reads", "refuses"],
  ["a product of 2^64 and then 0", x({ shape: "[4294967296,4294967296,0]" }, 0), "refuses"],
  ["a product of 2^64 after a 0", x({ shape: "[0,4294967296,4294967296]" }, 0), "reads"],
  ["2^63 elements of two bytes", x({ dtype: '"U16"', shape: "[9223372036854775808]" }, 0), "refuses"],
  ["2^62 elements of four bytes", x({ dtype: '"F32"', shape: "[4611686018427387904]", offsets: "[0,0]" }, 0), "refuses"],
  ["a million million elements", x({ shape: "[1000000,1000000]" }), "refuses"],
  // Offsets and coverage.
  ["-0 as offset", x({ offsets: "[-0,1]" }), "refuses"],
  ["0.0 as offset", x({ offsets: "[0.0,1]" }), "refuses"],
  ["-1 as offset", x({ offsets: "[-1,0]" }), "refuses"],
  ["one offset", x({ offsets: "[0]" }), "refuses"],
  ["three offsets", x({ offsets: "[0,1,1]" }), "refuses"],
  ["offsets in the wrong order", x({ offsets: "[1,0]" }), "refuses"],
  ["an offset of 2^64 - 1", x({ offsets: "[0,18446744073709551615]" }), "refuses"],
  ["offsets that are null", x({ offsets: "null" }), "refuses"],
  ["offsets behind the end of the file", x({ shape: "[2]", offsets: "[0,2]" }), "refuses"],
  ["a range larger than the tensor", x({ shape: "[1]", offsets: "[0,2]" }, 2), "refuses"],
  ["a range smaller than the tensor", x({ shape: "[2]", offsets: "[0,1]" }), "refuses"],
  ["bytes at the end", ofHeader(`{${X}}`, 2), "refuses"],
  ["bytes after no tensors", ofHeader("{}", 1), "refuses"],
  ["a hole at the start", ofHeader(`{${Y}}`, 2), "refuses"],
  ["a hole between", ofHeader(`{${X},${Y.replace("[1,2]", "[2,3]")}}`, 3), "refuses"],
  ["two tensors in one place", ofHeader(`{${X},${X.replace("x", "y")}}`), "refuses"],
  ["overlap", ofHeader(`{${X.replace("[1]", "[2]").replace("[0,1]", "[0,2]")},${Y.replace("[1]", "[2]").replace("[1,2]", "[1,3]")}}`, 3), "refuses"],
  ["tensors in another order than their data", ofHeader(`{${Y},${X}}`, 2), "reads"],
  ["an empty tensor between", ofHeader(`{${X},"e":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},${Y}}`, 2), "reads"],
  ["an empty tensor inside another", ofHeader(`{"e":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},${X.replace("[1]", "[2]").replace("[0,1]", "[0,2]")}}`, 2), "refuses"],
  ["an empty tensor behind the end", ofHeader(`{${X},"e":{"dtype":"U8","shape":[0],"data_offsets":[9,9]}}`), "refuses"],
  ["a tensor that is not aligned", ofHeader(`{${X},"y":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}`, 5), "reads"],
  // Numbers and depth in what nobody reads.
  ["a number beyond float64 in an unknown member", x({ more: ',"note":1e999' }), "refuses"],
  ["an integer of 400 digits in an unknown member", x({ more: `,"note":1${"0".repeat(400)}` }), "refuses"],
  ["a number below float64's in an unknown member", x({ more: ',"note":1e-999' }), "reads"],
  ["an integer of 30 digits in an unknown member", x({ more: `,"note":1${"0".repeat(30)}` }), "reads"],
  ["127 levels", x({ more: `,"note":${deep(125)}` }), "reads"],
  ["128 levels", x({ more: `,"note":${deep(126)}` }), "refuses"],
  ["100,000 levels", x({ more: `,"note":${deep(100_000)}` }), "refuses"],
  ...DTYPES.map(([dtype, bytes]): Corner => [`the type ${dtype}`, x({ dtype: `"${dtype}"`, offsets: `[0,${bytes}]` }, bytes), "reads"]),
  ["the type C64, of complex numbers", x({ dtype: '"C64"', offsets: "[0,8]" }, 8), "reads", "refuses"],
  ["the type F4, of half bytes", x({ dtype: '"F4"', shape: "[2]" }), "reads", "refuses"],
];
