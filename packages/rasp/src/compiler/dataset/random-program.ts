/**
 * Random RASP programs as text: straight-line code with a name for each step, where later steps use earlier ones. A table holds the
 * forms of lines. Their holes have types, so that every program is well-typed by construction.
 */
import type { Rng } from "@selectron/core";
import { describeAtom } from "../../language/atom/text.js";

type Type = "int" | "number" | "bool" | "text" | "selector";

/** The prefix of the names of each type. */
const PREFIXES: Readonly<Record<Type, string>> = { int: "n", number: "x", bool: "b", text: "t", selector: "s" };

/** The types of steps, each as often as its share. */
const STEPS: readonly Type[] = [
  "selector",
  "selector",
  "selector",
  "int",
  "int",
  "int",
  "number",
  "bool",
  "bool",
  "text",
];

/** Holes that a literal fills. `letter` is a token of the vocabulary. */
const LITERALS: Readonly<Record<string, readonly string[]>> = {
  same: ["==", "!="],
  order: ["==", "!=", "<", "<=", ">", ">="],
  plus: ["+", "-"],
  and: ["and", "or"],
  extreme: ["max", "min"],
  small: ["0", "1", "2", "3"],
  step: ["1", "2", "-1"],
  divisor: ["2", "3"],
  halves: ["2", "4"],
  default: ["0", "1", "-1", "0.5"],
};

/** Fill a hole where no step is used. */
const LEAVES: Readonly<Record<Type, readonly string[]>> = {
  int: ["indices", "indices", "length", "1", "2"],
  number: ["indices", "0.5"],
  bool: ["(indices == 0)", "(tokens == {letter})", "(indices < 2)"],
  text: ["tokens"],
  selector: ["full_s", "select(tokens, tokens, ==)", "select(indices, indices, <=)"],
};

/** The forms of the lines of each type. */
const LINES: Readonly<Record<Type, readonly string[]>> = {
  selector: [
    "select({int}, {int}, {order})",
    "select({int}, {int}, {order})",
    "select({text}, {text}, {same})",
    "select({text}, {letter}, {same})",
    "select({bool}, {bool}, {same})",
    "{selector} {and} {selector}",
    "not {selector}",
  ],
  int: [
    "selector_width({selector})",
    "selector_width({selector})",
    "{int} {plus} {int}",
    "{int} % {divisor}",
    "{extreme}({int}, {int})",
    "indicator({bool})",
    "{int} if {bool} else {int}",
    "round({number})",
    "count(tokens, {letter})",
  ],
  number: [
    "aggregate({selector}, {int})",
    "aggregate({selector}, {int}, {default})",
    "aggregate({selector}, indicator({bool}))",
    "{number} / {halves}",
  ],
  bool: [
    "{int} {order} {int}",
    "{number} {order} {number}",
    "{text} {same} {letter}",
    "{bool} {and} {bool}",
    "not {bool}",
    "has_focus({selector})",
    "contains({text}, {letter})",
  ],
  text: [
    "aggregate(select(indices, {int}, ==), {text}, {letter})",
    "shift({text}, {step}, {letter})",
    "{letter} if {bool} else {text}",
  ],
};

interface Line {
  readonly name: string;
  readonly text: string;
  readonly uses: ReadonlySet<string>;
}

/**
 * A program of 2 to `lines` lines, each length equally likely. The last line sets `result`, every other line is needed for it,
 * and one at least is a selector. The program may still fail, or have one value on every input: the caller must check that.
 */
export function randomProgram(rng: Rng, vocabulary: readonly string[], lines: number): string {
  const length = 2 + rng.int(lines - 1);
  for (;;) {
    // Not every line of a draft is needed. Of twice as many, often the right number is.
    const needed = neededFor(new Draft(rng, vocabulary).draw(2 * length));
    if (needed.length === length && needed.some(({ name }) => name.startsWith(PREFIXES.selector))) {
      return needed.map(asText).join("");
    }
  }
}

const asText = ({ name, text }: Line): string => `${name} = ${text};\n`;

class Draft {
  readonly #names = new Map<Type, string[]>();
  readonly #unused = new Set<string>();

  readonly #rng: Rng;
  readonly #vocabulary: readonly string[];

  constructor(rng: Rng, vocabulary: readonly string[]) {
    this.#rng = rng;
    this.#vocabulary = vocabulary;
  }

  draw(steps: number): Line[] {
    return Array.from({ length: steps }, (_, step) => {
      const last = step === steps - 1;
      const type = this.#rng.pick(last ? STEPS.filter((other) => other !== "selector") : STEPS);
      return this.#line(type, last ? "result" : undefined);
    });
  }

  #line(type: Type, name?: string): Line {
    const uses = new Set<string>();
    const text = this.#fill(this.#rng.pick(LINES[type]), uses);
    const known = this.#names.get(type) ?? [];
    name ??= `${PREFIXES[type]}${known.length + 1}`;
    this.#names.set(type, [...known, name]);
    this.#unused.add(name);
    return { name, text, uses };
  }

  /** Fills the holes of a template. */
  #fill(template: string, uses: Set<string>): string {
    return template.replace(/\{(\w+)\}/g, (_, hole: string) => {
      if (hole === "letter") return describeAtom(this.#rng.pick(this.#vocabulary));
      const literals = LITERALS[hole];
      if (literals) return this.#rng.pick(literals);
      const name = this.#name(hole as Type, uses);
      if (name === undefined) return this.#fill(this.#rng.pick(LEAVES[hole as Type]), uses);
      uses.add(name);
      this.#unused.delete(name);
      return name;
    });
  }

  /** A step of this type that is not yet in the line, preferably one that nothing uses; often none, so that leaves stay frequent. */
  #name(type: Type, uses: ReadonlySet<string>): string | undefined {
    const ints = type === "number" ? (this.#names.get("int") ?? []) : [];
    const known = [...(this.#names.get(type) ?? []), ...ints].filter((name) => !uses.has(name));
    const fresh = known.filter((name) => this.#unused.has(name));
    if (fresh.length > 0) return this.#rng.int(10) < 8 ? this.#rng.pick(fresh) : undefined;
    return known.length > 0 && this.#rng.int(10) < 5 ? this.#rng.pick(known) : undefined;
  }
}

/** The last line and the lines that it needs, in order. */
function neededFor(lines: readonly Line[]): Line[] {
  const wanted = new Set([lines.at(-1)!.name]);
  return lines.reduceRight<Line[]>((needed, line) => {
    if (!wanted.has(line.name)) return needed;
    for (const name of line.uses) wanted.add(name);
    return [line, ...needed];
  }, []);
}
