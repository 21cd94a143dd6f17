/**
 * Warnings for texts whose meaning in RASP differs from what Python and most readers take them to mean. Each warning says how the text
 * is read, which is how the original reads it, and offers parentheses for the other reading. Parentheses silence it. A chain of
 * operators has one warning, at the whole, so that what is said grows as the text does.
 */
import { warnings, type Details, type Diagnostic } from "../diagnostic.js";
import type { BinaryOperator, Expression, Statement } from "./ast.js";
import { textOf, type Span } from "../source.js";
import { allExpressions, parts } from "./walk.js";

type Binary = Expression & { readonly kind: "binary" };
type Ternary = Expression & { readonly kind: "ternary" };
type Contains = Expression & { readonly kind: "contains" };

const COMPARISONS: readonly BinaryOperator[] = ["==", "<=", ">=", ">", "<"];
/** The operators that chain with each other: each group from left to right. */
const GROUPS: readonly (readonly BinaryOperator[])[] = [["^"], ["%"], ["and", "or"], COMPARISONS];

/** Longer texts are cut in messages, and longer fixes are left out. */
const [LONGEST_SHOWN, LONGEST_FIX] = [100, 400];

/** The traps of a program, in the order of the text. */
export function traps(statements: readonly Statement[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen: Seen = { links: new Set(), rightOperands: new Set() };
  for (const expression of allExpressions(statements)) {
    if (expression.kind === "binary" && isLogical(expression.op)) seen.rightOperands.add(expression.right);
    const warning = trap(expression, seen);
    if (warning) found.push(warning);
  }
  return found;
}

interface Seen {
  /** Expressions that are links of a chain that has been looked at, which is always entered at its end. */
  readonly links: Set<Expression>;
  /** The right operands of `and` and `or`: a fix there needs parentheses. */
  readonly rightOperands: Set<Expression>;
}

function trap(expression: Expression, seen: Seen): Diagnostic | undefined {
  switch (expression.kind) {
    case "binary":
      return prefixTrap(expression, expression.left, expression.op) ?? chainTrap(expression, seen);
    case "contains":
      return prefixTrap(expression, expression.item, "in") ?? containsTrap(expression, seen);
    case "ternary":
      return ternaryTrap(expression, seen);
    default:
      return undefined;
  }
}

const isLogical = (op: BinaryOperator): boolean => op === "and" || op === "or";

/** Whether an expression has no parentheses of its own. */
function isBare(expression: Expression): boolean {
  if (expression.kind === "unary") return expression.span.source.text[expression.span.start] !== "(";
  const isOperator = expression.kind === "binary" || expression.kind === "ternary" || expression.kind === "contains";
  return isOperator && parts(expression)[0]!.span.start === expression.span.start;
}

/** A text to put in at an offset. */
type Insertion = readonly [offset: number, text: string];
const around = ({ start, end }: Pick<Span, "start" | "end">): Insertion[] => [
  [start, "("],
  [end, ")"],
];

/** The text of a span with insertions, which need not be in order; of those at one place the first stays first. */
function inserted({ source, start, end }: Span, insertions: readonly Insertion[]): string {
  let text = "";
  let from = start;
  for (const [offset, part] of [...insertions].sort(([a], [b]) => a - b)) {
    text += source.text.slice(from, offset) + part;
    from = offset;
  }
  return text + source.text.slice(from, end);
}

/** How the text is read, cut in the middle if it is long. */
function shown(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN - 40)} ... ${text.slice(-30)}`;
}

function instead(span: Span, text: string): Details {
  if (text.length > LONGEST_FIX) return { span, suggestion: "put parentheses around what is meant" };
  const write = text.length > LONGEST_SHOWN ? "" : `write ${text}, or `;
  return { span, suggestion: `${write}put parentheses around what is meant`, fix: { span, text } };
}

/** `not a == b`, `not a in l`, `-a ^ b`: the prefix takes the left operand alone. */
function prefixTrap(whole: Expression, left: Expression, op: BinaryOperator | "in"): Diagnostic | undefined {
  if (left.kind !== "unary" || !isBare(left)) return undefined;
  const isNot = left.op === "not" && op !== "and" && op !== "or";
  if (!isNot && !(left.op === "-" && op === "^")) return undefined;
  const read = inserted(whole.span, around(left.span));
  const other = inserted(whole.span, around({ start: left.operand.span.start, end: whole.span.end }));
  const warning = isNot ? warnings.notBindsTight : warnings.minusBindsTight;
  return warning(
    `"${left.op}" binds tighter than "${op}": this is ${shown(read)}`,
    instead(whole.span, isNot ? other : other.replace(/^-\s*/, "-")),
  );
}

/** The links of a chain, the first first: each is the left operand of the next. */
function chainOf(last: Binary, operators: readonly BinaryOperator[], seen: Seen): Binary[] {
  const links = [last];
  for (let { left } = last; left.kind === "binary" && operators.includes(left.op) && isBare(left); { left } = left) {
    seen.links.add(left);
    links.push(left);
  }
  return links.reverse();
}

function chainTrap(last: Binary, seen: Seen): Diagnostic | undefined {
  const operators = GROUPS.find((group) => group.includes(last.op));
  if (!operators || seen.links.has(last)) return undefined;
  const links = chainOf(last, operators, seen);
  const { span, left } = last;
  if (last.op === "%") return moduloTrap(links, span);
  if (isLogical(last.op)) return logicalTrap(links, span);
  if (links.length === 1) return undefined;
  const read = shown(inserted(span, around(left.span)));
  if (last.op === "^") {
    const powers = links.slice(0, -1).map(({ right }): Insertion => [right.span.start, "("]);
    const text = inserted(span, [...powers, [span.end, ")".repeat(powers.length)]]);
    return warnings.groupsFromTheLeft(`powers group from the left: this is ${read}`, instead(span, text));
  }
  const again = links.slice(0, -1).map(({ right }): Insertion => [right.span.end, ` and ${textOf(right.span)}`]);
  const text = inserted(span, again);
  return warnings.groupsFromTheLeft(
    `comparisons do not chain: this is ${read}`,
    instead(span, seen.rightOperands.has(last) ? `(${text})` : text),
  );
}

/** `and` after `or`: Python's `and` binds tighter. */
function logicalTrap(links: readonly Binary[], span: Span): Diagnostic | undefined {
  const operands = [links[0]!.left, ...links.map(({ right }) => right)];
  const insertions: Insertion[] = [];
  let last: Binary | undefined;
  for (let i = 0; i < links.length; i++) {
    if (links[i]!.op !== "and" || links[i - 1]?.op !== "or") continue;
    const from = operands[i]!;
    while (links[i + 1]?.op === "and") i++;
    insertions.push(...around({ start: from.span.start, end: operands[i + 1]!.span.end }));
    last = links[i]!;
  }
  if (!last) return undefined;
  const read = inserted(span, around(last.left.span));
  return warnings.groupsFromTheLeft(
    `"and" and "or" bind equally and group from the left: this is ${shown(read)}`,
    instead(span, inserted(span, insertions)),
  );
}

/** The factors of a product without parentheses, and what is between them. */
function factorsOf(product: Expression): Expression[] {
  const factors: Expression[] = [];
  let left = product;
  for (; left.kind === "binary" && isBare(left) && (left.op === "*" || left.op === "/"); { left } = left) {
    factors.push(left.right);
  }
  return [left, ...factors.reverse()];
}

/** `a % b * c`: in Python, `%` and `*` bind equally. */
function moduloTrap(links: readonly Binary[], span: Span): Diagnostic | undefined {
  // Behind the first factor of each product, what is before it belongs together.
  const products = links.map(({ right }) => factorsOf(right)).filter((factors) => factors.length > 1);
  const link = links.findLast(({ right }) => factorsOf(right).length > 1);
  if (!link) return undefined;
  const op = (link.right as Binary).op;
  const insertions = products.flatMap(([first]): Insertion[] => [
    [span.start, "("],
    [first!.span.end, ")"],
  ]);
  return warnings.moduloBindsLoose(
    `"%" binds looser than "${op}": this is ${shown(inserted(span, around(link.right.span)))}`,
    instead(span, inserted(span, insertions)),
  );
}

/** Whether this operand of `in` would need parentheses in Python to be taken as a whole. */
const isLoose = (expression: Expression): boolean =>
  isBare(expression) &&
  (expression.kind === "ternary" ||
    (expression.kind === "binary" && (isLogical(expression.op) || COMPARISONS.includes(expression.op))));

/** `a in l and b in m`: in Python, `in` is a comparison. */
function containsTrap(last: Contains, seen: Seen): Diagnostic | undefined {
  if (seen.links.has(last)) return undefined;
  const links = [last];
  for (let { item } = last; item.kind === "contains" && isBare(item); { item } = item) {
    seen.links.add(item);
    links.push(item);
  }
  const { span, item, container } = last;
  const first = links.at(-1)!;
  const segments = [first.item, ...links.reverse().map((link) => link.container)];
  const loose = segments.findLast(isLoose);
  if (!loose) return undefined;
  const pairs = segments.slice(1).map((segment, i) => ({
    start: innermost(segments[i]!, "last").span.start,
    end: innermost(segment, "first").span.end,
  }));
  // In `a in l in m` two pairs share an operand: they are one.
  const groups: { start: number; end: number }[] = [];
  for (const pair of pairs) {
    const before = groups.at(-1);
    if (before && pair.start < before.end) before.end = pair.end;
    else groups.push(pair);
  }
  const whole = loose === container || isLoose(container) ? container : item;
  return warnings.inBindsLoosest(
    `"in" binds loosest of all: this is ${shown(inserted(span, around(whole.span)))}`,
    instead(span, inserted(span, groups.flatMap(around))),
  );
}

/** The operand next to `in` as Python reads it: the last of the expression before it, or the first of the one after it. */
function innermost(expression: Expression, end: "first" | "last"): Expression {
  let inner = expression;
  while (isLoose(inner)) {
    if (inner.kind === "ternary") inner = end === "first" ? inner.then : inner.otherwise;
    else if (inner.kind === "binary") inner = end === "first" ? inner.left : inner.right;
  }
  return inner;
}

function ternaryTrap(last: Ternary, seen: Seen): Diagnostic | undefined {
  const inner: Ternary[] = [];
  for (let { then } = last; then.kind === "ternary" && isBare(then); { then } = then) {
    if (seen.links.has(then)) return undefined;
    inner.push(then);
  }
  if (inner.length === 0) return undefined;
  inner.forEach((link) => seen.links.add(link));
  const { span, then } = last;
  const opened = inner.map(({ otherwise }): Insertion => [otherwise.span.start, "("]);
  return warnings.nestedTernary(
    `"if ... else" groups from the left: this is ${shown(inserted(span, around(then.span)))}`,
    instead(span, inserted(span, [...opened, [span.end, ")".repeat(opened.length)]])),
  );
}
