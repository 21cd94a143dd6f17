/** Mutations of what files say of a model, for tests of readers, beside those of bytes in mutations.ts. Equal seeds give equal ones. */
import { decodeSafetensors, encodeSafetensors, type Rng } from "@selectron/core";

/** A copy with one bit flipped. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** What takes the place of a value: other kinds, numbers at the edges, texts that look like numbers, names that objects have. */
const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 2, 0.5, -0.5, 1e999, -1e999, 1e308, 2 ** 31, 2 ** 53, 1e10, 1e-320],
  ...["", "NaN", "Infinity", "1e5", "a", "\u0000\u001b[31m", "\ud800", "__proto__", "toString", "x".repeat(300)],
  ...[[], [[]], [null], [1, 2, 3], {}, { a: 1 }, { length: 3 }, [["string", "a"]]],
];

/** JSON with one or two of its parts changed: deleted, doubled, swapped, of another kind, or slightly off. */
export function mutatedJson(json: unknown, rng: Rng): unknown {
  const root = { root: structuredClone(json) };
  for (let n = 1 + rng.int(2); n > 0; n--) mutateOne(root, rng);
  return root.root;
}

/** An object or a list, by its keys. */
type Holder = Record<string, unknown>;

/** Every object or list with a key or index in it. */
function placesIn(value: unknown, places: [Holder, string][] = []): [Holder, string][] {
  if (typeof value !== "object" || value === null) return places;
  const holder = value as Holder;
  for (const key of Object.keys(holder)) {
    places.push([holder, key]);
    placesIn(holder[key], places);
  }
  return places;
}

function mutateOne(root: Holder, rng: Rng): void {
  const places = placesIn(root);
  // Nothing is left of it.
  if (places.length === 0) return;
  const [holder, key] = rng.pick(places);
  const value = holder[key];
  const [other] = rng.pick(places);
  switch (rng.int(6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else Reflect.deleteProperty(holder, key);
      break;
    case 1:
      if (Array.isArray(holder)) holder.splice(Number(key), 0, value);
      else holder[`${key}2`] = value;
      break;
    case 2: {
      const another = rng.pick(Object.keys(other));
      holder[key] = structuredClone(other[another]);
      break;
    }
    case 3:
      holder[key] =
        typeof value === "number"
          ? rng.pick([value + 1, value - 1, -value, value * 1e9, value + 0.5, String(value)])
          : Array.isArray(value)
            ? [...value].reverse()
            : rng.pick(ODD);
      break;
    default:
      holder[key] = structuredClone(rng.pick(ODD));
  }
}

/** JSON text. Numbers that are not finite, which JSON does not have, are written so that they are read as such. */
export const jsonText = (json: unknown): string =>
  JSON.stringify(json, (_, value: unknown) =>
    value === Infinity ? "@1e999" : value === -Infinity ? "@-1e999" : value,
  )?.replace(/"@(-?1e999)"/g, "$1") ?? "";

/** A safetensors file with other metadata, and without the checksum, as files of version 0.1 are. */
export function withMetadata(
  bytes: Uint8Array,
  change: (metadata: Record<string, string>) => Record<string, string>,
): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  Reflect.deleteProperty(metadata, "selectron.checksum");
  return encodeSafetensors(tensors, change(metadata));
}

/** One with a mutated JSON text in a metadata entry. Lone surrogates, which no file can hold, are left out. */
export const withMutatedCard = (bytes: Uint8Array, entry: string, rng: Rng): Uint8Array =>
  withMetadata(bytes, (metadata) => ({
    ...metadata,
    [entry]: jsonText(mutatedJson(JSON.parse(metadata[entry]!), rng)).replace(/\p{Surrogate}/gu, ""),
  }));
