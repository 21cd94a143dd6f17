/** Warnings about names that are never used, and names that hide others. */
import { warnings, type Diagnostic } from "../diagnostic.js";
import type { Definition, Name, Statement } from "./ast.js";
import { allExpressions } from "./walk.js";

/** @param library the names that every program sees */
export function nameWarnings(statements: readonly Statement[], library: readonly string[]): Diagnostic[] {
  const top = topLevelNames(statements);
  return [
    ...loopsOver(statements),
    ...unusedPrivate(statements, top),
    ...definitions(statements).flatMap((definition) => [...unused(definition), ...hidden(definition, top, library)]),
  ].sort((a, b) => a.span!.start - b.span!.start);
}

/** Every definition, also those inside others. */
const definitions = (statements: readonly Statement[]): Definition[] =>
  statements.flatMap((statement) => {
    if (statement.kind === "for") return definitions(statement.body);
    return statement.kind === "def" ? [statement, ...definitions(statement.body)] : [];
  });

/** The names that statements set in their own scope, apart from loop variables. */
const assigned = (statements: readonly Statement[]): Name[] =>
  statements.flatMap((statement) => {
    if (statement.kind === "assign") return statement.names;
    if (statement.kind === "for") return assigned(statement.body);
    return statement.kind === "def" ? [statement.name] : [];
  });

/** The first place where each name of the program is set. */
function topLevelNames(statements: readonly Statement[]): ReadonlyMap<string, Name> {
  const names = new Map<string, Name>();
  for (const name of assigned(statements)) if (!names.has(name.text)) names.set(name.text, name);
  return names;
}

const used = (statements: readonly Statement[]): Set<string> => {
  const names = [...allExpressions(statements)].map((expression) =>
    expression.kind === "name" ? expression.name : "",
  );
  return new Set(names);
};

function unused(definition: Definition): Diagnostic[] {
  const { name, parameters, body } = definition;
  const uses = used([definition]);
  const forgotten = (names: readonly Name[]): Name[] =>
    names.filter(
      ({ text }, i) => !uses.has(text) && !text.startsWith("_") && names.findIndex((n) => n.text === text) === i,
    );
  const remedy = "remove it, or begin its name with _ to say that this is intended";
  return [
    ...forgotten(parameters).map(({ text, span }) =>
      warnings.unused(`"${name.text}" never uses its parameter "${text}"`, { span, suggestion: remedy }),
    ),
    ...forgotten(assigned(body)).map(({ text, span }) =>
      warnings.unused(`"${name.text}" sets "${text}" but never uses it`, { span, suggestion: remedy }),
    ),
  ];
}

/** Names that begin with `_` are private to their file. */
function unusedPrivate(statements: readonly Statement[], top: ReadonlyMap<string, Name>): Diagnostic[] {
  const uses = used(statements);
  return [...top.values()]
    .filter(({ text }) => text.startsWith("_") && statements.length > 1 && !uses.has(text))
    .map(({ text, span }) => warnings.unused(`"${text}" is private to this text, which never uses it`, { span }));
}

function hidden(definition: Definition, top: ReadonlyMap<string, Name>, library: readonly string[]): Diagnostic[] {
  const { name, parameters, body } = definition;
  const locals = new Map([...parameters, ...assigned(body)].map((local) => [local.text, local] as const));
  return [...locals.values()].flatMap(({ text, span }) => {
    const outer = top.get(text);
    if (outer && outer.span.start !== span.start) {
      return warnings.shadowing(`inside "${name.text}", this "${text}" hides the program's "${text}"`, {
        span,
        notes: [{ message: `"${text}" is first set here`, span: outer.span }],
      });
    }
    return library.includes(text)
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
        const message = `this loop overwrites "${text}", which keeps its last item afterwards`;
        found.push(
          warnings.shadowing(message, { span, notes: [{ message: `"${text}" is set here`, span: earlier.span }] }),
        );
      }
    }
    if (statement.kind === "assign") for (const name of statement.names) before.set(name.text, name);
    if (statement.kind === "def" || statement.kind === "for") found.push(...loopsOver(statement.body));
    return found;
  });
}
