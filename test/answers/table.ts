/** The answers as a table for readers. */
import { oddValues, type Answer } from "./harness.js";

const GROUPS = ["not finite", "number", "type", "nothing"] as const;

const INTRODUCTION = `# Answers to odd arguments

What every public function says when it is called with what its types forbid, as JavaScript callers may. A test writes this file
(\`test/answers.test.ts\`): in an example call it puts each odd value in place of each argument, each option and the first item of each
list, and fails where a function gives NaN, takes a value of another type without a word, or lets an error of the engine through.
A new public function needs an example there.

| column | values |
|---|---|
${GROUPS.map((group) => `| ${group} | ${oddValues.flatMap((odd) => (odd.group === group ? [`\`${odd.name}\``] : [])).join(", ")} |`).join("\n")}

*works*: the value is one of those that the function documents. *accepted*: it is let through, for the reason in the last column.
Numbers name arguments from 0, the rest of a path options and items. Methods called without their object throw a TypeError.
`;

const cell = (answers: readonly Answer[]): string =>
  [...new Set(answers.map(({ answer }) => answer))].sort().join(", ");

/** The rows of one function. */
export function rowsOf(name: string, answers: readonly Answer[], reasons: Readonly<Record<string, string>>): string[] {
  const paths = [...new Set(answers.map(({ path }) => path))];
  const rows = paths.map((path) => {
    const own = answers.filter((answer) => answer.path === path);
    const cells = GROUPS.map((group) => cell(own.filter(({ odd }) => odd.group === group)));
    const because = own.some(({ answer }) => answer === "accepted")
      ? [
          ...new Set(
            Object.entries(reasons).flatMap(([key, why]) => (key === "*" || key.split(":")[0] === path ? [why] : [])),
          ),
        ]
      : [];
    return `| ${name} | ${path} | ${cells.join(" | ")} | ${because.join("; ")} |`;
  });
  return rows.length > 0 ? rows : [`| ${name} | | | | | | |`];
}

export const tableOf = (rows: ReadonlyMap<string, readonly string[]>): string =>
  [
    INTRODUCTION,
    ...[...rows].map(([name, lines]) =>
      [
        `## ${name}\n`,
        `| function | argument | ${GROUPS.join(" | ")} | accepted because |`,
        "|---|---|---|---|---|---|---|",
        ...lines,
        "",
      ].join("\n"),
    ),
  ].join("\n");
