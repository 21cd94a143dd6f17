/**
 * The functions of the library for scores and vectors. Like `best` they are neither keywords nor protected names. Where a vector is
 * needed an s-op stands for its one-hot vectors and a dict of numbers for the same vector everywhere; where a score is needed a
 * selector stands for 1 where it selects and 0 elsewhere, an s-op for its value at the key, a number for the same score everywhere.
 */
import { errors, type RaspError } from "../diagnostic.js";
import { readNode, type Atom } from "../graph/node.js";
import type { Score, Vector } from "../graph/soft.js";
import { Basis, denseTable, type Table, type Weights } from "../graph/table.js";
import type { Name } from "../syntax/ast.js";
import type { Source, Span } from "../source.js";
import type { Attached } from "../tables.js";
import type { Scope } from "./scope.js";
import { describe, sopValue, type FunctionValue, type Value } from "./value.js";

export const scoreValue = (node: Score): Value => ({ kind: "score", node });
export const vectorValue = (node: Vector): Value => ({ kind: "vector", node });

const wrong = (needed: string, value: Value, span: Span): RaspError =>
  errors.wrongKind(`${needed} is needed here, not ${describe(value)}`, { span });

/** A value as a vector. @throws RaspError of class type */
export function asVector(value: Value, span: Span): Vector {
  if (value.kind === "vector") return value.node;
  if (value.kind === "s-op") return { span, kind: "one-hot", of: value.node };
  const weights = asWeights(value);
  if (weights) return { span, kind: "fixed", weights };
  throw wrong("a vector, an s-op or a dict of numbers", value, span);
}

/** A value as a score. @throws RaspError of class type */
export function asScore(value: Value, span: Span): Score {
  if (value.kind === "score") return value.node;
  if (value.kind === "selector") return { span, kind: "selected", selector: value.node };
  if (value.kind === "s-op") return { span, kind: "numeric", of: value.node };
  if (numberOf(value) !== undefined) return { span, kind: "even" };
  throw wrong("a score, a selector, an s-op of numbers or a number", value, span);
}

/** The number that a value is, if it is one. */
export function numberOf(value: Value): number | undefined {
  if (value.kind !== "atom" || typeof value.atom === "string") return undefined;
  return Number(value.atom);
}

function asWeights(value: Value): Weights | undefined {
  if (value.kind === "table") return value.node.weights;
  if (value.kind !== "dict") return undefined;
  const entries = [...value.entries.values()];
  const numbers = entries.map((entry) => numberOf(entry.value));
  if (numbers.includes(undefined)) return undefined;
  return { basis: new Basis(entries.map(({ key }) => key)), values: numbers as number[] };
}

/** A dict of dicts of numbers, or a table that is attached. @throws RaspError of class type */
function asTable(value: Value, span: Span): Table {
  if (value.kind === "table" && value.node.table) return value.node.table;
  const rows = value.kind === "dict" ? [...value.entries.values()] : [];
  const weights = rows.map((row) => asWeights(row.value));
  if (value.kind !== "dict" || weights.includes(undefined)) {
    throw wrong("a table, that is a dict of dicts of numbers,", value, span);
  }
  const columnBasis = Basis.distinct(weights.flatMap((row) => row!.basis.atoms));
  const rowBasis = new Basis(rows.map(({ key }) => key));
  return denseTable(rowBasis, columnBasis, (row, column) => {
    const { basis, values } = weights[row]!;
    return values[basis.find(columnBasis.atoms[column]!)] ?? 0;
  });
}

const numberArgument = (value: Value, span: Span): number => {
  const number = numberOf(value);
  if (number === undefined) throw wrong("a number", value, span);
  return number;
};

function attached(value: Value, tables: Attached, span: Span) {
  if (value.kind !== "atom" || typeof value.atom !== "string") throw wrong("the name of attached weights", value, span);
  const name = value.atom;
  return {
    name,
    missing: (): never => {
      const known = [...tables.tables.keys(), ...tables.opaque.keys()];
      throw errors.undefinedName(`no weights "${name}" are attached to this program`, {
        span,
        suggestion:
          known.length > 0
            ? `attached are ${known.slice(0, 8).join(", ")}`
            : "they stand in the safetensors file beside the program",
      });
    },
  };
}

type Native = NonNullable<FunctionValue["native"]>;

/** By signature. */
const FUNCTIONS: Readonly<Record<string, Native>> = {
  "attend(scores, values)": ([scores, values], span) => {
    const pattern = scores!.kind === "selector" ? scores!.node : asScore(scores!, span);
    return vectorValue({ span, kind: "attend", pattern, of: asVector(values!, span) });
  },
  "score(queries, keys, table)": ([queries, keys, table], span) =>
    scoreValue({
      span,
      kind: "match",
      queries: asVector(queries!, span),
      keys: asVector(keys!, span),
      table: asTable(table!, span),
    }),
  "dot(queries, keys)": ([queries, keys], span) =>
    scoreValue({
      span,
      kind: "match",
      queries: asVector(queries!, span),
      keys: asVector(keys!, span),
      table: undefined,
    }),
  "selected(selector)": ([selector], span) => scoreValue(asScore(selector!, span)),
  "key_score(keys, weights)": ([keys, weights], span) => {
    const found = asWeights(weights!);
    if (!found) throw wrong("a dict of numbers", weights!, span);
    return scoreValue({ span, kind: "key", keys: asVector(keys!, span), weights: found });
  },
  "project(values, table)": ([values, table], span) =>
    vectorValue({ span, kind: "project", of: asVector(values!, span), table: asTable(table!, span) }),
  "layer_norm(values)": ([values], span) => vectorValue({ span, kind: "layer-norm", of: asVector(values!, span) }),
  "sharpen(values, power)": ([values, power], span) =>
    vectorValue({ span, kind: "sharpen", of: asVector(values!, span), power: numberArgument(power!, span) }),
  "combine(left, right)": ([left, right], span) =>
    vectorValue({ span, kind: "combine", left: asVector(left!, span), right: asVector(right!, span) }),
  "argmax(values)": ([values], span) => sopValue(readNode(asVector(values!, span), undefined, span)),
  "table(name)": ([value], span, tables) => {
    const { name, missing } = attached(value!, tables, span);
    return { kind: "table", node: tables.tables.get(name) ?? missing() };
  },
  "opaque(values, name)": ([values, value], span, tables) => {
    const { name, missing } = attached(value!, tables, span);
    const weights = tables.opaque.get(name) ?? missing();
    return vectorValue({ span, kind: "opaque", of: asVector(values!, span), weights, label: name });
  },
};

/** The names of the functions. */
export const SOFT_NAMES: readonly string[] = Object.keys(FUNCTIONS).map((signature) => signature.split("(")[0]!);

/** The functions, for the scope of the library. */
export const softFunctions = (scope: Scope): readonly FunctionValue[] =>
  Object.entries(FUNCTIONS).map(([text, native]) => {
    const signature: Source = { file: "<rasplib>", text };
    const names = [...text.matchAll(/[a-z_]+/g)].map(([name], i): Name => ({
      text: name,
      span: { source: signature, start: i, end: i + name.length },
    }));
    const [name, ...parameters] = names;
    const span = { source: signature, start: 0, end: text.length };
    return {
      kind: "function",
      definition: { kind: "def", span, name: name!, parameters, body: [], result: [] },
      scope,
      isLibrary: true,
      native,
    };
  });

const isSoft = (value: Value): boolean => value.kind === "vector" || value.kind === "score";

/** `left op right` where one side is a vector or a score; undefined where this is none of our business. */
export function softBinary(op: string, left: Value, right: Value, span: Span): Value | undefined {
  if (!isSoft(left) && !isSoft(right)) return undefined;
  if (op === "*") {
    const [by, of] = numberOf(left) === undefined ? [numberOf(right), left] : [numberOf(left), right];
    if (by === undefined) throw wrong("a number times a vector or a score", left, span);
    return of.kind === "vector"
      ? vectorValue({ span, kind: "vector-scale", of: of.node, by })
      : scoreValue({ span, kind: "score-scale", of: asScore(of, span), by });
  }
  if (op === "-") return softBinary("+", left, negative(right, left.kind === "vector", span), span);
  if (op !== "+") {
    throw errors.operandType(`"${op}" does not work between ${describe(left)} and ${describe(right)}`, {
      suggestion: "vectors and scores add up and are multiplied by numbers; vector[atom] and argmax(vector) are s-ops",
    });
  }
  if (left.kind === "vector" || right.kind === "vector") {
    return vectorValue({ span, kind: "vector-sum", terms: [asVector(left, span), asVector(right, span)] });
  }
  return scoreValue({ span, kind: "score-sum", terms: [asScore(left, span), asScore(right, span)] });
}

/** −1 times what stands for a vector or a score. */
const negative = (value: Value, asVectors: boolean, span: Span): Value =>
  asVectors || value.kind === "vector"
    ? vectorValue({ span, kind: "vector-scale", of: asVector(value, span), by: -1 })
    : scoreValue({ span, kind: "score-scale", of: asScore(value, span), by: -1 });

/** `vector[atom]`. */
export const component = (vector: Vector, atom: Atom, span: Span): Value => sopValue(readNode(vector, atom, span));
