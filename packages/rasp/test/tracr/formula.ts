/** The formulas in tracr's cases, which are its lambdas: their values and their parameters. */
import type { Tree } from "./notation.js";

export type Plain = number | boolean | string | null;

export function divide(a: number, b: number): number {
  if (b === 0) throw new Error("division by zero");
  return a / b;
}

export const floorMod = (a: number, b: number): number => a - b * Math.floor(divide(a, b));

/** A formula's value for these values of its parameters. Arithmetic is Python's. */
export function calculate(tree: Tree, names: Readonly<Record<string, Plain>>): Plain {
  if (tree.kind === "value") return tree.value;
  if (tree.kind === "name" && tree.name in names) return names[tree.name]!;
  if (tree.kind !== "operator") throw new Error(`no formula: ${JSON.stringify(tree)}`);
  const [a, b, c] = tree.args.map((arg) => () => calculate(arg, names));
  const number = (part: typeof a): number => part!() as number;
  switch (tree.name) {
    case "?":
      return a!() ? b!() : c!();
    case "and":
      return a!() ? b!() : a!();
    case "or":
      return a!() ? a!() : b!();
    case "not":
      return !a!();
    case "negative":
      return -number(a);
    case "+":
      return number(a) + number(b);
    case "-":
      return number(a) - number(b);
    case "*":
      return number(a) * number(b);
    case "/":
      return divide(number(a), number(b));
    case "//":
      return Math.floor(divide(number(a), number(b)));
    case "%":
      return floorMod(number(a), number(b));
    case "==":
      return Number(a!()) === Number(b!()) || a!() === b!();
    case "!=":
      return !(Number(a!()) === Number(b!()) || a!() === b!());
    case "<":
      return number(a) < number(b);
    case "<=":
      return number(a) <= number(b);
    case ">":
      return number(a) > number(b);
    case ">=":
      return number(a) >= number(b);
    default:
      throw new Error(`no operator is called ${tree.name}`);
  }
}

/** The free names of a formula, sorted. */
export function parametersOf(tree: Tree): string[] {
  const found = new Set<string>();
  const walk = (part: Tree): void => {
    if (part.kind === "name") found.add(part.name);
    if (part.kind === "operator") part.args.forEach(walk);
  };
  walk(tree);
  return [...found].sort();
}
