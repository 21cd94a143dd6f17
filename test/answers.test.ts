/**
 * What public functions answer to odd arguments. Each is asked with every odd value in place of each argument; docs/answers.md is the
 * table of the answers, which `npx vitest run --project house test/answers.test.ts -u` writes.
 */
import { describe, expect, it } from "vitest";
import { coreRegistry } from "./answers/core.js";
import { nnRegistry } from "./answers/nn.js";
import { wasmRegistry } from "./answers/wasm-simd.js";
import { raspRegistry } from "./answers/rasp.js";
import { answersOf, faultOf, outcomeOf } from "./answers/harness.js";
import { publicFunctions, subjectOf, type Registry } from "./answers/registry.js";
import { rowsOf, tableOf } from "./answers/table.js";

const registries: Readonly<Record<string, Registry>> = {
  core: coreRegistry,
  nn: nnRegistry,
  rasp: raspRegistry,
  "wasm-simd": wasmRegistry,
};
const rows = new Map<string, string[]>(Object.keys(registries).map((name) => [name, []]));

/** What is wrong with the answers of a function, as one line for all odd values that are answered alike. */
async function faultsOf(registry: Registry, name: string, lines: string[]): Promise<string[]> {
  const subject = subjectOf(registry, name);
  const faults = new Map<string, string[]>();
  const note = (path: string, odd: string, fault: string | undefined): void => {
    if (fault === undefined) return;
    const key = `${name}(${path}) ${fault.replaceAll(odd, "…")}`;
    faults.set(key, [...(faults.get(key) ?? []), odd]);
  };
  const args = subject.args();
  const before = describeAll(args);
  for (const time of ["valid", "valid again"]) {
    const outcome = await outcomeOf(() => subject.call(registry.entries[name]!.changes ? subject.args() : args));
    if ("error" in outcome) note("", time, `fails: ${String(outcome.error)}`);
  }
  if (registry.entries[name]!.changes !== true && describeAll(args) !== before) {
    note("", "valid", "changes its arguments");
  }
  if (subject.detached) {
    const outcome = await outcomeOf(subject.detached);
    note("", "without this", "error" in outcome ? faultOf(outcome.error, subject, "", registry.errors) : "goes on");
  }
  const answers = await answersOf(subject, registry.errors);
  for (const { path, odd, fault } of answers) note(path, odd.name, fault);
  lines.push(...rowsOf(name, answers, subject.accepts));
  return [...faults].map(([fault, odds]) => `${fault} ← ${odds.join(", ")}`);
}

/** All that can be seen of values, as text. */
const describeAll = (values: readonly unknown[]): string =>
  JSON.stringify(values, (_, value: unknown) =>
    value instanceof Map
      ? [...value]
      : typeof value === "bigint"
        ? `${value}n`
        : value instanceof Error
          ? String(value)
          : value,
  );

describe.each(Object.entries(registries))("%s", (title, registry) => {
  const names = publicFunctions(registry.module, registry.leftOut).sort();

  it("has an example of every public function", () => {
    expect(Object.keys(registry.entries).sort()).toEqual(names);
  });

  it("answers odd arguments with an error for people, or with a result", async () => {
    const faults: string[] = [];
    for (const name of names) faults.push(...(await faultsOf(registry, name, rows.get(title)!)));
    expect(faults).toEqual([]);
  });
});

describe("docs/answers.md", () => {
  it("is the table of these answers", async () => {
    await expect(tableOf(rows)).toMatchFileSnapshot("../docs/answers.md");
  });
});
