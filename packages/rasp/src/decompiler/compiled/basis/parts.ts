/** Vectors that are written together: those that depend on each other. */
import { areAtRightAngles, lengthOf, NOTHING, Span } from "./span.js";

/** Vectors whose span is independent of that of all others, and independent ones of them. */
export interface Part {
  readonly pivots: Float64Array[];
  readonly vectors: Float64Array[];
}

export interface PartOptions {
  /** Whether the basis is a rotation, so that what is not at right angles is of one part too. */
  readonly isRotated: boolean;
  /** For each vector what its writer reads, as numbers. Vectors with the same are of one part. */
  readonly inputs?: readonly (readonly number[])[];
}

/** The connected components of the vectors' matroid, joined where the options say so. */
export function partsOf(vectors: readonly Float64Array[], { isRotated, inputs = [] }: PartOptions): Part[] {
  const span = new Span();
  for (const vector of vectors) span.add(vector);
  const components = new Components(span.size);
  const supports = vectors.map((vector) => supportOf(vector, span));
  for (const [first, ...others] of supports) for (const other of others) components.join(first!, other);
  for (const [a, b] of alike(inputs, isRotated)) components.join(supports[a]![0]!, supports[b]![0]!);
  for (const [p, vector] of isRotated ? span.vectors.entries() : []) {
    for (let q = 0; q < p; q++) if (!areAtRightAngles([vector, span.vectors[q]!])) components.join(q, p);
  }
  const parts = new Map<number, Part>();
  for (const [p, vector] of span.vectors.entries()) {
    const part = parts.get(components.of(p)) ?? { pivots: [], vectors: [] };
    part.pivots.push(vector);
    parts.set(components.of(p), part);
  }
  for (const [v, support] of supports.entries()) parts.get(components.of(support[0]!))!.vectors.push(vectors[v]!);
  return [...parts.values()];
}

/** Which independent vectors a vector is made of. */
function supportOf(vector: Float64Array, span: Span): number[] {
  const sizes = span.coordinates(vector).map((x, p) => Math.abs(x) * lengthOf(span.vectors[p]!));
  const largest = sizes.reduce((most, x) => Math.max(most, x), 0);
  return [...sizes.keys()].filter((p) => sizes[p]! > NOTHING * largest);
}

/**
 * Pairs of vectors whose writers read the same. Where angles do not tell what belongs together, a writer that reads a part of what another one
 * reads may decide one of its cases.
 */
function alike(inputs: readonly (readonly number[])[], isRotated: boolean): [number, number][] {
  const first = new Map<string, number>();
  const pairs: [number, number][] = [];
  for (const [v, read] of inputs.entries()) {
    const known = first.get(read.join());
    if (known === undefined) first.set(read.join(), v);
    else pairs.push([known, v]);
  }
  if (isRotated) return pairs;
  for (const v of first.values()) {
    for (const w of first.values()) {
      const [narrow, wide] = [inputs[v]!, inputs[w]!];
      if (narrow.length < wide.length && narrow.every((part) => wide.includes(part))) pairs.push([v, w]);
    }
  }
  return pairs;
}

class Components {
  readonly #owner: number[];

  constructor(count: number) {
    this.#owner = Array.from({ length: count }, (_, i) => i);
  }

  of(item: number): number {
    let owner = item;
    while (this.#owner[owner] !== owner) owner = this.#owner[owner]!;
    return owner;
  }

  join(a: number, b: number): void {
    this.#owner[this.of(b)] = this.of(a);
  }
}
