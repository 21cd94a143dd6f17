/**
 * Sums over a selection, which heads compute exactly, in place of what programs make of means over it, which heads do not. RASP
 * counts with means: `round(length * aggregate(full_s, indicator(a)))` (Weiss, Goldberg, Yahav 2021). Every rewriting gives the
 * interpreter's value wherever the program has one: rounding removes an error of less than a half, and everything else is tried with
 * the program's own floats.
 */
import { compareAtoms } from "../../language/atom/compare.js";
import { arithmeticMap, comparisonMap } from "../../language/graph/elementwise.js";
import type { Atom, Comparison, Elementwise } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { canFail, choiceIn, chosenSums, summedOver } from "./choices.js";
import { asExistence } from "./existence.js";
import { hasSums, isIntegral, isOneMean, sizeOf, sumOf, withoutDivisor, type LinearForm } from "./linear-form.js";
import type { Mapped, NormalForm, NormalSOp, Selection, Width } from "./normal-form.js";
import { PositionWidths } from "./position-widths.js";
import { QUOTIENT, SelectionForms, valuesIfAny, type ValueFacts } from "./selection-forms.js";

/** Larger sums are not compared in place of means: the error of a head that sums grows with the square. */
const MAX_COMPARED = 1 << 13;
/** How many `if` inside each other are taken apart. */
const MAX_CHOICES = 3;

const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);
const ARITHMETIC = new Set(["+", "-", "*", "/"]);
/** Which operands are asked only whether they are true, that is, not 0. */
const TRUTH = new Map([
  ["indicator", [0]],
  ["not", [0]],
  ["and", [0, 1]],
  ["or", [0, 1]],
  ["if", [0]],
]);

/** The selections of the means that an s-op is made of by maps alone. */
type Means = "none" | "several" | Selection;

export class Sums {
  readonly #forms = new Map<Selection, SelectionForms>();
  readonly #means = new Map<NormalSOp, Means>();
  /** Floats that equal ints, and these. */
  readonly #ints = new Map<NormalSOp, NormalSOp>();

  /** S-ops that have no `if` below arithmetic. */
  readonly #withoutChoice = new Set<NormalSOp>();
  readonly #form: NormalForm;
  readonly #facts: ValueFacts;
  readonly #meansAreBest: boolean;
  readonly #positions: PositionWidths;

  /** @param meansAreBest - whether a mean is better than the quotient of a sum and a width */
  constructor(form: NormalForm, facts: ValueFacts, meansAreBest: boolean) {
    this.#form = form;
    this.#facts = facts;
    this.#meansAreBest = meansAreBest;
    this.#positions = new PositionWidths(form, facts.maxLength);
  }

  /** The s-op with sums in place of means, or the s-op itself. Its operands have been through this already. */
  rewrite(sop: NormalSOp, choices = 0): NormalSOp {
    if (sop.kind !== "map") return sop;
    const means = this.#meansOf(sop);
    if (means === "none") return this.#ofSums(sop);
    const truth = TRUTH.get(sop.fn.name);
    if (truth) {
      const asked = this.#withTruths(sop, truth);
      return asked.kind === "map" ? this.#ofSums(asked) : asked;
    }
    const summed = means === "several" ? sop : this.#overOne(sop, this.#formsOf(means));
    return summed === sop && choices < MAX_CHOICES ? this.#eachChoice(sop, choices) : summed;
  }

  #formsOf(selection: Selection): SelectionForms {
    const make = () => new SelectionForms(selection, this.#form, this.#facts, this.#positions);
    return getOrInsert(this.#forms, selection, make);
  }

  #meansOf(sop: NormalSOp): Means {
    if (sop.kind === "mean") return sop.best ? "none" : sop.selection;
    if (sop.kind !== "map") return "none";
    if (sop.fn.name === QUOTIENT) return (sop.args[0] as Width).selection;
    return getOrInsert(this.#means, sop, () =>
      sop.args
        .map((arg) => this.#meansOf(arg))
        .reduce((a, b) => (a === "none" || a === b ? b : b === "none" ? a : "several"), "none"),
    );
  }

  /** A function of means over one selection and of its width. */
  #overOne(sop: Mapped, forms: SelectionForms): NormalSOp {
    const { name } = sop.fn;
    const [a, b] = sop.args;
    if (name === "round") return this.#rounded(sop, forms);
    if (!a || !b || sop.args.length > 2) return sop;
    if (COMPARISONS.has(name)) return this.#compared(sop, name as Comparison, forms);
    return ARITHMETIC.has(name) ? this.#product(sop, forms) : sop;
  }

  #rounded(sop: Mapped, forms: SelectionForms): NormalSOp {
    const form = forms.of(sop);
    if (!form || !forms.agreesIfEmpty(sop, form, BigInt) || !forms.selectsSeveral()) return sop;
    return this.#sum(sop, form, forms);
  }

  /**
   * `mean > other mean` is `sum of the differences > 0`. The two differ by a number that floats keep apart from 0, or not at all, for
   * which the program's own floats are tried. Of one mean it is asked whether any position is above 0, or it is left as it is: its
   * head is as good.
   */
  #compared(sop: Mapped, op: Comparison, forms: SelectionForms): NormalSOp {
    const exists = this.#meansAreBest ? asExistence(sop, this.#form, this.#facts) : undefined;
    if (exists) return exists;
    const [left, right] = sop.args.map((arg) => forms.of(arg));
    const difference = left && right && sumOf(left, right, -1n, forms.sizes);
    const form = difference && withoutDivisor(difference);
    if (!form || isOneMean(difference) || sizeOf(form, forms.sizes) > MAX_COMPARED) return sop;
    const least = 1 / (Number(difference.divisor) * forms.sizes.maxLength);
    const expected = (value: number): boolean => compareAtoms(op, value, 0);
    const isApart = difference.error < least / 2;
    if (!(isApart && isMeansCompared(sop)) && !forms.agrees(sop, form, expected, isApart)) return sop;
    if (!forms.agreesIfEmpty(sop, form, expected) || !forms.selectsSeveral()) return sop;
    return this.#form.map(sop.fn, [this.#sum(sop, form, forms), this.#form.constant(0n)], sop.origin);
  }

  /**
   * `width * mean` is a sum, where the floats of the program have no error. The value stays a float. Where they have one, 22 · (15 / 22)
   * is 14.999999999999998, it is a function of the sum and the width.
   */
  #product(sop: Mapped, forms: SelectionForms): NormalSOp {
    const form = forms.of(sop);
    if (!form || !hasSums(form) || !isIntegral(form) || !forms.selectsSeveral()) return sop;
    const isExact = forms.agrees(sop, form, Number) && forms.agreesIfEmpty(sop, form, Number);
    return isExact ? this.#asFloat(this.#sum(sop, form, forms), sop) : this.#withQuotients(sop);
  }

  /** The s-op with quotients of sums and widths in place of means. */
  #withQuotients(sop: NormalSOp): NormalSOp {
    const form = this.#form;
    if (sop.kind === "map" && sop.fn.name !== QUOTIENT && this.#meansOf(sop) !== "none") {
      const args = sop.args.map((arg) => this.#withQuotients(arg));
      return form.map(sop.fn, args, sop.origin);
    }
    if (sop.kind !== "mean" || sop.best) return sop;
    const { selection, value, origin } = sop;
    return form.map(quotientMap(sop.default), [form.width(selection, origin, value), form.width(selection)], origin);
  }

  #asFloat(int: NormalSOp, sop: Mapped): NormalSOp {
    const float = this.#map("*", [int, this.#form.constant(1)], sop);
    this.#ints.set(float, int);
    return float;
  }

  /** A function of what have become sums. */
  #ofSums(sop: Mapped): NormalSOp {
    switch (sop.fn.name) {
      case "round":
        return this.#asInt(sop.args[0]!) ?? sop;
      case "/":
        return this.#asMean(sop);
      case "if":
        return this.#chosenSum(sop);
      default:
        return sop;
    }
  }

  /** `a if condition else b` of two sums. */
  #chosenSum(sop: Mapped): NormalSOp {
    const [condition, ...values] = sop.args as [NormalSOp, NormalSOp, NormalSOp];
    const branches = values.map((value) => this.#ints.get(value) ?? value);
    const parts = chosenSums(this.#form, this.#facts, condition, branches, sop);
    if (!parts) return sop;
    const sum = parts.length === 1 ? parts[0]! : this.#map("+", parts, sop);
    return branches.every((branch, j) => branch === values[j]) ? sum : this.#asFloat(sum, sop);
  }

  /** The int that a float made of sums equals; undefined where there is none. */
  #asInt(sop: NormalSOp): NormalSOp | undefined {
    const known = this.#ints.get(sop);
    if (known) return known;
    if (sop.kind === "width" || (sop.kind === "constant" && typeof sop.value === "bigint")) return sop;
    if (sop.kind !== "map" || sop.args.length !== 2 || !["+", "-"].includes(sop.fn.name)) return undefined;
    const args = sop.args.map((arg) => this.#asInt(arg));
    const int = args.includes(undefined) ? undefined : this.#form.map(sop.fn, args as NormalSOp[], sop.origin);
    if (int) this.#ints.set(sop, int);
    return int;
  }

  /** `sum / width` is a mean, which is one head. */
  #asMean(sop: Mapped): NormalSOp {
    const [sum, width] = sop.args as [NormalSOp, NormalSOp];
    if (!this.#meansAreBest) return sop;
    const over = sum.kind === "width" ? summedOver(this.#form, sum) : undefined;
    const divisor = over && this.#formsOf(over.selection).of(width);
    const isWidth = divisor?.terms.length === 1 && divisor.terms[0]!.power === 1 && divisor.terms[0]!.factor === 1n;
    if (!over || !isWidth || divisor.divisor !== 1n || divisor.error > 0) return sop;
    return valuesIfAny(this.#facts, over.summed)?.every(isInt)
      ? this.#form.mean(over.selection, over.summed, 0n, sop.origin)
      : sop;
  }

  /** Operands that are asked only whether they are true, as comparisons. */
  #withTruths(sop: Mapped, truth: readonly number[]): NormalSOp {
    const form = this.#form;
    const args = sop.args.map((arg, j) => {
      if (!truth.includes(j) || arg.kind === "constant") return arg;
      const isTrue = form.map(comparisonMap("!="), [arg, form.constant(0n)], arg.origin);
      const rewritten = this.#meansOf(arg) === "none" ? isTrue : this.rewrite(isTrue);
      return rewritten === isTrue ? arg : rewritten;
    });
    return args.every((arg, j) => arg === sop.args[j]) ? sop : form.map(sop.fn, args, sop.origin);
  }

  /** `f(a if condition else b)` as `f(a) if condition else f(b)`, where that leaves no mean. */
  #eachChoice(sop: Mapped, choices: number): NormalSOp {
    const choice = choiceIn(sop, this.#withoutChoice, (node) => this.#meansOf(node) !== "none");
    if (!choice) return sop;
    const [condition, ...branches] = choice.args as [NormalSOp, NormalSOp, NormalSOp];
    const results: NormalSOp[] = [];
    for (const branch of branches) {
      const result = this.#replaced(sop, choice, branch, choices + 1);
      if (!result || this.#meansOf(result) !== "none") return sop;
      results.push(result);
    }
    return this.rewrite(this.#form.map(choice.fn, [condition, ...results], sop.origin), choices + 1);
  }

  /** The s-op with another in place of one below it; undefined where what this makes could fail: both branches are evaluated. */
  #replaced(sop: Mapped, from: Mapped, to: NormalSOp, choices: number): NormalSOp | undefined {
    const known = new Map<NormalSOp, NormalSOp>([[from, to]]);
    let fails = false;
    const replace = (node: NormalSOp): NormalSOp =>
      getOrInsert(known, node, () => {
        if (node.kind !== "map" || this.#meansOf(node) === "none" || node.fn.name === "if") return node;
        const args = node.args.map(replace);
        fails ||= canFail(node.fn, args, this.#facts);
        return this.rewrite(this.#form.map(node.fn, args, node.origin), choices);
      });
    const replaced = replace(sop);
    return fails ? undefined : replaced;
  }

  /** An integral form as one sum over the selection, and a number. */
  #sum(sop: Mapped, { terms }: LinearForm, forms: SelectionForms): NormalSOp {
    const form = this.#form;
    let perKey: NormalSOp | undefined;
    let apart = 0n;
    for (const { summand, power, factor } of terms) {
      if (!summand && power === 0) {
        apart = factor;
        continue;
      }
      const isMinus: boolean = factor < 0n && perKey !== undefined;
      const size = isMinus ? -factor : factor;
      const value: NormalSOp = !summand
        ? form.constant(size)
        : size === 1n
          ? summand
          : this.#map("*", [form.constant(size), summand], sop);
      perKey = perKey ? this.#map(isMinus ? "-" : "+", [perKey, value], sop) : value;
    }
    const sum = this.#sumOver(sop, perKey ?? form.constant(0n), forms);
    return apart === 0n ? sum : this.#map("+", [sum, form.constant(apart)], sop);
  }

  #sumOver(sop: Mapped, perKey: NormalSOp, { selection }: SelectionForms): NormalSOp {
    const form = this.#form;
    if (perKey.kind !== "constant") return form.width(selection, sop.origin, perKey);
    if (perKey.value === 0n) return perKey;
    const width = form.width(selection, sop.origin);
    return perKey.value === 1n ? width : this.#map("*", [width, perKey], sop);
  }

  #map(op: "+" | "-" | "*", args: readonly NormalSOp[], { origin }: NormalSOp): NormalSOp {
    return this.#form.map(arithmeticMap(op), args, origin);
  }
}

/** A mean by the sum and the width of the row. */
const quotientMap = (otherwise: Atom): Elementwise => ({
  name: QUOTIENT,
  key: `${QUOTIENT}, else ${typeof otherwise} ${String(otherwise)}`,
  apply: ([sum, width]) => {
    if (width === 0n) return otherwise;
    return width === 1n ? sum! : Number(sum) / Number(width);
  },
});

/** Whether two means are compared, or their difference with 0: equal sums of one width are then one float. */
function isMeansCompared({ args }: Mapped): boolean {
  const difference = args.some(isZero) ? args.find((arg) => arg.kind === "map" && arg.fn.name === "-") : undefined;
  const [a, b] = difference?.kind === "map" ? difference.args : args;
  return a?.kind === "mean" && b?.kind === "mean";
}

const isZero = (sop: NormalSOp): boolean =>
  sop.kind === "constant" && typeof sop.value !== "string" && Number(sop.value) === 0;

const isInt = (value: Atom): boolean => typeof value === "bigint" && Number.isSafeInteger(Number(value));
