/**
 * What s-ops are as functions of the width of one selection and of sums over it. A linear form says it exactly, `agrees` tries the
 * program's own floats for every width and every sum that there can be.
 */
import { atomsEqual } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom } from "../../language/graph/node.js";
import type { Work } from "../work.js";
import { Formula, reachThroughMaps } from "./formula.js";
import * as forms from "./linear-form.js";
import type { LinearForm, Sizes } from "./linear-form.js";
import type { Mapped, NormalForm, NormalSOp, Selection, Width } from "./normal-form.js";
import type { PositionWidths } from "./position-widths.js";

/** What the normal form may know of values: the compiler's domain says it. */
export interface ValueFacts {
  readonly maxLength: number;
  readonly causal: boolean;
  /** Counts what is worked out. */
  readonly work: Work;
  /** Whether an equal value of another type will not do: an int where the program has a float. */
  readonly keepsTypes: boolean;
  /** All values that an s-op can have. @throws RaspError where there are too many */
  values(sop: NormalSOp): readonly Atom[];
}

/** The name of maps that divide the sum of a row by its width, the operands: a mean made of two heads. */
export const QUOTIENT = "mean of sum";

/** All values that an s-op can have; undefined where there are too many. */
export function valuesIfAny(facts: ValueFacts, sop: NormalSOp): readonly Atom[] | undefined {
  try {
    return facts.values(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** More combinations of widths and sums are not tried. */
const MAX_TRIES = 1 << 17;

interface Range {
  readonly least: number;
  readonly most: number;
}

export class SelectionForms {
  readonly sizes: Sizes;
  readonly #forms = new Map<NormalSOp, LinearForm | undefined>();
  readonly #ranges = new Map<NormalSOp, Range | undefined>();
  readonly #sized = new Set<NormalSOp>();
  /** The s-ops that are the width plus a number, and the number. */
  readonly #offsets = new Map<NormalSOp, bigint>();
  /** The s-ops that positions decide, and are one number everywhere. */
  readonly #numbers = new Map<NormalSOp, bigint>();

  readonly selection: Selection;
  readonly #form: NormalForm;
  readonly #facts: ValueFacts;
  readonly #positions: PositionWidths;

  constructor(selection: Selection, form: NormalForm, facts: ValueFacts, positions: PositionWidths) {
    this.selection = selection;
    this.#form = form;
    this.#facts = facts;
    this.#positions = positions;
    const most = (summand: NormalSOp): number => {
      const { least, most } = this.#rangeOf(summand)!;
      return Math.max(Math.abs(least), Math.abs(most));
    };
    this.sizes = { maxLength: facts.maxLength, most };
  }

  /** Undefined where the s-op is no such function. */
  of(sop: NormalSOp): LinearForm | undefined {
    if (!this.#forms.has(sop)) {
      for (const node of reachThroughMaps([sop], this.#forms, this.#form.work)) {
        if (!this.#forms.has(node)) this.#forms.set(node, this.#compute(node));
      }
    }
    return this.#forms.get(sop);
  }

  #compute(sop: NormalSOp): LinearForm | undefined {
    const isSized = this.#isSized(sop);
    switch (sop.kind) {
      case "constant":
        return typeof sop.value === "bigint" || typeof sop.value === "number"
          ? forms.constantForm(sop.value)
          : undefined;
      case "mean":
        if (sop.selection !== this.selection || sop.best || !this.#rangeOf(sop.value)) return undefined;
        return forms.linearForm([this.#sumOf(sop.value, -1)], 1n, this.sizes.most(sop.value) * forms.ROUNDING);
      case "width":
        if (!sop.summed) return this.#isFromFirst(sop) ? this.#widthPlus(sop, -1n) : this.#byPosition(sop);
        if (sop.selection !== this.selection || !this.#rangeOf(sop.summed)) return undefined;
        return forms.linearForm([this.#sumOf(sop.summed, 0)]);
      case "indices":
        return this.#byPosition(sop);
      case "map":
        return this.#mapped(sop) ?? (isSized ? this.#byPosition(sop) : undefined);
      default:
        return undefined;
    }
  }

  #sumOf(summand: NormalSOp, power: number): forms.Term {
    if (summand.kind !== "constant") return { summand, power, factor: 1n };
    return { summand: undefined, power: power + 1, factor: BigInt(summand.value as bigint | number | boolean) };
  }

  #mapped({ fn, args }: Mapped): LinearForm | undefined {
    const [a, b, ...more] = args.map((arg) => this.of(arg));
    if (!a || more.length > 0) return undefined;
    if (args.length === 1) {
      if (fn.name === "+") return a;
      if (fn.name === "-") return forms.linearForm(forms.negated(a.terms), a.divisor, a.error);
      const isExact = fn.name === "round" && forms.isIntegral(a) && a.error < 0.5;
      return isExact ? { ...a, error: 0 } : undefined;
    }
    if (!b) return undefined;
    switch (fn.name) {
      case "+":
        return forms.sumOf(a, b, 1n, this.sizes);
      case "-":
        return forms.sumOf(a, b, -1n, this.sizes);
      case "*":
        return forms.productOf(a, b, this.sizes);
      case "/":
      case QUOTIENT:
        return forms.quotientOf(a, b, this.sizes);
      case "mean of first": {
        // Position 0 is selected, and so are as many others as the second operand says.
        const isAlways = forms.isNumber(a, 1n) && this.#offsets.get(args[1]!) === -1n;
        return isAlways ? forms.linearForm([{ ...WIDTH, power: -1 }], 1n, forms.ROUNDING) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** What a summand can be, if that is ints, or floats without a fraction, whose sums are exact. */
  #rangeOf(summand: NormalSOp): Range | undefined {
    if (!this.#ranges.has(summand)) this.#ranges.set(summand, this.#findRange(summand));
    return this.#ranges.get(summand);
  }

  #findRange(summand: NormalSOp): Range | undefined {
    const values = valuesIfAny(this.#facts, summand);
    // Several bools have no mean.
    if (!values || values.every((value) => typeof value === "boolean")) return undefined;
    const numbers = values.map((value) => (typeof value === "string" || value === null ? NaN : Number(value)));
    const range = { least: Math.min(...numbers), most: Math.max(...numbers) };
    const isExact = Math.max(-range.least, range.most) * this.#facts.maxLength < Number.MAX_SAFE_INTEGER;
    return isExact && numbers.every(Number.isSafeInteger) ? range : undefined;
  }

  /** The s-op as the width and a number, or as a number. */
  #byPosition(sop: NormalSOp): LinearForm | undefined {
    if (sop.kind === "width" && sop.selection === this.selection) return this.#widthPlus(sop, 0n);
    const offset = this.#positions.offset(sop, this.selection);
    if (offset !== undefined) return this.#widthPlus(sop, offset);
    const number = this.#positions.number(sop);
    if (number === undefined) return undefined;
    this.#numbers.set(sop, number);
    return forms.constantForm(number);
  }

  #widthPlus(sop: NormalSOp, offset: bigint): LinearForm | undefined {
    this.#offsets.set(sop, offset);
    return forms.linearForm([WIDTH, { ...ONE, factor: offset }]);
  }

  /** Whether the selection selects position 0 in every row, and the width counts what else it selects. */
  #isFromFirst({ selection }: Width): boolean {
    const form = this.#form;
    const first = form.compare(form.indices(), form.constant(0n), "==");
    const hasFirst = form.combine(this.selection, first, (a, b) => a && b) === first;
    return hasFirst && selection === form.combine(this.selection, first, (a, b) => a && !b);
  }

  /** Whether the s-op is made of positions and widths alone; asked of its operands before. */
  #isSized(sop: NormalSOp): boolean {
    const isSized =
      sop.kind === "map"
        ? sop.args.every((arg) => this.#sized.has(arg))
        : sop.kind === "indices" || sop.kind === "constant" || (sop.kind === "width" && !sop.summed);
    if (isSized) this.#sized.add(sop);
    return isSized;
  }

  /** Whether the selection ever selects two positions. Otherwise a mean is a copy, and sums are no better. */
  selectsSeveral(): boolean {
    return valuesIfAny(this.#facts, this.#form.width(this.selection))?.some((width) => Number(width) > 1) === true;
  }

  /**
   * Whether the s-op is what `expected` makes of the form's value, for every width from 1 up and every sum. False where these are too
   * many to try.
   *
   * @param zeros - whether to try only widths and sums for which the form is 0
   */
  agrees(sop: NormalSOp, form: LinearForm, expected: (value: number) => Atom, zeros = false): boolean {
    const formula = this.#formulaOf(sop);
    const summands = [...new Set(formula.leaves.flatMap(summandOf))];
    const widths = Array.from({ length: this.#facts.maxLength }, (_, i) => i + 1);
    const rangesAt = (n: number): Range[] =>
      summands.map((summand) => {
        const { least, most } = this.#rangeOf(summand)!;
        return { least: n * least, most: n * most };
      });
    const last = summands.length - 1;
    const tried = (n: number): number =>
      rangesAt(n).reduce((all, { least, most }, j) => (zeros && j === last ? all : all * (most - least + 1)), 1);
    if (widths.reduce((all, n) => all + tried(n), 0) > MAX_TRIES) return false;
    return widths.every((n) => {
      const ranges = rangesAt(n);
      const [holds, valueAt] = [
        (sums: readonly number[]) => this.#agreesFor(formula, form, expected, n, (v) => sums[summands.indexOf(v)]!),
        (sums: readonly number[]) => forms.valueOf(form, n, (v) => sums[summands.indexOf(v)]!),
      ];
      if (!zeros || last < 0) return everyChoice(ranges, holds);
      return everyChoice(ranges.slice(0, last), (sums) => {
        const offset = valueAt([...sums, 0]);
        const slope = valueAt([...sums, 1]) - offset;
        const { least, most } = ranges[last]!;
        // The form is 0 for one value of the last sum, or where it does not depend on that sum for all or none.
        if (slope === 0) return offset !== 0 || everyChoice([ranges[last]!], ([sum]) => holds([...sums, sum!]));
        const sum = -offset / slope;
        return !Number.isInteger(sum) || sum < least || sum > most || holds([...sums, sum]);
      });
    });
  }

  /** Whether the s-op is `expected` in rows that select nothing, if there are any. */
  agreesIfEmpty(sop: NormalSOp, form: LinearForm, expected: (value: number) => Atom): boolean {
    return (
      this.#positions.isNeverEmpty(this.selection) || this.#agreesFor(this.#formulaOf(sop), form, expected, 0, () => 0)
    );
  }

  /** The s-op as a function of means, sums and what positions decide. */
  #formulaOf(sop: NormalSOp): Formula {
    return new Formula([sop], this.#form.work, new Set([...this.#offsets.keys(), ...this.#numbers.keys()]));
  }

  #agreesFor(
    formula: Formula,
    form: LinearForm,
    expected: (value: number) => Atom,
    width: number,
    sumOf: (summand: NormalSOp) => number,
  ): boolean {
    const value = formula.evaluate(
      formula.leaves.map((leaf): Atom => {
        const offset = this.#offsets.get(leaf);
        if (offset !== undefined) return BigInt(width) + offset;
        const number = this.#numbers.get(leaf);
        if (number !== undefined) return number;
        const [summand] = summandOf(leaf);
        const sum = sumOf(summand!);
        if (leaf.kind !== "mean") return BigInt(sum);
        if (width === 0) return leaf.default;
        return width === 1 ? BigInt(sum) : sum / width;
      }),
    );
    // Where the program has no value, any will do.
    return value === undefined || atomsEqual(value[0]!, expected(forms.valueOf(form, width, sumOf)));
  }
}

const summandOf = (leaf: NormalSOp): readonly NormalSOp[] => {
  if (leaf.kind === "mean") return [leaf.value];
  return leaf.kind === "width" && leaf.summed ? [leaf.summed] : [];
};

/** Whether `holds` does for every choice of an int from each range. */
function everyChoice(ranges: readonly Range[], holds: (choice: readonly number[]) => boolean): boolean {
  const choice = ranges.map(({ least }) => least);
  for (;;) {
    if (!holds(choice)) return false;
    let last = choice.length - 1;
    for (; last >= 0 && choice[last] === ranges[last]!.most; last--) choice[last] = ranges[last]!.least;
    if (last < 0) return true;
    choice[last]!++;
  }
}

const ONE: forms.Term = { summand: undefined, power: 0, factor: 1n };
const WIDTH: forms.Term = { summand: undefined, power: 1, factor: 1n };
