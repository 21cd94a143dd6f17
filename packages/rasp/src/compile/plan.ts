/**
 * What has to stand in the residual stream, and which head or hidden units write it. Planning is driven from the output
 * backwards; each piece goes to the earliest layer that has what it reads, so that the depth is the least for this graph.
 */
import { atomKey } from "../atom/compare.js";
import type { Atom } from "../graph/node.js";
import { hasMeans, type Domain } from "./domain.js";
import { fitUnits, type Argument, type Row, type Unit } from "./feed-forward.js";
import type { Mean, NormalForm, NormalSOp, Width } from "./normal.js";
import {
  attentionLayer,
  combineReads,
  constantRead,
  feedForwardLayer,
  streamRead,
  type Read,
  type Stream,
} from "./read.js";
import { refuse } from "./refusal.js";
import { disjointConjunctions, oneConjunction, type Conjunction } from "./selection.js";
import { atomNumber } from "./value-set.js";

/** Score units between a selected key and BOS, and between BOS and an unselected key: e^-32 is below any float32 rounding. */
export const GAP = 32;
/** In a counting head BOS outweighs a selected key by this much, so that the share of the selected keys is linear in their number. */
export const COUNT_SCALE = 2 ** 26;

/** One attention head: scores are sum_d query_d·key_d + bosScore·[key is BOS]; each value column goes to one coordinate. */
export interface Head {
  /** Heads of a layer with equal keys attend alike and are merged. */
  readonly pattern: string;
  readonly label: string;
  readonly layer: number;
  readonly keys: readonly Read[];
  readonly queries: readonly Read[];
  readonly bosScore: number;
  readonly values: readonly HeadValue[];
}

export interface HeadValue {
  readonly read: Read;
  /** The value at BOS: what an empty row receives. */
  readonly atBos: number;
  readonly scale: number;
  readonly target: Stream;
  readonly coordinate: number;
}

/** A group of hidden units that writes one stream. */
export interface Feature {
  readonly stream: Stream;
  readonly units: readonly Unit[];
}

/** How to find an s-op's value in the residual stream again: the basis of `verify`'s diagnosis. */
export interface Probe {
  readonly sop: NormalSOp;
  readonly stream: Stream;
  /** What the stream holds where the s-op has this value. */
  readonly expected: (value: Atom) => readonly number[] | undefined;
  /** A coordinate that is off by more says another value. */
  readonly tolerance: number;
}

export type Output =
  | { readonly kind: "categorical"; readonly classes: readonly Atom[]; readonly reads: readonly Read[] }
  | { readonly kind: "numerical"; readonly classes: readonly Atom[]; readonly reads: readonly [Read] };

export interface Plan {
  readonly embeddings: { readonly tokens: Stream; readonly indices: Stream };
  readonly heads: readonly Head[];
  readonly features: readonly Feature[];
  readonly output: Output;
  readonly probes: readonly Probe[];
}

export function plan(root: NormalSOp, form: NormalForm, domain: Domain): Plan {
  return new Planner(form, domain).run(root);
}

/** A leaf as it stands in the residual stream. */
interface Standing {
  readonly values: readonly Atom[];
  readonly encoding: "categorical" | "numerical";
  /** Categorical: for each value a read that is 1 there and else 0. Numerical: one read that gives the number. */
  readonly reads: readonly Read[];
  readonly noise: number;
}

class Planner {
  private readonly heads: Head[] = [];
  private readonly features: Feature[] = [];
  private readonly probes: Probe[] = [];
  private readonly standings = new Map<NormalSOp, Standing>();
  private readonly realized = new Map<string, readonly Read[]>();
  private readonly tokens: Stream;
  private readonly indices: Stream;

  constructor(
    private readonly form: NormalForm,
    private readonly domain: Domain,
  ) {
    this.tokens = embedding("tokens", domain.values(form.tokens()));
    this.indices = embedding("indices", domain.values(form.indices()));
  }

  run(root: NormalSOp): Plan {
    const output = this.output(root);
    return {
      embeddings: { tokens: this.tokens, indices: this.indices },
      heads: this.heads,
      features: this.features,
      output,
      probes: this.probes,
    };
  }

  private output(root: NormalSOp): Output {
    const classes = this.domain.values(root);
    if (classes.length === 0)
      refuse(
        root.origin,
        "this s-op has no value on any input of this vocabulary and length",
        "check it with `selectron eval`",
      );
    if ((root.kind === "mean" || root.kind === "width") && classes.length > 1) {
      const standing = this.stand(root);
      if (standing.encoding === "numerical") return { kind: "numerical", classes, reads: [standing.reads[0]!] };
    }
    return { kind: "categorical", classes, reads: this.realize(root, oneHot(classes), classes.map(show)) };
  }

  /** The reads that give `vectorOf(value of sop)`; hidden units are planned only where no read of what stands suffices. */
  private realize(
    sop: NormalSOp,
    vectorOf: (value: Atom) => readonly number[],
    names: readonly string[],
  ): readonly Read[] {
    const vectors: (readonly number[])[] = [];
    const numberOf = new Map<string, number>();
    const classOf = (value: Atom): number => {
      const vector = vectorOf(value);
      const key = vector.join(",");
      let known = numberOf.get(key);
      if (known === undefined) {
        numberOf.set(key, (known = vectors.length));
        vectors.push(vector);
      }
      return known;
    };
    const signature = `${sop.id}:${this.domain
      .values(sop)
      .map((value) => vectorOf(value).join(","))
      .join(";")}`;
    const known = this.realized.get(signature);
    if (known) return known;
    const reads = this.realizeAnew(sop, classOf, vectors, names);
    this.realized.set(signature, reads);
    return reads;
  }

  private realizeAnew(
    sop: NormalSOp,
    classOf: (value: Atom) => number,
    vectors: readonly (readonly number[])[],
    names: readonly string[],
  ): readonly Read[] {
    const formula = this.domain.formula(sop);
    const leafValues = formula.leaves.map((leaf) => this.domain.values(leaf));
    const indexOf = leafValues.map((values) => new Map(values.map((value, v) => [atomKey(value), v])));
    const table: Row[] = [];
    for (const joint of this.domain.joint(formula.leaves)) {
      const value = formula.evaluate(joint);
      if (value)
        table.push({ values: joint.map((atom, j) => indexOf[j]!.get(atomKey(atom))!), result: classOf(value[0]!) });
    }
    const { rows, kept } = dropIrrelevant(
      table,
      leafValues.map((values) => values.length),
      formula.leaves,
    );
    if (rows.length === 0) return names.map(() => constantRead(0));
    if (kept.length === 0) return vectors[rows[0]!.result]!.map(constantRead);
    const standings = kept.map((j) => this.stand(formula.leaves[j]!));
    const direct = standings.length === 1 ? directRead(standings[0]!, rows, vectors) : undefined;
    if (direct) return direct;
    const units =
      fitUnits(standings.map(argument), rows, vectors) ??
      fitUnits(
        kept.map((j) => argument(this.standOneHot(formula.leaves[j]!))),
        rows,
        vectors,
      ) ??
      refuse(
        sop.origin,
        "its values cannot be told apart in float32",
        "round intermediate values, or use a smaller maximum length",
      );
    return this.feature(sop, units, classOf, vectors, names);
  }

  private feature(
    sop: NormalSOp,
    units: readonly Unit[],
    classOf: (value: Atom) => number,
    vectors: readonly (readonly number[])[],
    names: readonly string[],
  ): readonly Read[] {
    const used = names.flatMap((_, c) => (vectors.some((vector) => vector[c] !== 0) ? [c] : []));
    const stream: Stream = {
      label: labelOf(sop),
      names: used.map((c) => names[c]!),
      writer: "feed-forward",
      layer: feedForwardLayer(units.map((unit) => unit.input)),
      atBos: used.map(() => 0),
    };
    this.features.push({
      stream,
      units: units.map((unit) => ({ ...unit, output: used.map((c) => unit.output[c]!) })),
    });
    this.probes.push({
      sop,
      stream,
      expected: (value) => {
        const vector = vectors[classOf(value)];
        return vector && used.map((c) => vector[c]!);
      },
      tolerance: smallestStep(used.map((c) => vectors.map((vector) => vector[c]!))) / 4,
    });
    return names.map((_, c) =>
      used.includes(c)
        ? streamRead(
            stream,
            used.map((other) => Number(other === c)),
          )
        : constantRead(0),
    );
  }

  /** Puts a leaf into the residual stream, once. */
  private stand(leaf: NormalSOp): Standing {
    let standing = this.standings.get(leaf);
    if (!standing) {
      standing = this.standAnew(leaf);
      this.standings.set(leaf, standing);
    }
    return standing;
  }

  private standAnew(leaf: NormalSOp): Standing {
    const values = this.domain.values(leaf);
    switch (leaf.kind) {
      case "tokens":
        return { values, encoding: "categorical", reads: coordinates(this.tokens), noise: 0 };
      case "indices":
        return { values, encoding: "categorical", reads: coordinates(this.indices), noise: 0 };
      case "width":
        return this.standWidth(leaf, values);
      case "mean":
        return this.isCategorical(leaf) ? this.standCopy(leaf, values) : this.standMean(leaf, values);
      case "map":
        return this.standOneHot(leaf);
      case "constant":
        throw new Error("a constant is never a leaf");
    }
  }

  /** A leaf as a one-hot stream, by hidden units if need be. */
  private standOneHot(leaf: NormalSOp): Standing {
    const values = this.domain.values(leaf);
    const standing = leaf.kind === "map" ? undefined : this.stand(leaf);
    if (standing?.encoding === "categorical") return standing;
    const reads = this.realize(leaf, oneHot(values), values.map(show));
    return { values, encoding: "categorical", reads, noise: 1e-6 };
  }

  /** Selected keys get a vanishing share each, BOS nearly all: the mean of 1 over the keys and 0 at BOS counts, times the scale. */
  private standWidth(width: Width, values: readonly Atom[]): Standing {
    const heads = disjointConjunctions(width.selection, this.domain, this.isCategorical).map((conjunction) =>
      this.scores(conjunction),
    );
    const layer = Math.max(...heads.map(({ keys, queries }) => attentionLayer([...keys, ...queries])));
    const stream = headStream(labelOf(width), ["width"], layer, [0]);
    heads.forEach(({ keys, queries, selectedScore }, j) => {
      this.heads.push({
        pattern: `width ${width.selection.id} ${j}`,
        label: labelOf(width),
        layer,
        keys,
        queries,
        bosScore: selectedScore + Math.log(COUNT_SCALE),
        values: [{ read: constantRead(1), atBos: 0, scale: COUNT_SCALE, target: stream, coordinate: 0 }],
      });
    });
    this.probeNumber(width, values, stream);
    const most = Math.max(...values.map(Number));
    return { values, encoding: "numerical", reads: coordinates(stream), noise: 4e-6 * most + most ** 2 / COUNT_SCALE };
  }

  private standMean(mean: Mean, values: readonly Atom[]): Standing {
    if (values.some((value) => typeof value === "string"))
      refuse(
        mean.origin,
        "this aggregate gives numbers on some rows and strings on others",
        "give it a default of the same type",
      );
    const [value] = this.realize(mean.value, (atom) => [atomNumber(atom)!], ["value"]);
    const atBos = atomNumber(mean.default) ?? 0;
    const stream = this.meanHead(mean, [{ read: value!, atBos }], ["mean"]);
    this.probeNumber(mean, values, stream);
    const largest = Math.max(1, ...values.map((v) => Math.abs(Number(v))));
    return { values, encoding: "numerical", reads: coordinates(stream), noise: 1e-6 * largest };
  }

  /** At most one position is selected wherever the program has a value, so that the mean of one-hots is a one-hot. */
  private standCopy(mean: Mean, values: readonly Atom[]): Standing {
    const vectorOf = oneHot(values);
    const reads = this.realize(mean.value, vectorOf, values.map(show));
    const atBos = vectorOf(mean.default);
    const stream = this.meanHead(
      mean,
      reads.map((read, c) => ({ read, atBos: atBos[c]! })),
      values.map(show),
    );
    this.probes.push({ sop: mean, stream, expected: vectorOf, tolerance: 1 / 4 });
    return { values, encoding: "categorical", reads: coordinates(stream), noise: 1e-6 };
  }

  private meanHead(mean: Mean, values: readonly { read: Read; atBos: number }[], names: readonly string[]): Stream {
    const conjunction = oneConjunction(mean.selection, this.domain, this.form, this.isCategorical);
    const { keys, queries, selectedScore } = this.scores(conjunction);
    const layer = attentionLayer([...keys, ...queries, ...values.map(({ read }) => read)]);
    const stream = headStream(
      labelOf(mean),
      names,
      layer,
      values.map(({ atBos }) => atBos),
    );
    this.heads.push({
      pattern: `mean ${mean.selection.id}`,
      label: labelOf(mean),
      layer,
      keys,
      queries,
      bosScore: selectedScore - GAP,
      values: values.map((value, coordinate) => ({ ...value, scale: 1, target: stream, coordinate })),
    });
    return stream;
  }

  /** Keys and queries whose products add up to `selectedScore` where all blocks hold, and to 2·GAP less for each that does not. */
  private scores(conjunction: Conjunction): { keys: Read[]; queries: Read[]; selectedScore: number } {
    const keys: Read[] = [];
    const queries: Read[] = [];
    for (const { keys: keySOp, queries: querySOp, test } of conjunction) {
      const keyValues = this.domain.values(keySOp);
      const queryValues = this.domain.values(querySOp);
      const column = (key: Atom): string => queryValues.map((query) => Number(test(key, query))).join("");
      const row = (query: Atom): string => keyValues.map((key) => Number(test(key, query))).join("");
      const columns = classesOf(keyValues, column);
      const rows = classesOf(queryValues, row);
      // The side with fewer classes gives the head's dimensions: one for each class that selects anything.
      const [fewer, more] = columns.length <= rows.length ? [columns, rows] : [rows, columns];
      const keyIsFewer = fewer === columns;
      const answers = (one: Atom, other: Atom): boolean => (keyIsFewer ? test(one, other) : test(other, one));
      const fewerReads = this.realize(keyIsFewer ? keySOp : querySOp, membership(fewer), fewer.map(showClass));
      const moreReads = this.realize(keyIsFewer ? querySOp : keySOp, membership(more), more.map(showClass));
      fewer.forEach(([one], d) => {
        const scored = combineReads(
          more.flatMap(([other], m) => (answers(one!, other!) ? [[2 * GAP, moreReads[m]!] as const] : [])),
        );
        keys.push(keyIsFewer ? fewerReads[d]! : scored);
        queries.push(keyIsFewer ? scored : fewerReads[d]!);
      });
    }
    return { keys, queries, selectedScore: 2 * GAP * conjunction.length };
  }

  /** Whether a leaf stands one-hot: embeddings, and means that copy the one value that a row selects. */
  private readonly isCategorical = (leaf: NormalSOp): boolean => {
    if (leaf.kind === "tokens" || leaf.kind === "indices") return true;
    if (leaf.kind !== "mean") return false;
    const copied = this.domain.values(leaf.value);
    const alone = this.domain.selectsAtMostOne(leaf);
    if (!hasMeans(copied)) {
      if (
        copied.some((value) => typeof value === "string") &&
        copied.some((value) => typeof value !== "string") &&
        !alone
      )
        refuse(leaf.origin, "this aggregate mixes numbers and strings", "make the aggregated s-op of one type");
      return true;
    }
    return alone && (this.standsOneHot(leaf.value) || typeof leaf.default === "string");
  };

  private standsOneHot(sop: NormalSOp): boolean {
    const [leaf, ...others] = this.domain.formula(sop).leaves;
    return leaf !== undefined && others.length === 0 && leaf.kind !== "map" && this.isCategorical(leaf);
  }

  private probeNumber(sop: NormalSOp, values: readonly Atom[], stream: Stream): void {
    this.probes.push({
      sop,
      stream,
      expected: (value) => {
        const number = atomNumber(value);
        return number === undefined ? undefined : [number];
      },
      tolerance: smallestStep([values.map(Number)]) / 4,
    });
  }
}

/** One read for each coordinate of a stream. */
const coordinates = (stream: Stream): Read[] =>
  stream.names.map((_, c) =>
    streamRead(
      stream,
      stream.names.map((_, other) => Number(other === c)),
    ),
  );

const embedding = (label: string, values: readonly Atom[]): Stream => ({
  label,
  names: values.map(show),
  writer: "embedding",
  layer: 0,
  atBos: values.map(() => 0),
});

const headStream = (label: string, names: readonly string[], layer: number, atBos: readonly number[]): Stream => ({
  label,
  names,
  writer: "attention",
  layer,
  atBos,
});

/** Removes arguments on which the table does not depend, numbers first: they are the costly ones. */
function dropIrrelevant(
  table: readonly Row[],
  sizes: readonly number[],
  leaves: readonly NormalSOp[],
): { rows: Row[]; kept: number[] } {
  let rows = [...table];
  let kept = leaves.map((_, j) => j);
  const cost = (j: number): number => (leaves[j]!.kind === "mean" || leaves[j]!.kind === "width" ? 1e6 : 0) + sizes[j]!;
  for (const j of [...kept].sort((a, b) => cost(b) - cost(a))) {
    const at = kept.indexOf(j);
    const without = new Map<string, Row>();
    const consistent = rows.every(({ values, result }) => {
      const rest = values.filter((_, position) => position !== at);
      const key = rest.join(",");
      const known = without.get(key);
      if (!known) without.set(key, { values: rest, result });
      return known === undefined || known.result === result;
    });
    if (!consistent) continue;
    rows = [...without.values()];
    kept = kept.filter((other) => other !== j);
  }
  return { rows, kept };
}

/** The vectors as affine reads of one leaf, where that is possible. */
function directRead(
  { reads, encoding, values }: Standing,
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
): Read[] | undefined {
  const dimensions = vectors[0]!.length;
  if (encoding === "categorical")
    return Array.from({ length: dimensions }, (_, c) => {
      const weighted = rows.map(({ values: [v], result }) => [vectors[result]![c]!, reads[v!]!] as const);
      return combineReads(weighted.filter(([weight]) => weight !== 0));
    });
  if (dimensions !== 1) return undefined;
  const points = rows.map(({ values: [v], result }) => [Number(values[v!]), vectors[result]![0]!] as const);
  const [[x0, y0], [x1, y1]] = [points[0]!, points.at(-1)!];
  const slope = (y1 - y0) / (x1 - x0);
  // A steep read would amplify the leaf's noise; hidden units remove it instead.
  const straight = points.every(([x, y]) => Math.abs(y0 + slope * (x - x0) - y) < 1e-12 * Math.max(1, Math.abs(y)));
  return straight && Math.abs(slope) <= 1 ? [combineReads([[slope, reads[0]!]], y0 - slope * x0)] : undefined;
}

function argument({ reads, values, encoding, noise }: Standing): Argument {
  const numbers = values.map(atomNumber);
  const numeric = numbers.every((number) => number !== undefined) ? (numbers as number[]) : undefined;
  if (encoding === "numerical") return { numbers: numeric, axis: reads[0]!, gate: undefined, noise };
  return {
    numbers: numeric,
    axis: numeric && combineReads(numeric.map((number, v) => [number, reads[v]!])),
    gate: (subset) => combineReads(subset.map((v) => [1, reads[v]!])),
    noise: noise * (numeric ? Math.max(1, ...numeric.map(Math.abs)) : 1),
  };
}

function oneHot(classes: readonly Atom[]): (value: Atom) => readonly number[] {
  const keys = classes.map(atomKey);
  return (value) => {
    const key = atomKey(value);
    return keys.map((other) => Number(other === key));
  };
}

/** One component a group: 1 where the value is in it. */
function membership(groups: readonly (readonly Atom[])[]): (value: Atom) => readonly number[] {
  const members = groups.map((group) => new Set(group.map(atomKey)));
  return (value) => {
    const key = atomKey(value);
    return members.map((keys) => Number(keys.has(key)));
  };
}

/** Values with equal signatures go together; those whose signature has no 1 are left out. */
function classesOf(values: readonly Atom[], signatureOf: (value: Atom) => string): Atom[][] {
  const classes = new Map<string, Atom[]>();
  for (const value of values) {
    const signature = signatureOf(value);
    if (!signature.includes("1")) continue;
    classes.set(signature, [...(classes.get(signature) ?? []), value]);
  }
  return [...classes.values()];
}

/** The smallest distance between different numbers of one coordinate; 1 where no coordinate has two. */
function smallestStep(coordinates: readonly (readonly number[])[]): number {
  const steps = coordinates.flatMap((numbers) => {
    const ascending = [...new Set(numbers)].sort((a, b) => a - b);
    return ascending.slice(1).map((number, j) => number - ascending[j]!);
  });
  return Math.min(1, ...steps);
}

const show = (value: Atom): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

const showClass = (group: readonly Atom[]): string =>
  group.length <= 3 ? group.map(show).join("|") : `${show(group[0]!)}|…|${show(group.at(-1)!)}`;

const labelOf = (sop: NormalSOp): string => sop.origin?.name ?? sop.kind;
