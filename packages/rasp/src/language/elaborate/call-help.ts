/** What helps with a call that fails: what it may have been meant as, and what it gave a function of the library. */
import { errors, RaspError, type Details, type Note } from "../diagnostic.js";
import { textOf, type Span } from "../source.js";
import type { Expression } from "../syntax/ast.js";
import { argumentHelp, foreignCall } from "./foreign-calls.js";
import { typesOf, singular } from "./value-types.js";
import { describe, type FunctionValue, type Value } from "./value.js";

type Call = Expression & { kind: "call" };

/**
 * The error of a call, with what helps.
 * @param target what is called, if it has a value
 * @param values of the arguments that have been evaluated
 */
export function explainCall(
  error: unknown,
  call: Call,
  span: Span,
  target: Value | undefined,
  values: readonly Value[],
): unknown {
  if (!(error instanceof RaspError)) return error;
  const { diagnostic } = error;
  if (!target) {
    const isCallee = diagnostic.code === UNDEFINED && diagnostic.span === call.callee.span;
    return isCallee ? error.advising(foreignCall(call, span, values[0])) : error;
  }
  const isHere = diagnostic.span === undefined;
  if (target.kind === "function") {
    if (!target.isLibrary) return error;
    const { parameters } = target.definition;
    if (values.length !== parameters.length) {
      return isHere ? error.advising(argumentHelp(target, call.args, values, span)) : error;
    }
    const noted = error.at(span).with(argumentsNote(target, call.args, values));
    return noted.advising(otherKind(target, call.args, values, diagnostic.code));
  }
  return isHere ? error.advising(application(call, target, diagnostic.code, span)) : error;
}

const UNDEFINED = errors.undefinedName("").diagnostic.code;
const COUNT = errors.argumentCount("").diagnostic.code;
const INPUT = errors.input("").diagnostic.code;
const MEAN = errors.meanType("").diagnostic.code;

/** An s-op or a selector that is called like a function. */
function application({ callee, args }: Call, target: Value, code: string, span: Span): Details | undefined {
  const text = textOf(callee.span);
  if (code === COUNT && args.length === 0) {
    return { suggestion: `${text} has its values without a call: ${text}`, fix: { span, text } };
  }
  if (code !== COUNT && code !== INPUT) return undefined;
  const what =
    target.kind === "s-op" ? "an s-op has its values at every position already" : "a selector selects already";
  return { suggestion: `${what}, and can be applied to one input: ${text}("hello")` };
}

/** What helps where `len` is not given a list. */
export function lengthHelp(value: Value, { span }: Expression): Details {
  if (value.kind === "s-op") return { suggestion: "the number of positions is length, for every s-op" };
  if (value.kind !== "atom" || typeof value.atom !== "string") return {};
  return { suggestion: `length is an s-op, and can be applied to a string: length(${textOf(span)})` };
}

/** An s-op where the library needs a selector, or bools where it needs numbers. */
function otherKind(
  { definition: { name, parameters } }: FunctionValue,
  args: readonly Expression[],
  values: readonly Value[],
  code: string,
): Details | undefined {
  const texts = args.map(({ span }) => textOf(span));
  const wrong = parameters.findIndex(({ text }, i) => /^(s|sel)$/.test(text) && values[i]!.kind === "s-op");
  if (wrong >= 0) {
    const selector = `select(${texts[wrong]!}, ${texts[wrong]!}, ==)`;
    return { suggestion: `a selector is needed here: ${name.text}(${texts.with(wrong, selector).join(", ")})` };
  }
  const bools = values.findIndex((value) => value.kind === "s-op" && singular(typesOf(value.node)) === "bool");
  if (code !== MEAN || bools < 0) return undefined;
  return {
    suggestion: `indicator makes numbers: ${name.text}(${texts.with(bools, `indicator(${texts[bools]!})`).join(", ")})`,
  };
}

/** The most characters of an argument that a note shows. */
const LONGEST = 60;

function argumentsNote(
  { definition: { name, parameters } }: FunctionValue,
  args: readonly Expression[],
  values: readonly Value[],
): Note {
  const given = parameters.map(({ text }, i) => `${text} = ${argument(args[i]!, values[i]!)}`);
  const signature = `${name.text}(${parameters.map(({ text }) => text).join(", ")})`;
  return { message: `${signature} of the library was given ${given.join("; ")}` };
}

function argument(written: Expression, value: Value): string {
  const text = cut(textOf(written.span).replace(/\s+/g, " "));
  if (value.kind === "s-op" || value.kind === "selector" || value.kind === "function") return `${text} (${value.kind})`;
  const what = cut(describe(value));
  return text === what ? text : `${text}, which is ${what}`;
}

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`);
