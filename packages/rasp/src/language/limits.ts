/**
 * A budget for programs that nobody vouches for: a page runs what a link brings. Four limits are counted while a program is
 * elaborated; whichever is exceeded ends it with an error that names the limit. Nothing here looks at a clock, so that a program
 * that fits fits everywhere.
 */
import { errors, type RaspError } from "./diagnostic.js";
import type { Span } from "./source.js";

/** How much a program may use. Each run of a text (`load`, `run`, `execute`) has the whole budget again. */
export interface Limits {
  /** Work: expressions evaluated, and elements that lists, dicts and s-ops are made of or searched for. */
  readonly steps: number;
  /** S-ops and selectors that expressions make. */
  readonly nodes: number;
  /** Atoms in the lists, dicts and s-ops that are made, counted as if each were written out; long strings and ints count more. */
  readonly memory: number;
  /** Expressions inside each other, over all calls. A recursive function takes about three a call. */
  readonly recursion: number;
}

/**
 * Ample for programs that people write, and spent within seconds. The original, with Python's stack, ends a recursion after some
 * hundred calls too.
 */
export const DEFAULT_LIMITS: Limits = { steps: 10_000_000, nodes: 100_000, memory: 2_000_000, recursion: 400 };

/** What is left of the limits. */
export class Budget {
  #steps = 0;
  #nodes = 0;
  #memory = 0;
  #depth = 0;
  #newest = -1;

  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** The whole budget again. */
  restart(): void {
    [this.#steps, this.#nodes, this.#memory, this.#depth] = [0, 0, 0, 0];
  }

  /** Counts work. @throws RaspError of class limit */
  work(amount: number, span?: Span): void {
    this.#steps += amount;
    if (this.#steps > this.#limits.steps) throw exceeded("steps", "stepLimit", this.#limits, span);
  }

  /** Whether a node is new, by its ascending id; then it counts. @throws RaspError of class limit */
  node(id: number, span?: Span): boolean {
    if (id <= this.#newest) return false;
    this.#newest = id;
    if (++this.#nodes > this.#limits.nodes) throw exceeded("nodes", "nodeLimit", this.#limits, span);
    return true;
  }

  /** Counts a new value, which is work too. @throws RaspError of class limit */
  hold(atoms: number, span?: Span): void {
    this.#memory += atoms;
    if (this.#memory > this.#limits.memory) throw exceeded("memory", "memoryLimit", this.#limits, span);
    this.work(atoms, span);
  }

  /** One expression deeper; `leave` must follow. @throws RaspError of class recursion */
  enter(span: Span): void {
    if (this.#depth >= this.#limits.recursion) throw this.tooDeep(span);
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  /** The error of a recursion without end. */
  tooDeep(span: Span): RaspError {
    const { recursion } = this.#limits;
    return errors.recursion(`this evaluation is nested too deeply: the limit "recursion" is ${recursion} expressions`, {
      span,
      suggestion: "give the recursive function a condition on atoms that ends it",
    });
  }
}

const UNITS = { steps: "steps", nodes: "s-ops and selectors", memory: "atoms" } as const;

const exceeded = (
  name: keyof typeof UNITS,
  code: "stepLimit" | "nodeLimit" | "memoryLimit",
  limits: Limits,
  span: Span | undefined,
): RaspError =>
  errors[code](`this program needs too much: the limit "${name}" is ${limits[name]} ${UNITS[name]}`, {
    ...(span ? { span } : {}),
    suggestion: `make the program smaller, or load it with the option limits: { ${name}: … }`,
  });
