/** What is compiled: one s-op, or several by name that share a model. */
import { checks } from "@selectron/core";
import type { SOp } from "../language/graph/node.js";
import { checkSOp } from "../language/graph/kinds.js";

/** One s-op, or several by the names of the model's outputs: `{ hist, sort }`. */
export type Outputs = SOp | Readonly<Record<string, SOp>>;

/** An s-op and the name of its output. */
export interface NamedOutput {
  readonly name: string;
  readonly sop: SOp;
}

/** @throws RangeError where there is none */
export function namedOutputs(outputs: Outputs, name?: string): readonly NamedOutput[] {
  checks.check("the program", outputs, checks.anObject("an s-op, or an object of s-ops by name"));
  if (isSOp(outputs)) {
    checkSOp("the program", outputs);
    return [{ name: name ?? outputs.name ?? "s-op", sop: outputs }];
  }
  const named = Object.entries(outputs).map(([key, sop]) => ({ name: key, sop }));
  if (named.length === 0) throw new RangeError("there is no s-op to compile; give one, or several by name");
  for (const { name, sop } of named) checkSOp(`the program's ${JSON.stringify(name)}`, sop);
  return named;
}

// A record with an s-op called "kind" has a node there, not a text.
const isSOp = (outputs: Outputs): outputs is SOp => typeof outputs.kind === "string";
