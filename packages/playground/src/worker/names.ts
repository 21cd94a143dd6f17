/** The names that completion offers and hovering explains. */
import { displayElement, type Environment, type Value } from "@selectron/rasp";
import type { KnownName } from "./protocol.js";

/** The longest value that is told on hovering. */
const LONGEST = 120;

export function knownNames(environment: Environment): KnownName[] {
  const own = new Set(environment.names);
  return environment.visibleNames
    .filter((name) => name !== "out" && !name.startsWith("_"))
    .map((name): KnownName => {
      const value = environment.get(name);
      const shown = shownValue(value, environment, own.has(name));
      return {
        name,
        kind: value.kind,
        isLibrary: !own.has(name),
        ...(value.kind === "function" ? { parameters: value.definition.parameters.map(({ text }) => text) } : {}),
        ...(shown === undefined ? {} : { value: shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown }),
      };
    });
}

function shownValue(value: Value, { session }: Environment, isOwn: boolean): string | undefined {
  if (value.kind === "atom") return displayElement(value.atom);
  if (value.kind === "list") return `${value.items.length} items`;
  if (value.kind !== "s-op") return undefined;
  // Of the library only what is cheap: its s-ops are few.
  if (!isOwn && value.node.kind === "aggregate") return undefined;
  try {
    return session.sopExample.sop(value.node).map(displayElement).join(" ");
  } catch {
    return undefined;
  }
}
