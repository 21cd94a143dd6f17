/** How statements are written in other languages, and the same in RASP, as in `expression-habits.ts`. */
import { filler, type Habit } from "./expression-habits.js";
import { closing, partsOf } from "./text.js";

const pattern = (help: string, from: RegExp, to: string): Habit => ({
  help,
  rewrite: (text) => text.replace(from, to),
});

/** A part of an `if` statement: what it does where its condition holds. */
interface Branch {
  readonly condition: string | undefined;
  readonly target: string;
  readonly value: string;
}

/** The first branch of a text, and the text behind it. */
function branch(text: string): readonly [Branch, string] | undefined {
  const [word] = /^\s*(if|elif|else\s+if|else)\b\s*/.exec(text) ?? [];
  if (word === undefined) return undefined;
  const rest = text.slice(word.length);
  const isElse = word.trim() === "else";
  const [condition, body] = isElse ? ["", rest] : conditionOf(rest);
  const inBraces = /^\s*\{/.exec(body);
  const end = inBraces ? closing(body, inBraces[0].length - 1) : /;|\n|$/.exec(body)!.index + 1;
  if (end < 0) return undefined;
  const inside = (inBraces ? body.slice(inBraces[0].length, end - 1) : body.slice(0, end)).trim();
  const [, target, value] = /^(\w+\s*=(?!=)\s*|return\s+|)([^;{}]+?);?$/s.exec(inside.replace(/^:\s*/, "")) ?? [];
  if (value === undefined) return undefined;
  return [{ condition: isElse ? undefined : condition, target: target!, value }, body.slice(end)];
}

function conditionOf(text: string): readonly [string, string] {
  if (text.startsWith("(")) {
    const end = closing(text, 0);
    if (end > 0 && !/^\s*(and|or|==|[<>+*/-])/.test(text.slice(end))) return [text.slice(1, end - 1), text.slice(end)];
  }
  const at = [...text].findIndex((character, i) => /[{:]/.test(character) && !/[([][^)\]]*$/.test(text.slice(0, i)));
  return at < 0 ? ["", text] : [text.slice(0, at).trim(), text.slice(at)];
}

/** An `if` statement as an expression that chooses. */
function choice(text: string, before: string): string {
  const branches: Branch[] = [];
  let rest = text;
  for (let next = branch(rest); next; next = branch(rest)) {
    branches.push(next[0]);
    rest = next[1];
    if (next[0].condition === undefined) break;
  }
  const [first] = branches;
  if (!first || first.condition === undefined) return text;
  const { target } = first;
  const isSame = branches.every((one) => one.target.replace(/\s/g, "") === target.replace(/\s/g, ""));
  if (!isSame) return text;
  let last = branches.at(-1)!;
  if (last.condition !== undefined) {
    const [whole, after] = (target.startsWith("return") && /^\s*return\s+([^;]+);/.exec(rest)) || ["", undefined];
    rest = rest.slice(whole.length);
    const name = /^(\w+)\s*=/.exec(target)?.[1];
    const keeps = name !== undefined && new RegExp(`\\b${name}\\s*=(?!=)`).test(before) ? name : undefined;
    last = { condition: undefined, target, value: after ?? keeps ?? filler(first.value) };
    branches.push(last);
  }
  const value = branches
    .slice(0, -1)
    .reduceRight(
      (otherwise, one, i) =>
        `${one.value} if ${one.condition!} else ${i < branches.length - 2 ? `(${otherwise})` : otherwise}`,
      last.value,
    );
  return `${target}${value};${rest}`;
}

/** A body in braces of a text that has it indented, or behind a colon. */
function braces(text: string): string {
  const [, head, body] = /^((?:def|for|while)\b[^{}\n]*?[)\w\]])\s*:\s*(.+)$/s.exec(text) ?? [];
  if (body === undefined) return text;
  const lines = body
    .split("\n")
    .map((line) => line.replace(/#.*$/, "").trim())
    .filter((line) => line !== "");
  return `${head!} { ${lines.map((line) => (/[;}]$/.test(line) ? line : `${line};`)).join(" ")} }`;
}

/** A definition whose body ends without `return`. */
function returning(text: string): string {
  const [, head, body] = /^(def\s+\w+\s*\([^)]*\)\s*\{)(.*)\}\s*;?$/s.exec(text) ?? [];
  if (body === undefined || /\breturn\b/.test(body)) return text;
  const statements = partsOf(body, /^;/).filter((part) => part !== "" && part !== "pass");
  const last = statements.at(-1);
  const [, name] = /^(\w+)\s*=(?!=)/.exec(last ?? "") ?? [];
  const before = (name === undefined ? statements.slice(0, -1) : statements)
    .map((statement) => `${statement}; `)
    .join("");
  const parameter = /\(\s*(\w+)/.exec(head!)?.[1] ?? "0";
  return `${head!} ${before}return ${name ?? last ?? parameter}; }`;
}

/** A value at one index of a list or dict, if the text before makes one of this name, or of an s-op. */
const atIndex: Habit = {
  help: "a value at one place is a choice between two; write",
  rewrite: (text, before) =>
    text.replace(/^(\w+)\[([^\]]+)\]\s*=(?!=)\s*([^;]+)/, (_, name: string, index: string, given: string) => {
      const value = given.trim();
      const made = new RegExp(`\\b${name}\\s*=\\s*([[{])`).exec(before)?.[1];
      if (made === "[") return `${name} = [${value} if i == ${index} else ${name}[i] for i in range(len(${name}))]`;
      if (made === "{") return `${name} = {k: ${value} if k == ${index} else ${name}[k] for k in ${name}}`;
      return `${name} = ${value} if indices == ${index} else ${name}`;
    }),
};

/** A comprehension with a condition, as a loop. */
const conditional = pattern(
  "comprehensions have no condition; write",
  /^(\w+)\s*=\s*\[(.+?)\s+for\s+(.+?)\s+in\s+(.+?)\s+if\s+(.+)\];?$/,
  "kept = []; for $3 in $4 { kept = kept + ([$2] if $5 else []); } $1 = kept;",
);

/** `while (…) { … }` whose body sets a name that the condition asks for. */
function repeated(text: string): string {
  const [, condition, body] = /^while\b\s*([^{}]+?)\s*\{\s*([^{}]*?)\s*\}$/s.exec(text) ?? [];
  if (condition === undefined || body === undefined) return text;
  const set = [...new Set([...body.matchAll(/(?:^|;)\s*(\w+)\s*=(?!=)/g)].map(([, name]) => name!))];
  if (!set.some((name) => new RegExp(`\\b${name}\\b`).test(condition))) return text;
  const states = set.map((name) => `${name} = ${name}`).join(", ");
  return `repeat (${states}) until (not ${/^\(.*\)$/s.test(condition) ? condition : `(${condition})`}) at most 100 { ${body} }`;
}

const OPERATORS = String.raw`\+|-|\*|\/|%|\^`;

/** The habits of statements, tried before those of expressions. */
export const STATEMENT_HABITS: readonly Habit[] = [
  pattern("comments begin with #; write", /^(\/\/|--|\/\*)\s*(.*?)\s*(\*\/)?$/, "# $2"),
  pattern(
    `a name is set again; write`,
    new RegExp(`^(\\w+)\\s*(${OPERATORS})=\\s*(\\w+|"\\d+"|\\w*\\([^;()]*\\))\\s*(?=;|$)`),
    "$1 = $1 $2 $3",
  ),
  pattern(`a name is set again; write`, new RegExp(`^(\\w+)\\s*(${OPERATORS})=\\s*([^;]*)`), "$1 = $1 $2 ($3)"),
  pattern("a name is set again; write", /^(\w+)\s*([+-])\2/, "$1 = $1 $2 1"),
  pattern("a name is set with =; write", /^(\w+)\s*(:=|<-|:)\s*/, "$1 = "),
  pattern(
    "a name needs no declaration; write",
    /^(let|var|const|int|float|double|bool|str|string|auto|val)\s+(?=\w+\s*=)/,
    "",
  ),
  pattern("equality is written ==; write", /(?<=\S\s*)\b(tokens\w*|indices|length)(\s*)=(?!=)/, "$1$2=="),
  pattern("parameters have no defaults; write", /^(def\s+\w+\s*\([^)=]*\w)\s*=\s*[^,)]+/, "$1"),
  pattern("one statement sets one name; write", /^(\w+)\s*=\s*(\w+)\s*=(?!=)\s*([^;]+);?$/, "$2 = $3; $1 = $2;"),
  {
    help: "each statement ends with ;: write",
    rewrite(text) {
      const parts = partsOf(text.replace(/;\s*$/, ""), /^,/);
      return parts.length > 1 && parts.every((part) => /^\w+\s*=(?!=)/.test(part)) ? `${parts.join("; ")};` : text;
    },
  },
  pattern("arguments have no names; write", /([(,]\s*)\w+\s*=(?!=)\s*/, "$1"),
  pattern("return ends a function; at the top level a value alone is shown; write", /^return\s+/, ""),
  pattern("a value alone is shown; write", /^(print|show|echo)\s+(?!example|s-op|selector)/, ""),
  pattern(
    "the example is a string or a list; write",
    /^(?:set\s+)?(?:examples?)?\s*=?\s*("\d+")\s*;?$/,
    "set example $1",
  ),
  pattern("examples are shown with", /^examples?\s*;?$/, "examples on"),
  pattern(
    "a file is run by its name in double quotes; write",
    /^(?:load|import|from|include|require)\b\s*\(?\s*([\w./]+)\b.*$/,
    'load "$1";',
  ),
  pattern("a file is run with load; write", /^(?:load|import|from|include|require)\b\s*\(?\s*("\d+").*$/, "load $1;"),
  atIndex,
  conditional,
  {
    ...conditional,
    rewrite: (text) =>
      conditional.rewrite(/^\[/.test(text) ? `out = ${text}` : text, "").replace("out = kept;", "kept;"),
  },
  pattern(
    "functions are defined by name; write",
    /^(\w+)\s*=\s*lambda\s*([\w, ]*?)\s*:\s*(.+?);?$/s,
    "def $1($2) { return $3; }",
  ),
  pattern(
    "functions are defined by name; write",
    /^(?:\w+\s+)?(\w+)\s*=\s*\(?([\w, ]*?)\)?\s*=>\s*([^{].*?);?$/s,
    "def $1($2) { return $3; }",
  ),
  pattern("a function is defined with def; write", /^(?:async\s+)?(?:function|func|fn|fun|define)\s+/, "def "),
  pattern(
    "a function's value follows return, in braces; write",
    /^(def\s+\w+\s*\([^)]*\))\s*(?:->\s*\w+\s*)?(?:=>?|:)?\s*(?:return\b)?\s*([^{;\n]+);?$/s,
    "$1 { return $2; }",
  ),
  pattern("a function has parameters in parentheses, none in (); write", /^def\s+(\w+)\s*\{/, "def $1() {"),
  pattern("a function has a name; write", /^def\s*\(/, "def my_function("),
  { help: "a body is in braces; write", rewrite: braces },
  { help: "a function ends with return; write", rewrite: returning },
  pattern(
    "a loop has at least one statement; write",
    /^(for\s+(\w+)[^{}]*\{)\s*(?:pass;?|\s|#[^\n]*\n)*\}$/,
    "$1 $2; }",
  ),
  pattern(
    "loops run over lists; write",
    /^for\s*\(\s*(?:\w+\s+)?(\w+)\s*=\s*(\d+)\s*;\s*\1\s*<\s*(\w+)\s*;[^)]*\)/,
    "for $1 in range($2, $3)",
  ),
  pattern(
    "a loop has no parentheses; write",
    /^for\s*\(\s*(?:let\s+|var\s+|const\s+)?(.+?\s+)(?:in|of)\s+(.+)\)\s*(?=\{)/,
    "for $1in $2 ",
  ),
  pattern("a body is in braces; write", /^(for\s+\w+\s+in\s+\w+\([^)]*\))\s*:?\s*([^{:;]+);?$/, "$1 { $2; }"),
  { help: "a loop that the values end has states and a limit; write", rewrite: repeated },
  pattern(
    "the condition of a loop is in parentheses; write",
    /^(repeat\s*\([^{}]*?\)\s*until\s+(?:all\s+)?)(?!all\b)([^({}\s][^{}]*?|\([^{}]*\)\s*(?:and|or|==|<=?|>=?)[^{}]*?)\s+(?=at\s+most\b)/,
    "$1($2) ",
  ),
  pattern(
    "a loop says how many steps it may take; write",
    /^(repeat\s*\([^{}]*\)\s*until\b[^{}]*?\))\s*(?=\{)/,
    "$1 at most 100 ",
  ),
  pattern("the states of a loop are in parentheses; write", /^repeat\s+([^({][^{}]*?)\s+(?=until\b)/, "repeat ($1) "),
  pattern("a state begins with a value; write", /^(repeat\s*\(\s*\w+)(?=\s*[,)])/, "$1 = 0"),
  pattern("a loop has states, which its steps change; write", /^repeat\s*\(\s*\)/, "repeat (n = 0)"),
  pattern("a comma is between states; write", /^(repeat\s*\([^{}]*?)\s*;\s*(?=\w+\s*=)/, "$1, "),
  pattern(
    "a loop ends where its condition holds; write",
    /^(repeat\s*\([^{}]*?\)\s*)while\s*(\([^{}]*?\))\s*(?=at\s+most\b|\{)/,
    "$1until (not $2) ",
  ),
  pattern("the word is until; write", /^(repeat\s*\([^{}]*?\)\s*)(?:untill|till|unless)\b/, "$1until"),
  pattern(
    "the limit comes after the condition; write",
    /^(repeat\s*\([^{}]*?\))\s*,?\s*(at\s+most\s+[^(){}]*?)\s*,?\s*(until\b[^{}]*?)\s*(?=\{)/,
    "$1 $3 $2 ",
  ),
  pattern(
    "the limit is written at most; write",
    /^(repeat\s*\([^{}]*\)\s*until\b[^{}]*?\))\s*,?\s*(?:at\s+most|max|limit|up\s+to|for)\s+(?=\d)/,
    "$1 at most ",
  ),
  pattern("the body of a loop follows its limit; write", /^(repeat\s*\([^{}]*?\bmost\b[^;{}]*?)\s*;\s*(?=\{)/, "$1 "),
  pattern("loops run over lists; write", /^while\b[^{}:]*(?=[{:])/, "for i in range(10) "),
  { help: "there is no if statement, an expression chooses; write", rewrite: choice },
  pattern("a list inside a list has brackets; write", /\[([^[\]]*,[^[\]]*?)\s+for\s/, "[[$1] for "),
  pattern("one bracket closes too many; write", /^([^()]*)\)/, "$1"),
];
