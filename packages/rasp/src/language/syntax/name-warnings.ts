/** Warnings about names that are never used, and names that hide others. */
import { warnings, type Diagnostic } from "../diagnostic.js";
import { getOrInsert } from "../maps.js";
import type { Span } from "../source.js";
import type { Definition, Name, Repeat, Statement } from "./ast.js";
import { allExpressions } from "./walk.js";

/** What surrounds a text. */
export interface Surroundings {
  /** The names that every program sees. */
  readonly library: readonly string[];
  /** Those of them that nothing can set. */
  readonly builtIn: ReadonlySet<string>;
  /** Whether other texts see the names that begin with `_`: those of a loaded file nobody else sees. */
  readonly seesPrivate: boolean;
}

export function nameWarnings(statements: readonly Statement[], around: Surroundings): Diagnostic[] {
  const top = topLevelNames(statements);
  const uses = usesOf(statements);
  const library = new Set(around.library);
  return [
    ...loopsOver(statements),
    ...(around.seesPrivate ? [] : unusedPrivate(uses, top)),
    ...definitions(statements).flatMap((definition) => [
      ...unused(definition, uses),
      ...hidden(definition, top, { ...around, library }),
    ]),
  ].sort((a, b) => a.span!.start - b.span!.start);
}

/** Every definition, also those inside others. */
const definitions = (statements: readonly Statement[]): Definition[] =>
  statements.flatMap((statement) => {
    if (statement.kind === "for" || statement.kind === "repeat") return definitions(statement.body);
    return statement.kind === "def" ? [statement, ...definitions(statement.body)] : [];
  });

/** The names that statements set in their own scope, apart from loop variables. */
const assigned = (statements: readonly Statement[]): Name[] =>
  statements.flatMap((statement) => {
    if (statement.kind === "assign") return statement.names;
    if (statement.kind === "for") return assigned(statement.body);
    if (statement.kind === "repeat") return [...stateNames(statement), ...assigned(statement.body)];
    return statement.kind === "def" ? [statement.name] : [];
  });

const stateNames = ({ states }: Repeat): Name[] => states.map(({ name }) => name);

/** The names that statements leave behind: what the body of a `repeat` sets besides its states is gone after it. */
const leftBy = (statements: readonly Statement[]): Name[] =>
  statements.flatMap((statement) => {
    if (statement.kind === "repeat") return stateNames(statement);
    return statement.kind === "for" ? leftBy(statement.body) : assigned([statement]);
  });

/** The first place where each name of the program is set. */
function topLevelNames(statements: readonly Statement[]): ReadonlyMap<string, Name> {
  const names = new Map<string, Name>();
  for (const name of leftBy(statements)) if (!names.has(name.text)) names.set(name.text, name);
  return names;
}

/** Where each name is used, in the order of the text. */
type Uses = ReadonlyMap<string, readonly number[]>;

function usesOf(statements: readonly Statement[]): Uses {
  const uses = new Map<string, number[]>();
  for (const expression of allExpressions(statements)) {
    if (expression.kind === "name") getOrInsert(uses, expression.name, () => []).push(expression.span.start);
  }
  for (const places of uses.values()) places.sort((a, b) => a - b);
  return uses;
}

/** Whether a name is used inside a span. */
function isUsed(uses: Uses, name: string, { start, end }: Span): boolean {
  const places = uses.get(name) ?? [];
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < start) low = middle + 1;
    else high = middle;
  }
  return low < places.length && places[low]! < end;
}

function unused(definition: Definition, uses: Uses): Diagnostic[] {
  const { name, parameters, body, span: whole } = definition;
  const forgotten = (names: readonly Name[]): Name[] => {
    const firsts = new Map(names.toReversed().map((first) => [first.text, first] as const));
    return [...firsts.values()].reverse().filter(({ text }) => !text.startsWith("_") && !isUsed(uses, text, whole));
  };
  const remedy = "remove it, or begin its name with _ to say that this is intended";
  // `out` is the value of the statement before, so it may be that of any name.
  return [
    ...forgotten(parameters).map(({ text, span }) =>
      warnings.unused(`"${name.text}" never uses its parameter "${text}"`, { span, suggestion: remedy }),
    ),
    ...forgotten(isUsed(uses, "out", whole) ? [] : assigned(body)).map(({ text, span }) =>
      warnings.unused(`"${name.text}" sets "${text}" but never uses it`, { span, suggestion: remedy }),
    ),
  ];
}

/** Names that begin with `_` are private to their file. */
function unusedPrivate(uses: Uses, top: ReadonlyMap<string, Name>): Diagnostic[] {
  return [...top.values()]
    .filter(({ text }) => text.startsWith("_") && !uses.has(text))
    .map(({ text, span }) => warnings.unused(`"${text}" is private to this file, which never uses it`, { span }));
}

function hidden(
  definition: Definition,
  top: ReadonlyMap<string, Name>,
  { library, builtIn }: Pick<Surroundings, "builtIn"> & { readonly library: ReadonlySet<string> },
): Diagnostic[] {
  const { name, parameters, body } = definition;
  const locals = new Map([...parameters, ...assigned(body)].map((local) => [local.text, local] as const));
  return [...locals.values()].flatMap(({ text, span }) => {
    if (builtIn.has(text)) {
      const message = `"${text}" is a built-in name and cannot be set: every call of "${name.text}" that comes here fails`;
      return warnings.shadowing(message, { span, suggestion: `choose another name, such as "my_${text}"` });
    }
    const outer = top.get(text);
    if (outer && outer.span.start !== span.start) {
      return warnings.shadowing(`inside "${name.text}", this "${text}" hides the program's "${text}"`, {
        span,
        notes: [{ message: `"${text}" is first set here`, span: outer.span }],
      });
    }
    return library.has(text)
      ? warnings.shadowing(`inside "${name.text}", this "${text}" hides the library's "${text}"`, { span })
      : [];
  });
}

/** Loops whose variable was set before. They overwrite it, since loops have no scope of their own. */
function loopsOver(statements: readonly Statement[]): Diagnostic[] {
  const before = new Map<string, Name>();
  return statements.flatMap((statement) => {
    const found: Diagnostic[] = [];
    if (statement.kind === "for") {
      for (const { text, span } of statement.iteration.names) {
        const earlier = before.get(text);
        if (!earlier) continue;
        const message = `this loop sets "${text}" again: afterwards it is the last item, if there is one`;
        found.push(
          warnings.shadowing(message, { span, notes: [{ message: `"${text}" is set here`, span: earlier.span }] }),
        );
      }
    }
    if (statement.kind === "assign") for (const name of statement.names) before.set(name.text, name);
    if (statement.kind === "repeat") for (const name of stateNames(statement)) before.set(name.text, name);
    return statement.kind === "def" || statement.kind === "for" || statement.kind === "repeat"
      ? found.concat(loopsOver(statement.body))
      : found;
  });
}
