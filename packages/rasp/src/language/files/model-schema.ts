/**
 * What the card of a compiled model's file must be: every field of its kind, and all of them possible together. Those who read cards
 * check them here first and may then believe what the types say. Whether the weights have these sizes is seen where they are read.
 */
import type { Untrusted } from "./untrusted.js";

/** The most digits of an int. Texts of more take long to read. */
export const MOST_DIGITS = 5000;
/** Floats that JSON does not have. */
const AS_TEXT = ["NaN", "Infinity", "-Infinity", "-0"];
const WRITERS = ["attention", "feed-forward"] as const;

/** Throws unless it is the card of a compiled model. */
export function checkModelCard(card: Untrusted): void {
  const { maxLength, sizes } = checkInputs(card);
  checkOutputs(card, sizes.outputs);
  checkLabels(card, sizes);
  for (const subspace of card.field("subspaces").optional?.items() ?? []) checkSubspace(subspace, sizes);
  card.field("precision").optional?.oneOf(["float32", "bfloat16", "tf32"]);
  card.field("promise").optional?.text();
  checkGpt2(card.field("gpt2").optional);
  checkScratchpad(card, sizes.vocabularySize - 1, maxLength);
  checkCertificate(card.field("certificate"), maxLength, sizes.heads.length);
}

/** The name of a model, its inputs and its sizes. */
export function checkInputs(card: Untrusted): { readonly maxLength: number; readonly sizes: Sizes } {
  card.field("name").text();
  const vocabulary = card.field("vocabulary");
  const tokens = checkDistinct(vocabulary);
  const maxLength = card.field("maxLength").count(1);
  const sizes = checkSizes(card.field("config"));
  // Beside the tokens and the positions of an input there is BOS.
  vocabulary.must(
    tokens + 1 === sizes.vocabularySize,
    `there are ${tokens} tokens and BOS, and config.vocabularySize is ${sizes.vocabularySize}`,
  );
  card.must(
    maxLength + 1 === sizes.maxLength,
    `maxLength is ${maxLength}, and config.maxLength, with BOS, ${sizes.maxLength}`,
  );
  return { maxLength, sizes };
}

function checkGpt2(constants: Untrusted | undefined): void {
  for (const name of ["constant", "sharpness"]) {
    const value = constants?.field(name);
    value?.must(Number.isInteger(Math.log2(value.number())) && value.number() >= 1, "it must be a power of two");
  }
}

const PARTS = ["before", "first", "ask", "step", "state", "after"] as const;

/** What a decoder with a scratchpad writes has a token for each value, behind those of the input and the one that ends it. */
function checkScratchpad(card: Untrusted, tokens: number, context: number): void {
  const scratchpad = card.field("scratchpad").optional;
  if (!scratchpad) return;
  card.must(card.field("config").field("causal").raw() === true, "only a causal model writes a scratchpad");
  const inputs = scratchpad.field("inputs").count(1);
  const longest = scratchpad.field("maxLength");
  longest.must(longest.count(1) < context, `inputs and what is written are up to ${context} tokens`);
  const steps = scratchpad.field("maxSteps");
  steps.must(steps.count() <= context, `there are ${context} tokens`);
  const lines = scratchpad.field("lines");
  const counts = lines.items().map((line) => {
    line.field("name").text();
    line.field("part").oneOf(PARTS);
    const values = line.field("values");
    values.must(values.items().length === longest.count(1), `they must be given for ${longest.count(1)} positions`);
    return values.items().reduce((sum, at) => sum + checkDistinct(at), 0);
  });
  lines.must(counts.length > 0, "there are none");
  lines.must(
    new Set(lines.items().map((line) => line.field("name").text())).size === counts.length,
    "a name occurs twice",
  );
  const written = counts.reduce((sum, count) => sum + count, 0);
  scratchpad.must(
    inputs + 1 + written === tokens,
    `it has ${inputs} tokens of the input, 1 that ends it and ${written} that are written, and the vocabulary ${tokens}`,
  );
}

/** The sizes of a model. */
export interface Sizes {
  readonly vocabularySize: number;
  readonly maxLength: number;
  readonly dModel: number;
  readonly outputs: number;
  /** Of each layer. */
  readonly heads: readonly number[];
}

function checkSizes(config: Untrusted): Sizes {
  const [vocabularySize, maxLength, dModel, outputs] = ["vocabularySize", "maxLength", "dModel", "outputs"].map(
    (name) => config.field(name).count(1),
  ) as [number, number, number, number];
  config.field("causal").optional?.flag();
  const heads = config
    .field("blocks")
    .items()
    .map((block) => {
      const count = block.field("heads").count();
      block.field("dHead").count(count === 0 ? 0 : 1);
      block.field("dFf").count();
      return count;
    });
  return { vocabularySize, maxLength, dModel, outputs, heads };
}

function checkOutputs(card: Untrusted, columns: number): void {
  const outputs = card.field("outputs");
  outputs.must(outputs.items().length > 0, "there are none");
  const all = [...outputs.items(), ...(card.field("failures").optional?.items() ?? [])];
  const widths = all.map((output) => (output.field("name").text(), checkDecoding(output.field("decoding"))));
  const width = widths.reduce((sum, own) => sum + own, 0);
  outputs.must(
    width === columns,
    `with failures they read ${width} columns of the logits, and config.outputs is ${columns}`,
  );
}

/** How many columns of the logits it reads. */
export function checkDecoding(decoding: Untrusted): number {
  const classes = decoding.field("classes");
  const count = classes.items().length;
  classes.must(count > 0, "there are none");
  if (decoding.field("kind").oneOf(["categorical", "numerical"]) === "categorical") {
    checkDistinct(classes);
    decoding.must(decoding.field("points").optional === undefined, "only numerical ones have points");
    return count;
  }
  classes.items().forEach(checkAtom);
  const points = decoding.field("points");
  const vectors = checkPoints(points);
  points.must(vectors.length === count, `there are ${vectors.length} for ${count} classes`);
  points.must(
    vectors.every((point, p) => p === 0 || vectors[p - 1]![0]! <= point[0]!),
    "they must ascend by their first coordinate",
  );
  points.must(new Set(vectors.map((point) => point.join())).size === count, "two are equal");
  return vectors[0]!.length;
}

/** Vectors of one length, 1 or more. */
function checkPoints(points: Untrusted): number[][] {
  const vectors = points.items().map((point) => point.items().map((coordinate) => coordinate.number()));
  const [first = []] = vectors;
  points.must(first.length > 0 && vectors.every(({ length }) => length === first.length), "they must have one length");
  return vectors;
}

/** What each coordinate holds, and what each head computes. */
export function checkLabels(card: Untrusted, { dModel, heads }: Sizes): void {
  const labels = card.field("labels");
  const count = labels.items().map((label) => label.text()).length;
  labels.must(count === dModel, `there are ${count}, and config.dModel is ${dModel}`);
  const layers = card.field("heads");
  const counts = layers.items().map((layer) => layer.items().map((label) => label.text()).length);
  layers.must(
    counts.join() === heads.join(),
    `the layers have ${counts.join(", ")}, and by config.blocks ${heads.join(", ")}`,
  );
}

function checkSubspace(subspace: Untrusted, { dModel, heads }: Sizes): void {
  subspace.field("label").text();
  subspace.field("writer").oneOf(WRITERS);
  subspace.field("anchor").number();
  checkLayer(subspace.field("layer"), heads.length);
  const coordinates = subspace.field("coordinates");
  const numbers = coordinates.items().map((coordinate) => coordinate.count());
  coordinates.must(
    numbers.length > 0 && new Set(numbers).size === numbers.length && numbers.every((c) => c < dModel),
    `they must be distinct, from 0 to ${dModel - 1}`,
  );
  const points = subspace.field("points");
  if (points.raw() === "one-hot") return;
  const [point] = checkPoints(points);
  points.must(
    point!.length === numbers.length,
    `they have ${point!.length} coordinates, and the subspace ${numbers.length}`,
  );
}

/** @param layers - how many the certified layers are */
export function checkCertificate(certificate: Untrusted, maxLength: number, layers: number): void {
  certificate.field("proved").flag();
  certificate.field("provedWithin").optional?.number();
  const upTo = certificate.field("provedUpTo").optional;
  upTo?.must(upTo.count(1) <= maxLength, `it must be 1 to ${maxLength}`);
  certificate.field("where").text();
  checkBoundless(certificate.field("worstMargin"));
  const lengths = certificate.field("lengths");
  const [from = 0, to = 0, ...more] = lengths.items().map((length) => length.count(1));
  lengths.must(
    from >= 1 && from <= to && to <= maxLength && more.length === 0,
    `they must be two, of 1 to ${maxLength}`,
  );
  for (const bound of certificate.field("bounds").items()) {
    bound.field("label").text();
    bound.field("writer").oneOf(WRITERS);
    checkBoundless(bound.field("error"));
    checkLayer(bound.field("layer"), layers);
  }
}

/** A number, or null for an infinite one. */
function checkBoundless(number: Untrusted): void {
  if (number.raw() !== null) number.number();
}

function checkLayer(layer: Untrusted, layers: number): void {
  layer.must(layer.count(1) <= layers, `the model has ${layers} layers`);
}

/** How many values there are, no two of which are the same. */
export function checkDistinct(values: Untrusted): number {
  const items = values.items();
  items.forEach(checkAtom);
  values.must(new Set(items.map((item) => JSON.stringify(item.raw()))).size === items.length, "a value occurs twice");
  return items.length;
}

function checkAtom(atom: Untrusted): void {
  const [kind, value, ...more] = atom.items();
  const fits = {
    null: () => value === undefined,
    int: () => isInt(value?.raw()),
    float: () => Number.isFinite(value?.raw()) || AS_TEXT.includes(value?.raw() as string),
    bool: () => typeof value?.raw() === "boolean",
    string: () => typeof value?.raw() === "string",
  };
  const name = kind?.oneOf(Object.keys(fits) as (keyof typeof fits)[]);
  if (name === undefined || more.length > 0 || !fits[name]()) atom.refuse("a kind and a value of it");
}

const isInt = (value: unknown): boolean =>
  typeof value === "string" && value.length <= MOST_DIGITS + 1 && /^(0|-?[1-9]\d*)$/.test(value);

const LONGEST = 10n ** BigInt(MOST_DIGITS);

/** Whether an int has more digits than files of models hold. */
export const isTooLong = (int: bigint): boolean => int <= -LONGEST || LONGEST <= int;
