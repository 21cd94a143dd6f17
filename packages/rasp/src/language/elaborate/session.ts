/**
 * The state that statements act on besides names: the running examples on which every new s-op is evaluated at once, the REPL's
 * switches, the files being loaded, the budget, and the warnings so far.
 */
import { errors, RaspError, warnings, type Diagnostic, type Note } from "../diagnostic.js";
import type { Atom } from "../graph/node.js";
import { Evaluation } from "../interpret/evaluation.js";
import { Budget, DEFAULT_LIMITS, type Limits } from "../limits.js";
import type { ExampleKind } from "../syntax/ast.js";
import { NO_TABLES, type Attached } from "../tables.js";
import type { Span } from "../source.js";
import type { Scope } from "./scope.js";

/**
 * How many characters of warnings are kept, as they are told: a text of any length can be wrong at every place, and nobody reads more.
 * Each place is shown with its line and marks.
 */
const MOST_SAID = 30_000;
const PLACE_SHOWN = 240;

/** About how many characters a warning takes when it is told. */
const saidBy = ({ message, suggestion, fix, notes }: Diagnostic): number =>
  [{ message }, ...(notes ?? [])].reduce(
    (sum, note) => sum + note.message.length + PLACE_SHOWN,
    (suggestion?.length ?? 0) + (fix?.text.length ?? 0),
  );

/** What surrounds a session. */
export interface SessionHost {
  /** The scope of the library, the parent of every program's and file's. */
  readonly library: Scope;
  /** Reads a file that a program loads. @throws if there is no such file */
  readonly readFile: (path: string) => string;
  /** Runs the file of a `load` statement: `loadFile`, which runs statements and therefore lies above them. */
  readonly loadFile: (path: string, session: Session, into: Scope) => void;
}

/** The state that statements share besides names. */
export class Session {
  /** The running example of s-ops, with the values of all nodes on it. */
  sopExample: Evaluation;
  selectorExample: Evaluation;
  /** Whether the running examples were given as lists, for display. */
  readonly givenAsList = { "s-op": false, selector: false };
  readonly display = { sopExamples: true, selectorExamples: true, fullSequences: false };
  /** The files being loaded now, outermost first. */
  readonly loading: string[] = [];
  /** @internal */
  readonly budget: Budget;
  /** Atoms of each new s-op that the budget does not count: the length of an example that the host chose, 0 for a program's. */
  freeAtoms: number;
  /**
   * The names of the library that the program has set to something else, and where.
   * @internal
   */
  readonly rebound = new Map<string, Note>();
  /** The places that have a warning, and the warnings that are kept. */
  readonly #warned = new Set<string>();
  readonly #warnings: Diagnostic[] = [];
  #said = 0;
  /** How many loops are open whose bodies are being read: what is made there has no value yet. */
  #loops = 0;

  /** @throws if there is no such file */
  readonly readFile: (path: string) => string;
  /** @internal */
  readonly library: Scope;
  readonly #loadFile: SessionHost["loadFile"];
  /** The tables and weights that `table` and `opaque` find. */
  readonly tables: Attached;

  /** @internal */
  constructor(
    example: readonly Atom[],
    { library, readFile, loadFile }: SessionHost,
    limits: Limits = DEFAULT_LIMITS,
    tables: Attached = NO_TABLES,
  ) {
    this.library = library;
    this.readFile = readFile;
    this.#loadFile = loadFile;
    this.tables = tables;
    this.budget = new Budget(limits);
    this.freeAtoms = example.length;
    this.sopExample = this.selectorExample = new Evaluation(example);
  }

  /** Chooses the running example of s-ops, of selectors, or of both. */
  setExample(which: ExampleKind, example: readonly Atom[], setBy: "host" | "program" = "host", isList = false): void {
    for (const kind of ["s-op", "selector"] as const) {
      if (which === kind || which === "both") this.givenAsList[kind] = isList;
    }
    if (which !== "selector") {
      this.sopExample = new Evaluation(example);
      this.freeAtoms = setBy === "host" ? example.length : 0;
    }
    if (which !== "s-op") this.selectorExample = new Evaluation(example);
  }

  /**
   * Runs a file, whose public names are copied into a scope. @throws RaspError
   * @internal
   */
  loadFile(path: string, into: Scope): void {
    this.#loadFile(path, this, into);
  }

  /** Starts a run, with a full budget. The values on the running examples stay. */
  restart(): void {
    this.budget.restart();
    for (const { capacity } of [this.sopExample, this.selectorExample]) capacity.restart();
  }

  /** Whether the body of a loop is being read. */
  get isInLoop(): boolean {
    return this.#loops > 0;
  }

  /** Reads the condition and the body of a loop. */
  inLoop<T>(read: () => T): T {
    this.#loops++;
    try {
      return read();
    } finally {
      this.#loops--;
    }
  }

  /** Keeps the first warning for each place: later ones mostly follow from it. */
  warn(diagnostic: Diagnostic): void {
    const { span } = diagnostic;
    const key = `${span?.source.file}:${span?.start}-${span?.end}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#said += saidBy(diagnostic);
    if (this.#said <= MOST_SAID) this.#warnings.push(diagnostic);
  }

  /** The warnings since the last call; of very many the first, and how many there are. */
  takeWarnings(): Diagnostic[] {
    const taken = this.#warnings.splice(0);
    const more = this.#warned.size - taken.length;
    if (more > 0) {
      const others = more === 1 ? "one more warning is" : `${more} more warnings are`;
      taken.push(
        warnings.more(`${others} not shown`, { suggestion: "mend these first: others often follow from them" }),
      );
    }
    this.#warned.clear();
    this.#said = 0;
    return taken;
  }
}

/**
 * A program's error at its place. A stack that is too small for the limit of recursion, and a bigint that is too large, are errors of
 * the program too.
 */
export function located(error: unknown, span: Span, budget: Budget): unknown {
  if (error instanceof RaspError) return error.at(span);
  if (!(error instanceof Error)) return error;
  // No regular expressions here: there may be no stack left to compile one.
  if (error.message.includes("call stack") || error.message.includes("too much recursion")) return budget.tooDeep(span);
  return error instanceof RangeError ? errors.overflow("this value is too large", { span }) : error;
}
