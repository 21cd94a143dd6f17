/** Vectors as affine functions of the residual stream, with the heads and hidden units that they need. */
import type { Selector, SOp } from "../../language/graph/node.js";
import { softTopological, type Score, type Vector } from "../../language/graph/soft.js";
import { Basis } from "../../language/graph/table.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Locals } from "./local.js";
import { refuse } from "../refusal.js";
import { dimensionsOf, type Dimension } from "./scores.js";
import { combination, constantly, isZero, plus, times, type Affine, type Reading, type Stream } from "./stream.js";

/** A head: what it reads at keys goes to one coordinate each. */
export interface PlannedHead {
  /** The layer, from 0. */
  readonly layer: number;
  readonly dimensions: readonly Dimension[];
  readonly values: readonly Affine[];
  readonly written: readonly Affine[];
}

/** A hidden unit relu(argument), which goes to one coordinate. */
export interface PlannedUnit {
  readonly layer: number;
  readonly argument: Affine;
  readonly written: Affine;
}

/** All that computes the vectors of a program. */
export class VectorPlan {
  readonly heads: PlannedHead[] = [];
  readonly units: PlannedUnit[] = [];
  readonly stream: Stream;
  readonly #locals: Locals;
  readonly #known = new Map<Vector, Reading>();
  readonly #values = new Map<SOp, Reading>();

  constructor(stream: Stream, locals: Locals) {
    this.stream = stream;
    this.#locals = locals;
  }

  /** What of the plan these functions need, directly or not: heads and hidden units of which nothing is read are left out. */
  needed(outputs: readonly Affine[]): Pick<VectorPlan, "stream" | "heads" | "units"> {
    const read = new Set<number>();
    const isRead = ({ terms }: Affine): boolean => [...terms.keys()].some((coordinate) => read.has(coordinate));
    const add = (parts: readonly Affine[]): void => {
      for (const { terms } of parts) for (const coordinate of terms.keys()) read.add(coordinate);
    };
    add(outputs);
    const heads: PlannedHead[] = [];
    const units: PlannedUnit[] = [];
    const steps = [...this.heads, ...this.units].sort((a, b) => timeOf(b) - timeOf(a));
    for (const step of steps) {
      if ("argument" in step) {
        if (!isRead(step.written)) continue;
        units.unshift(step);
        add([step.argument]);
        continue;
      }
      const kept = step.values.map((_, v) => v).filter((v) => isRead(step.written[v]!));
      if (kept.length === 0) continue;
      const [values, written] = [step.values, step.written].map((list) => kept.map((v) => list[v]!));
      heads.unshift({ ...step, values: values!, written: written! });
      add([...values!, ...step.dimensions.flatMap(({ query, key }) => [query, key])]);
    }
    return { stream: this.stream, heads, units };
  }

  /** @throws RaspError of class `compile` for what has no exact weights */
  reading(vector: Vector): Reading {
    for (const node of softTopological(vector)) {
      if (isVector(node) && !this.#known.has(node)) this.#known.set(node, this.#make(node));
    }
    return this.#known.get(vector)!;
  }

  #make(vector: Vector): Reading {
    const of = (node: Vector): Reading => this.reading(node);
    switch (vector.kind) {
      case "one-hot":
        return this.#oneHot(vector.of);
      case "fixed": {
        const { basis, values } = vector.weights;
        return { basis, components: basis.atoms.map((_, c) => constantly(values[c]!)) };
      }
      case "project":
        return projected(of(vector.of), vector.table);
      case "vector-scale":
        return mapped(of(vector.of), (part) => times(part, vector.by));
      case "vector-sum":
        return vector.terms.map(of).reduce(sum);
      case "attend":
        return this.#attend(vector);
      case "combine":
        return this.#combine(vector);
      default:
        return refused(
          vector,
          `\`${vector.kind.replace("-", "_")}\` has no exact weights in a Transformer without layer norm`,
          "compile a program without it",
        );
    }
  }

  /** The values of an s-op: a function of its place, or one that a head carries from one other place. */
  #oneHot(sop: SOp): Reading {
    const known = this.#values.get(sop) ?? (this.#locals.isLocal([sop]) ? this.#local(sop) : this.#carried(sop));
    this.#values.set(sop, known);
    return known;
  }

  #local(sop: SOp): Reading {
    const { source, values } = this.#locals.local(sop);
    const basis = Basis.distinct(values);
    const classes = values.map((value) => basis.find(value));
    const component = (c: number): Affine => {
      const column = classes.map((at) => Number(at === c));
      return this.stream.feature(source, column);
    };
    return { basis, components: basis.atoms.map((_, c) => component(c)) };
  }

  /**
   * An aggregate of which each row selects one earlier position, or none and has the default: what the head gives there, a mean of all, is cut
   * off by hidden units.
   */
  #carried(sop: SOp): Reading {
    const problem = "only `aggregate` of one earlier position, of texts or truth values, is carried as it is";
    const remedy = "use `attend`, which gives shares of values";
    if (sop.kind !== "aggregate" || sop.noDefault !== undefined) return refuse(sop, problem, remedy);
    const { queries, keys, selected } = this.#locals.relation(sop.selector);
    const isEarlier = (row: readonly boolean[], q: number): boolean => row.every((is, k) => !is || k <= q);
    const few = selected.every((row) => row.filter(Boolean).length <= 1);
    if (!few || queries !== keys || queries === "token" || !selected.every(isEarlier)) refuse(sop, problem, remedy);
    const values = this.#local(sop.value);
    const all = [...values.basis.atoms, sop.default];
    if (all.some((atom) => typeof atom !== "string" && typeof atom !== "boolean")) refuse(sop, problem, remedy);
    const head = this.#head(sop.selector, values.components);
    const empty = this.stream.feature(
      queries,
      selected.map((row) => Number(!row.includes(true))),
    );
    const basis = Basis.distinct(all);
    const components = basis.atoms.map((atom) => {
      const carried = head[values.basis.find(atom)] ?? constantly(0);
      if (isZero(empty)) return carried;
      return combination([
        [1, this.#unit(plus(carried, times(empty, -1)))],
        [atom === sop.default ? 1 : 0, empty],
      ]);
    });
    return { basis, components };
  }

  /** What hidden units make of an argument: relu. */
  #unit(argument: Affine): Affine {
    const layer = Math.floor(argument.time / 2);
    const written = this.stream.written(2 * layer + 2);
    this.units.push({ layer, argument, written });
    return written;
  }

  /** The means of functions over the keys, by a head. What is the same everywhere is its own mean. */
  #head(pattern: Score | Selector, components: readonly Affine[]): Affine[] {
    const dimensions = dimensionsOf(pattern, {
      stream: this.stream,
      locals: this.#locals,
      reading: (node) => this.reading(node),
      oneHot: (sop) => this.#oneHot(sop),
    });
    const layer = Math.floor(
      (latest([...components, ...dimensions.flatMap(({ query, key }) => [query, key])]) + 1) / 2,
    );
    const values = components.filter(({ terms }) => terms.size > 0);
    const written = new Map(values.map((part) => [part, this.stream.written(2 * layer + 1)]));
    if (values.length > 0) this.heads.push({ layer, dimensions, values, written: [...written.values()] });
    return components.map((part) => written.get(part) ?? part);
  }

  #attend({ pattern, of }: Extract<Vector, { kind: "attend" }>): Reading {
    const { basis, components } = this.reading(of);
    return { basis, components: this.#head(pattern, components) };
  }

  /** Products of components from 0 to 1, of which one side is 0 or 1: relu(a + b - 1). */
  #combine(vector: Extract<Vector, { kind: "combine" }>): Reading {
    const { left, right } = vector;
    if (!isUnit(left) || !isUnit(right) || (!isOneHot(left) && !isOneHot(right))) {
      refused(
        vector,
        "`combine` has exact weights where one vector is one-hot and the other is a mean of such vectors",
        "combine tokens, or a function of tokens or indices, with what a head gives",
      );
    }
    const [a, b] = [this.reading(left), this.reading(right)];
    const atoms = a.basis.atoms.flatMap((x) => b.basis.atoms.map((y) => `${String(x)},${String(y)}`));
    const components = a.components.flatMap((x) =>
      b.components.map((y) => this.#unit(plus(plus(x, y), constantly(-1)))),
    );
    return { basis: new Basis(atoms), components };
  }
}

/** Of the sublayer that writes it. */
const timeOf = (step: PlannedHead | PlannedUnit): number => 2 * step.layer + ("argument" in step ? 2 : 1);

const VECTORS: ReadonlySet<string> = new Set<Vector["kind"]>([
  ...(["one-hot", "fixed", "project", "vector-sum", "vector-scale", "attend"] as const),
  ...(["layer-norm", "sharpen", "combine", "opaque"] as const),
]);

const isVector = (node: { readonly kind: string }): node is Vector => VECTORS.has(node.kind);

const latest = (parts: readonly Affine[]): number => parts.reduce((time, part) => Math.max(time, part.time), 0);

const isOneHot = ({ kind }: Vector): boolean => kind === "one-hot";

/** Whether components are from 0 to 1. */
const isUnit = (vector: Vector): boolean =>
  isOneHot(vector) ||
  (vector.kind === "attend" && isUnit(vector.of)) ||
  (vector.kind === "combine" && isUnit(vector.left) && isUnit(vector.right));

const mapped = ({ basis, components }: Reading, change: (part: Affine) => Affine): Reading => ({
  basis,
  components: components.map(change),
});

function projected({ basis, components }: Reading, table: Extract<Vector, { kind: "project" }>["table"]): Reading {
  const parts = table.columnBasis.atoms.map((): [number, Affine][] => []);
  basis.atoms.forEach((atom, c) => {
    const row = table.rows[table.rowBasis.find(atom)];
    if (!row) return;
    for (let i = 0; i < row.values.length; i++) parts[row.columns[i]!]!.push([row.values[i]!, components[c]!]);
  });
  return { basis: table.columnBasis, components: parts.map(combination) };
}

function sum(a: Reading, b: Reading): Reading {
  const basis = Basis.distinct([...a.basis.atoms, ...b.basis.atoms]);
  const part = ({ basis: own, components }: Reading, c: number): Affine =>
    components[own.find(basis.atoms[c]!)] ?? constantly(0);
  return {
    basis,
    components: basis.atoms.map((_, c) => plus(part(a, c), part(b, c))),
  };
}

/** @throws RaspError at the place of a vector */
function refused({ name, span }: Vector, reason: string, suggestion: string): never {
  throw new RaspError({
    code: "RASP4001",
    class: "compile",
    message: `cannot compile${name === undefined ? "" : ` "${name}"`}: ${reason}`,
    ...(span ? { span } : {}),
    suggestion,
  });
}
