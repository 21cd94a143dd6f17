/** A readout and its variables as RASP text. */
import { isUsed, type Readout } from "./readout.js";
import type { Names, Variable } from "../variables/variable.js";

/** The statements, one a line. The last but for the prediction is `logits`. */
export function programText(readout: Readout): string {
  const lines: string[] = [];
  const named = new Map<string, string>();
  const definitions = new Map<string, string>();
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
    definition: (wish, expression) => {
      if (!definitions.has(wish)) lines.push(`${wish} = ${expression};`);
      definitions.set(wish, expression);
      return wish;
    },
  };
  const logits = readout.text(names);
  lines.push(`logits = ${logits};`);
  if (!readout.task.sigmoid) lines.push("prediction = argmax(logits);");
  return `${lines.join("\n")}\n`;
}

/** Every variable that a readout rests on, each once. */
export function variablesOf(readout: Readout): Variable[] {
  const all = new Map<string, Variable>();
  const visit = (variable: Variable): void => {
    variable.reads.forEach(visit);
    all.set(variable.key, variable);
  };
  for (const term of readout.terms) if (isUsed(term)) visit(term.variable);
  return [...all.values()];
}
