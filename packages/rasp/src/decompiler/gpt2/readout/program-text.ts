/** The text of a program: a readout and the variables that it reads, as RASP. */
import { isUsed, type Readout } from "./readout.js";
import type { Names, Variable } from "../variables/variable.js";

/** One statement per line; `logits` is the last, or the last but one where a prediction follows. */
export function programText(readout: Readout): string {
  const lines: string[] = [];
  const named = new Map<string, string>();
  const definitions = new Set<string>();
  const names: Names = {
    variable: (variable) => {
      if (variable.isInline) return variable.text(names);
      const known = named.get(variable.key);
      if (known !== undefined) return known;
      const text = variable.text(names);
      const name = `h${named.size + 1}`;
      named.set(variable.key, name);
      lines.push(`${name} = ${text};`);
      return name;
    },
    definition: (name, expression) => {
      if (!definitions.has(name)) lines.push(`${name} = ${expression};`);
      definitions.add(name);
      return name;
    },
  };
  const logits = readout.text(names);
  lines.push(`logits = ${logits};`);
  if (!readout.task.sigmoid) lines.push("prediction = argmax(logits);");
  return `${lines.join("\n")}\n`;
}

/** Every variable that a readout uses, directly or through others, each once. */
export function variablesOf(readout: Readout): Variable[] {
  const all = new Map<string, Variable>();
  const visit = (variable: Variable): void => {
    variable.reads.forEach(visit);
    all.set(variable.key, variable);
  };
  for (const projection of readout.projections) if (isUsed(projection)) visit(projection.variable);
  return [...all.values()];
}
