/**
 * Seeded damage, for tests that read what is not whole: bytes of any file, the text of a safetensors header, and values of JSON. Equal
 * seeds give equal damage.
 */
import type { Rng } from "@selectron/core";

const pick = <T>(rng: Rng, list: readonly T[]): T => list[rng.int(list.length)]!;

/** One damage of bytes: a bit, a byte, a cut, a piece that is lost, doubled, moved or blank. The bytes given stay as they are. */
export function damagedBytes(bytes: Uint8Array, rng: Rng): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(rng.int(256));
  const at = rng.int(bytes.length);
  const end = Math.min(bytes.length, at + 1 + rng.int(16));
  const [before, piece, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  const changed = (value: number): Uint8Array => Uint8Array.from(bytes, (byte, i) => (i === at ? value : byte));
  const damages: (() => Uint8Array)[] = [
    () => changed(bytes[at]! ^ (1 << rng.int(8))),
    () => changed(rng.int(256)),
    () => before.slice(),
    () => Uint8Array.of(...before, ...after),
    () => Uint8Array.of(...before, ...piece, ...piece, ...after),
    () => Uint8Array.of(...after, ...piece, ...before),
    () => Uint8Array.of(...before, ...piece.map(() => pick(rng, [0, 32, 255])), ...after),
  ];
  return pick(rng, damages)();
}

/** What replaces a token of JSON: numbers at the limits and in other spellings, other types, open ends. */
// prettier-ignore
const TOKENS = [
  "0", "1", "-1", "-0", "1.0", "1e0", "1e999", "-1e999", "2147483648", "4294967296", "9007199254740992", "18446744073709551615",
  "18446744073709551616", "1e-400", "01", "null", "true", '""', '"\\ud800"', '"\\ud83d\\ude00"', '"__metadata__"', '"F32"', '"F64"', '"U8"',
  '"dtype"', '"shape"', '"data_offsets"', '"__proto__"', "[]", "{}", "[0]", "[0,0]", '{"a":1}', '{"a":"b"}', '["U8",[1],[0,1]]', "NaN", "",
];

/** One damage of a text of JSON, which often stays JSON: a token that is another, lost or doubled, or a member that is doubled. */
export function damagedText(text: string, rng: Rng): string {
  const tokens: string[] = text.match(/"(?:[^"\\]|\\.)*"|[\s[\]{},:]|[^\s[\]{},:"]+|"/gs) ?? [];
  if (tokens.length === 0) return pick(rng, TOKENS);
  const at = rng.int(tokens.length);
  // A member with a value of one level, which most values of a header are.
  const members = [...text.matchAll(/"[^"]*":(?:\{[^{}]*\}|\[[^[\]]*\]|[^,{}[\]]+),?/g)];
  const values = tokens.flatMap((token, i) => (/^[[\]{},:]$/.test(token) ? [] : [i]));
  const damages: (() => string)[] = [
    () => tokens.with(at, pick(rng, TOKENS)).join(""),
    () => tokens.toSpliced(at, 1).join(""),
    () => tokens.toSpliced(at, 0, tokens[at]!).join(""),
    () => tokens.toSpliced(at, 0, pick(rng, [" ", "\n", "\t", "\u00a0", "\ufeff", "\f"])).join(""),
    () => (values.length === 0 ? text : tokens.with(pick(rng, values), pick(rng, TOKENS)).join("")),
    () => (values.length === 0 ? text : tokens.with(pick(rng, values), tokens[pick(rng, values)]!).join("")),
    () => {
      if (members.length === 0) return text;
      const [member] = pick(rng, members);
      const target = pick(rng, members).index;
      return `${text.slice(0, target)}${member.replace(/,?$/, ",")}${text.slice(target)}`;
    },
  ];
  return pick(rng, damages)();
}

/** The bytes of a safetensors file whose header is this text, whatever it says. */
export function withHeader(header: string, data: ArrayLike<number> = []): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** A safetensors file with damage in its header, whose length is right again, or anywhere. */
export function damagedSafetensors(file: Uint8Array, rng: Rng): Uint8Array {
  if (rng.int(3) === 0) return damagedBytes(file, rng);
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  let header = new TextDecoder().decode(file.subarray(8, start));
  for (let times = 1 + rng.int(2); times > 0; times--) header = damagedText(header, rng);
  return withHeader(header, file.subarray(start));
}

/** What replaces a value of a configuration. */
const VALUES = [
  0, 1, -1, 2, 3, 1.5, 1e6, 1e9, 2 ** 31, 2 ** 53, 1e300, NaN, Infinity, null, true, false, "", "gelu", "1", [], {}, [1],
]; // prettier-ignore

/** An object with one field changed, lost or added. */
export function damagedFields(fields: Readonly<Record<string, unknown>>, rng: Rng): Record<string, unknown> {
  const names = Object.keys(fields);
  const name =
    rng.int(8) === 0 || names.length === 0 ? pick(rng, ["extra", "__proto__", "toString", ""]) : pick(rng, names);
  const entries = Object.entries(fields).filter(([own]) => own !== name);
  if (rng.int(5) > 0) entries.push([name, pick(rng, VALUES)]);
  return Object.fromEntries(entries);
}
