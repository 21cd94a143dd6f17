/** Python's arithmetic on atoms. Every operator of the language that works on plain values is here, `^` in `power.ts`. */
import { errors } from "../diagnostic.js";
import type { Atom } from "./atom.js";
import { numeric, ratio, roundHalfEven, toFloat, type Numeric } from "./number.js";
import { MAX_BITS, power } from "./power.js";
import { describeAtom } from "./text.js";

/** The arithmetic operators between two atoms. */
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "^";

/** The longest string that `*` makes. */
const MAX_STRING = 1 << 24;

/** `left op right`. @throws RaspError of class type, zero-division or overflow */
export function arithmetic(op: ArithmeticOperator, left: Atom, right: Atom): Atom {
  if (typeof left === "string" || typeof right === "string") return onStrings(op, left, right);
  const [a, b] = [numeric(left)!, numeric(right)!];
  switch (op) {
    case "+":
      return typeof a === "bigint" && typeof b === "bigint" ? a + b : toFloat(a) + toFloat(b);
    case "-":
      return typeof a === "bigint" && typeof b === "bigint" ? a - b : toFloat(a) - toFloat(b);
    case "*":
      return typeof a === "bigint" && typeof b === "bigint" ? product(a, b) : toFloat(a) * toFloat(b);
    case "/":
      return divide(a, b);
    case "%":
      return modulo(a, b);
    case "^":
      return power(a, b);
  }
}

function onStrings(op: ArithmeticOperator, left: Atom, right: Atom): Atom {
  if (op === "+" && typeof left === "string" && typeof right === "string") return left + right;
  if (op === "*") {
    const [text, times] = typeof left === "string" ? [left, right] : [right as string, left];
    if (typeof times === "bigint" || typeof times === "boolean") return repeat(text, BigInt(times));
  }
  throw errors.operandType(`"${op}" does not work between ${describeAtom(left)} and ${describeAtom(right)}`, {
    suggestion:
      op === "+"
        ? "join strings with strings; tokens_int reads numbers"
        : "tokens_int and tokens_float read numbers from tokens",
  });
}

function repeat(text: string, times: bigint): string {
  if (times <= 0n) return "";
  if (BigInt(text.length) * times > BigInt(MAX_STRING)) {
    throw errors.overflow(`a string repeated ${times} times is too long`);
  }
  return text.repeat(Number(times));
}

function product(a: bigint, b: bigint): bigint {
  const result = a * b;
  if (BigInt.asIntN(MAX_BITS, result) !== result) throw errors.overflow("this product of ints is too large");
  return result;
}

const GUARD = { suggestion: "guard the divisor: a / (b if b > 0 else 1); an if between s-ops evaluates both branches" };

function divide(a: Numeric, b: Numeric): number {
  if (b == 0) throw errors.zeroDivision(`division of ${describeAtom(a)} by zero`, GUARD);
  const [x, y] = [Number(a), Number(b)];
  const exact = typeof a === "bigint" && typeof b === "bigint";
  if (exact && !(Number.isSafeInteger(x) && Number.isSafeInteger(y))) return ratio(a, b);
  return toFloat(a) / toFloat(b);
}

/** The sign of the result is the sign of the divisor. */
function modulo(a: Numeric, b: Numeric): Numeric {
  if (b == 0) throw errors.zeroDivision(`${describeAtom(a)} modulo zero`, GUARD);
  if (typeof a === "bigint" && typeof b === "bigint") {
    const rest = a % b;
    return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
  }
  const divisor = toFloat(b);
  const rest = toFloat(a) % divisor;
  if (rest === 0) return divisor < 0 ? -0 : 0;
  return rest < 0 !== divisor < 0 ? rest + divisor : rest;
}

/** The operators on one atom: `-`, `+`, `round`. @throws RaspError of class type for a string */
export function unaryArithmetic(op: "-" | "+" | "round", operand: Atom): Atom {
  const value = numeric(operand);
  if (value === undefined) {
    throw errors.operandType(`"${op}" does not work on ${describeAtom(operand)}`, {
      ...(typeof operand === "string" ? { suggestion: "tokens_int and tokens_float read numbers from tokens" } : {}),
    });
  }
  if (op === "round") return roundHalfEven(value);
  return op === "-" ? -value : value;
}

/** Python's truth: 0, 0.0, False and "" are false. */
export const truth = (atom: Atom): boolean => Boolean(atom) || Number.isNaN(atom);
