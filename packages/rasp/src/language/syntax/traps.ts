/**
 * Warnings for texts whose meaning in RASP differs from what Python and most readers take them to mean. Each warning says how the text
 * is read, which is how the original reads it, and offers parentheses for the other reading. Parentheses silence it.
 */
import { warnings, type Diagnostic } from "../diagnostic.js";
import type { BinaryOperator, Expression, Statement } from "./ast.js";
import { cover, textOf, type Span } from "../source.js";
import { allExpressions } from "./walk.js";

type Binary = Expression & { readonly kind: "binary" };

const COMPARISONS: readonly BinaryOperator[] = ["==", "<=", ">=", ">", "<"];

/** The traps of a program, in the order of the text. */
export function traps(statements: readonly Statement[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  // A chain of ternaries is reported once, at the outermost.
  const reported = new Set<Expression>();
  for (const expression of allExpressions(statements)) {
    const warning = trap(expression, reported);
    if (warning) found.push(warning);
  }
  return found;
}

function trap(expression: Expression, reported: Set<Expression>): Diagnostic | undefined {
  switch (expression.kind) {
    case "binary":
      return prefixTrap(expression, expression.left, expression.op) ?? binaryTrap(expression);
    case "contains":
      return prefixTrap(expression, expression.item, "in") ?? containsTrap(expression);
    case "ternary":
      return ternaryTrap(expression, reported);
    default:
      return undefined;
  }
}

/** Whether an expression has no parentheses of its own. */
function isBare(expression: Expression): boolean {
  if (expression.kind === "unary") return !textOf(expression.span).startsWith("(");
  const first =
    expression.kind === "binary"
      ? expression.left
      : expression.kind === "ternary"
        ? expression.then
        : expression.kind === "contains"
          ? expression.item
          : undefined;
  return first !== undefined && first.span.start === expression.span.start;
}

/** `not a == b`, `not a in l`, `-a ^ b`: the prefix takes the left operand alone. */
function prefixTrap(whole: Expression, left: Expression, op: BinaryOperator | "in"): Diagnostic | undefined {
  if (left.kind !== "unary" || !isBare(left)) return undefined;
  const isNot = left.op === "not" && op !== "and" && op !== "or";
  if (!isNot && !(left.op === "-" && op === "^")) return undefined;
  const rest = textOf(cover(left.operand.span, whole.span));
  const read = `(${textOf(left.span)})${whole.span.source.text.slice(left.span.end, whole.span.end)}`;
  const other = isNot ? `not (${rest})` : `-(${rest})`;
  return (isNot ? warnings.notBindsTight : warnings.minusBindsTight)(
    `"${left.op}" binds tighter than "${op}": this is ${read}`,
    instead(whole.span, other),
  );
}

const instead = (span: Span, text: string) => ({
  span,
  suggestion: `write ${text}, or put parentheses around what is meant`,
  fix: { span, text },
});

/** The text with parentheses around the part from `first` to `last`. */
function grouped(whole: Span, first: Span, last: Span): string {
  const { text } = whole.source;
  const [before, after] = [text.slice(whole.start, first.start), text.slice(last.end, whole.end)];
  return `${before}(${textOf(cover(first, last))})${after}`;
}

function binaryTrap({ op, left, right, span }: Binary): Diagnostic | undefined {
  const bareLeft = left.kind === "binary" && isBare(left) ? left : undefined;
  const bareRight = right.kind === "binary" && isBare(right) ? right : undefined;
  if (op === "%" && (bareRight?.op === "*" || bareRight?.op === "/")) {
    return warnings.moduloBindsLoose(
      `"%" binds looser than "${bareRight.op}": this is ${grouped(span, right.span, right.span)}`,
      instead(span, grouped(span, left.span, firstFactor(bareRight).span)),
    );
  }
  if (!bareLeft) return undefined;
  const read = grouped(span, left.span, left.span);
  if (op === "^" && bareLeft.op === "^") {
    return warnings.groupsFromTheLeft(
      `powers group from the left: this is ${read}`,
      instead(span, grouped(span, bareLeft.right.span, right.span)),
    );
  }
  if (op === "and" && bareLeft.op === "or") {
    return warnings.groupsFromTheLeft(
      `"and" and "or" bind equally and group from the left: this is ${read}`,
      instead(span, grouped(span, bareLeft.right.span, right.span)),
    );
  }
  if (COMPARISONS.includes(op) && COMPARISONS.includes(bareLeft.op)) {
    return warnings.groupsFromTheLeft(
      `comparisons do not chain: this is ${read}`,
      instead(span, `${textOf(left.span)} and ${textOf(bareLeft.right.span)} ${op} ${textOf(right.span)}`),
    );
  }
  return undefined;
}

/** The first operand of a product without parentheses. */
function firstFactor(product: Binary): Expression {
  let { left } = product;
  while (left.kind === "binary" && isBare(left) && (left.op === "*" || left.op === "/")) ({ left } = left);
  return left;
}

/** Whether this operand of `in` would need parentheses in Python to be taken as a whole. */
const isLoose = (expression: Expression): boolean =>
  isBare(expression) &&
  (expression.kind === "ternary" ||
    (expression.kind === "binary" && ["and", "or", ...COMPARISONS].includes(expression.op)));

function containsTrap(expression: Expression & { readonly kind: "contains" }): Diagnostic | undefined {
  const { item, container, span } = expression;
  const loose = isLoose(item) ? item : isLoose(container) ? container : undefined;
  if (!loose) return undefined;
  const [first, last] = [innermost(item, "last"), innermost(container, "first")];
  return warnings.inBindsLoosest(
    `"in" binds loosest of all: this is ${grouped(span, loose.span, loose.span)}`,
    instead(span, grouped(span, first.span, last.span)),
  );
}

/** The operand next to `in` as Python reads it: the last of the expression before it, or the first of the one after it. */
function innermost(expression: Expression, end: "first" | "last"): Expression {
  if (!isLoose(expression)) return expression;
  if (expression.kind === "ternary") return innermost(end === "first" ? expression.then : expression.otherwise, end);
  if (expression.kind === "binary") return innermost(end === "first" ? expression.left : expression.right, end);
  return expression;
}

function ternaryTrap(
  expression: Expression & { readonly kind: "ternary" },
  reported: Set<Expression>,
): Diagnostic | undefined {
  let inner = expression.then;
  if (reported.has(expression) || inner.kind !== "ternary" || !isBare(inner)) return undefined;
  reported.add(inner);
  while (inner.then.kind === "ternary" && isBare(inner.then)) reported.add((inner = inner.then));
  const { span, then } = expression;
  return warnings.nestedTernary(
    `"if ... else" groups from the left: this is ${grouped(span, then.span, then.span)}`,
    instead(span, grouped(span, inner.otherwise.span, span)),
  );
}
