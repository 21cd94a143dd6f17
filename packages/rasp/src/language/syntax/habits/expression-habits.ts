/**
 * How expressions are written in other languages, and the same in RASP. A rewriting is tried where a text does not parse, and offered
 * only if the text parses afterwards, so a pattern may be loose. Strings are masked: `"0"`, `"1"`, …
 */
import { operandAfter, operandBefore, partsOf, replaceCalls } from "./text.js";

/** A rewriting, and what to tell: it ends before the text to write. */
export interface Habit {
  readonly help: string;
  /** @param before the program's text before the statement */
  readonly rewrite: (text: string, before: string) => string;
}

const pattern = (help: string, from: RegExp, to: string): Habit => ({
  help,
  rewrite: (text) => text.replace(from, to),
});

/** `a OP b`, with whole operands. */
const infix = (help: string, op: RegExp, make: (a: string, b: string) => string, ofProduct = false): Habit => ({
  help,
  rewrite(text) {
    const found = op.exec(text);
    if (!found) return text;
    const end = found.index + found[0].length;
    const [before, after] = [operandBefore(text, found.index, ofProduct), operandAfter(text, end, ofProduct)];
    const [a, b] = [before.trim(), after.trim()];
    if (a === "" || b === "") return text;
    const gap = /^\s*/.exec(before)![0];
    return text.slice(0, found.index - before.length) + gap + make(a, b) + text.slice(end + after.trimEnd().length);
  },
});

const COMPARISON_WORDS: Readonly<Record<string, string>> = {
  "=": "==",
  "===": "==",
  "<>": "!=",
  "!==": "!=",
  "=<": "<=",
  "=>": ">=",
  eq: "==",
  equal: "==",
  equals: "==",
  is: "==",
  ne: "!=",
  neq: "!=",
  lt: "<",
  leq: "<=",
  le: "<=",
  gt: ">",
  geq: ">=",
  ge: ">=",
};
const isComparison = (text: string): boolean => /^(==|!=|<=|>=|<|>)$/.test(text);

/** A comparison as other languages name it: `eq`, `rasp.Comparison.EQ`, `lambda k, q: k == q`. */
function comparison(text: string): string | undefined {
  const bare = text.replace(/^(rasp\.)?(Comparison\.)?/, "").toLowerCase();
  const lambda = /^lambda\s+(\w+)\s*,\s*(\w+)\s*:\s*(\w+)\s*(==|!=|<=|>=|<|>)\s*(\w+)$/.exec(text);
  if (lambda) return lambda[1] === lambda[3] && lambda[2] === lambda[5] ? lambda[4] : undefined;
  return isComparison(bare) ? bare : COMPARISON_WORDS[bare];
}

function selectOf(args: readonly string[]): string | undefined {
  const [first = "", second = "", third = ""] = args;
  if (args.length === 1) {
    // `!=` is asked first, since `==` and `<` are found inside other comparisons.
    const [keys, queries, ...more] = partsOf(first, /^(==|!=|<=|>=|<|>)/);
    const op = /(==|!=|<=|>=|<|>)/.exec(first)?.[0];
    return queries && op && more.length === 0 ? `select(${keys!}, ${queries}, ${op})` : undefined;
  }
  if (args.length === 2) return `select(${first}, ${second}, ==)`;
  if (isComparison(first)) return `select(${second}, ${third}, ${first})`;
  if (third === "True" || third.endsWith("Comparison.TRUE")) return "full_s";
  const op = comparison(args.slice(2).join(", ")) ?? comparison(third);
  return op === undefined ? undefined : `select(${first}, ${second}, ${op})`;
}

const tracrCall = (args: readonly string[], name: string): string | undefined => {
  const [a = "", b = ""] = args;
  switch (name) {
    case "SELECT":
    case "Select":
      return selectOf(args) ?? `select(${args.join(", ")})`;
    case "AGGREGATE":
    case "Aggregate":
      return `aggregate(${args
        .slice(0, 3)
        .join(", ")
        .replace(/\bdefault\s*=\s*/, "")})`;
    case "SelectorWidth":
      return `selector_width(${a})`;
    case "SelectorAnd":
      return `(${a} and ${b})`;
    case "SelectorOr":
      return `(${a} or ${b})`;
    case "SelectorNot":
      return `(not ${a})`;
    case "Full":
    case "ConstantSOp":
    case "numerical":
    case "categorical":
      return a;
    case "Map": {
      const lambda = /^lambda\s+(\w+)\s*:\s*(.*)$/.exec(a);
      return lambda ? `(${lambda[2]!.replaceAll(new RegExp(`\\b${lambda[1]!}\\b`, "g"), b)})` : undefined;
    }
  }
  return undefined;
};

const METHODS = /\.(count|contains|shift|sort|append)\b/;

/** `x.f(a)` as `f(x, a)`, where the library has `f`. */
function method(text: string): string {
  const found = METHODS.exec(text);
  if (!found) return text;
  const object = operandBefore(text, found.index).trim();
  const from = text.lastIndexOf(object, found.index);
  return (
    text.slice(0, from) +
    replaceCalls(`${found[1]!}${text.slice(found.index + found[0].length)}`, /^\w+/, (args, name) => {
      if (name === "append") return `${object} + [${args.join(", ")}]`;
      if (name === "shift" && args.length === 1) return `shift(${object}, ${args[0]!}, ${filler(object)})`;
      return name === "sort" && args.length === 0
        ? `sort(${object}, ${object})`
        : `${name}(${[object, ...args].join(", ")})`;
    })
  );
}

/** What fills positions beside values like these. */
export const filler = (text: string): string =>
  /^"|\btokens(_str)?\b/.test(text.trim()) ? '""' : /^(True|False)$/.test(text.trim()) ? "False" : "0";

/** The habits, those that others are written inside of first. */
export const EXPRESSION_HABITS: readonly Habit[] = [
  pattern("RASP's names have no module before them; write", /\b(rasp|np|tracr)\.(?=\w)/g, ""),
  {
    help: "RASP's functions are written in small letters, and combine s-ops directly; write",
    rewrite: (text) =>
      replaceCalls(
        text,
        /\b(Select|SELECT|Aggregate|AGGREGATE|SelectorWidth|SelectorAnd|SelectorOr|SelectorNot|Full|ConstantSOp|Map|numerical|categorical)(?=\()/,
        tracrCall,
      ),
  },
  pattern("and is a word; write", /\s*&&?\s*/g, " and "),
  pattern("or is a word; write", /\s*\|\|?\s*/g, " or "),
  pattern("not is a word; write", /[!~](?!=)\s*/g, "not "),
  pattern("equality is written ==; write", /===/g, "=="),
  pattern("not equal is written != inside select; write", /(!==|<>|≠)/g, "!="),
  pattern("comparisons are written with two characters; write", /≤|=<(?!=)/g, "<="),
  pattern("comparisons are written with two characters; write", /≥/g, ">="),
  pattern("the minus sign is the one of the keyboard; write", /[−–]/g, "-"),
  pattern("products are written with *; write", /[×·]/g, "*"),
  infix("not equal is the negation of ==; write", /\s*(?:!=|<>|≠|\bis\s+not\b)\s*/, (a, b) => `not (${a} == ${b})`),
  infix("equality is written ==; write", /\s+(?:is|eq|equals)\s+/, (a, b) => `${a} == ${b}`),
  infix("not stands before what it negates; write", /\s+not\s+in\s+/, (a, b) => `not (${a} in ${b})`),
  infix("in asks whether an s-op contains an atom; write", /\s+(?:contains|has|includes)\s+/, (a, b) => `${b} in ${a}`),
  pattern("remainders are written with %; write", /\s+mod\s+/g, " % "),
  pattern("powers are written with ^; write", /\s*\*\*\s*/g, " ^ "),
  infix("/ is no floor division; write", /\s*\/\/\s*|\s+div\s+/, (a, b) => `round((${a} - ${a} % ${b}) / ${b})`, true),
  {
    help: "select takes keys, queries and a comparison; write",
    rewrite: (text) => replaceCalls(text, /\bselect(?=\()/, selectOf),
  },
  {
    help: "aggregate takes a selector and values; write",
    rewrite: (text) =>
      replaceCalls(text, /\baggregate(?=\()/, (args) =>
        args.length === 1 ? `aggregate(${args[0]!}, indices)` : undefined,
      ),
  },
  {
    help: "round takes one number; write",
    rewrite: (text) =>
      replaceCalls(text, /\bround(?=\()/, (args) => (args.length === 2 ? `round(${args[0]!})` : undefined)),
  },
  pattern(
    "arguments are in parentheses; write",
    /\b(select|aggregate|selector_width|has_focus|count|sort|shift|average|indicator|round|draw) +([^=;(][^;]*|select\([^;]*)/,
    "$1($2)",
  ),
  pattern("the number of positions is length; write", /[\w\])]+\.(length|size|len)\b(\(\))?/g, "length"),
  { help: "there are no methods; write", rewrite: method },
  {
    help: "the condition is between the two values; write",
    rewrite(text) {
      const [, before, condition, then, otherwise, after] =
        /^(.*?=(?!=)\s*|)([^?]+)\?([^:]+):([^;]+)(.*)$/s.exec(text) ?? [];
      if (condition === undefined) return text;
      return `${before!}${then!.trim()} if ${condition.trim()} else ${otherwise!.trim()}${after!}`;
    },
  },
  pattern("the condition is between the two values; write", /\bif\s+(.+?)\s+then\s+(.+?)\s+else\s+/, "$2 if $1 else "),
  {
    help: "an if between values has an else, since every position needs a value; write",
    rewrite(text) {
      const [, before, then, condition, after] =
        /^(.*?=(?!=)\s*|\s*return\s+|)(.+?)\s+if\s+([^;]+?)\s*(;.*|)$/s.exec(text) ?? [];
      if (then === undefined || /\belse\b/.test(condition!)) return text;
      return `${before!}${then} if ${condition!} else ${filler(then)}${after!}`;
    },
  },
  {
    help: "there are no slices; write",
    rewrite: (text) =>
      text
        .replace(/(\w+)\[\s*:\s*:\s*-\s*1\s*\]/g, "aggregate(select(indices, length - 1 - indices, ==), $1)")
        .replace(/(\w+)\[\s*(\d+)\s*:\s*\]/g, (_, s: string, n: string) => `shift(${s}, -${n}, ${filler(s)})`)
        .replace(
          /(\w+)\[\s*(?:0\s*)?:\s*-\s*(\d+)\s*\]/g,
          (_, s: string, n: string) => `shift(${s}, ${n}, ${filler(s)})`,
        ),
  },
  pattern("lists are written in brackets; write", /\{([^{}:]+)\}/g, "[$1]"),
  pattern("lists are written in brackets; write", /(?<![\w"\])]\s*)\(([^()]*,[^()]*)\)/g, "[$1]"),
  pattern("no comma follows the last item; write", /,\s*([\])}])/g, "$1"),
  pattern("a float has digits on both sides of the point; write", /(?<![\w.])\.(?=\d)/g, "0."),
  pattern("a float has digits on both sides of the point; write", /(\d)\.(?![\d\w])/g, "$1.0"),
  {
    help: "numbers are written in digits; write",
    rewrite: (text) =>
      text
        .replace(/\b\d+(\.\d+)?[eE][+-]?\d+/g, (number) =>
          Number.isInteger(Number(number)) ? `${BigInt(Number(number))}.0` : String(Number(number)),
        )
        .replace(/\b\d+(_\d+)+\b/g, (number) => number.replaceAll("_", ""))
        .replace(/\b0[xXbBoO][\da-fA-F]+\b/g, (number) => String(BigInt(number))),
  },
];
