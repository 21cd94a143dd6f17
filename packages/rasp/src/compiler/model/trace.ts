/**
 * A forward pass in the program's terms: after each sublayer, the value of every named s-op in the residual stream, beside its value by
 * the program. An s-op with coordinates is read off them. One that was fused into others is computed from the s-ops that it is made of,
 * as soon as those are there.
 */
import type { Atom } from "../../language/graph/node.js";
import { plainAtom, type Plain } from "../../language/atom/plain.js";
import type { Span } from "../../language/source.js";
import { agreementAmong } from "../plan/ir/decoding.js";
import { Formula } from "../normalize/formula.js";
import type { Layout } from "../layout/layout.js";
import { NormalValues } from "../normalize/normal-values.js";
import { distinctAtoms } from "../values/value-set.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { patcher, type Patch } from "./patch.js";
import type { Readback } from "../plan/ir/plan.js";
import { orderOf, placeOf, programMap, type NamedSOp, type Place } from "./program-map.js";
import { Residuals } from "./residuals.js";
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
  /** The s-ops that can be read here, in the program's order. */
  readonly sops: readonly TracedSOp[];
}

/** One s-op at every position. */
export interface TracedSOp {
  readonly name: string;
  readonly span: Span | undefined;
  /** The value in the residual stream; undefined where several are possible. */
  readonly decoded: readonly (Plain | undefined)[];
  /** The value by the program; undefined where it has none on this input. */
  readonly expected: readonly Plain[] | undefined;
  /** Whether they are equal, floats up to float32. */
  readonly agrees: boolean;
  /** Whether the step before did not have it, or had another value. */
  readonly isNew: boolean;
}

export function traceModel(compiled: Runnable, input: readonly Atom[], patches: readonly Patch[]): ModelTrace {
  const { layout, sops } = programMap(compiled);
  const residuals = new Residuals();
  const output = compiled.values([input], residuals.record, patcher(compiled, input, patches))[0]!;
  const truth = new NormalValues(input, compiled.causal);
  const expected = new Map(sops.map(({ normal }) => [normal, truth.evaluate(normal)]));
  const sublayers = layout.readbacks.map(({ subspace }) => placeOf(subspace));
  const places = new Map(
    [{ layer: 0, sublayer: "embedding" } as const, ...sublayers].map((place) => [orderOf(place), place]),
  );
  const ordered: Place[] = [...places.values()].sort((a, b) => orderOf(a) - orderOf(b));
  let before = new Map<NamedSOp, string>();
  const steps = ordered.map((place): ModelTraceStep => {
    const reader = new Reader(truth, residuals, layout, place);
    const now = new Map<NamedSOp, string>();
    const traced = sops.flatMap((sop): TracedSOp[] => {
      const values = reader.values(sop.normal);
      if (!values) return [];
      const decoded = values.map((value) => (value === undefined ? undefined : plainAtom(value)));
      const program = expected.get(sop.normal);
      const agreement = agreementAmong(program ?? []);
      now.set(sop, decoded.map(String).join());
      return [
        {
          name: sop.name,
          span: sop.node.span,
          decoded,
          expected: program?.map(plainAtom),
          agrees: !program || program.every((value, i) => isRight(agreement, value, values[i])),
          isNew: before.get(sop) !== now.get(sop),
        },
      ];
    });
    before = now;
    return { ...place, sops: traced };
  });
  return { input: input.map(plainAtom), output: output.map(plainAtom), steps };
}

const isRight = (agreement: ReturnType<typeof agreementAmong>, program: Atom, decoded: Atom | undefined): boolean =>
  decoded !== undefined && agreement(program, decoded) !== "different";

/** The values that an s-op can have, for each position. */
type Possible = readonly (readonly Atom[])[];

/** More combinations of what the leaves of an s-op can be are not tried. */
const MOST_TRIED = 1 << 12;

/** Reads s-ops off the residual stream at one place in the model. */
class Reader {
  readonly #known = new Map<NormalSOp, Possible | undefined>();
  readonly #present: readonly Readback[];

  readonly #truth: NormalValues;
  readonly #residuals: Residuals;
  readonly #layout: Layout;
  readonly #place: Place;

  constructor(truth: NormalValues, residuals: Residuals, layout: Layout, place: Place) {
    this.#truth = truth;
    this.#residuals = residuals;
    this.#layout = layout;
    this.#place = place;
    this.#present = layout.readbacks.filter(
      (readback) => orderOf(placeOf(readback.subspace)) <= orderOf(place) && !this.#isCleared(readback),
    );
  }

  get #input(): readonly Atom[] {
    return this.#truth.input;
  }

  /**
   * The value at each position; undefined where the model is sure of none, and as a whole where something that it depends on has not been
   * written yet, or is gone but for what is still read of it.
   */
  values(sop: NormalSOp): readonly (Atom | undefined)[] | undefined {
    const possible = this.#possible(sop);
    const isSure = possible?.every((values) => values.length === 1);
    if (!possible || (!isSure && this.#isPartlyGone(sop))) return undefined;
    return possible.map(([value, ...others]) => (others.length === 0 ? value : undefined));
  }

  /** Whether coordinates of the s-op, or of what it is made of, have been cleared: what is left may not tell its values apart. */
  #isPartlyGone(sop: NormalSOp): boolean {
    const parts = new Set([sop, ...new Formula([sop], undefined).leaves]);
    return this.#layout.readbacks.some((readback) => parts.has(readback.sop) && this.#isCleared(readback));
  }

  #isCleared({ subspace }: Readback): boolean {
    return orderOf(this.#place) >= orderOf({ layer: this.#layout.clearedAt(subspace), sublayer: "feed-forward" });
  }

  #possible(sop: NormalSOp): Possible | undefined {
    if (!this.#known.has(sop)) this.#known.set(sop, this.#read(sop));
    return this.#known.get(sop);
  }

  #read(sop: NormalSOp): Possible | undefined {
    if (sop.kind === "tokens") return this.#input.map((token) => [token]);
    if (sop.kind === "indices") return this.#input.map((_, i) => [BigInt(i)]);
    if (sop.kind === "constant") return this.#input.map(() => [sop.value]);
    const readbacks = this.#present.filter((readback) => readback.sop === sop);
    const computed = sop.kind === "map" ? this.#computed(sop) : undefined;
    if (readbacks.length === 0) return computed;
    return this.#input.map((_, i) => {
      const candidates = this.#candidates(readbacks, i);
      if (candidates.length === 1 || !computed) return candidates;
      // The coordinates tell classes of values apart; what the s-op is made of decides within a class.
      return candidates.filter((value) => computed[i]!.includes(value));
    });
  }

  #computed(sop: NormalSOp): Possible | undefined {
    const formula = new Formula([sop], undefined);
    const leaves = formula.leaves.map((leaf) => this.#possible(leaf) ?? this.#irrelevant(leaf));
    if (leaves.includes(undefined)) return undefined;
    const possible = this.#input.map((_, i) =>
      valuesOf(
        formula,
        leaves.map((leaf) => leaf![i]!),
      ),
    );
    return possible.includes(undefined) ? undefined : (possible as Possible);
  }

  /** An s-op that nothing in the model reads does not change those that are read: the program's own values will do. */
  #irrelevant(leaf: NormalSOp): Possible | undefined {
    const matters = leaf.kind === "map" || this.#layout.readbacks.some(({ sop }) => sop === leaf);
    return matters ? undefined : this.#truth.evaluate(leaf)?.map((value) => [value]);
  }

  /** The values that the subspaces are nearest to. */
  #candidates(readbacks: readonly Readback[], position: number): readonly Atom[] {
    let candidates = readbacks[0]!.values;
    for (const readback of readbacks) {
      const held = this.#residuals.numbers(this.#layout, readback.subspace, this.#place, position);
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

/** What a formula can be where its leaves can be these; undefined where there are too many combinations. */
function valuesOf(formula: Formula, leaves: Possible): readonly Atom[] | undefined {
  if (leaves.reduce((product, values) => product * values.length, 1) > MOST_TRIED) return undefined;
  const joint = leaves.reduce<Atom[][]>(
    (all, values) => all.flatMap((atoms) => values.map((value) => [...atoms, value])),
    [[]],
  );
  return distinctAtoms(joint.flatMap((atoms) => formula.evaluate(atoms) ?? []));
}
