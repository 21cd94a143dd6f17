/**
 * A budget for programs that are not trusted, such as those that a web page takes from a link. Four limits are counted while a program
 * is elaborated, and exceeding one is an error that names it. No limit depends on time: a program within them on one machine is
 * within them on every machine.
 */
import { errors, type RaspError } from "./diagnostic.js";
import type { Span } from "./source.js";

/** How much a program may use. Each run of a text (`load`, `run`, `execute`) starts with a full budget. */
export interface Limits {
  /** Expressions evaluated, and elements of lists, dicts and s-ops that are made or searched. */
  readonly steps: number;
  /** S-ops and selectors that expressions make. */
  readonly nodes: number;
  /** Atoms in the lists, dicts and s-ops that are made, shared ones counted each time; long strings and ints count more. */
  readonly memory: number;
  /** Depth of nested expressions, over all calls. A recursive function takes about three for each call. */
  readonly recursion: number;
}

/**
 * Ample for programs that people write, and used up within seconds by those that run away. The original ends a recursion after some
 * hundred calls too, by Python's stack.
 */
export const DEFAULT_LIMITS: Limits = { steps: 10_000_000, nodes: 100_000, memory: 2_000_000, recursion: 400 };

/** The most tokens of a text, about 200 bytes each: it would have to be some megabytes long. */
export const MOST_TOKENS = 2_000_000;

/**
 * What the values of a program on one input may take: bytes that are held, and steps of about a nanosecond each. Half a gigabyte and some
 * seconds, which programs on inputs of thousands of tokens do not need.
 */
export const MOST_BYTES = 2 ** 29;
export const MOST_CELL_STEPS = 2 ** 32;

/** What is left of that. Everything is counted before it is taken. */
export class Capacity {
  /** Bytes held now, and steps taken. */
  bytes = 0;
  steps = 0;

  readonly #most: { readonly bytes: number; readonly steps: number };

  constructor(most = { bytes: MOST_BYTES, steps: MOST_CELL_STEPS }) {
    this.#most = most;
  }

  /** @throws RaspError of class limit */
  hold(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.#most.bytes) throw beyond("memory", `${this.#most.bytes} bytes`);
  }

  /** Starts with all steps. */
  restart(): void {
    this.steps = 0;
  }

  /** Gives back bytes that were held. */
  free(bytes: number): void {
    this.bytes -= bytes;
  }

  /** @throws RaspError of class limit */
  work(steps: number): void {
    this.steps += steps;
    if (this.steps > this.#most.steps) throw beyond("time", `${this.#most.steps} steps`);
  }
}

/** The most characters of one value that are shown. JavaScript's strings end at some hundred millions. */
const MOST_SHOWN = 2 ** 27;

/** @throws RaspError of class limit for a value of more characters, about, than can be shown */
export function checkShown(characters: number): void {
  if (characters <= MOST_SHOWN) return;
  throw errors.memoryLimit(
    `this value takes some ${Math.round(characters / 1e6)} million characters to show; the limit is ${MOST_SHOWN}`,
    { suggestion: "show it on a shorter input, or aggregate it to something smaller" },
  );
}

/** The most tokens of an input on which a selector is a value of its own: 16 million cells. */
const MOST_MATRIX_TOKENS = 4096;

/** @throws RaspError of class limit for the matrix of a longer input */
export function checkMatrix(length: number): void {
  if (length <= MOST_MATRIX_TOKENS) return;
  throw errors.memoryLimit(
    `a selector's own value on ${length} tokens is a matrix of ${length}² cells; the limit is ${MOST_MATRIX_TOKENS} tokens`,
    { suggestion: "aggregate over it, or take its selector_width: these make no matrix and have no such limit" },
  );
}

const beyond = (what: "memory" | "time", limit: string): RaspError =>
  errors[what === "memory" ? "memoryLimit" : "stepLimit"](
    `the values on this input take too much ${what} from here on: the limit is ${limit}`,
    { suggestion: "give a shorter input, or fewer or smaller s-ops and selectors" },
  );

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

  /** Starts with a full budget. */
  restart(): void {
    [this.#steps, this.#nodes, this.#memory, this.#depth] = [0, 0, 0, 0];
  }

  /** Counts work. @throws RaspError of class limit */
  work(amount: number, span?: Span): void {
    this.#steps += amount;
    if (this.#steps > this.#limits.steps) throw exceeded("steps", "stepLimit", this.#limits, span);
  }

  /** Counts a node if it is new, which its ascending id tells, and says whether it is. @throws RaspError of class limit */
  node(id: number, span?: Span): boolean {
    if (id <= this.#newest) return false;
    this.#newest = id;
    if (++this.#nodes > this.#limits.nodes) throw exceeded("nodes", "nodeLimit", this.#limits, span);
    return true;
  }

  /** Counts the atoms of a new value, as memory and as steps. @throws RaspError of class limit */
  hold(atoms: number, span?: Span): void {
    this.#memory += atoms;
    if (this.#memory > this.#limits.memory) throw exceeded("memory", "memoryLimit", this.#limits, span);
    this.work(atoms, span);
  }

  /** Enters a nested expression; `leave` must follow. @throws RaspError of class recursion */
  enter(span: Span): void {
    if (this.#depth >= this.#limits.recursion) throw this.tooDeep(span);
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  /** The error for nesting beyond the limit. */
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
  errors[code](`this program exceeds the limit "${name}" of ${limits[name]} ${UNITS[name]}`, {
    ...(span ? { span } : {}),
    suggestion: `make the program smaller, or load it with the option limits: { ${name}: … }`,
  });
