/**
 * What statements act on besides names: the running examples on which every new s-op is tried at once (RASP.md, 2.10), the REPL's
 * switches, files, and how deep evaluation has gone.
 */
import { errors, RaspError } from "../diagnostic.js";
import type { Atom } from "../graph/node.js";
import { Evaluation } from "../interpret/evaluation.js";
import type { ExampleKind } from "../syntax/ast.js";
import type { Span } from "../syntax/source.js";

/**
 * Expressions being evaluated inside each other, over all calls. A recursive function takes about three a call; the original, with
 * Python's stack, ends after some hundred calls too.
 */
const MAX_DEPTH = 400;

export class Session {
  /** Keeps the values of all nodes on the running s-op example. */
  sopExample: Evaluation;
  selectorExample: Evaluation;
  readonly display = { sopExamples: true, selectorExamples: true, fullSequences: false };
  /** The files being loaded now, outermost first. */
  readonly loading: string[] = [];
  private depth = 0;

  constructor(
    example: readonly Atom[],
    /** @throws if there is no such file */
    readonly readFile: (path: string) => string,
  ) {
    this.sopExample = this.selectorExample = new Evaluation(example);
  }

  setExample(which: ExampleKind, example: readonly Atom[]): void {
    if (which !== "selector") this.sopExample = new Evaluation(example);
    if (which !== "s-op") this.selectorExample = new Evaluation(example);
  }

  /** One expression deeper; `leave` must follow. @throws RaspError of class recursion where it gets too deep. */
  enter(span: Span): void {
    if (this.depth >= MAX_DEPTH) throw tooDeep(span);
    this.depth++;
  }

  leave(): void {
    this.depth--;
  }
}

const tooDeep = (span: Span): RaspError =>
  errors.recursion("this evaluation is nested too deeply", {
    span,
    suggestion: "give the recursive function a condition on atoms that ends it",
  });

/**
 * A program's error at its place. Hosts with a small stack may end before `MAX_DEPTH`, and bigints have a largest size: these are
 * errors of the program too.
 */
export function located(error: unknown, span: Span): unknown {
  if (error instanceof RaspError) return error.at(span);
  if (!(error instanceof Error)) return error;
  // No regular expressions here: there may be no stack left to compile one.
  if (error.message.includes("call stack") || error.message.includes("too much recursion")) return tooDeep(span);
  return error instanceof RangeError ? errors.overflow("this value is too large", { span }) : error;
}
