/** A program that has run: its names, and a place to evaluate further text. The public interface of elaboration. */
import { checks } from "@selectron/core";
import { errors, RaspError, type Diagnostic } from "./diagnostic.js";
import { Elaborator } from "./elaborate/elaborator.js";
import { loadFile, runSource, type Listener } from "./elaborate/load-file.js";
import { libraryScope, programScope } from "./elaborate/library.js";
import { withRebindings } from "./elaborate/rebinding.js";
import type { Scope } from "./elaborate/scope.js";
import { Session } from "./elaborate/session.js";
import { StatementRunner, type Outcome } from "./elaborate/statements.js";
import { describe, type Value } from "./elaborate/value.js";
import type { Atom, Selector, SOp } from "./graph/node.js";
import type { Vector } from "./graph/soft.js";
import { inputAtoms, type Input } from "./interpret/tokens.js";
import { aLimit } from "./graph/kinds.js";
import { DEFAULT_LIMITS, type Limits } from "./limits.js";
import { parseProgram } from "./syntax/parser.js";
import type { Attached } from "./tables.js";
import type { Span } from "./source.js";
import { traps } from "./syntax/traps.js";

/** How to load a program. */
export interface LoadOptions {
  /** The name of the text in messages. */
  readonly file?: string;
  /** The running example, on which every s-op is evaluated when it is made. `"hello"` if absent. */
  readonly example?: Input;
  /** Reads the file of `load "path";`; the path that it is given ends in `.rasp`. If absent, no file can be loaded. */
  readonly readFile?: (path: string) => string;
  /** The tables and weights that `table` and `opaque` find by name: see `decodeTables`. */
  readonly tables?: Attached;
  /** The limits of each run; `DEFAULT_LIMITS` for those that are absent. */
  readonly limits?: Partial<Limits>;
}

const OPTIONS = {
  file: checks.aText,
  example: checks.anything,
  readFile: checks.aFunction("a function of a path"),
  tables: checks.anObjectWith("what decodeTables gives", "tables", "opaque"),
  limits: checks.anObject("an object with steps, nodes, memory and recursion"),
};
const LIMITS = { steps: aLimit, nodes: aLimit, memory: aLimit, recursion: aLimit };

/** The names that a program has set, on top of the library. */
export class Environment {
  /** The REPL's state: examples and switches. */
  readonly session: Session;
  readonly #scope: Scope = programScope();

  static {
    checks.guardMethods(Environment);
  }

  constructor(options: LoadOptions = {}) {
    checks.checkOptions("Environment", options, OPTIONS);
    checks.checkOptions("Environment: limits", options.limits ?? {}, LIMITS);
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { example: given = "hello" } = options;
    const example = inputAtoms(given);
    const host = { library: libraryScope(), readFile: options.readFile ?? noFiles, loadFile };
    this.session = new Session(example, host, limits, options.tables);
  }

  /** The running example of s-ops. */
  get example(): readonly Atom[] {
    return this.session.sopExample.input;
  }

  /** The names that the program itself has set. */
  get names(): readonly string[] {
    return this.#scope.ownNames();
  }

  /** Every name that an expression can use now: the program's, the library's and the built-in ones. */
  get visibleNames(): readonly string[] {
    return this.#scope.names();
  }

  /** The warnings since the last call, also those of loaded files, one for each place. */
  takeWarnings(): readonly Diagnostic[] {
    return this.session.takeWarnings();
  }

  /** The value of a name. @throws RaspError of class undefined */
  get(name: string): Value {
    checks.check("Environment: name", name, checks.aText);
    const source = { file: "<name>", text: name };
    return this.#scope.get(name, { source, start: 0, end: name.length });
  }

  /** The s-op of this name. @throws RaspError of class undefined, or type if it is something else */
  sop(name: string): SOp {
    const value = this.get(name);
    if (value.kind === "s-op") return value.node;
    throw errors.wrongKind(`"${name}" is not an s-op but ${describe(value)}`);
  }

  /** The selector of this name. @throws RaspError of class undefined, or type if it is something else */
  selector(name: string): Selector {
    const value = this.get(name);
    if (value.kind === "selector") return value.node;
    throw errors.wrongKind(`"${name}" is not a selector but ${describe(value)}`);
  }

  /** The vector of this name. @throws RaspError of class undefined, or type if it is something else */
  vector(name: string): Vector {
    const value = this.get(name);
    if (value.kind === "vector") return value.node;
    throw errors.wrongKind(`"${name}" is not a vector but ${describe(value)}`);
  }

  /**
   * Runs further statements, and reports the outcome of each.
   * @throws RaspError, the first; the statements before it have run
   */
  run(text: string, file = "<text>", tell?: Listener): void {
    checkTexts("Environment.run", text, file);
    checks.checkGiven("Environment.run: tell", tell, checks.aFunction());
    this.session.restart();
    runSource({ file, text }, this.session, this.#scope, tell);
  }

  /** Runs a single statement that lacks its `;`, such as an expression. @throws RaspError */
  execute(text: string, file = "<expr>"): Outcome {
    checkTexts("Environment.execute", text, file);
    this.session.restart();
    const source = { file, text: `${text};` };
    const { statements, error } = parseProgram(source);
    if (error) throw error;
    const [statement, second] = statements;
    if (!statement || second) {
      const span: Span = second?.span ?? { source, start: 0, end: text.length };
      throw errors.unexpectedToken("a single expression is needed here", { span });
    }
    for (const warning of traps(statements)) this.session.warn(warning);
    try {
      return new StatementRunner(new Elaborator(this.session, this.#scope)).run(statement);
    } catch (error) {
      throw error instanceof RaspError ? withRebindings(error, this.session) : error;
    }
  }

  /** The value of an expression (or assignment) in this environment. @throws RaspError */
  evaluateExpression(text: string, file?: string): Value {
    checkTexts("Environment.evaluateExpression", text, file);
    const outcome = this.execute(text, file);
    if (outcome.kind === "value" || outcome.kind === "assigned") return outcome.value;
    throw errors.unexpectedToken("an expression is needed here");
  }
}

function checkTexts(operation: string, text: string, file: string | undefined): void {
  checks.check(`${operation}: text`, text, checks.aText);
  checks.checkGiven(`${operation}: file`, file, checks.aText);
}

const noFiles = (): never => {
  throw new Error("this environment reads no files");
};

/**
 * Runs a RASP program.
 * @throws RaspError, the first in the program
 */
export function load(source: string, options: LoadOptions = {}): Environment {
  checks.check("load: source", source, checks.aText);
  checks.checkOptions("load", options, OPTIONS);
  const environment = new Environment(options);
  environment.run(source, options.file ?? "<program>");
  return environment;
}
