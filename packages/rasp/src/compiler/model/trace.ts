/**
 * A forward pass as the program sees it: after each sublayer, what every named s-op is worth by the residual stream, beside what
 * the program says. An s-op that is in the residual stream is read there; one that was fused into others is computed from those it
 * is made of, as soon as they stand.
 */
import type { Atom } from "../../language/graph/node.js";
import { plainAtom, type Plain } from "../../language/interpret/evaluate.js";
import type { Span } from "../../language/source.js";
import { Formula } from "../normalize/formula.js";
import type { Layout } from "../layout/layout.js";
import { NormalValues } from "../normalize/normal-values.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { patcher, type Patch } from "./patch.js";
import type { Readback } from "../plan/ir/plan.js";
import { anchorAt, inside, placeOf, rankOf, residualName, type NamedSOp, type Place } from "./program-map.js";
import type { Runnable } from "./runnable.js";

/** What `CompiledModel.trace` gives. */
export interface ModelTrace {
  readonly input: readonly Plain[];
  /** What the model answers. */
  readonly output: readonly Plain[];
  /** The embedding (layer 0), then every sublayer in order. */
  readonly steps: readonly ModelTraceStep[];
}

/** The residual stream after one sublayer. */
export interface ModelTraceStep extends Place {
  /** The s-ops that the residual stream says here, in the program's order. */
  readonly sops: readonly TracedSOp[];
}

/** One s-op at every position. */
export interface TracedSOp {
  readonly name: string;
  readonly span: Span | undefined;
  /** What the residual stream says; undefined where it leaves several values open. */
  readonly decoded: readonly (Plain | undefined)[];
  /** What the program says; undefined where it has no value on this input. */
  readonly expected: readonly Plain[] | undefined;
  readonly agrees: boolean;
  /** Whether the step before did not say it yet, or said something else. */
  readonly isNew: boolean;
}

export function traceModel(compiled: Runnable, input: readonly Atom[], patches: readonly Patch[]): ModelTrace {
  const { layout, sops } = inside(compiled);
  const residuals = new Map<string, Residual>();
  const record = (name: string, { data, shape }: { data: Float32Array; shape: readonly number[] }): void => {
    if (name.endsWith(".residual") || name === "embedding") {
      residuals.set(name, { data: data.slice(), width: shape.at(-1)! });
    }
  };
  const output = compiled.values([input], record, patcher(compiled, input, patches))[0]!;
  const truth = new NormalValues(input, compiled.causal);
  const expected = new Map(sops.map(({ normal }) => [normal, truth.evaluate(normal)]));
  const sublayers = layout.readbacks.map(({ subspace }) => placeOf(subspace));
  const places = new Map([{ layer: 0, sublayer: "embedding" } as const, ...sublayers].map((at) => [rankOf(at), at]));
  const ordered: Place[] = [...places.values()].sort((a, b) => rankOf(a) - rankOf(b));
  let before = new Map<NamedSOp, string>();
  const steps = ordered.map((at): ModelTraceStep => {
    const reader = new Reader(truth, residuals.get(residualName(at))!, layout, at);
    const now = new Map<NamedSOp, string>();
    const traced = sops.flatMap((sop): TracedSOp[] => {
      const values = reader.values(sop.normal);
      if (!values) return [];
      const decoded = values.map((value) => (value === undefined ? undefined : plainAtom(value)));
      const program = expected.get(sop.normal)?.map(plainAtom);
      now.set(sop, decoded.map(String).join());
      return [
        {
          name: sop.name,
          span: sop.node.span,
          decoded,
          expected: program,
          agrees: program === undefined || program.every((value, i) => sameValue(value, decoded[i])),
          isNew: before.get(sop) !== now.get(sop),
        },
      ];
    });
    before = now;
    return { ...at, sops: traced };
  });
  return { input: input.map(plainAtom), output: output.map(plainAtom), steps };
}

interface Residual {
  readonly data: Float32Array;
  readonly width: number;
}

/** Python's equality, as far as plain values go: true is 1. */
const sameValue = (a: Plain, b: Plain | undefined): boolean =>
  a === b ||
  (b !== undefined &&
    a !== null &&
    b !== null &&
    typeof a !== "string" &&
    typeof b !== "string" &&
    Number(a) === Number(b));

type Open = readonly (Atom | undefined)[];

/** Reads s-ops off the residual stream at one place. */
class Reader {
  readonly #known = new Map<NormalSOp, Open | undefined>();
  readonly #present: readonly Readback[];

  readonly #truth: NormalValues;
  readonly #residual: Residual;
  readonly #layout: Layout;
  readonly #at: Place;

  constructor(truth: NormalValues, residual: Residual, layout: Layout, at: Place) {
    this.#truth = truth;
    this.#residual = residual;
    this.#layout = layout;
    this.#at = at;
    this.#present = layout.readbacks.filter(
      ({ subspace }) =>
        rankOf(placeOf(subspace)) <= rankOf(at) &&
        rankOf(at) < rankOf({ layer: layout.clearedAt(subspace), sublayer: "feed-forward" }),
    );
  }

  get #input(): readonly Atom[] {
    return this.#truth.input;
  }

  /** The values at all positions; undefined where something that they are made of does not stand yet. */
  values(sop: NormalSOp): Open | undefined {
    if (!this.#known.has(sop)) this.#known.set(sop, this.#read(sop));
    return this.#known.get(sop);
  }

  #read(sop: NormalSOp): Open | undefined {
    if (sop.kind === "tokens") return this.#input;
    if (sop.kind === "indices") return this.#input.map((_, i) => BigInt(i));
    if (sop.kind === "constant") return this.#input.map(() => sop.value);
    const readbacks = this.#present.filter((readback) => readback.sop === sop);
    const computed = sop.kind === "map" ? this.#computed(sop) : undefined;
    if (readbacks.length === 0) return computed;
    return this.#input.map((_, i) => {
      const candidates = this.#candidates(readbacks, i);
      if (candidates.length === 1) return candidates[0];
      // Classes of values: what the s-op is made of decides among them.
      return candidates.find((value) => value === computed?.[i]);
    });
  }

  #computed(sop: NormalSOp): Open | undefined {
    const formula = new Formula([sop]);
    const leaves = formula.leaves.map((leaf) => this.values(leaf) ?? this.#irrelevant(leaf));
    if (leaves.includes(undefined)) return undefined;
    return this.#input.map((_, i) => {
      const atoms = leaves.map((leaf) => leaf![i]);
      return atoms.includes(undefined) ? undefined : formula.evaluate(atoms as Atom[])?.[0];
    });
  }

  /** What stands nowhere in the model does not matter to anything that does: any value that it can have will do. */
  #irrelevant(leaf: NormalSOp): Open | undefined {
    const matters = leaf.kind === "map" || this.#layout.readbacks.some(({ sop }) => sop === leaf);
    return matters ? undefined : this.#truth.evaluate(leaf);
  }

  /** The values that the subspaces are nearest to. */
  #candidates(readbacks: readonly Readback[], position: number): readonly Atom[] {
    let candidates = readbacks[0]!.values;
    for (const readback of readbacks) {
      const anchor = anchorAt(this.#layout, readback.subspace, this.#at);
      const held = readback.subspace.names.map((_, c) => {
        const coordinate = this.#layout.coordinate(readback.subspace, c);
        return this.#residual.data[(position + 1) * this.#residual.width + coordinate]! - anchor;
      });
      const distance = (value: Atom): number =>
        (readback.expected(value) ?? [Infinity]).reduce(
          (most, number, c) => Math.max(most, Math.abs(number - held[c]!)),
          0,
        );
      const least = Math.min(...candidates.map(distance));
      candidates = candidates.filter((value) => distance(value) === least);
    }
    return candidates;
  }
}
