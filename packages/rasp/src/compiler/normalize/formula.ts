/** Elementwise s-ops as functions of their leaves: a formula evaluates several s-ops from the values of what they are made of. */
import { RaspError } from "../../language/diagnostic.js";
import { atomSize } from "../../language/atom/size.js";
import { applyMap } from "../../language/graph/elementwise.js";
import type { Atom } from "../../language/graph/node.js";
import type { Work } from "../work.js";
import type { NormalSOp } from "./normal-form.js";

/** Float64 holds all ints up to this. */
const EXACT = 2n ** 53n;

/** The work of a node that is visited, of a step beyond the first few, and of each 8 bytes of a long int. */
const [VISIT, STEP, FEW_STEPS, LONG_INT] = [40, 10, 24, 100];

type Step = (slots: Atom[]) => Atom;

/** The nodes that `roots` reach through maps, operands first. Maps in `cut` are not entered. A loop, since chains can be long. */
export function reachThroughMaps(
  roots: readonly NormalSOp[],
  cut: { has(node: NormalSOp): boolean },
  work: Work | undefined,
): NormalSOp[] {
  const seen = new Set<NormalSOp>();
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    work?.read(VISIT, roots.at(-1));
    seen.add(node);
    if (node.kind === "map" && !cut.has(node)) stack.push(...node.args);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

export class Formula {
  /** What the roots are functions of: tokens, indices, means, widths and the maps that were cut, but no constants. */
  readonly leaves: readonly NormalSOp[];
  readonly #steps: readonly Step[];
  readonly #outputs: readonly number[];
  /** Whether it applies a function that may tell True from 1. */
  readonly seesTypes: boolean;
  #sawInexact = false;

  readonly #root: NormalSOp | undefined;
  readonly #work: Work | undefined;

  /**
   * @param work - counts what making and evaluating the formula takes
   * @param cut - maps that are leaves
   */
  constructor(roots: readonly NormalSOp[], work: Work | undefined, cut: ReadonlySet<NormalSOp> = new Set()) {
    const nodes = reachThroughMaps(roots, cut, work);
    this.#root = roots.at(-1);
    this.#work = work;
    const isLeaf = (node: NormalSOp): boolean => cut.has(node) || (node.kind !== "map" && node.kind !== "constant");
    this.leaves = nodes.filter(isLeaf);
    this.seesTypes = nodes.some((node) => !isLeaf(node) && node.kind === "map" && node.fn.seesTypes === true);
    const slotOf = new Map<NormalSOp, number>();
    const inner = nodes.filter((node) => !isLeaf(node));
    [...this.leaves, ...inner].forEach((node, slot) => slotOf.set(node, slot));
    this.#steps = inner.map((node): Step => {
      if (node.kind === "constant") return () => node.value;
      if (node.kind !== "map") throw new Error(`${node.kind} is a leaf`);
      const { fn } = node;
      const slots = node.args.map((arg) => slotOf.get(arg)!);
      return (values) =>
        applyMap(
          fn,
          slots.map((slot) => values[slot]!),
        );
    });
    this.#outputs = roots.map((root) => slotOf.get(root)!);
  }

  /** How many functions and constants it applies. */
  get size(): number {
    return this.#steps.length;
  }

  /**
   * Whether any value so far was an int that float64 may not hold: with such ints a result can depend on whether another operand is an
   * int or the same number as a float.
   */
  get sawInexact(): boolean {
    return this.#sawInexact;
  }

  #see(value: Atom): void {
    if (typeof value !== "bigint" || (value <= EXACT && value >= -EXACT)) return;
    this.#sawInexact = true;
    this.#work?.read(LONG_INT * atomSize(value), this.#root);
  }

  /** The roots' values where the leaves have these. @throws RaspError where the program has no value there */
  values(leafValues: readonly Atom[]): Atom[] {
    if (this.#steps.length > FEW_STEPS) this.#work?.read(STEP * this.#steps.length, this.#root);
    const slots = [...leafValues];
    for (const value of slots) this.#see(value);
    for (const step of this.#steps) {
      const value = step(slots);
      this.#see(value);
      slots.push(value);
    }
    return this.#outputs.map((slot) => slots[slot]!);
  }

  /** Like `values`, but undefined where the program has no value. */
  evaluate(leafValues: readonly Atom[]): Atom[] | undefined {
    try {
      return this.values(leafValues);
    } catch (error) {
      if (error instanceof RaspError) return undefined;
      throw error;
    }
  }
}
