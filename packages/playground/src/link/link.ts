/**
 * Links that carry a program, its input and settings in the fragment, which no server sees: `#p=` and the deflated JSON in base64url.
 * What a link says is not trusted: it is limited in size before and after inflating, and checked field by field.
 */

/** What a link carries. */
export interface Shared {
  readonly program: string;
  readonly input: string;
  readonly panel?: "picture" | "weights" | "train";
  /** The name that is drawn whatever the cursor is at. */
  readonly target?: string;
  /** For the weights: the tokens that the model takes, and the longest input. */
  readonly vocabulary?: string;
  readonly maxLength?: number;
  /** The puzzle that the program answers, by its id, and where its set is, as in `#puzzles=`; absent for the page's own set. */
  readonly puzzle?: string;
  readonly puzzles?: string;
}

/** The most characters of a fragment, and of the program, input and other texts. */
export const MOST = { fragment: 16_384, inflated: 65_536, program: 20_000, input: 1_000, text: 200, length: 64 };

const VERSION = 1;
const PREFIX = "p=";

/** A link that cannot be opened; the message is a key of the messages. */
export class LinkError extends Error {
  readonly key: "link.tooLong" | "link.damaged" | "link.newer";

  constructor(key: LinkError["key"]) {
    super(key);
    this.name = "LinkError";
    this.key = key;
  }
}

/** Bytes that a stream gives. @throws LinkError where they are more than `most` */
async function collect(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > most) {
      await reader.cancel();
      throw new LinkError("link.tooLong");
    }
    parts.push(next.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const through = (bytes: Uint8Array<ArrayBuffer>, transform: CompressionStream | DecompressionStream, most: number) =>
  collect(new Blob([bytes]).stream().pipeThrough(transform), most);

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]+$/.test(text)) throw new LinkError("link.damaged");
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}

/** The fragment for what is to be shared, without `#`. @throws LinkError where it would be too long to open again */
export async function toFragment(shared: Shared): Promise<string> {
  const text = JSON.stringify({ v: VERSION, ...checked(shared) });
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"), MOST.inflated);
  const fragment = PREFIX + toBase64Url(bytes);
  if (fragment.length > MOST.fragment) throw new LinkError("link.tooLong");
  return fragment;
}

/** What a fragment carries, with or without `#`; undefined if it carries no program. @throws LinkError */
export async function fromFragment(fragment: string): Promise<Shared | undefined> {
  const text = fragment.replace(/^#/, "");
  if (!text.startsWith(PREFIX)) return undefined;
  if (text.length > MOST.fragment) throw new LinkError("link.tooLong");
  let value: unknown;
  try {
    const bytes = fromBase64Url(text.slice(PREFIX.length));
    const inflated = await through(bytes, new DecompressionStream("deflate-raw"), MOST.inflated);
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(inflated));
  } catch (error) {
    throw error instanceof LinkError ? error : new LinkError("link.damaged");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new LinkError("link.damaged");
  const { v, ...fields } = value as Record<string, unknown>;
  if (typeof v === "number" && v > VERSION) throw new LinkError("link.newer");
  if (v !== VERSION) throw new LinkError("link.damaged");
  return checked(fields);
}

const aText =
  (most: number) =>
  (value: unknown): value is string =>
    typeof value === "string" && value.length <= most;

/** What each field must be. */
const FIELDS: Readonly<Record<keyof Shared, (value: unknown) => boolean>> = {
  program: aText(MOST.program),
  input: aText(MOST.input),
  panel: (value) => value === "picture" || value === "weights" || value === "train",
  target: aText(MOST.text),
  vocabulary: aText(MOST.text),
  maxLength: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST.length,
  puzzle: aText(MOST.text),
  puzzles: aText(MOST.text),
};

/** The known fields, checked; unknown ones are left out. @throws LinkError */
function checked(fields: object): Shared {
  const given = fields as Readonly<Record<string, unknown>>;
  const known = Object.entries(FIELDS).filter(([name]) => given[name] !== undefined);
  for (const [name, fits] of known) {
    if (fits(given[name])) continue;
    throw new LinkError(typeof given[name] === "string" ? "link.tooLong" : "link.damaged");
  }
  if (given["program"] === undefined || given["input"] === undefined) throw new LinkError("link.damaged");
  return Object.fromEntries(known.map(([name]) => [name, given[name]])) as unknown as Shared;
}
