/** The value of `--input`: a RASP literal such as `"hello"` or `[1,2.5,True]`; other text is taken as a string. */
import { parseProgram, readInput, type Atom, type Expression } from "@selectron/rasp";
import { UsageError } from "./context.js";

/** @throws UsageError for an empty input, RaspError for a list whose items are not atoms */
export function parseInput(text: string): readonly Atom[] {
  if (text === "") throw new UsageError("the input is empty", "give at least one token: --input hello");
  return isLiteral(text) ? readInput(text) : [...text];
}

/** Whether the text is a string, or a list that is not empty, written as RASP writes it. */
function isLiteral(text: string): boolean {
  const { statements, error } = parseProgram({ file: "<input>", text: `${text};` });
  const [statement] = statements;
  if (error || statements.length !== 1 || statement?.kind !== "expression") return false;
  const { expression } = statement;
  return expression.kind === "list" || expression.kind === "dict"
    ? isData(expression)
    : expression.kind === "literal" && typeof expression.value === "string";
}

function isData(expression: Expression): boolean {
  switch (expression.kind) {
    case "literal":
      return true;
    case "name":
      return expression.name === "True" || expression.name === "False";
    case "unary":
      return (expression.op === "-" || expression.op === "+") && isData(expression.operand);
    case "list":
      return expression.items.length > 0 && expression.items.every(isData);
    case "dict":
      return expression.entries.length > 0 && expression.entries.flat().every(isData);
    default:
      return false;
  }
}
